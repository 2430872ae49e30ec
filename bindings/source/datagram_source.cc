#include "bindings/source/datagram_source.h"

#include <fmt/format.h>
#include <linux/sock_diag.h>
#include <sys/socket.h>

#include <cstring>

#include "bindings/source/datagram_batch.h"
#include "runtime/base/clock.h"
#include "runtime/base/log.h"
#include "runtime/base/units.h"

namespace penstock {

namespace {

using std::chrono::milliseconds;

// Taken in one turn, so that other sources get theirs.
constexpr std::size_t turn_bytes = 1024 * 1024;
constexpr milliseconds drops_told_every{5000};

class Datagrams final : public Source {
 public:
  Datagrams(SourceContext& context, const DatagramSettings& settings, net::Listening& listening)
      : context_(context), settings_(settings), listening_(listening), batch_(DatagramSource::datagram_bytes_max) {}
  ~Datagrams() override { tell_of_unread(); }

  Status start() override {
    Result<net::ListeningSocket> socket = listening_.open({context_.pipeline(), context_.number()}, context_.worker());
    if (!socket.ok()) return socket.take_status();
    socket_ = *std::move(socket);
    name_ = settings_.type + ":" + (listening_.options().address.is_unix() ? listening_.options().address.path : socket_.address().text());
    if (socket_.first()) tell_of_start();
    const int on = 1;
    ::setsockopt(socket_.fd(), SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on);
    drops_told_ = drops_of_socket();
    stream_ = context_.open_stream({name_, 0, {}, {}, settings_.format});
    watch_ = context_.scheduler().watch(socket_.fd(), [this](Readiness) { read_some(turn_bytes, false); });
    if (!watch_) return Status(Code::unsupported, "the socket cannot be watched");
    watch_->want({true, false});
    return {};
  }

  void resume() override {
    if (!stream_ || ended_ || stream_->blocked()) return;
    if (watch_) watch_->want({true, false});
    read_some(stopped_ ? DatagramSource::drain_bytes_max : turn_bytes, stopped_);
  }

  void stop() override {
    if (stopped_ || !stream_) return;
    stopped_ = true;
    watch_.reset();
    read_some(DatagramSource::drain_bytes_max, true);
    tell_of_drops(true);
  }

 private:
  void tell_of_start() const {
    std::string text = context_.pipeline() + ": listens on " + socket_.address().text() + " (datagrams)";
    int granted = 0;
    socklen_t size = sizeof granted;
    const int asked = listening_.options().receive_buffer;
    // The kernel reports twice of what can be used.
    if (asked > 0 && ::getsockopt(socket_.fd(), SOL_SOCKET, SO_RCVBUF, &granted, &size) == 0 && granted / 2 < asked)
      text += fmt::format(", with a receive buffer of {} (net.core.rmem_max allows no more)", human_bytes(static_cast<std::uint64_t>(granted / 2)));
    log::info("source." + settings_.type, text);
  }

  // `to_the_end`: until nothing is left, then the stream ends.
  void read_some(std::size_t budget, bool to_the_end) {
    const std::chrono::nanoseconds until = monotonic_now() + DatagramSource::drain_time_max;
    std::size_t taken = 0;
    bool more = true;
    while (true) {
      if (!give_batch(taken)) return block();
      if (!more || taken >= budget || monotonic_now() >= until) break;
      // An error of a datagram socket is of one datagram (ECONNREFUSED of one sent); readiness tells when there is another.
      const int got = batch_.receive(socket_.fd());
      given_ = 0;
      more = got == static_cast<int>(DatagramBatch::datagrams_max) || (to_the_end && got > 0);
    }
    tell_of_drops(false);
    if (to_the_end) end();
  }

  // Gives the stream what the batch holds still; false when the pipeline takes no more.
  bool give_batch(std::size_t& taken) {
    while (given_ < batch_.size()) {
      if (stream_->blocked()) return false;
      const std::span<char> room = stream_->space();
      std::size_t filled = 0;
      while (given_ < batch_.size()) {
        const std::size_t size = put(batch_[given_], batch_.is_cut(given_), room.subspan(filled));
        if (size == no_room) break;
        filled += size;
        ++given_;
      }
      // One that is larger than all the room there is goes in pieces.
      if (filled == 0 && given_ < batch_.size()) {
        stream_->commit(0);
        put_in_pieces(batch_[given_++]);
        continue;
      }
      stream_->commit(filled);
      taken += filled;
    }
    return !stream_->blocked();
  }

  static constexpr std::size_t no_room = static_cast<std::size_t>(-1);

  // Writes one datagram, framed; returns the bytes written.
  std::size_t put(ByteView datagram, bool cut, std::span<char> room) {
    if (datagram.empty()) return 0;
    if (cut) {
      context_.on_trouble(fmt::format("{}: a datagram of more than {} bytes is lost", name_, DatagramSource::datagram_bytes_max), datagram.size());
      return 0;
    }
    constexpr std::size_t frame_bytes_max = 16;
    if (datagram.size() + frame_bytes_max > room.size()) return no_room;
    char* to = room.data();
    if (settings_.framing == DatagramFraming::counted) to = fmt::format_to(to, "{} ", datagram.size());
    std::memcpy(to, datagram.data(), datagram.size());
    to += datagram.size();
    if (settings_.framing == DatagramFraming::lines && datagram.back() != '\n') *to++ = '\n';
    return static_cast<std::size_t>(to - room.data());
  }

  void put_in_pieces(ByteView datagram) {
    std::string framed(datagram);
    if (settings_.framing == DatagramFraming::counted) framed = std::to_string(datagram.size()) + ' ' + framed;
    if (settings_.framing == DatagramFraming::lines && framed.back() != '\n') framed += '\n';
    for (std::size_t at = 0; at < framed.size();) {
      const std::span<char> room = stream_->space();
      const std::size_t size = std::min(room.size(), framed.size() - at);
      std::memcpy(room.data(), framed.data() + at, size);
      stream_->commit(size);
      at += size;
    }
  }

  void block() {
    if (watch_) watch_->want({});
    tell_of_drops(false);
  }

  void end() {
    ended_ = true;
    tell_of_unread();
    stream_->end();
    socket_ = net::ListeningSocket();
  }

  // What the kernel holds at the end of the run.
  void tell_of_unread() {
    if (!socket_ || socket_.is_shared()) return;  // a successor reads on
    tell_of_drops(true);
    std::size_t count = static_cast<std::size_t>(batch_.size() - given_), bytes = 0;
    for (int i = given_; i < batch_.size(); ++i) bytes += batch_[i].size();
    for (int got; (got = batch_.receive(socket_.fd())) > 0;) {
      count += static_cast<std::size_t>(got);
      for (int i = 0; i < got; ++i) bytes += batch_[i].size();
      if (count > 1'000'000) break;  // whoever floods us need not be counted to the last
    }
    given_ = batch_.size();
    if (count != 0) context_.on_trouble(fmt::format("{}: {} datagrams were not read before the run ended", name_, count), bytes);
  }

  std::uint32_t drops_of_socket() const {
    std::uint32_t info[SK_MEMINFO_VARS] = {};
    socklen_t size = sizeof info;
    return ::getsockopt(socket_.fd(), SOL_SOCKET, SO_MEMINFO, info, &size) == 0 ? info[SK_MEMINFO_DROPS] : 0;
  }

  void tell_of_drops(bool at_once) {
    if (!socket_ || listening_.options().address.is_unix()) return;
    const std::uint32_t dropped = at_once ? drops_of_socket() : batch_.dropped();
    const milliseconds now = context_.scheduler().now();
    const std::uint32_t news = dropped - drops_told_;
    // Counts wrap around, and the one that came with the datagrams may be older than the one asked for.
    if (news == 0 || news > 0x8000'0000u || (!at_once && drops_told_at_.count() != 0 && now - drops_told_at_ < drops_told_every)) return;
    drops_told_ = dropped;
    drops_told_at_ = now;
    context_.on_trouble(fmt::format("{}: the kernel dropped {} datagrams: they came faster than they were read (hint: receive_buffer)", name_, news), 0);
  }

  SourceContext& context_;
  const DatagramSettings& settings_;
  net::Listening& listening_;
  DatagramBatch batch_;
  int given_ = 0;  // datagrams of the batch that the stream has
  std::string name_;
  net::ListeningSocket socket_;
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<DescriptorWatch> watch_;  // goes before its socket
  std::uint32_t drops_told_ = 0;
  milliseconds drops_told_at_{0};
  bool stopped_ = false;
  bool ended_ = false;
};

// This worker has no part in it: a Unix socket is worker 0's.
class NoDatagrams final : public Source {
 public:
  Status start() override { return {}; }
  void resume() override {}
  void stop() override {}
};

}  // namespace

std::unique_ptr<Source> DatagramSource::make(SourceContext& context, const DatagramSettings& settings, net::Listening& listening) {
  if (!listening.serves(context.worker())) return std::make_unique<NoDatagrams>();
  return std::make_unique<Datagrams>(context, settings, listening);
}

}  // namespace penstock
