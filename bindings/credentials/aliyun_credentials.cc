#include "bindings/credentials/aliyun_credentials.h"

#include <simdjson.h>

#include <vector>

#include "bindings/credentials/endpoint.h"
#include "bindings/credentials/expiration.h"
#include "bindings/sign/acs_rpc.h"
#include "bindings/sign/signed_url.h"

namespace penstock::credentials {

namespace {

Secret secret_of(const Value& value) { return value.is_secret() ? value.secret() : Secret(value.is_string() ? value.string() : ""); }

std::string text_of(const simdjson::dom::element& object, const char* name) {
  std::string_view text;
  return object[name].get(text) == simdjson::SUCCESS ? std::string(text) : "";
}

// `NoPermission: "..."`; empty when the body is no such error.
std::string error_of(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element object;
  if (parser.parse(simdjson::padded_string(body)).get(object) != simdjson::SUCCESS) return "";
  const std::string code = text_of(object, "Code");
  return code.empty() ? "" : " " + code + ": \"" + text_of(object, "Message").substr(0, 512) + "\"";
}

Status unusable(const std::string& what, const http::Reply& reply) {
  if (reply.trouble != http::Trouble::none) return Status(Code::retryable, what + ": " + reply.text);
  const bool passes = reply.status >= 500 || reply.status == 429;
  return Status(passes ? Code::retryable : Code::denied, what + ": HTTP " + std::to_string(reply.status) + error_of(reply.body));
}

class RoleSource final : public CredentialSource {
 public:
  RoleSource(World& world, AliyunRole role, std::unique_ptr<CredentialSource> with) : world_(world), role_(std::move(role)), with_(std::move(with)) {}
  std::unique_ptr<Fetch> fetch(Done done) override { return std::make_unique<Assuming>(*this, std::move(done)); }
  std::string describe() const override { return "role " + role_.arn + " by " + with_->describe(); }

 private:
  // First the keys to sign with, then the role's.
  class Assuming final : public Fetch {
   public:
    Assuming(RoleSource& source, Done done) : source_(source), done_(std::move(done)) {
      before_ = source_.with_->fetch([this](Result<Credentials> found) {
        if (found.ok()) return post(found->keys);
        const Code code = found.status().code() == Code::not_found ? Code::denied : found.status().code();
        finish(Status(code, "role " + source_.role_.arn + ": " + found.status().text()));
      });
    }

   private:
    void post(const sign::KeyPair& keys) {
      const AliyunRole& role = source_.role_;
      std::vector<sign::NameValue> form{{"Action", "AssumeRole"},
                                        {"Version", "2015-04-01"},
                                        {"RoleArn", role.arn},
                                        {"RoleSessionName", role.session},
                                        {"DurationSeconds", std::to_string(role.duration.count())}};
      if (!role.external_id.empty()) form.emplace_back("ExternalId", role.external_id);
      body_ = sign::query_text(sign::sign_acs_rpc("POST", std::move(form), keys, sign::random_token(), source_.world_.now()));
      http::Sending sending;
      sending.url = role.endpoint;
      sending.headers = {"Content-Type: application/x-www-form-urlencoded"};
      sending.body = body_;
      transfer_ = source_.world_.client.send(sending, [this](const http::Reply& reply) { take(reply); });
    }
    void take(const http::Reply& reply) {
      const std::string what = "role " + source_.role_.arn + ": POST " + host_of(http::Url::parse(source_.role_.endpoint).value());
      if (reply.trouble != http::Trouble::none || reply.status != 200) return finish(unusable(what, reply));
      if (auto found = parse_aliyun_answer(reply.body)) return finish(std::move(*found));
      finish(Status(Code::retryable, what + ": the answer has no credentials"));
    }
    void finish(Result<Credentials> result) {
      Done call = std::move(done_);
      call(std::move(result));
    }

    RoleSource& source_;
    Done done_;
    std::string body_;
    std::unique_ptr<Fetch> before_;
    std::unique_ptr<http::Transfer> transfer_;
  };

  World& world_;
  const AliyunRole role_;
  std::unique_ptr<CredentialSource> with_;
};

// A token, then the role's name, then its keys.
class EcsSource final : public CredentialSource {
 public:
  EcsSource(World& world, std::string endpoint) : world_(world), endpoint_(std::move(endpoint)) {}
  std::unique_ptr<Fetch> fetch(Done done) override {
    if (world_.environment("ALIBABA_CLOUD_ECS_METADATA_DISABLED") == "true")
      return give_later(world_.scheduler, Status(Code::not_found, "ALIBABA_CLOUD_ECS_METADATA_DISABLED is true"), std::move(done));
    return std::make_unique<Asking>(*this, std::move(done));
  }
  std::string describe() const override { return "ECS instance"; }

 private:
  static constexpr const char* what = "instance metadata";

  class Asking final : public Fetch {
   public:
    Asking(EcsSource& source, Done done) : source_(source), done_(std::move(done)) {
      http::Sending sending;
      sending.method = "PUT";
      sending.url = source_.endpoint_ + "/latest/api/token";
      sending.headers = {"X-aliyun-ecs-metadata-token-ttl-seconds: 21600"};
      transfer_ = source_.world_.metadata.send(sending, [this](const http::Reply& reply) { take_token(reply); });
    }

   private:
    void take_token(const http::Reply& reply) {
      // No such service: this is no ECS machine.
      if (reply.trouble != http::Trouble::none) return finish(Status(Code::not_found, std::string(what) + ": " + reply.text));
      if (reply.status != 200) return finish(unusable(what, reply));
      token_ = reply.body.substr(0, reply.body.find_first_of("\r\n"));
      get("", [this](const http::Reply& answer) { take_role(answer); });
    }
    void take_role(const http::Reply& reply) {
      if (reply.status == 404) return finish(Status(Code::not_found, std::string(what) + ": this instance has no role"));
      const std::string role = reply.body.substr(0, reply.body.find_first_of("\r\n"));
      if (reply.trouble != http::Trouble::none || reply.status != 200 || role.empty()) return finish(unusable(what, reply));
      get(role, [this](const http::Reply& answer) { take_keys(answer); });
    }
    void take_keys(const http::Reply& reply) {
      if (reply.trouble != http::Trouble::none || reply.status != 200) return finish(unusable(what, reply));
      if (auto found = parse_aliyun_answer(reply.body)) return finish(std::move(*found));
      finish(Status(Code::retryable, std::string(what) + ": the answer has no credentials"));
    }
    void get(const std::string& name, std::function<void(const http::Reply&)> next) {
      http::Sending sending;
      sending.method = "GET";
      sending.url = source_.endpoint_ + "/latest/meta-data/ram/security-credentials/" + name;
      sending.headers = {"X-aliyun-ecs-metadata-token: " + token_};
      // The next step replaces the transfer that holds this call.
      transfer_ = source_.world_.metadata.send(sending, [next = std::move(next)](const http::Reply& reply) {
        const auto step = next;
        step(reply);
      });
    }
    void finish(Result<Credentials> result) {
      Done call = std::move(done_);
      call(std::move(result));
    }

    EcsSource& source_;
    Done done_;
    std::string token_;
    std::unique_ptr<http::Transfer> transfer_;
  };

  World& world_;
  const std::string endpoint_;
};

std::unique_ptr<CredentialSource> base_source(World& world, const AliyunCredentialOptions& options) {
  if (!options.keys.id.empty()) return std::make_unique<StaticSource>(world, options.keys);
  using Names = EnvironmentSource::Names;
  std::vector<std::unique_ptr<CredentialSource>> sources;
  sources.push_back(std::make_unique<EnvironmentSource>(world, Names{"OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN"}));
  sources.push_back(std::make_unique<EnvironmentSource>(
      world, Names{"ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"}));
  sources.push_back(std::make_unique<EcsSource>(world, options.metadata_endpoint));
  return std::make_unique<ChainSource>(std::move(sources));
}

Status check_role(const AliyunRole& role) {
  if (role.arn.empty() && !role.external_id.empty()) return Status(Code::invalid, "credentials.external_id is for a role: give role_arn");
  constexpr std::string_view allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.@_-";
  if (role.session.size() >= 2 && role.session.size() <= 64 && role.session.find_first_not_of(allowed) == std::string::npos) return {};
  return Status(Code::invalid, "credentials.session_name is 2 to 64 letters, digits and .@_-, got \"" + role.session + "\"");
}

}  // namespace

Result<AliyunCredentialOptions> parse_aliyun_credentials(const Value& options) {
  AliyunCredentialOptions into;
  into.keys = {secret_of(options["access_key_id"]).reveal(), secret_of(options["access_key_secret"]), secret_of(options["security_token"])};
  if (into.keys.id.empty() != into.keys.secret.reveal().empty())
    return Status(Code::invalid, "credentials needs access_key_id and access_key_secret, or neither of them");
  into.role.arn = options.string_or("role_arn", "");
  into.role.external_id = options.string_or("external_id", "");
  into.role.session = options.string_or("session_name", into.role.session);
  into.role.duration = std::chrono::seconds(options.integer_or("duration_ms", 3'600'000) / 1000);
  into.role.endpoint = options.string_or("sts_endpoint", into.role.endpoint);
  into.metadata_endpoint = options.string_or("metadata_endpoint", into.metadata_endpoint);
  if (Status status = check_role(into.role); !status.ok()) return status;
  if (auto url = check_endpoint("credentials.sts_endpoint", into.role.endpoint, InClear::to_loopback); !url.ok()) return url.take_status();
  if (auto url = check_endpoint("credentials.metadata_endpoint", into.metadata_endpoint, InClear::anywhere); !url.ok()) return url.take_status();
  return into;
}

std::unique_ptr<CredentialSource> aliyun_credentials(World& world, const AliyunCredentialOptions& options) {
  std::unique_ptr<CredentialSource> base = base_source(world, options);
  if (options.role.arn.empty()) return base;
  return std::make_unique<RoleSource>(world, options.role, std::move(base));
}

std::optional<Credentials> parse_aliyun_answer(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element object;
  if (parser.parse(simdjson::padded_string(body)).get(object) != simdjson::SUCCESS) return std::nullopt;
  if (const std::string code = text_of(object, "Code"); !code.empty() && code != "Success") return std::nullopt;
  simdjson::dom::element inner;
  if (object["Credentials"].get(inner) == simdjson::SUCCESS) object = inner;
  Credentials found;
  found.keys = {text_of(object, "AccessKeyId"), Secret(text_of(object, "AccessKeySecret")), Secret(text_of(object, "SecurityToken"))};
  found.expires = parse_expiration(text_of(object, "Expiration"));
  if (found.keys.id.empty() || found.keys.secret.reveal().empty() || !found.expires) return std::nullopt;
  return found;
}

}  // namespace penstock::credentials
