#include "bindings/source/generate_source.h"

#include <algorithm>
#include <cmath>

namespace penstock {

namespace {

constexpr std::size_t piece_bytes = 256 * 1024;
constexpr std::chrono::milliseconds beat{10};
constexpr std::chrono::milliseconds catch_up_max{1000};

class GenerateSource : public Source {
 public:
  GenerateSource(const GenerateOptions& options, SourceContext& context)
      : options_(options),
        context_(context),
        log_(options.lines.empty() ? SyntheticLog(options.kind, options.seed) : SyntheticLog(options.lines)),
        next_(static_cast<std::uint64_t>(context.worker())),
        step_(static_cast<std::uint64_t>(context.workers())),
        end_(options.count == 0 ? UINT64_MAX : options.count) {}

  Status start() override {
    stream_ = context_.open_stream({"generate", 0, {}});
    started_ = context_.scheduler().now();
    go_on();
    return {};
  }

  void resume() override {
    if (!stopped_ && !working_) go_on();
  }

  void stop() override {
    stopped_ = true;
    working_.reset();
    finishing_.reset();
  }

 private:
  void go_on() {
    if (ended_) return;
    if (options_.rate > 0) {
      working_ = context_.scheduler().every(beat, [this] { make_due(); });
    } else {
      working_ = context_.scheduler().repeatedly([this] { make_until(end_); });
    }
  }

  void make_due() {
    const std::chrono::milliseconds now = context_.scheduler().now();
    const auto due_at = [this](std::uint64_t number) { return static_cast<double>(number) / options_.rate * 1000; };
    const double behind = static_cast<double>((now - started_).count()) - due_at(next_);
    if (behind > static_cast<double>(catch_up_max.count()))
      started_ += std::chrono::milliseconds(static_cast<std::int64_t>(behind));
    const double due = std::floor(static_cast<double>((now - started_).count()) * options_.rate / 1000) + 1;
    make_until(static_cast<std::uint64_t>(std::min(due, static_cast<double>(UINT64_MAX / 2))));
  }

  // Makes events with numbers below `until`, as far as one turn goes.
  void make_until(std::uint64_t until) {
    until = std::min(until, end_);
    if (made_used_ == made_.size()) {
      made_.clear();
      made_used_ = 0;
      for (; next_ < until && made_.size() < piece_bytes; next_ += step_) log_.append(next_, made_);
    }
    while (made_used_ < made_.size()) {
      if (stream_->blocked()) {
        working_.reset();
        return;
      }
      const std::span<char> room = stream_->space();
      const std::size_t size = std::min(room.size(), made_.size() - made_used_);
      std::memcpy(room.data(), made_.data() + made_used_, size);
      made_used_ += size;
      stream_->commit(size);
      if (stopped_) return;
    }
    if (next_ >= end_) end();
  }

  void end() {
    working_.reset();
    ended_ = true;
    stream_->end();
    // Not from inside a turn: the pipeline may take the source down at once.
    finishing_ = context_.scheduler().after(std::chrono::milliseconds(0), [this] { context_.on_finished(); });
  }

  const GenerateOptions& options_;
  SourceContext& context_;
  SyntheticLog log_;
  std::uint64_t next_;
  const std::uint64_t step_;
  const std::uint64_t end_;
  Buffer made_;
  std::size_t made_used_ = 0;
  std::chrono::milliseconds started_{0};
  bool ended_ = false;
  bool stopped_ = false;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<Scheduled> working_;
  std::unique_ptr<Scheduled> finishing_;
};

void add_lines(const std::string& text, std::vector<std::string>& lines) {
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
}

}  // namespace

Result<GenerateOptions> GenerateOptions::from(const Value& options) {
  GenerateOptions out;
  const std::int64_t count = options.integer_or("count", 0);
  out.rate = options.number_or("rate", 0);
  if (count < 0) return Status(Code::invalid, "option 'count' must not be negative");
  if (!(out.rate >= 0)) return Status(Code::invalid, "option 'rate' must not be negative");
  out.count = static_cast<std::uint64_t>(count);
  out.seed = static_cast<std::uint64_t>(options.integer_or("seed", 1));
  const Value& wanted = options["template"];
  if (wanted.is_nil() || wanted == Value("access")) return out;
  if (wanted == Value("nginx") || wanted == Value("syslog")) {
    out.kind = wanted == Value("nginx") ? SyntheticLog::Kind::nginx : SyntheticLog::Kind::syslog;
    return out;
  }
  out.kind = SyntheticLog::Kind::lines;
  for (const std::string& text : options.strings("template")) add_lines(text, out.lines);
  if (out.lines.empty()) return Status(Code::invalid, "option 'template' holds no line");
  return out;
}

std::unique_ptr<Source> GenerateSourcePlan::open(SourceContext& context) {
  return std::make_unique<GenerateSource>(options_, context);
}

std::string GenerateSourcePlan::describe() const {
  std::string out = "generate";
  out += options_.count == 0 ? " without end" : " " + std::to_string(options_.count) + " events";
  if (options_.rate > 0) out += " at " + std::to_string(static_cast<std::uint64_t>(std::llround(options_.rate))) + "/s";
  return out;
}

}  // namespace penstock
