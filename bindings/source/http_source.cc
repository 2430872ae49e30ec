#include "bindings/source/http_source.h"

#include <fmt/format.h>

#include <unordered_map>
#include <unordered_set>

#include "bindings/source/http_body.h"
#include "runtime/base/log.h"
#include "runtime/event/json_text.h"

namespace penstock {

namespace {

using namespace std::chrono_literals;

// Bodies up to this size keep their memory for the next one.
constexpr std::size_t pooled_bytes_max = 1024 * 1024;
constexpr std::size_t pooled_buffers_max = 32;
constexpr auto sweep_interval = 1s;

class HttpSource;

// One request, from its head to its answer.
class Intake final : public http::RequestHandler {
 public:
  Intake(HttpSource& source, http::Request& request);
  ~Intake() override;

  void on_body(ByteView piece) override;
  void on_end() override;

  // Gives the stream what it takes.
  void feed();
  // The source stops: what has not come whole is refused.
  void on_stop();
  void on_time(std::chrono::milliseconds now);

 private:
  bool choose_compression(Compression& compression);
  bool inflate();
  bool choose_format(std::string& format);
  void open_stream();
  void give(ByteView bytes);
  void let_go_of_body();
  void on_settled();
  void fail(int status, const std::string& reason);
  void fail_for_now(const std::string& reason);
  void take_bytes(std::size_t more);

  HttpSource& source_;
  http::Request& request_;
  Buffer body_;                // as sent; then inflated
  std::size_t fed_ = 0;        // of it
  std::uint64_t counted_ = 0;  // bytes that the source counts for this request
  bool spread_ = false;        // one object over several lines: given as the only element of an array
  bool whole_ = false;   // came
  bool fed_all_ = false;
  std::chrono::milliseconds deadline_;  // of the body; then of the answer
  std::unique_ptr<Stream> stream_;
};

class HttpSource final : public Source {
 public:
  HttpSource(SourceContext& context, const HttpSourceOptions& options, const std::vector<std::unique_ptr<net::Listening>>& listening)
      : context_(context), options_(options), listening_(listening) {}

  Status start() override {
    for (const auto& listening : listening_) {
      if (!listening->serves(context_.worker())) continue;
      Result<net::ListeningSocket> socket = listening->open({context_.pipeline(), context_.number()}, context_.worker());
      if (!socket.ok()) return socket.take_status();
      const bool first = socket->first();
      const std::string address = socket->address().text();
      Result<std::unique_ptr<http::Server>> server = http::Server::open(server_options(), *std::move(socket), context_.scheduler());
      if (!server.ok()) return server.take_status();
      servers_.push_back(*std::move(server));
      if (first) log::info("source.http", context_.pipeline() + ": listens on " + address + (options_.tls ? " with TLS" : ""));
    }
    if (servers_.empty()) check_finished();
    return {};
  }
  void resume() override {
    for (Intake* intake : std::vector<Intake*>(intakes_.begin(), intakes_.end())) intake->feed();
  }
  bool winding_down() const override { return !intakes_.empty(); }
  void stop() override {
    if (std::exchange(stopped_, true)) return;
    for (Intake* intake : intakes_) intake->on_stop();
    for (const auto& server : servers_) server->stop_accepting();
    check_finished();
  }

  SourceContext& context() { return context_; }
  const HttpSourceOptions& options() const { return options_; }
  bool stopped() const { return stopped_; }

  void on_open(Intake* intake, ByteView client) {
    intakes_.insert(intake);
    if (options_.client_requests_max != 0) ++clients_[std::string(client)];
    if (!sweep_) sweep_ = context_.scheduler().every(sweep_interval, [this] { sweep(); });
  }
  void on_close(Intake* intake, ByteView client) {
    intakes_.erase(intake);
    if (options_.client_requests_max != 0) {
      const auto found = clients_.find(std::string(client));
      if (found != clients_.end() && --found->second == 0) clients_.erase(found);
    }
    check_finished();
  }
  void count_bytes(std::uint64_t more) { bytes_ += more; }
  void uncount_bytes(std::uint64_t less) { bytes_ -= less; }
  bool has_room(std::uint64_t more) const { return bytes_ + more <= options_.request_bytes_max; }

  Buffer take_buffer() {
    if (buffers_.empty()) return {};
    Buffer buffer = std::move(buffers_.back());
    buffers_.pop_back();
    return buffer;
  }
  void give_buffer(Buffer buffer) {
    if (buffer.capacity() == 0 || buffer.capacity() > pooled_bytes_max || buffers_.size() >= pooled_buffers_max) return;
    buffer.clear();
    buffers_.push_back(std::move(buffer));
  }

  std::string too_large_text() const { return fmt::format("the body is larger than max_body ({} bytes)", options_.body_bytes_max); }
  http::Response refusal(int status, const std::string& reason) const {
    http::Response response{.status = status, .content_type = "application/json", .body = "{\"error\":" + json_text(reason) + "}\n"};
    if (status == 429 || status == 503) response.headers.emplace_back("Retry-After", std::to_string(options_.retry_after.count()));
    return response;
  }
  static std::string json_text(const std::string& text) {
    Buffer out;
    json::append_quoted(out, text);
    return std::string(out.view());
  }

 private:
  http::ServerOptions server_options() {
    http::ServerOptions server;
    server.application = [this](http::Request& request) { return on_request(request); };
    server.tls = options_.tls;
    server.connections_max = options_.connections_max;
    server.timeout = options_.timeout;
    return server;
  }

  std::unique_ptr<http::RequestHandler> on_request(http::Request& request) {
    if (std::optional<http::Response> refused = refuse(request)) {
      request.answer(*std::move(refused));
      return nullptr;
    }
    return std::make_unique<Intake>(*this, request);
  }

  // What the head alone says against it.
  std::optional<http::Response> refuse(const http::Request& request) {
    if (!options_.path.empty() && request.path() != options_.path) return refusal(404, "nothing is here");
    if (const HttpAccess::Refusal refused = options_.access.check(request, std::time(nullptr)); refused.status != 0) {
      http::Response response = refusal(refused.status, refused.reason);
      if (refused.status == 401) response.headers.emplace_back("WWW-Authenticate", options_.access.kind == HttpAccess::Kind::basic ? "Basic realm=\"penstock\"" : "Bearer realm=\"penstock\"");
      return response;
    }
    if (request.method() != "POST" && request.method() != "PUT") {
      http::Response response = refusal(405, "POST or PUT is expected");
      response.headers.emplace_back("Allow", "POST, PUT");
      return response;
    }
    const std::uint64_t size = request.body_size().value_or(0);
    if (size > options_.body_bytes_max) return refusal(413, too_large_text());
    return refuse_for_now(request, size);
  }

  std::optional<http::Response> refuse_for_now(const http::Request& request, std::uint64_t size) {
    if (stopped_) return refusal(503, "shutting down");
    if (context_.congested()) return refusal(503, "the destination does not keep up");
    if (intakes_.size() >= options_.requests_max || !has_room(size)) return refusal(503, "too many requests wait for their answer");
    if (options_.client_requests_max == 0) return std::nullopt;
    const auto found = clients_.find(std::string(request.peer_host()));
    if (found != clients_.end() && found->second >= options_.client_requests_max) return refusal(429, "too many requests of this client wait for their answer");
    return std::nullopt;
  }

  void sweep() {
    const std::chrono::milliseconds now = context_.scheduler().now();
    for (Intake* intake : std::vector<Intake*>(intakes_.begin(), intakes_.end())) intake->on_time(now);
    if (intakes_.empty()) sweep_.reset();
  }

  // Not before every answer was sent: the servers go with the source.
  void check_finished() {
    if (!(stopped_ || servers_.empty()) || !intakes_.empty() || finishing_) return;
    finishing_ = context_.scheduler().after(0ms, [this] { context_.on_finished(); });
  }

  SourceContext& context_;
  const HttpSourceOptions& options_;
  const std::vector<std::unique_ptr<net::Listening>>& listening_;
  std::unordered_set<Intake*> intakes_;
  std::unordered_map<std::string, std::size_t> clients_;  // requests by IP address, when they are bounded
  std::uint64_t bytes_ = 0;                               // of bodies that are held
  std::vector<Buffer> buffers_;
  bool stopped_ = false;
  std::unique_ptr<Scheduled> sweep_;
  std::unique_ptr<Scheduled> finishing_;
  std::vector<std::unique_ptr<http::Server>> servers_;  // whose handlers are the intakes
};

Intake::Intake(HttpSource& source, http::Request& request) : source_(source), request_(request), body_(source.take_buffer()) {
  source_.on_open(this, request_.peer_host());
  deadline_ = source_.context().scheduler().now() + source_.options().body_timeout;
}

Intake::~Intake() {
  stream_.reset();
  source_.uncount_bytes(counted_);
  source_.give_buffer(std::move(body_));
  source_.on_close(this, request_.peer_host());
}

void Intake::take_bytes(std::size_t more) {
  counted_ += more;
  source_.count_bytes(more);
}

void Intake::on_body(ByteView piece) {
  if (body_.size() + piece.size() > source_.options().body_bytes_max) return fail(413, source_.too_large_text());
  if (body_.size() + piece.size() > counted_) {
    const std::size_t more = body_.size() + piece.size() - static_cast<std::size_t>(counted_);
    if (!source_.has_room(more)) return fail_for_now("too many requests wait for their answer");
    take_bytes(more);
  }
  body_.append(piece);
}

void Intake::on_end() {
  whole_ = true;
  deadline_ = source_.context().scheduler().now() + source_.options().answer_timeout;
  if (source_.context().congested()) return fail_for_now("the destination does not keep up");
  if (!inflate()) return;
  open_stream();
  if (stream_) feed();
}

bool Intake::choose_compression(Compression& compression) {
  const ByteView encoding = request_.header("Content-Encoding").value_or("");
  const std::optional<Compression> known = compression_of_encoding(encoding, body_.view());
  if (known) compression = *known;
  else fail(415, "unknown Content-Encoding (known are gzip, deflate, zstd, snappy and identity)");
  return known.has_value();
}

bool Intake::inflate() {
  Compression compression = Compression::none;
  if (!choose_compression(compression)) return false;
  if (compression == Compression::none) return true;
  Buffer plain = source_.take_buffer();
  const Status status = inflate_body(compression, body_.view(), source_.options().body_bytes_max, plain);
  if (!status.ok()) {
    fail(status.code() == Code::limit ? 413 : 400, status.text());
  } else {
    if (plain.size() > counted_) take_bytes(plain.size() - static_cast<std::size_t>(counted_));
    body_.swap(plain);
  }
  source_.give_buffer(std::move(plain));
  return status.ok();
}

bool Intake::choose_format(std::string& format) {
  if (!source_.options().look) return true;
  BodyFormat known = format_of_content_type(request_.header("Content-Type").value_or(""));
  if (known == BodyFormat::look) known = format_of_body(body_.view());
  if (known == BodyFormat::unknown) {
    fail(415, "unknown Content-Type (known are application/json, application/x-ndjson and text/plain)");
    return false;
  }
  format = known == BodyFormat::json ? "json" : "lines";
  spread_ = known == BodyFormat::json && is_spread_object(body_.view());
  return true;
}

void Intake::open_stream() {
  StreamOptions options;
  if (!choose_format(options.format)) return;
  options.whole = true;
  options.name = "http:" + request_.peer();
  options.on_settled = [this] { on_settled(); };
  stream_ = source_.context().open_stream(std::move(options));
  if (spread_) give("[");
}

void Intake::give(ByteView bytes) {
  const std::span<char> space = stream_->space();
  std::memcpy(space.data(), bytes.data(), bytes.size());
  stream_->commit(bytes.size());
}

void Intake::feed() {
  if (!stream_ || fed_all_) return;
  while (fed_ < body_.size()) {
    if (stream_->blocked()) return;
    const std::span<char> space = stream_->space();
    const std::size_t size = std::min(space.size(), body_.size() - fed_);
    std::memcpy(space.data(), body_.data() + fed_, size);
    fed_ += size;
    stream_->commit(size);
  }
  if (spread_) give("]");
  let_go_of_body();
  stream_->end();
}

// The events that are made of it are the pipeline's to bound.
void Intake::let_go_of_body() {
  fed_all_ = true;
  source_.uncount_bytes(std::exchange(counted_, 0));
  Buffer body;
  body.swap(body_);
  source_.give_buffer(std::move(body));
}

void Intake::on_settled() {
  if (request_.answered()) return;
  const StreamTally& tally = stream_->tally();
  if (tally.undelivered != 0) return fail_for_now("the events could not be delivered");
  std::string body = fmt::format("{{\"accepted\":{},\"rejected\":{}", tally.events, tally.broken);
  if (tally.broken != 0) {
    const bool all = tally.events == 0;
    const std::uint64_t offset = tally.first_offset - (spread_ && tally.first_offset != 0 ? 1 : 0);
    body += fmt::format(",\"{}\":{},\"{}\":{}", all ? "error" : "first_error", HttpSource::json_text(tally.first_reason), all ? "offset" : "first_error_offset", offset);
  }
  const int status = tally.broken != 0 && tally.events == 0 ? 400 : 200;
  request_.answer({.status = status, .content_type = "application/json", .body = body + "}\n"});
}

void Intake::on_stop() {
  if (!whole_) fail_for_now("shutting down");
}

void Intake::on_time(std::chrono::milliseconds now) {
  if (now < deadline_) return;
  if (whole_) return fail_for_now("the events are not safe yet");
  let_go_of_body();
  request_.cut(source_.refusal(408, "the body does not come in time"));
}

void Intake::fail(int status, const std::string& reason) {
  // What of a body is there is of no use any more, and more of it may come for long.
  if (!whole_) let_go_of_body();
  request_.answer(source_.refusal(status, reason));
}

void Intake::fail_for_now(const std::string& reason) { fail(503, reason); }

}  // namespace

HttpSourcePlan::HttpSourcePlan(HttpSourceOptions options) : options_(std::move(options)) {
  for (const net::ListenOptions& one : options_.listen) listening_.push_back(std::make_unique<net::Listening>(one));
}

std::unique_ptr<Source> HttpSourcePlan::open(SourceContext& context) { return std::make_unique<HttpSource>(context, options_, listening_); }

std::vector<std::string> HttpSourcePlan::formats() const { return options_.look ? std::vector<std::string>{"json", "lines"} : std::vector<std::string>{}; }

Result<std::unique_ptr<SourcePlan>> make_http_source(const Value& options, const PlanContext&) {
  Result<HttpSourceOptions> checked = HttpSourceOptions::from(options);
  if (!checked.ok()) return checked.take_status();
  return std::unique_ptr<SourcePlan>(std::make_unique<HttpSourcePlan>(*std::move(checked)));
}

}  // namespace penstock
