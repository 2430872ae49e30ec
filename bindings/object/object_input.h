// One object at work: its pieces on their way, its decompression, its stream, and what happens to it while it is read.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "bindings/compress/decompressor.h"
#include "bindings/object/object_catalog.h"
#include "bindings/object/object_source_options.h"
#include "bindings/object/object_store.h"
#include "bindings/source/read_turns.h"
#include "runtime/delivery/retry_schedule.h"
#include "runtime/plan/source.h"

namespace penstock::object {

// How an object is compressed: by its first bytes; else as Content-Encoding or the key's ending say, unless the bytes are plainly
// text (a proxy may have undone it). Snappy without the framing's first bytes is a block.
Compression compression_of_object(const std::string& key, std::string_view content_encoding, ByteView first_bytes);

class ObjectInput;

// What the inputs of one source on one worker have in common. All of it outlives them.
struct ObjectInputContext {
  SourceContext& source;
  const ObjectSourceOptions& options;
  ObjectStore& store;
  ObjectCatalog& catalog;
  RetrySchedule& retries;
  std::string log_name;                                // `source.s3`
  std::function<void(ObjectInput&)> on_bytes = {};     // some are there to be read
  std::function<void(ObjectInput&)> on_parked = {};    // it waits long for somebody to mend something: another may be read meanwhile
  std::function<void(ObjectInput&)> on_over = {};      // it ended without a read_some() that says so
};

// Reads one version of an object by ranges, each of which must be of that version (If-Match, and the answer's ETag). A range is
// fetched ahead of the one that is being decoded, so at most two of them are in memory, and nothing is when the pipeline takes no
// more; the snappy block format alone is kept whole, up to block_bytes_max.
//
// What goes wrong with the object itself is told, with its name and offset, and ends it: what could be read of it was. A request
// that failed is repeated from the byte where it stopped.
class ObjectInput {
 public:
  static constexpr std::size_t pieces_max = 2;
  static constexpr std::size_t head_bytes = 64 * 1024;  // of the object's beginning, for a stream that goes on in its middle
  static constexpr std::uint64_t block_bytes_max = 64 * 1024 * 1024;
  static constexpr std::uint64_t block_decoded_max = 256 * 1024 * 1024;
  static constexpr std::chrono::milliseconds put_interval{50};
  static constexpr std::chrono::milliseconds mend_interval{60'000};

  ObjectInput(ObjectInputContext& context, ObjectTask task);
  ~ObjectInput() { put_position(); }
  ObjectInput(const ObjectInput&) = delete;
  ObjectInput& operator=(const ObjectInput&) = delete;
  // Asks for the first bytes.
  void start() { fetch(); }

  // For ReadTurns.
  ReadTurn read_some(std::size_t budget, std::size_t& taken);
  bool in_turn = false;

  const std::string& key() const { return object_.key; }
  // No more is to be read of it.
  bool over() const { return over_; }
  // It was overwritten: another input reads what is there now.
  bool replaced() const { return replaced_; }
  // Nothing of it is under way, nor will be.
  bool settled() const;
  // No byte is committed after this.
  void stop();
  // Puts what has been acked and is not put yet.
  void put_position();

  bool counted = true;  // among those that the source reads at a time

  // For the progress display: bytes read, and those that will have been read at the end, as far as known.
  std::uint64_t bytes_expected() const;

 private:
  struct Read {
    enum class State : std::uint8_t { more, starved, end, broken };
    std::size_t size = 0;
    State state = State::more;
  };

  void fetch();
  std::uint64_t range_bytes() const;
  void on_reply(ObjectReply reply);
  bool is_ours(const http::Reply& reply) const;
  std::string wrong_range(const http::Reply& reply) const;
  void identify(const http::Reply& reply);
  void take(std::string bytes);
  void failed(const ObjectReply& reply, bool got_some);
  void fetch_later(std::chrono::milliseconds delay);

  bool prepare(std::size_t until, std::size_t& taken, ReadTurn& turn);
  bool decide(ReadTurn& turn);
  bool skip(std::size_t until, std::size_t& taken, ReadTurn& turn);
  void begin_stream();
  bool take_piece(std::size_t& taken, ReadTurn& turn);
  ReadTurn turn_of(const Read& read);
  Read decode(std::span<char> to);
  ByteView piece() const { return pieces_.empty() ? ByteView() : ByteView(pieces_.front()).substr(used_); }
  void use(std::size_t bytes);
  bool all_fetched() const { return next_ >= object_.size; }

  void lost(const std::string& what);
  void was_replaced();
  // How its stream ends: what is left of it is its last event; or it is left as it is, for it is not the object's end.
  enum class Ending : std::uint8_t { whole, left };
  void finish(Ending ending);
  void on_acked(std::uint64_t position);
  void note_done();
  std::string name() const;

  ObjectInputContext& context_;
  ListedObject object_;
  std::uint64_t resume_;            // decoded bytes to pass over
  std::uint64_t next_ = 0;          // raw byte to ask for
  std::uint64_t asked_ = 0;         // of the request under way
  std::uint64_t asked_bytes_ = 0;
  std::uint64_t raw_ = 0;           // bytes decoded, as they are stored
  std::uint64_t decoded_ = 0;
  std::deque<std::string> pieces_;
  std::size_t used_ = 0;            // of the first
  std::string content_encoding_;
  std::optional<Compression> compression_;
  std::unique_ptr<Decompressor> decoder_;
  std::string head_;                // when resume_ is not 0
  std::uint32_t failures_ = 0;
  bool over_ = false;
  bool replaced_ = false;
  bool stopped_ = false;
  bool done_ = false;               // and told
  bool ended_ = false;              // its stream is
  bool detached_ = false;           // the catalog has another version, or none
  bool abandoned_ = false;          // for the next run
  std::uint64_t acked_ = 0;
  std::uint64_t put_ = 0;           // of acked_
  std::chrono::milliseconds last_put_{0};
  std::unique_ptr<Exchange> exchange_;
  std::unique_ptr<Scheduled> retry_;
  std::unique_ptr<Stream> stream_;  // last: its end may still call on_acked()
};

}  // namespace penstock::object
