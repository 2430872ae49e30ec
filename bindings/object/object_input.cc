#include "bindings/object/object_input.h"

#include <algorithm>
#include <charconv>

#include "bindings/sign/digest.h"
#include "bindings/sign/http_date.h"
#include "bindings/source/http_body.h"
#include "runtime/base/log.h"

namespace penstock::object {

namespace {

constexpr std::size_t piece_commit_bytes = 256 * 1024;
constexpr std::size_t skip_bytes = 64 * 1024;
constexpr std::size_t looked_at_bytes = 512;  // to see whether it is text

bool is_text(ByteView bytes) {
  return std::none_of(bytes.begin(), bytes.end(), [](unsigned char c) { return (c < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f; });
}

// ETags as different servers write the same one: with quotes or without, weak or not.
std::string_view bare(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return etag;
}

std::string quoted(std::string_view etag) { return "\"" + std::string(bare(etag)) + "\""; }

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

// Of `bytes 0-499/1234` (RFC 9110 section 14.4).
struct ContentRange {
  std::uint64_t first = 0, total = 0;
};
std::optional<ContentRange> content_range(std::string_view text) {
  if (!text.starts_with("bytes ")) return std::nullopt;
  text.remove_prefix(6);
  const std::size_t dash = text.find('-'), slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || slash < dash) return std::nullopt;
  const auto first = number(text.substr(0, dash)), total = number(text.substr(slash + 1));
  if (!first || !total) return std::nullopt;
  return ContentRange{*first, *total};
}

}  // namespace

Compression compression_of_object(const std::string& key, std::string_view content_encoding, ByteView first_bytes) {
  if (const auto magic = sniff(first_bytes)) return *magic;
  Compression said = compression_of_encoding(content_encoding, first_bytes).value_or(Compression::none);
  if (said == Compression::none) said = compression_of_path(key);
  if (said == Compression::snappy) return Compression::snappy_block;
  if (said == Compression::snappy_block || !is_text(first_bytes)) return said;
  return Compression::none;
}

ObjectInput::ObjectInput(ObjectInputContext& context, ObjectTask task)
    : context_(context), object_(std::move(task.object)), resume_(task.position), acked_(task.position), put_(task.position) {}

std::string ObjectInput::name() const { return object_name(context_.store.place(), object_.key); }

// --- bytes on their way

std::uint64_t ObjectInput::range_bytes() const {
  // Of an object that is gone on with, the beginning says how it is compressed, and what its format has to know.
  const std::uint64_t most = next_ == 0 && resume_ > head_bytes ? head_bytes : context_.options.piece_bytes;
  return object_.etag.empty() ? most : std::min<std::uint64_t>(most, object_.size - next_);
}

void ObjectInput::fetch() {
  if (exchange_ || retry_ || stopped_ || over_) return;
  const bool known = !object_.etag.empty();
  const bool whole_block = compression_ == Compression::snappy_block;
  if ((known && all_fetched()) || (pieces_.size() >= pieces_max && !whole_block)) return;
  // Until it is decided what it is, nobody knows where to go on.
  if (!compression_ && resume_ != 0 && next_ >= sniff_size) return;

  asked_ = next_;
  asked_bytes_ = range_bytes();
  ObjectRequest request{"GET", object_.key, {}, {}, {}, sign::hex(sign::view(sign::sha256(""))), false, asked_bytes_};
  const bool whole = known && asked_ == 0 && asked_bytes_ == object_.size;
  if (!whole) request.headers.emplace_back("Range", "bytes=" + std::to_string(asked_) + "-" + std::to_string(asked_ + asked_bytes_ - 1));
  if (known) request.headers.emplace_back("If-Match", quoted(object_.etag));
  exchange_ = context_.store.send(std::move(request), [this](ObjectReply reply) { on_reply(std::move(reply)); });
}

void ObjectInput::fetch_later(std::chrono::milliseconds delay) {
  retry_ = context_.source.scheduler().after(delay, [this] {
    retry_.reset();
    fetch();
  });
}

void ObjectInput::on_reply(ObjectReply reply) {
  exchange_.reset();
  http::Reply& http = reply.http;
  if (http.status != 206 && http.status != 200) return failed(reply, false);
  if (!is_ours(http)) return was_replaced();
  if (const std::string wrong = wrong_range(http); !wrong.empty()) {
    reply.verdict.answer = {Outcome::configuration, "GET " + name() + ": " + wrong, {}};
    return failed(reply, false);
  }
  identify(http);
  const bool got_some = !http.body.empty();
  const bool cut = http.trouble != http::Trouble::none;
  if (got_some) take(std::move(http.body));
  if (cut || !got_some) return failed(reply, got_some);
  failures_ = 0;
  fetch();
}

// A store that does not look at If-Match tells by the ETag, and one whose list and objects have different ETags by the time.
bool ObjectInput::is_ours(const http::Reply& reply) const {
  const std::string_view etag = reply.header("etag");
  if (object_.etag.empty() || etag.empty() || bare(etag) == bare(object_.etag)) return true;
  return sign::parse_http_date(reply.header("last-modified")) == object_.modified;
}

std::string ObjectInput::wrong_range(const http::Reply& reply) const {
  if (reply.status == 200 && asked_ != 0) return "the store does not answer ranges, and the object is larger than piece";
  const auto range = content_range(reply.header("content-range"));
  if (reply.status == 206 && range && range->first != asked_) return "the store answers with another range than it was asked for";
  return "";
}

// The first answer of a version that the list did not show.
void ObjectInput::identify(const http::Reply& reply) {
  if (content_encoding_.empty()) content_encoding_ = reply.header("content-encoding");
  if (!object_.etag.empty()) return;
  const auto range = content_range(reply.header("content-range"));
  object_.etag = reply.header("etag");
  object_.size = range ? range->total : number(reply.header("content-length")).value_or(reply.body.size());
  object_.modified = sign::parse_http_date(reply.header("last-modified")).value_or(object_.modified);
  context_.catalog.identified(object_);
}

void ObjectInput::take(std::string bytes) {
  next_ += bytes.size();
  const bool joins = !pieces_.empty() && (pieces_.back().size() < sniff_size || compression_ == Compression::snappy_block);
  if (joins) {
    pieces_.back() += bytes;
  } else {
    pieces_.push_back(std::move(bytes));
  }
  context_.on_bytes(*this);
}

void ObjectInput::failed(const ObjectReply& reply, bool got_some) {
  if (stopped_ || over_) return;
  const StoreVerdict& verdict = reply.verdict;
  const int status = reply.http.trouble == http::Trouble::none ? reply.http.status : 0;
  if (verdict.code == "NoSuchKey" || (status == 404 && verdict.code.empty())) {
    lost("vanished before it was read to its end");
    context_.catalog.gone(object_.key);
    detached_ = true;
    return finish(Ending::whole);
  }
  if (status == 416 && object_.etag.empty()) return finish(Ending::whole);  // it is empty now
  if (status == 412 || status == 416) return was_replaced();
  if (verdict.code == "InvalidObjectState") {
    lost("is archived, and not read (hint: restore it, and copy it to where it is read)");
    return finish(Ending::whole);
  }
  failures_ = got_some ? 1 : failures_ + 1;
  const Answer& answer = verdict.answer;
  const bool passes = answer.outcome == Outcome::transient || answer.outcome == Outcome::delivered;
  const std::string text = answer.text.empty() ? "GET " + name() + ": " + (reply.http.text.empty() ? "an empty answer" : reply.http.text) : answer.text;
  if (passes) {
    log::write_limited(log::Level::warn, context_.log_name, text + "; trying again");
    return fetch_later(context_.retries.delay(failures_, answer.retry_after));
  }
  if (!context_.options.follow) {
    // Not lost: the next run asks again.
    context_.source.on_trouble(text, 0);
    abandoned_ = true;
    return finish(Ending::left);
  }
  if (failures_ == 1) log::warn(context_.log_name, text + "; asked for again every minute");
  fetch_later(mend_interval);
  context_.on_parked(*this);
}

// --- bytes to events

ReadTurn ObjectInput::read_some(std::size_t budget, std::size_t& taken) {
  const std::size_t until = taken + budget;
  ReadTurn turn = ReadTurn::more;
  while (taken < until) {
    if (stopped_) return ReadTurn::waiting;
    if (over_) return ReadTurn::ended;
    if (!prepare(until, taken, turn)) return turn;
    if (stream_->blocked()) return ReadTurn::blocked;
    if (!take_piece(taken, turn)) return turn;
  }
  return ReadTurn::more;
}

bool ObjectInput::prepare(std::size_t until, std::size_t& taken, ReadTurn& turn) {
  if (!compression_ && !decide(turn)) return false;
  if (decoded_ < resume_ && !skip(until, taken, turn)) return false;
  if (!stream_) begin_stream();
  return true;
}

bool ObjectInput::decide(ReadTurn& turn) {
  turn = ReadTurn::waiting;
  const ByteView first = piece();
  if (first.empty() || (first.size() < sniff_size && !all_fetched())) return false;
  compression_ = context_.options.compression;
  if (!compression_) compression_ = compression_of_object(object_.key, content_encoding_, first.substr(0, looked_at_bytes));
  if (compression_ == Compression::snappy && !sniff(first)) compression_ = Compression::snappy_block;
  decoder_ = make_decompressor(*compression_);
  if (compression_ == Compression::none && resume_ != 0 && resume_ < object_.size) {
    head_ = first.substr(0, head_bytes);
    if (resume_ <= first.size()) {
      use(resume_);
    } else {
      pieces_.clear();
      used_ = 0;
      next_ = resume_;
    }
    raw_ = decoded_ = resume_;
  }
  if (compression_ == Compression::snappy_block) {
    const bool small = object_.size <= block_bytes_max && snappy_block_size(first).value_or(0) <= block_decoded_max;
    if (!small) {
      lost("is a snappy block of more than 64 MiB (or 256 MiB decoded), which would have to be in memory whole");
      finish(Ending::whole);
      turn = ReadTurn::ended;
      return false;
    }
  }
  fetch();
  return true;
}

// Decodes what an earlier run has delivered, up to where it goes on.
bool ObjectInput::skip(std::size_t until, std::size_t& taken, ReadTurn& turn) {
  std::string passed(skip_bytes, '\0');
  while (decoded_ < resume_) {
    turn = ReadTurn::more;
    if (taken >= until) return false;
    const std::size_t most = static_cast<std::size_t>(std::min<std::uint64_t>(resume_ - decoded_, skip_bytes));
    const Read read = decode({passed.data(), most});
    head_.append(passed, 0, std::min(read.size, head_bytes - std::min(head_bytes, head_.size())));
    taken += read.size;
    if (read.state == Read::State::more) continue;
    turn = turn_of(read);
    return false;
  }
  return true;
}

void ObjectInput::begin_stream() {
  StreamOptions options;
  options.name = name();
  options.offset = decoded_;
  options.on_acked = [this](std::uint64_t position) { on_acked(position); };
  options.whole = true;
  stream_ = context_.source.open_stream(std::move(options));
  if (stream_->wants_head() && !head_.empty()) stream_->give_head(head_);
  head_ = {};
}

bool ObjectInput::take_piece(std::size_t& taken, ReadTurn& turn) {
  std::span<char> room = stream_->space();
  room = room.first(std::min(room.size(), piece_commit_bytes));
  const Read read = decode(room);
  taken += read.size;
  if (read.size != 0) stream_->commit(read.size);
  if (read.state == Read::State::more) return true;
  turn = turn_of(read);
  return false;
}

ReadTurn ObjectInput::turn_of(const Read& read) {
  if (read.state == Read::State::starved || stopped_) return ReadTurn::waiting;
  if (read.state == Read::State::end && !decoder_->at_clean_end())
    lost("ends in the middle of its compressed data, at compressed byte " + std::to_string(raw_) + "; what could be decoded was read");
  finish(Ending::whole);
  return ReadTurn::ended;
}

ObjectInput::Read ObjectInput::decode(std::span<char> to) {
  Read read;
  while (read.size < to.size()) {
    const ByteView in = piece();
    const bool last = in.empty() && all_fetched();
    const bool gathering = compression_ == Compression::snappy_block && !all_fetched();
    if ((in.empty() && !last) || gathering) {
      read.state = Read::State::starved;
      fetch();
      return read;
    }
    Result<Progress> step = decoder_->step(in, to.subspan(read.size));
    if (!step.ok()) {
      if (read.size != 0) return read;  // the damage is told by the next read
      lost(step.status().text() + "; what came before it was read");
      read.state = Read::State::broken;
      return read;
    }
    const auto [consumed, produced, ended] = step.value();
    use(consumed);
    raw_ += consumed;
    decoded_ += produced;
    read.size += produced;
    if (last && consumed == 0 && produced == 0 && !ended) {
      read.state = Read::State::end;
      return read;
    }
  }
  return read;
}

void ObjectInput::use(std::size_t bytes) {
  used_ += bytes;
  if (pieces_.empty() || used_ < pieces_.front().size()) return;
  pieces_.pop_front();
  used_ = 0;
  fetch();
}

// --- its end

void ObjectInput::lost(const std::string& what) {
  context_.source.on_trouble(name() + ": " + what, object_.size > raw_ ? object_.size - raw_ : 0);
}

void ObjectInput::was_replaced() {
  if (stopped_ || over_) return;
  if (stream_) lost("overwritten while it was read, at byte " + std::to_string(decoded_) + "; what is there now is read from its start");
  replaced_ = detached_ = true;
  context_.catalog.replaced(object_.key);
  finish(Ending::left);
}

void ObjectInput::finish(Ending ending) {
  if (over_) return;
  // Known before the last bytes go out, so that an ack that comes at once finds it.
  over_ = true;
  exchange_.reset();
  retry_.reset();
  // It may wait long for its acks, with many others.
  pieces_ = {};
  used_ = 0;
  decoder_.reset();
  ended_ = ending == Ending::whole;
  if (stream_ && ended_) stream_->end();
  if (settled()) note_done();
  // What is in turn says so itself.
  if (!in_turn) context_.on_over(*this);
}

bool ObjectInput::settled() const {
  if (!over_) return false;
  return !stream_ || (stream_->acked() >= stream_->position() && (!ended_ || stream_->pending() == 0));
}

void ObjectInput::on_acked(std::uint64_t position) {
  acked_ = position;
  if (settled()) return note_done();
  if (stopped_ || context_.source.scheduler().now() - last_put_ >= put_interval) put_position();
}

void ObjectInput::put_position() {
  if (detached_ || done_ || acked_ == put_) return;
  put_ = acked_;
  last_put_ = context_.source.scheduler().now();
  context_.catalog.acked(object_.key, acked_);
}

void ObjectInput::note_done() {
  if (abandoned_) put_position();
  if (detached_ || abandoned_ || done_) return;
  done_ = true;
  context_.catalog.done(object_.key, stream_ ? stream_->position() : 0);
}

void ObjectInput::stop() {
  stopped_ = true;
  exchange_.reset();
  retry_.reset();
  put_position();
}

std::uint64_t ObjectInput::bytes_expected() const {
  if (over_ || raw_ == 0) return over_ ? decoded_ : object_.size;
  const double ratio = static_cast<double>(decoded_) / static_cast<double>(raw_);
  return decoded_ + static_cast<std::uint64_t>(static_cast<double>(object_.size - std::min(object_.size, raw_)) * ratio);
}

}  // namespace penstock::object
