#include "bindings/credentials/aliyun_credentials.h"

#include <vector>

#include "bindings/credentials/endpoint.h"
#include "bindings/credentials/json_credentials.h"
#include "bindings/credentials/metadata.h"
#include "bindings/credentials/role_source.h"
#include "bindings/credentials/script_options.h"
#include "bindings/net/tls.h"
#include "bindings/sign/acs_rpc.h"
#include "bindings/sign/signed_url.h"

namespace penstock::credentials {

namespace {

class AliyunCall final : public StsCall {
 public:
  AliyunCall(const AliyunRole& role, http::Url url) : role_(role) {
    arn = role.arn;
    endpoint = std::move(url);
  }
  StsRequest request(const sign::KeyPair& keys, std::chrono::system_clock::time_point now) const override {
    std::vector<sign::NameValue> form{{"Action", "AssumeRole"},
                                      {"Version", "2015-04-01"},
                                      {"RoleArn", role_.arn},
                                      {"RoleSessionName", role_.session},
                                      {"DurationSeconds", std::to_string(role_.duration.count())}};
    if (!role_.external_id.empty()) form.emplace_back("ExternalId", role_.external_id);
    return {{"Content-Type: application/x-www-form-urlencoded"}, sign::query_text(sign::sign_acs_rpc("POST", std::move(form), keys, sign::random_token(), now))};
  }
  std::optional<Credentials> credentials_in(std::string_view body) const override { return parse_aliyun_answer(body); }
  StsError error_in(std::string_view body) const override { return parse_json_error(body); }

 private:
  const AliyunRole role_;
};

class RoleSource final : public CredentialSource {
 public:
  RoleSource(World& world, AliyunRole role, std::unique_ptr<CredentialSource> with) : world_(world), role_(std::move(role)), with_(std::move(with)) {}
  std::unique_ptr<Fetch> fetch(Done done) override {
    Result<http::Url> url = check_endpoint("STS", role_.endpoint, InClear::to_loopback);
    if (!url.ok()) return give_later(world_.scheduler, url.take_status(), std::move(done));
    return assume(world_, std::make_unique<AliyunCall>(role_, *std::move(url)), with_.get(), std::move(done));
  }
  std::string describe() const override { return "role " + role_.arn + " by " + with_->describe(); }

 private:
  World& world_;
  const AliyunRole role_;
  std::unique_ptr<CredentialSource> with_;
};

std::unique_ptr<CredentialSource> base_source(World& world, const AliyunCredentialOptions& options) {
  if (!options.keys.id.empty()) return std::make_unique<StaticSource>(world, options.keys);
  using Names = EnvironmentSource::Names;
  std::vector<std::unique_ptr<CredentialSource>> sources;
  sources.push_back(std::make_unique<EnvironmentSource>(world, Names{"OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN"}));
  sources.push_back(std::make_unique<EnvironmentSource>(
      world, Names{"ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"}));
  sources.push_back(instance_source(
      world, {"instance metadata", options.metadata_endpoint, "ALIBABA_CLOUD_ECS_METADATA_DISABLED", "X-aliyun-ecs-metadata-token",
              "/latest/meta-data/ram/security-credentials/", parse_aliyun_answer}));
  return std::make_unique<ChainSource>(std::move(sources));
}

}  // namespace

Result<AliyunCredentialOptions> parse_aliyun_credentials(const Value& options) {
  AliyunCredentialOptions into;
  Result<sign::KeyPair> keys = read_keys(options, "access_key_secret", "security_token");
  if (!keys.ok()) return keys.take_status();
  into.keys = *std::move(keys);
  into.role.arn = options.string_or("role_arn", "");
  into.role.external_id = options.string_or("external_id", "");
  into.role.session = options.string_or("session_name", into.role.session);
  into.role.duration = std::chrono::seconds(options.integer_or("duration_ms", 3'600'000) / 1000);
  into.role.endpoint = options.string_or("sts_endpoint", into.role.endpoint);
  into.sts_ca_path = options.string_or("sts_ca_path", "");
  into.metadata_endpoint = options.string_or("metadata_endpoint", into.metadata_endpoint);
  if (Status status = check_session(into.role.arn, into.role.external_id, into.role.session, ".@_-"); !status.ok()) return status;
  if (auto url = check_endpoint("credentials.sts_endpoint", into.role.endpoint, InClear::to_loopback); !url.ok()) return url.take_status();
  if (auto url = check_endpoint("credentials.metadata_endpoint", into.metadata_endpoint, InClear::anywhere); !url.ok()) return url.take_status();
  if (Status status = net::check_authorities("credentials.sts_ca", into.sts_ca_path); !status.ok()) return status;
  return into;
}

std::unique_ptr<CredentialSource> aliyun_credentials(World& world, const AliyunCredentialOptions& options) {
  std::unique_ptr<CredentialSource> base = base_source(world, options);
  if (options.role.arn.empty()) return base;
  return std::make_unique<RoleSource>(world, options.role, std::move(base));
}

std::optional<Credentials> parse_aliyun_answer(std::string_view body) {
  std::optional<Credentials> found = parse_json_credentials(body, {"AccessKeySecret", "SecurityToken"});
  // All that it writes are temporary.
  return found && found->expires ? found : std::nullopt;
}

}  // namespace penstock::credentials
