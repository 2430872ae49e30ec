#include "bindings/credentials/aliyun_credentials.h"

#include <vector>

namespace penstock::credentials {

namespace {

Secret secret_of(const Value& value) { return value.is_secret() ? value.secret() : Secret(value.is_string() ? value.string() : ""); }

}  // namespace

Result<sign::KeyPair> parse_aliyun_keys(const Value& options) {
  sign::KeyPair keys{secret_of(options["access_key_id"]).reveal(), secret_of(options["access_key_secret"]), secret_of(options["security_token"])};
  if (keys.id.empty() == keys.secret.reveal().empty()) return keys;
  return Status(Code::invalid, "credentials needs access_key_id and access_key_secret, or neither of them");
}

std::unique_ptr<CredentialSource> aliyun_credentials(World& world, const sign::KeyPair& keys) {
  if (!keys.id.empty()) return std::make_unique<StaticSource>(world, keys);
  using Names = EnvironmentSource::Names;
  std::vector<std::unique_ptr<CredentialSource>> sources;
  sources.push_back(std::make_unique<EnvironmentSource>(world, Names{"OSS_ACCESS_KEY_ID", "OSS_ACCESS_KEY_SECRET", "OSS_SESSION_TOKEN"}));
  sources.push_back(std::make_unique<EnvironmentSource>(
      world, Names{"ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET", "ALIBABA_CLOUD_SECURITY_TOKEN"}));
  return std::make_unique<ChainSource>(std::move(sources));
}

}  // namespace penstock::credentials
