#include "bindings/credentials/profile.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "bindings/credentials/ini_file.h"
#include "bindings/credentials/metadata.h"
#include "bindings/credentials/sts.h"

namespace penstock::credentials {

namespace {

constexpr std::size_t roles_in_a_row_max = 5;

std::string home_path(const Machine& machine, const std::string& name) { return machine.environment("HOME").value_or("") + "/.aws/" + name; }

// A file that is not there has nothing in it; one that cannot be read is told.
Result<IniFile> load(const Machine& machine, const std::string& path) {
  Result<std::string> text = machine.read_file(path);
  if (text.ok()) return parse_ini(*text);
  if (text.status().code() == Code::not_found) return IniFile{};
  return text.take_status();
}

struct SharedFiles {
  IniFile credentials, config;

  static Result<SharedFiles> load_both(const Machine& machine, const ProfileOptions& options) {
    const auto path = [&](const std::string& given, const char* variable, const char* name) {
      return !given.empty() ? given : machine.environment(variable).value_or(home_path(machine, name));
    };
    Result<IniFile> credentials = load(machine, path(options.credentials_path, "AWS_SHARED_CREDENTIALS_FILE", "credentials"));
    if (!credentials.ok()) return credentials.take_status();
    Result<IniFile> config = load(machine, path(options.config_path, "AWS_CONFIG_FILE", "config"));
    if (!config.ok()) return config.take_status();
    return SharedFiles{std::move(*credentials), std::move(*config)};
  }

  // Both files' settings; the credentials file's count where both have one. Nothing: neither knows the profile.
  std::optional<IniSection> profile(const std::string& name) const {
    auto at = config.find("profile " + name);
    if (at == config.end() && name == "default") at = config.find(name);
    const auto keys = credentials.find(name);
    if (at == config.end() && keys == credentials.end()) return std::nullopt;
    IniSection merged = keys == credentials.end() ? IniSection{} : keys->second;
    if (at != config.end()) merged.insert(at->second.begin(), at->second.end());
    return merged;
  }
};

std::string value_of(const IniSection& section, std::string_view key) {
  const auto found = section.find(key);
  return found == section.end() ? "" : found->second;
}

std::string quoted(const std::string& name) { return "profile \"" + name + "\""; }

using SourceResult = Result<std::unique_ptr<CredentialSource>>;

// Makes a profile's source out of the files, roles upon roles.
class Resolver {
 public:
  Resolver(World& world, const ProfileOptions& options, const SharedFiles& files) : world_(world), options_(options), files_(files) {}

  SourceResult resolve(const std::string& name, bool must_be_there) {
    const auto settings = files_.profile(name);
    if (!settings) return Status(must_be_there ? Code::invalid : Code::not_found, quoted(name) + " is in none of the shared files");
    const bool again = std::find(path_.begin(), path_.end(), name) != path_.end();
    if (again || path_.size() >= roles_in_a_row_max) {
      // A role may be assumed with its own profile's keys.
      if (again && path_.back() == name) return own_keys(name, *settings);
      return Status(Code::invalid, quoted(name) + ": source_profile goes round in a circle, or through more than 5 profiles");
    }
    path_.push_back(name);
    return value_of(*settings, "role_arn").empty() ? own_keys(name, *settings) : role(name, *settings);
  }

 private:
  SourceResult own_keys(const std::string& name, const IniSection& settings) {
    const std::string id = value_of(settings, "aws_access_key_id"), secret = value_of(settings, "aws_secret_access_key");
    if (!id.empty() && !secret.empty()) {
      Result<sign::KeyPair> keys = clean_keys({id, Secret(secret), Secret(value_of(settings, "aws_session_token"))}, quoted(name));
      if (!keys.ok()) return keys.take_status();
      return std::unique_ptr<CredentialSource>(std::make_unique<StaticSource>(world_, *std::move(keys)));
    }
    if (!id.empty() || !secret.empty()) return Status(Code::invalid, quoted(name) + " has half a key pair");
    for (const char* key : {"credential_process", "sso_session", "sso_start_url"}) {
      if (!value_of(settings, key).empty()) return Status(Code::unsupported, quoted(name) + " uses " + key + ", which needs other programs; export its keys instead");
    }
    return Status(Code::not_found, quoted(name) + " has no keys");
  }

  SourceResult role(const std::string& name, const IniSection& settings) {
    Role role;
    role.arn = value_of(settings, "role_arn");
    role.external_id = value_of(settings, "external_id");
    role.endpoint = options_.sts_endpoint;
    if (const std::string session = value_of(settings, "role_session_name"); !session.empty()) role.session = session;
    role.region = value_of(settings, "region");
    if (role.region.empty()) role.region = options_.region;
    if (role.region.empty()) role.region = world_.environment("AWS_REGION").value_or("us-east-1");
    const std::string duration = value_of(settings, "duration_seconds");
    int seconds = 0;
    if (std::from_chars(duration.data(), duration.data() + duration.size(), seconds).ec == std::errc()) role.duration = std::chrono::seconds(seconds);

    if (const std::string token = value_of(settings, "web_identity_token_file"); !token.empty()) return web_identity(world_, std::move(role), token);
    SourceResult with = keys_for_role(name, settings);
    if (!with.ok()) {
      // Once a role is set up, no other source is asked: what it gives would be another identity.
      const Code code = with.status().code();
      return Status(code == Code::not_found ? Code::invalid : code, quoted(name) + " assumes a role: " + with.status().text());
    }
    return assume_role(world_, std::move(role), std::move(*with));
  }

  SourceResult keys_for_role(const std::string& name, const IniSection& settings) {
    const std::string from = value_of(settings, "source_profile");
    if (!from.empty()) return resolve(from, true);
    const std::string kind = value_of(settings, "credential_source");
    if (kind == "Environment") return std::unique_ptr<CredentialSource>(std::make_unique<EnvironmentSource>(world_, EnvironmentSource::Names{}));
    if (kind == "Ec2InstanceMetadata") return ec2_source(world_, options_.metadata_endpoint);
    if (kind == "EcsContainer") return container_source(world_);
    return Status(Code::invalid, quoted(name) + " has role_arn, and neither source_profile, credential_source nor web_identity_token_file");
  }

  World& world_;
  const ProfileOptions& options_;
  const SharedFiles& files_;
  std::vector<std::string> path_;
};

// What the files say now, and the fetch by it.
class ProfileFetch final : public Fetch {
 public:
  ProfileFetch(std::unique_ptr<CredentialSource> source, Done done) : source_(std::move(source)) { fetch_ = source_->fetch(std::move(done)); }

 private:
  std::unique_ptr<CredentialSource> source_;
  std::unique_ptr<Fetch> fetch_;
};

std::string name_of(const Machine& machine, const ProfileOptions& options) {
  return !options.name.empty() ? options.name : machine.environment("AWS_PROFILE").value_or("default");
}

class ProfileSource final : public CredentialSource {
 public:
  ProfileSource(World& world, ProfileOptions options) : world_(world), options_(std::move(options)) {}
  std::unique_ptr<Fetch> fetch(Done done) override {
    SourceResult source = look();
    if (!source.ok()) return give_later(world_.scheduler, source.take_status(), std::move(done));
    return std::make_unique<ProfileFetch>(std::move(*source), std::move(done));
  }
  std::string describe() const override { return quoted(name_of(world_, options_)); }

 private:
  SourceResult look() const {
    Result<SharedFiles> files = SharedFiles::load_both(world_, options_);
    if (!files.ok()) return files.take_status();
    const bool asked_for = !options_.name.empty() || world_.environment("AWS_PROFILE").has_value();
    return Resolver(world_, options_, *files).resolve(name_of(world_, options_), asked_for);
  }

  World& world_;
  const ProfileOptions options_;
};

}  // namespace

std::unique_ptr<CredentialSource> profile_source(World& world, ProfileOptions options) {
  return std::make_unique<ProfileSource>(world, std::move(options));
}

std::optional<std::string> profile_region(const Machine& machine, const ProfileOptions& options) {
  const Result<SharedFiles> files = SharedFiles::load_both(machine, options);
  if (!files.ok()) return std::nullopt;
  const auto settings = files.value().profile(name_of(machine, options));
  const std::string region = settings ? value_of(*settings, "region") : "";
  if (region.empty()) return std::nullopt;
  return region;
}

}  // namespace penstock::credentials
