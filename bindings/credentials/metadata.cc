#include "bindings/credentials/metadata.h"

#include <simdjson.h>

#include <algorithm>
#include <array>

#include "bindings/credentials/endpoint.h"
#include "bindings/credentials/expiration.h"

namespace penstock::credentials {

namespace {

std::string text_of(const simdjson::dom::element& object, const char* name) {
  std::string_view text;
  return object[name].get(text) == simdjson::SUCCESS ? std::string(text) : "";
}

// Where a container's keys may travel without TLS: they do not leave the machine.
bool stays_here(const http::Url& url) {
  constexpr std::array<std::string_view, 3> link_local{"169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};
  return is_loopback(url) || std::find(link_local.begin(), link_local.end(), name_of_host(url)) != link_local.end();
}

std::string trimmed_line(std::string_view text) {
  text = text.substr(0, text.find_first_of("\r\n"));
  return std::string(text);
}

// Names no path: it tells nothing, and some hold identities.
Status unusable(const std::string& what, const http::Reply& reply) {
  if (reply.trouble != http::Trouble::none) return Status(Code::retryable, what + ": " + reply.text);
  return Status(reply.status >= 500 || reply.status == 429 ? Code::retryable : Code::denied, what + ": HTTP " + std::to_string(reply.status));
}

class ContainerFetch final : public Fetch {
 public:
  ContainerFetch(World& world, const std::string& url, const std::string& token, Done done) : done_(std::move(done)) {
    http::Sending sending;
    sending.method = "GET";
    sending.url = url;
    if (!token.empty()) sending.headers.push_back("Authorization: " + token);
    transfer_ = world.metadata.send(sending, [this](const http::Reply& reply) {
      Done call = std::move(done_);
      call(read(reply));
    });
  }

 private:
  static Result<Credentials> read(const http::Reply& reply) {
    if (reply.trouble != http::Trouble::none || reply.status != 200) return unusable("container credentials", reply);
    if (auto found = parse_metadata_credentials(reply.body)) return std::move(*found);
    return Status(Code::retryable, "container credentials: the answer has no credentials");
  }
  Done done_;
  std::unique_ptr<http::Transfer> transfer_;
};

class ContainerSource final : public CredentialSource {
 public:
  ContainerSource(World& world, std::string endpoint) : world_(world), endpoint_(std::move(endpoint)) {}

  std::unique_ptr<Fetch> fetch(Done done) override {
    Result<std::string> url = find_url();
    if (!url.ok()) return give_later(world_.scheduler, url.take_status(), std::move(done));
    Result<std::string> token = find_token();
    if (!token.ok()) return give_later(world_.scheduler, token.take_status(), std::move(done));
    return std::make_unique<ContainerFetch>(world_, *url, *token, std::move(done));
  }
  std::string describe() const override { return "container"; }

 private:
  Result<std::string> find_url() const {
    if (const auto path = world_.environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")) {
      // Glued to the endpoint, anything else would name another host.
      if (!path->starts_with('/')) return Status(Code::invalid, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI must begin with a slash");
      return checked("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", endpoint_ + *path);
    }
    const auto url = world_.environment("AWS_CONTAINER_CREDENTIALS_FULL_URI");
    if (!url) return Status(Code::not_found, "AWS_CONTAINER_CREDENTIALS_FULL_URI is not set");
    return checked("AWS_CONTAINER_CREDENTIALS_FULL_URI", *url);
  }
  static Result<std::string> checked(const std::string& variable, const std::string& text) {
    Result<http::Url> url = check_endpoint(variable, text, InClear::anywhere);
    if (!url.ok()) return url.take_status();
    if (url->secure() || stays_here(*url)) return url->text();
    return Status(Code::invalid, variable + " must be https, or http to this machine");
  }
  Result<std::string> find_token() const {
    if (const auto path = world_.environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
      Result<std::string> text = world_.read_file(*path);
      if (!text.ok()) return Status(Code::io, "container credentials: " + text.status().text());
      return trimmed_line(*text);
    }
    const std::string token = world_.environment("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("");
    if (token.find_first_of("\r\n") == std::string::npos) return token;
    return Status(Code::invalid, "AWS_CONTAINER_AUTHORIZATION_TOKEN has a line end in it");
  }

  World& world_;
  const std::string endpoint_;
};

// A token, then the role's name, then its keys.
class InstanceFetch final : public Fetch {
 public:
  InstanceFetch(World& world, std::string endpoint, Done done) : world_(world), endpoint_(std::move(endpoint)), done_(std::move(done)) {
    http::Sending sending;
    sending.method = "PUT";
    sending.url = endpoint_ + "/latest/api/token";
    sending.headers = {"X-aws-ec2-metadata-token-ttl-seconds: 21600"};
    transfer_ = world_.metadata.send(sending, [this](const http::Reply& reply) { take_token(reply); });
  }

 private:
  static constexpr const char* what = "instance metadata";

  void take_token(const http::Reply& reply) {
    // No such service: this is no EC2 machine, or a container behind a hop limit of 1.
    if (reply.trouble != http::Trouble::none) return finish(Status(Code::not_found, std::string(what) + ": " + reply.text));
    if (reply.status != 200 || reply.body.empty()) return finish(unusable(what, reply));
    token_ = trimmed_line(reply.body);
    get("", [this](const http::Reply& answer) { take_role(answer); });
  }
  void take_role(const http::Reply& reply) {
    if (reply.status == 404) return finish(Status(Code::not_found, std::string(what) + ": this instance has no role"));
    const std::string role = trimmed_line(reply.body);
    if (reply.trouble != http::Trouble::none || reply.status != 200 || role.empty()) return finish(unusable(what, reply));
    get(role, [this](const http::Reply& answer) { take_keys(answer); });
  }
  void take_keys(const http::Reply& reply) {
    if (reply.trouble != http::Trouble::none || reply.status != 200) return finish(unusable(what, reply));
    if (auto found = parse_metadata_credentials(reply.body)) return finish(std::move(*found));
    finish(Status(Code::retryable, std::string(what) + ": the answer has no credentials"));
  }

  void get(const std::string& name, std::function<void(const http::Reply&)> next) {
    http::Sending sending;
    sending.method = "GET";
    sending.url = endpoint_ + "/latest/meta-data/iam/security-credentials/" + name;
    sending.headers = {"X-aws-ec2-metadata-token: " + token_};
    transfer_ = world_.metadata.send(sending, [next = std::move(next)](const http::Reply& reply) {
      // The next step replaces the transfer that holds this call.
      const auto step = next;
      step(reply);
    });
  }
  void finish(Result<Credentials> result) {
    Done call = std::move(done_);
    call(std::move(result));
  }

  World& world_;
  const std::string endpoint_;
  Done done_;
  std::string token_;
  std::unique_ptr<http::Transfer> transfer_;
};

class InstanceSource final : public CredentialSource {
 public:
  InstanceSource(World& world, std::string endpoint) : world_(world), endpoint_(std::move(endpoint)) {}
  std::unique_ptr<Fetch> fetch(Done done) override {
    if (world_.environment("AWS_EC2_METADATA_DISABLED") == "true") {
      return give_later(world_.scheduler, Status(Code::not_found, "AWS_EC2_METADATA_DISABLED is true"), std::move(done));
    }
    std::string endpoint = endpoint_;
    if (endpoint.empty()) endpoint = world_.environment("AWS_EC2_METADATA_SERVICE_ENDPOINT").value_or("http://169.254.169.254");
    if (auto url = check_endpoint("AWS_EC2_METADATA_SERVICE_ENDPOINT", endpoint, InClear::anywhere); !url.ok()) {
      return give_later(world_.scheduler, url.take_status(), std::move(done));
    }
    while (endpoint.ends_with('/')) endpoint.pop_back();
    return std::make_unique<InstanceFetch>(world_, std::move(endpoint), std::move(done));
  }
  std::string describe() const override { return "instance metadata"; }

 private:
  World& world_;
  const std::string endpoint_;
};

}  // namespace

std::optional<Credentials> parse_metadata_credentials(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::element object;
  const simdjson::padded_string padded(body);
  if (parser.parse(padded).get(object) != simdjson::SUCCESS) return std::nullopt;
  if (const std::string code = text_of(object, "Code"); !code.empty() && code != "Success") return std::nullopt;
  Credentials found;
  found.keys = {text_of(object, "AccessKeyId"), Secret(text_of(object, "SecretAccessKey")), Secret(text_of(object, "Token"))};
  found.expires = parse_expiration(text_of(object, "Expiration"));
  if (found.keys.id.empty() || found.keys.secret.reveal().empty()) return std::nullopt;
  return found;
}

std::unique_ptr<CredentialSource> container_source(World& world, std::string relative_endpoint) {
  return std::make_unique<ContainerSource>(world, std::move(relative_endpoint));
}

std::unique_ptr<CredentialSource> instance_source(World& world, std::string endpoint) {
  return std::make_unique<InstanceSource>(world, std::move(endpoint));
}

}  // namespace penstock::credentials
