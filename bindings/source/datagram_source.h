// A source of datagrams: each is whole, and all of one socket make one stream.
#pragma once
#include <memory>
#include <string>

#include "bindings/net/listening_socket.h"
#include "runtime/plan/source.h"

namespace penstock {

// How datagrams are put into a stream, so that its format tells them apart again.
enum class DatagramFraming : std::uint8_t {
  lines,    // one or more lines each; one that lacks its last line end gets it
  counted,  // `LENGTH SP DATAGRAM`, the framing `datagrams` of bindings/codec/syslog_frames.h
};

// What the plan shares with the sources of its workers, which it outlives.
struct DatagramSettings {
  std::string type;         // of the source, for messages: `udp`
  std::string format;       // of the stream, see StreamOptions::format
  DatagramFraming framing = DatagramFraming::lines;
};

// Best effort: what comes while the pipeline takes nothing waits in the kernel, which drops what it has no room for (UDP; a Unix
// socket's sender waits). Drops are counted and told. At the end of the run it takes what the kernel has already, at most
// drain_bytes_max in drain_time_max.
class DatagramSource {
 public:
  static constexpr std::size_t drain_bytes_max = 64 * 1024 * 1024;
  static constexpr std::chrono::milliseconds drain_time_max{2000};
  // A longer datagram, which only a Unix socket can bring, is cut by the kernel: it is lost, and told.
  static constexpr std::size_t datagram_bytes_max = 256 * 1024;

  static std::unique_ptr<Source> make(SourceContext& context, const DatagramSettings& settings, net::Listening& listening);
};

}  // namespace penstock
