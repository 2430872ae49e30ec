#include "bindings/sink/http_transport.h"

#include "bindings/sign/signed_url.h"

namespace penstock {

namespace {

// Of an answer in which success is looked for.
constexpr std::size_t looked_at_max = 4 * 1024 * 1024;

class HttpTransport final : public Transport {
 public:
  HttpTransport(const HttpSinkOptions& options, Scheduler& scheduler) : options_(options), scheduler_(scheduler) {}

  Status open() override {
    Result<std::unique_ptr<http::Client>> client = http::Client::open(options_.client, scheduler_);
    if (!client.ok()) return client.take_status();
    client_ = *std::move(client);
    return {};
  }

  std::unique_ptr<Request> send(const Package& package, std::function<void(Answer)> done) override {
    const auto now = std::chrono::system_clock::now();
    auto request = std::make_unique<Sent>();
    http::Sending sending{options_.method, url(now), headers(package), package.body.view()};
    // What is looked for in it may stand at its end: a bulk API answers a line for each event.
    if (!options_.destination.success.body_key.empty()) sending.answer_kept = looked_at_max;
    request->transfer = client_->send(sending, [this, done = std::move(done)](http::Reply reply) {
      done(judge(reply, options_.destination, std::chrono::system_clock::now()));
    });
    return request;
  }

 private:
  struct Sent : Request {
    std::unique_ptr<http::Transfer> transfer;
  };

  std::string url(std::chrono::system_clock::time_point now) const {
    std::string parameters = options_.parameters;
    if (options_.signing) {
      const std::int64_t expiry = std::chrono::system_clock::to_time_t(now + options_.signing->expires);
      const Result<std::string> key = sign::make_auth_key(options_.signing->path, options_.signing->private_key, expiry, sign::random_token());
      // That it can be made was tried when the options were read.
      if (key.ok()) parameters += (parameters.empty() ? "auth_key=" : "&auth_key=") + key.value();
    }
    return options_.url.text(parameters);
  }

  std::vector<std::string> headers(const Package& package) const {
    std::vector<std::string> lines = options_.headers;
    if (!options_.own_content_type) lines.push_back("Content-Type: " + package.form.content_type);
    if (const std::string_view encoding = content_encoding_of(package.form.compression); !encoding.empty())
      lines.push_back("Content-Encoding: " + std::string(encoding));
    lines.push_back("X-Penstock-Batch: " + package.id);
    if (!options_.own_user_agent) lines.emplace_back("User-Agent: penstock/" PENSTOCK_VERSION);
    return lines;
  }

  const HttpSinkOptions& options_;
  Scheduler& scheduler_;
  std::unique_ptr<http::Client> client_;
};

}  // namespace

std::unique_ptr<Transport> make_http_transport(const HttpSinkOptions& options, Scheduler& scheduler) {
  return std::make_unique<HttpTransport>(options, scheduler);
}

}  // namespace penstock
