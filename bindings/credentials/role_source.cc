#include "bindings/credentials/role_source.h"

#include <algorithm>
#include <array>

#include "bindings/credentials/endpoint.h"
#include "bindings/sign/percent_encoding.h"
#include "runtime/base/log.h"

namespace penstock::credentials {

namespace {

constexpr std::size_t message_bytes_max = 512;

// Refusals that pass, whatever the status (AWS throttles with HTTP 400).
bool passes(int status, std::string_view code) {
  constexpr std::array<std::string_view, 7> codes{"IDPCommunicationError", "RequestLimitExceeded", "RequestThrottled",   "TooManyRequestsException",
                                                  "ServiceUnavailable",    "InternalFailure",      "PriorRequestNotComplete"};
  return status >= 500 || status == 408 || status == 429 || code.starts_with("Throttl") || std::find(codes.begin(), codes.end(), code) != codes.end();
}

void cut_out(std::string& text, const std::string& secret) {
  constexpr std::size_t shortest = 4;  // what is shorter is part of words, and no secret
  if (secret.size() < shortest) return;
  for (std::size_t at = 0; (at = text.find(secret, at)) != std::string::npos;) text.replace(at, secret.size(), "...");
}

// A service that finds a signature wrong tells what should have been signed, session token included.
std::string without(std::string text, const sign::KeyPair& keys, const Secret& token) {
  for (const Secret* secret : {&keys.secret, &keys.token, &token}) {
    cut_out(text, secret->reveal());
    cut_out(text, sign::percent_encode(secret->reveal()));
  }
  std::replace_if(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  return text.substr(0, message_bytes_max);
}

class RoleFetch final : public Fetch {
 public:
  RoleFetch(World& world, std::unique_ptr<StsCall> call, Done done) : world_(world), call_(std::move(call)), done_(std::move(done)) {}

  void begin(CredentialSource* with) {
    if (!with) return post();
    before_ = with->fetch([this](Result<Credentials> found) {
      if (found.ok()) {
        keys_ = found->keys;
        return post();
      }
      const Code code = found.status().code();
      finish(Status(code == Code::not_found ? Code::denied : code, "role " + call_->arn + ": " + found.status().text()));
    });
  }

 private:
  void post() {
    request_ = call_->request(keys_, world_.clock.now());
    http::Sending sending;
    sending.url = call_->endpoint.text();
    sending.headers = request_.headers;
    sending.body = request_.body;
    transfer_ = world_.sts.send(sending, [this](const http::Reply& reply) { take(reply); });
  }

  void take(const http::Reply& reply) {
    const std::string what = "role " + call_->arn + ": POST " + host_of(call_->endpoint);
    if (reply.trouble != http::Trouble::none) {
      return finish(Status(reply.trouble == http::Trouble::setup ? Code::io : Code::retryable, what + ": " + reply.text));
    }
    if (reply.status == 200) {
      if (auto found = call_->credentials_in(reply.body)) return finish(dated(std::move(*found), reply));
      return finish(Status(Code::retryable, what + ": the answer has no credentials that can be used"));
    }
    if (reply.status < 500 && !corrected_) {
      corrected_ = true;
      if (const auto told = world_.clock.correct(reply.header("date"), host_of(call_->endpoint))) {
        log::warn("credentials", *told);
        return post();
      }
    }
    finish(refused(what, reply));
  }
  Status refused(const std::string& what, const http::Reply& reply) const {
    const StsError error = call_->error_in(reply.body);
    std::string text = what + ": HTTP " + std::to_string(reply.status);
    if (!error.code.empty()) text += " " + without(error.code, keys_, call_->token);
    if (!error.message.empty()) text += ": \"" + without(error.message, keys_, call_->token) + "\"";
    return Status(passes(reply.status, error.code) ? Code::retryable : Code::denied, text);
  }

  void finish(Result<Credentials> result) {
    const Done call = std::move(done_);
    call(std::move(result));
  }

  World& world_;
  const std::unique_ptr<StsCall> call_;
  Done done_;
  sign::KeyPair keys_;
  StsRequest request_;
  bool corrected_ = false;
  std::unique_ptr<Fetch> before_;
  std::unique_ptr<http::Transfer> transfer_;
};

}  // namespace

std::unique_ptr<Fetch> assume(World& world, std::unique_ptr<StsCall> call, CredentialSource* with, Done done) {
  auto fetch = std::make_unique<RoleFetch>(world, std::move(call), std::move(done));
  fetch->begin(with);
  return fetch;
}

}  // namespace penstock::credentials
