#include "bindings/credentials/sts.h"

#include <algorithm>
#include <pugixml.hpp>

#include "bindings/credentials/expiration.h"
#include "bindings/sign/sigv4.h"

namespace penstock::credentials {

namespace {

constexpr std::string_view form_type = "application/x-www-form-urlencoded; charset=utf-8";

std::string host_of(std::string_view url) {
  url.remove_prefix(std::min(url.size(), url.find("://") + 3));
  return std::string(url.substr(0, url.find('/')));
}

// Path of the endpoint; what a signature is made of. `/` when it has none.
std::string path_of(std::string_view url) {
  url.remove_prefix(std::min(url.size(), url.find("://") + 3));
  const std::size_t slash = url.find('/');
  return slash == std::string_view::npos ? "/" : std::string(url.substr(slash));
}

bool load(pugi::xml_document& document, std::string_view body) {
  return static_cast<bool>(document.load_buffer(body.data(), body.size(), pugi::parse_default, pugi::encoding_utf8));
}

// What STS says is wrong: `AccessDenied: "..."`. It never repeats a token or a secret.
std::string failure_text(const http::Reply& reply) {
  std::string text = "HTTP " + std::to_string(reply.status);
  pugi::xml_document document;
  if (!load(document, reply.body)) return text;
  const pugi::xml_node error = document.document_element().child("Error");
  const std::string code = error.child("Code").text().as_string();
  const std::string message = error.child("Message").text().as_string();
  if (!code.empty()) text += " " + code;
  if (!message.empty()) text += ": \"" + message.substr(0, 512) + "\"";
  return text;
}

Result<Credentials> read_answer(const http::Reply& reply, const std::string& what) {
  if (reply.trouble != http::Trouble::none) return Status(Code::retryable, what + ": " + reply.text);
  if (reply.status != 200) return Status(reply.status >= 500 || reply.status == 429 ? Code::retryable : Code::denied, what + ": " + failure_text(reply));
  if (auto found = parse_assumed_role(reply.body)) return std::move(*found);
  return Status(Code::retryable, what + ": the answer has no credentials");
}

std::vector<sign::NameValue> form_of(const std::string& action, const Role& role) {
  return {{"Action", action},
          {"Version", "2011-06-15"},
          {"RoleArn", role.arn},
          {"RoleSessionName", role.session},
          {"DurationSeconds", std::to_string(role.duration.count())}};
}

class RoleFetch final : public Fetch {
 public:
  RoleFetch(World& world, const Role& role, Done done) : world_(world), role_(role), done_(std::move(done)) {}

  // First the keys to sign with, then the role's.
  void begin_with(CredentialSource& keys) {
    before_ = keys.fetch([this](Result<Credentials> found) {
      if (!found.ok()) {
        finish(Status(found.status().code() == Code::not_found ? Code::denied : found.status().code(), "role " + role_.arn + ": " + found.status().text()));
        return;
      }
      std::vector<sign::NameValue> form = form_of("AssumeRole", role_);
      if (!role_.external_id.empty()) form.emplace_back("ExternalId", role_.external_id);
      post(form, &found->keys);
    });
  }

  void begin_with_token(const std::string& token) {
    std::vector<sign::NameValue> form = form_of("AssumeRoleWithWebIdentity", role_);
    form.emplace_back("WebIdentityToken", token);
    post(form, nullptr);
  }

 private:
  void post(const std::vector<sign::NameValue>& form, const sign::KeyPair* keys) {
    const std::string endpoint = role_.endpoint.empty() ? sts_endpoint(role_.region) : role_.endpoint;
    body_ = sign::query_text(form);
    http::Sending sending;
    sending.url = endpoint + (path_of(endpoint) == "/" && !endpoint.ends_with('/') ? "/" : "");
    sending.headers = {"Content-Type: " + std::string(form_type), "Accept: application/xml"};
    sending.body = body_;
    if (keys) {
      sign::SigV4 signer({role_.region, "sts"});
      const sign::Request request{"POST", path_of(endpoint), {}, {{"Host", host_of(endpoint)}, {"Content-Type", std::string(form_type)}}};
      for (const auto& [name, value] : signer.sign(request, *keys, sign::hex(sign::view(sign::sha256(body_))), world_.now())) {
        sending.headers.push_back(name + ": " + value);
      }
    }
    transfer_ = world_.client.send(sending, [this, what = "role " + role_.arn + ": POST " + host_of(endpoint)](const http::Reply& reply) {
      finish(read_answer(reply, what));
    });
  }
  void finish(Result<Credentials> result) {
    Done call = std::move(done_);
    call(std::move(result));
  }

  World& world_;
  const Role& role_;
  Done done_;
  std::string body_;
  std::unique_ptr<Fetch> before_;
  std::unique_ptr<http::Transfer> transfer_;
};

class AssumeRoleSource final : public CredentialSource {
 public:
  AssumeRoleSource(World& world, Role role, std::unique_ptr<CredentialSource> with) : world_(world), role_(std::move(role)), with_(std::move(with)) {}
  std::unique_ptr<Fetch> fetch(Done done) override {
    auto fetch = std::make_unique<RoleFetch>(world_, role_, std::move(done));
    fetch->begin_with(*with_);
    return fetch;
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
    Result<std::string> token = world_.read_file(path_);
    // The variable names a file, so one has to be there.
    if (!token.ok()) return give_later(world_.scheduler, Status(Code::io, "web identity token: " + token.status().text()), std::move(done));
    while (!token->empty() && (token->back() == '\n' || token->back() == '\r')) token->pop_back();
    auto fetch = std::make_unique<RoleFetch>(world_, role_, std::move(done));
    fetch->begin_with_token(*token);
    return fetch;
  }
  std::string describe() const override { return "role " + role_.arn + " by web identity " + path_; }

 private:
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
  found.expires = parse_expiration(credentials.child("Expiration").text().as_string());
  if (found.keys.id.empty() || found.keys.secret.reveal().empty() || !found.expires) return std::nullopt;
  return found;
}

}  // namespace penstock::credentials
