// Where events enter.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/base/own_metrics.h"
#include "runtime/base/status.h"
#include "runtime/delivery/checkpoint.h"
#include "runtime/event/batch.h"
#include "runtime/loop/scheduler.h"
#include "runtime/plan/transactions.h"

namespace penstock {

// What has come of a stream so far.
struct StreamTally {
  std::uint64_t events = 0;        // decoded, and taken
  std::uint64_t broken = 0;        // pieces that are not events, now in the dead letter
  std::string first_reason;        // why the first broken piece is
  std::uint64_t first_offset = 0;  // where it begins
  std::uint64_t undelivered = 0;   // batches that ended undelivered: their events are not safe
};

// The pipeline's end of one stream of bytes. The source reads into space(), commits, and looks at blocked(); decoding,
// stages and sinks happen inside commit(). Lives on one worker.
class Stream {
 public:
  virtual ~Stream() = default;
  // Where the next bytes go: at least 64 KiB, more when a long frame is half read.
  virtual std::span<char> space() = 0;
  // `size` bytes were written to the front of space(): decodes and runs what is whole.
  virtual void commit(std::size_t size) = 0;
  // The same for bytes that nothing goes on from (a message): what stands in them and is not whole at their end is broken, and
  // what is committed next begins anew.
  virtual void commit_whole(std::size_t size) = 0;
  // Nothing comes any more (the end of a finite or rotated file): the last frame is whole as it is.
  virtual void end() = 0;
  // Bytes committed that are not yet part of an event (the start of a line): what an end() would make whole.
  virtual std::size_t pending() const = 0;
  // Bytes up to here are in events or set aside: offset of the stream's first pending byte.
  virtual std::uint64_t position() const = 0;
  // Everything up to here has been acked, in order.
  virtual std::uint64_t acked() const = 0;
  // A stream opened at an offset above 0: whether its format has to see the stream's first bytes (up to 64 KiB) before the
  // first commit, and the way to give them.
  virtual bool wants_head() const { return false; }
  virtual void give_head(ByteView) {}
  // True: the source must stop reading this stream until the context's on_resume.
  virtual bool blocked() const = 0;
  virtual const StreamTally& tally() const = 0;
  // Ended, and every event of it has a verdict: what a sender that waits may be told. See StreamOptions::on_settled.
  virtual bool settled() const = 0;
};

struct StreamOptions {
  std::string name;            // for messages and dead letters: the file's path, `stdin`
  std::uint64_t offset = 0;    // of the first byte that will be committed
  // Called on the worker's thread when acked() has moved; may be empty.
  std::function<void(std::uint64_t acked)> on_acked = {};
  // Called once on the worker's thread, possibly from inside end(), when settled() turns true; may be empty. The stream must
  // not be destroyed inside it.
  std::function<void()> on_settled = {};
  // One of the plan's formats(); empty: the first of them, or the source's own option.
  std::string format = {};
  // It is one document: nobody goes on with it after end(), so an end where the format does not expect one (inside an array) is broken.
  bool whole = false;
  // Called with each batch that was decoded, before its first stage: may set fields, whose bytes must live until the call that
  // decoded them (commit, end) returns. Empty: nothing is asked.
  std::function<void(Batch&)> on_decoded = {};
  // What dead letters call the place of the stream's byte at an offset, when that is no offset in bytes (of a message in its
  // partition); empty: the byte's.
  std::function<std::uint64_t(std::uint64_t)> locate = {};
};

// What a source may use on its worker. All of it outlives the source.
class SourceContext {
 public:
  virtual ~SourceContext() = default;
  virtual Scheduler& scheduler() = 0;
  virtual std::unique_ptr<Stream> open_stream(StreamOptions options) = 0;
  // Where positions are kept; without --state for as long as the process lives, so that a reload goes on where it was. Null:
  // nowhere.
  virtual CheckpointStore* checkpoints() = 0;
  virtual const std::string& pipeline() const = 0;
  // Place among the pipeline's sources: with the type it makes Checkpoint.source.
  virtual int number() const { return 0; }
  virtual int worker() const = 0;
  virtual int workers() const = 0;
  // Whether the pipeline lets one stream's events overtake one another (`ordered = false`).
  virtual bool may_split() const = 0;
  // Asks the sinks not to wait for more: the source waits for acks of what it gave.
  virtual void flush_sinks() = 0;
  // The source has reached its end on this worker: every stream is ended, none will come.
  virtual void on_finished() = 0;
  // The pipeline takes nothing now: its sinks are full, or it drains. Push sources refuse (429, 503) or stop reading.
  virtual bool congested() const = 0;
  // The worker must not go on (say why); events already read are still delivered.
  virtual void on_failed(Status status) = 0;
  // Something to tell and to count: bytes that were lost unread, a file that cannot be read. Makes the exit status 1.
  virtual void on_trouble(const std::string& message, std::uint64_t bytes_lost) = 0;
  // For the progress display: bytes that a finite source will read in all, as far as known; call when it changes.
  virtual void on_total(std::uint64_t bytes) = 0;
  // Where its kind of source publishes numbers of its own; null: nobody asks for them.
  virtual OwnMetrics* own_metrics() { return nullptr; }
};

// A source at work on one worker. Never throws.
class Source {
 public:
  virtual ~Source() = default;
  // Begins to read. Later failures go to context.on_failed.
  virtual Status start() = 0;
  // A stream that was blocked may be read again.
  virtual void resume() = 0;
  // Stops reading for good (drain): streams stay open for their acks until the source is destroyed.
  virtual void stop() = 0;
  // After stop(): something of it is still under way (answers that senders wait for). The drain waits for it, up to 2 s.
  virtual bool winding_down() const { return false; }
};

// A source as declared; shared by the workers' threads: what they share (which worker has which file) is kept and
// guarded here.
class SourcePlan {
 public:
  virtual ~SourcePlan() = default;
  virtual std::unique_ptr<Source> open(SourceContext& context) = 0;
  // Ends by itself.
  virtual bool finite() const = 0;
  // Can be read again after a crash.
  virtual bool replayable() const = 0;
  // Its sender is told "accepted" only when the events are durable, and keeps them until then.
  virtual bool answers_when_durable() const { return false; }
  // It keeps its positions by itself, also without --state (a consumer group): what is acked must be durable.
  virtual bool keeps_positions() const { return false; }
  // From now on positions are committed by the sink, with the events that they are about. Fails when the two do not go together, and
  // says why.
  virtual Status commit_in(std::shared_ptr<Transactions>) {
    return Status(Code::unsupported, "cannot take part in delivery = \"exactly_once\" (hint: source.kafka can)");
  }
  // A reload may start the run that takes over before this one stops: a listener, whose address both can hold, so that no
  // connection is refused. False: the next run starts when this one has stopped, at the position that was acked.
  virtual bool overlaps() const { return false; }
  // The formats that its streams choose from by themselves (a Content-Type); empty: the option `format` alone.
  virtual std::vector<std::string> formats() const { return {}; }
  virtual std::string describe() const = 0;
};

}  // namespace penstock
