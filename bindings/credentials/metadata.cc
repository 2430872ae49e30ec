#include "bindings/credentials/metadata.h"

#include <algorithm>
#include <array>

#include "bindings/credentials/endpoint.h"
#include "bindings/credentials/json_credentials.h"

namespace penstock::credentials {

namespace {

// Where a container's keys may travel without TLS: they do not leave the machine.
bool stays_here(const http::Url& url) {
  constexpr std::array<std::string_view, 3> link_local{"169.254.170.2", "169.254.170.23", "[fd00:ec2::23]"};
  return is_loopback(url) || std::find(link_local.begin(), link_local.end(), name_of_host(url)) != link_local.end();
}

// Names no path: it tells nothing, and some hold identities.
Status unusable(const std::string& what, const http::Reply& reply) {
  if (reply.trouble != http::Trouble::none) return Status(Code::retryable, what + ": " + reply.text);
  return Status(reply.status >= 500 || reply.status == 429 ? Code::retryable : Code::denied, what + ": HTTP " + std::to_string(reply.status));
}

Result<Credentials> keys_of(const std::string& what, const http::Reply& reply, std::optional<Credentials> (*read)(std::string_view)) {
  if (reply.trouble != http::Trouble::none || reply.status != 200) return unusable(what, reply);
  if (auto found = read(reply.body)) return dated(std::move(*found), reply);
  return Status(Code::retryable, what + ": the answer has no credentials that can be used");
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
      call(keys_of("container credentials", reply, parse_metadata_credentials));
    });
  }

 private:
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
    std::string token;
    if (const auto path = world_.environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")) {
      Result<std::string> text = world_.read_file(*path);
      if (!text.ok()) return Status(Code::io, "container credentials: " + text.status().text());
      token = trimmed(*text);
    } else {
      token = trimmed(world_.environment("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or(""));
    }
    if (http::is_header_value(token)) return token;
    return Status(Code::invalid, "container credentials: the authorization token has line ends or other control characters in it");
  }

  World& world_;
  const std::string endpoint_;
};

// A token, then the role's name, then its keys.
class InstanceFetch final : public Fetch {
 public:
  InstanceFetch(World& world, const InstanceService& service, bool& answered, Done done)
      : world_(world), service_(service), answered_(answered), done_(std::move(done)) {
    ask_for_token();
  }

 private:
  void ask_for_token() {
    http::Sending sending;
    sending.method = "PUT";
    sending.url = service_.endpoint + "/latest/api/token";
    sending.headers = {service_.token_header + "-ttl-seconds: 21600"};
    ++tries_;
    transfer_ = world_.metadata.send(sending, [this](const http::Reply& reply) { take_token(reply); });
  }
  void take_token(const http::Reply& reply) {
    if (reply.trouble != http::Trouble::none) return no_answer(reply.text);
    // Another cloud's service, or one that this machine may not use.
    const bool no_such_service = reply.status == 403 || reply.status == 404 || reply.status == 405;
    if (no_such_service) return finish(Status(Code::not_found, service_.name + ": HTTP " + std::to_string(reply.status) + " for a session token"));
    token_ = trimmed(reply.body);
    if (reply.status != 200 || token_.empty() || !http::is_header_value(token_)) return finish(unusable(service_.name, reply));
    answered_ = true;
    get("", [this](const http::Reply& answer) { take_role(answer); });
  }
  // A machine under load is slow at times; one without the service never answers, nor a container behind a hop limit of 1.
  void no_answer(const std::string& text) {
    constexpr int tries_max = 3;
    if (tries_ >= tries_max) return finish(Status(answered_ ? Code::retryable : Code::not_found, service_.name + ": " + text));
    again_ = world_.scheduler.after(std::chrono::milliseconds(100 * tries_), [this] { ask_for_token(); });
  }
  void take_role(const http::Reply& reply) {
    if (reply.status == 404) return finish(Status(Code::not_found, service_.name + ": this instance has no role"));
    const std::string role(trimmed(std::string_view(reply.body).substr(0, reply.body.find('\n'))));
    const bool named = !role.empty() && role.find_first_of(" \t/?#") == std::string::npos && http::is_header_value(role);
    if (reply.trouble != http::Trouble::none || reply.status != 200 || !named) return finish(unusable(service_.name, reply));
    get(role, [this](const http::Reply& answer) { take_keys(answer); });
  }
  void take_keys(const http::Reply& reply) { finish(keys_of(service_.name, reply, service_.read)); }

  void get(const std::string& name, std::function<void(const http::Reply&)> next) {
    http::Sending sending;
    sending.method = "GET";
    sending.url = service_.endpoint + service_.keys_path + name;
    sending.headers = {service_.token_header + ": " + token_};
    transfer_ = world_.metadata.send(sending, [next = std::move(next)](const http::Reply& reply) {
      // The next step replaces the transfer that holds this call.
      const auto step = next;
      step(reply);
    });
  }
  void finish(Result<Credentials> result) {
    const Done call = std::move(done_);
    call(std::move(result));
  }

  World& world_;
  const InstanceService service_;
  bool& answered_;
  Done done_;
  int tries_ = 0;
  std::string token_;
  std::unique_ptr<Scheduled> again_;
  std::unique_ptr<http::Transfer> transfer_;
};

bool says_true(const std::optional<std::string>& value) {
  return value && std::equal(value->begin(), value->end(), "true", "true" + 4, [](char a, char b) { return (a | 0x20) == b; });
}

class InstanceSource final : public CredentialSource {
 public:
  InstanceSource(World& world, InstanceService service) : world_(world), service_(std::move(service)) {}
  std::unique_ptr<Fetch> fetch(Done done) override {
    if (says_true(world_.environment(service_.disabled_by))) {
      return give_later(world_.scheduler, Status(Code::not_found, service_.disabled_by + " is true"), std::move(done));
    }
    Result<http::Url> url = check_endpoint(service_.name, service_.endpoint, InClear::anywhere);
    if (!url.ok()) return give_later(world_.scheduler, url.take_status(), std::move(done));
    InstanceService service = service_;
    while (service.endpoint.ends_with('/')) service.endpoint.pop_back();
    return std::make_unique<InstanceFetch>(world_, service, answered_, std::move(done));
  }
  std::string describe() const override { return service_.name; }

 private:
  World& world_;
  const InstanceService service_;
  bool answered_ = false;  // it was there at least once
};

}  // namespace

std::optional<Credentials> parse_metadata_credentials(std::string_view body) { return parse_json_credentials(body, {"SecretAccessKey", "Token"}); }

std::unique_ptr<CredentialSource> container_source(World& world, std::string relative_endpoint) {
  return std::make_unique<ContainerSource>(world, std::move(relative_endpoint));
}

std::unique_ptr<CredentialSource> instance_source(World& world, InstanceService service) {
  return std::make_unique<InstanceSource>(world, std::move(service));
}

std::unique_ptr<CredentialSource> ec2_source(World& world, const std::string& endpoint) {
  return instance_source(world, {"instance metadata",
                                 !endpoint.empty() ? endpoint : world.environment("AWS_EC2_METADATA_SERVICE_ENDPOINT").value_or("http://169.254.169.254"),
                                 "AWS_EC2_METADATA_DISABLED", "X-aws-ec2-metadata-token", "/latest/meta-data/iam/security-credentials/", parse_metadata_credentials});
}

}  // namespace penstock::credentials
