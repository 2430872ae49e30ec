#include "bindings/credentials/aws_credentials.h"

#include <vector>

#include "bindings/credentials/endpoint.h"
#include "bindings/credentials/metadata.h"
#include "bindings/credentials/script_options.h"
#include "bindings/net/tls.h"

namespace penstock::credentials {

namespace {

// The web identity that the environment gives a pod (EKS).
class EnvironmentWebIdentity final : public CredentialSource {
 public:
  EnvironmentWebIdentity(World& world, Role defaults) : world_(world), defaults_(std::move(defaults)) {}
  std::unique_ptr<Fetch> fetch(Done done) override {
    const auto token = world_.environment("AWS_WEB_IDENTITY_TOKEN_FILE");
    if (!token) return give_later(world_.scheduler, Status(Code::not_found, "AWS_WEB_IDENTITY_TOKEN_FILE is not set"), std::move(done));
    const auto arn = world_.environment("AWS_ROLE_ARN");
    if (!arn) return give_later(world_.scheduler, Status(Code::invalid, "the environment has AWS_WEB_IDENTITY_TOKEN_FILE but not AWS_ROLE_ARN"), std::move(done));
    Role role = defaults_;
    role.arn = *arn;
    role.external_id.clear();
    role.session = world_.environment("AWS_ROLE_SESSION_NAME").value_or(defaults_.session);
    source_ = web_identity(world_, std::move(role), *token);
    return source_->fetch(std::move(done));
  }
  std::string describe() const override { return "web identity"; }

 private:
  World& world_;
  const Role defaults_;
  std::unique_ptr<CredentialSource> source_;
};

std::unique_ptr<CredentialSource> base_source(World& world, const AwsCredentialOptions& options) {
  if (!options.keys.id.empty()) return std::make_unique<StaticSource>(world, options.keys);
  if (!options.profile.name.empty()) return profile_source(world, options.profile);
  std::vector<std::unique_ptr<CredentialSource>> sources;
  sources.push_back(std::make_unique<EnvironmentSource>(world, EnvironmentSource::Names{}));
  sources.push_back(std::make_unique<EnvironmentWebIdentity>(world, options.role));
  sources.push_back(profile_source(world, options.profile));
  sources.push_back(container_source(world));
  sources.push_back(ec2_source(world, options.metadata_endpoint));
  return std::make_unique<ChainSource>(std::move(sources));
}

Status check_role(const Role& role, const std::string& token_path) {
  if (role.arn.empty() && !token_path.empty()) return Status(Code::invalid, "credentials.web_identity_token_file is for a role: give role_arn");
  return check_session(role.arn, role.external_id, role.session, "_=,.@+-");
}

Status check_endpoints(const AwsCredentialOptions& options) {
  if (!options.role.endpoint.empty()) {
    if (auto url = check_endpoint("credentials.sts_endpoint", options.role.endpoint, InClear::to_loopback); !url.ok()) return url.take_status();
  }
  if (!options.metadata_endpoint.empty()) {
    if (auto url = check_endpoint("credentials.metadata_endpoint", options.metadata_endpoint, InClear::anywhere); !url.ok()) return url.take_status();
  }
  return {};
}

}  // namespace

Result<AwsCredentialOptions> parse_aws_credentials(const Value& options, const std::string& region) {
  AwsCredentialOptions into;
  Result<sign::KeyPair> keys = read_keys(options, "secret_access_key", "session_token");
  if (!keys.ok()) return keys.take_status();
  into.keys = *std::move(keys);
  into.profile.name = options.string_or("profile", "");
  if (!into.keys.id.empty() && !into.profile.name.empty()) return Status(Code::invalid, "credentials has both a key pair and a profile: give one");
  into.profile.credentials_path = options.string_or("credentials_path", "");
  into.profile.config_path = options.string_or("config_path", "");
  into.web_identity_token_path = options.string_or("web_identity_token_path", "");
  into.sts_ca_path = options.string_or("sts_ca_path", "");
  into.metadata_endpoint = options.string_or("metadata_endpoint", "");
  into.role.arn = options.string_or("role_arn", "");
  into.role.external_id = options.string_or("external_id", "");
  into.role.session = options.string_or("session_name", "penstock");
  into.role.duration = std::chrono::seconds(options.integer_or("duration_ms", 3'600'000) / 1000);
  into.role.region = region.empty() ? "us-east-1" : region;
  into.role.endpoint = options.string_or("sts_endpoint", "");
  into.profile.region = region;
  into.profile.sts_endpoint = into.role.endpoint;
  into.profile.metadata_endpoint = into.metadata_endpoint;
  if (Status status = check_role(into.role, into.web_identity_token_path); !status.ok()) return status;
  if (Status status = check_endpoints(into); !status.ok()) return status;
  if (Status status = net::check_authorities("credentials.sts_ca", into.sts_ca_path); !status.ok()) return status;
  return into;
}

std::unique_ptr<CredentialSource> aws_credentials(World& world, const AwsCredentialOptions& options) {
  if (!options.web_identity_token_path.empty()) return web_identity(world, options.role, options.web_identity_token_path);
  std::unique_ptr<CredentialSource> base = base_source(world, options);
  return options.role.arn.empty() ? std::move(base) : assume_role(world, options.role, std::move(base));
}

std::optional<std::string> aws_region(const Machine& machine, const ProfileOptions& profile) {
  if (auto region = machine.environment("AWS_REGION")) return region;
  if (auto region = machine.environment("AWS_DEFAULT_REGION")) return region;
  return profile_region(machine, profile);
}

}  // namespace penstock::credentials
