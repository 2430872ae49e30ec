#include "bindings/credentials/sts.h"

#include <pugixml.hpp>

#include "bindings/credentials/endpoint.h"
#include "bindings/credentials/role_source.h"
#include "bindings/sign/sigv4.h"
#include "runtime/base/timestamp.h"

namespace penstock::credentials {

namespace {

constexpr std::string_view form_type = "application/x-www-form-urlencoded; charset=utf-8";

bool load(pugi::xml_document& document, std::string_view body) {
  return static_cast<bool>(document.load_buffer(body.data(), body.size(), pugi::parse_default, pugi::encoding_utf8));
}

class AwsCall final : public StsCall {
 public:
  static Result<std::unique_ptr<StsCall>> make(const Role& role, Secret web_token) {
    Result<http::Url> url = check_endpoint("STS", role.endpoint.empty() ? sts_endpoint(role.region) : role.endpoint, InClear::to_loopback);
    if (!url.ok()) return url.take_status();
    return std::unique_ptr<StsCall>(new AwsCall(role, *std::move(url), std::move(web_token)));
  }

  StsRequest request(const sign::KeyPair& keys, std::chrono::system_clock::time_point now) const override {
    StsRequest made{{"Content-Type: " + std::string(form_type), "Accept: application/xml"}, sign::query_text(form())};
    if (keys.id.empty()) return made;
    sign::SigV4 signer({role_.region, "sts"});
    const sign::Request request{"POST", http::percent_decode(endpoint.path), {}, {{"Host", host_of(endpoint)}, {"Content-Type", std::string(form_type)}}};
    for (const auto& [name, value] : signer.sign(request, keys, sign::hex(sign::view(sign::sha256(made.body))), now)) made.headers.push_back(name + ": " + value);
    return made;
  }
  std::optional<Credentials> credentials_in(std::string_view body) const override { return parse_assumed_role(body); }
  StsError error_in(std::string_view body) const override {
    pugi::xml_document document;
    if (!load(document, body)) return {};
    const pugi::xml_node error = document.document_element().child("Error");
    return {error.child("Code").text().as_string(), error.child("Message").text().as_string()};
  }

 private:
  AwsCall(const Role& role, http::Url url, Secret web_token) : role_(role) {
    arn = role.arn;
    endpoint = std::move(url);
    token = std::move(web_token);
  }
  std::vector<sign::NameValue> form() const {
    const bool by_token = !token.reveal().empty();
    std::vector<sign::NameValue> form{{"Action", by_token ? "AssumeRoleWithWebIdentity" : "AssumeRole"},
                                      {"Version", "2011-06-15"},
                                      {"RoleArn", role_.arn},
                                      {"RoleSessionName", role_.session},
                                      {"DurationSeconds", std::to_string(role_.duration.count())}};
    if (!role_.external_id.empty() && !by_token) form.emplace_back("ExternalId", role_.external_id);
    if (by_token) form.emplace_back("WebIdentityToken", token.reveal());
    return form;
  }

  const Role role_;
};

class AssumeRoleSource final : public CredentialSource {
 public:
  AssumeRoleSource(World& world, Role role, std::unique_ptr<CredentialSource> with) : world_(world), role_(std::move(role)), with_(std::move(with)) {}
  std::unique_ptr<Fetch> fetch(Done done) override {
    auto call = AwsCall::make(role_, {});
    if (!call.ok()) return give_later(world_.scheduler, call.take_status(), std::move(done));
    return assume(world_, *std::move(call), with_.get(), std::move(done));
  }
  std::string describe() const override { return "role " + role_.arn + " by " + with_->describe(); }

 private:
  World& world_;
  const Role role_;
  std::unique_ptr<CredentialSource> with_;
};

class WebIdentitySource final : public CredentialSource {
 public:
  WebIdentitySource(World& world, Role role, std::string path) : world_(world), role_(std::move(role)), path_(std::move(path)) {}
  std::unique_ptr<Fetch> fetch(Done done) override {
    auto call = read_call();
    if (!call.ok()) return give_later(world_.scheduler, call.take_status(), std::move(done));
    return assume(world_, *std::move(call), nullptr, std::move(done));
  }
  std::string describe() const override { return "role " + role_.arn + " by web identity " + path_; }

 private:
  Result<std::unique_ptr<StsCall>> read_call() const {
    Result<std::string> token = world_.read_file(path_);
    // The variable names a file, so one has to be there; whoever writes it may be in between.
    if (!token.ok()) return Status(Code::io, "web identity token: " + token.status().text());
    const std::string_view text = trimmed(*token);
    if (text.empty()) return Status(Code::io, "web identity token: " + path_ + " is empty");
    return AwsCall::make(role_, Secret(std::string(text)));
  }

  World& world_;
  const Role role_;
  const std::string path_;
};

}  // namespace

std::unique_ptr<CredentialSource> assume_role(World& world, Role role, std::unique_ptr<CredentialSource> with) {
  return std::make_unique<AssumeRoleSource>(world, std::move(role), std::move(with));
}

std::unique_ptr<CredentialSource> web_identity(World& world, Role role, std::string token_path) {
  return std::make_unique<WebIdentitySource>(world, std::move(role), std::move(token_path));
}

std::string sts_endpoint(const std::string& region) {
  return "https://sts." + region + (region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com");
}

std::optional<Credentials> parse_assumed_role(std::string_view body) {
  pugi::xml_document document;
  if (!load(document, body)) return std::nullopt;
  const pugi::xml_node credentials = document.document_element().first_child().child("Credentials");
  Credentials found;
  found.keys.id = credentials.child("AccessKeyId").text().as_string();
  found.keys.secret = Secret(credentials.child("SecretAccessKey").text().as_string());
  found.keys.token = Secret(credentials.child("SessionToken").text().as_string());
  found.expires = parse_rfc3339(credentials.child("Expiration").text().as_string());
  if (!check_keys(found.keys, "").ok() || !found.expires) return std::nullopt;
  return found;
}

}  // namespace penstock::credentials
