// Where events leave.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "runtime/base/status.h"
#include "runtime/delivery/sink_counters.h"
#include "runtime/event/ack.h"
#include "runtime/event/batch.h"
#include "runtime/loop/scheduler.h"
#include "runtime/plan/owned_destination.h"
#include "runtime/plan/probe.h"
#include "runtime/plan/transactions.h"

namespace penstock {

// What a sink may use on its worker. All of it outlives the sink.
struct SinkContext {
  SinkContext(Scheduler& worker_scheduler, SlotTable& worker_slots) : scheduler(worker_scheduler), slots(worker_slots) {}

  Scheduler& scheduler;
  SlotTable& slots;
  std::string pipeline;
  int worker = 0;
  int workers = 1;
  // Somebody moves a position on our ack (a checkpoint, a sender that waits): delivered must mean durable.
  bool durable_acks = false;
  // Call when ready() turned true again.
  std::function<void()> on_ready;
  // Call once when the sink can never deliver again (stdout was closed): the pipeline stops; the text goes to the user.
  std::function<void(const std::string&)> on_fatal;
  // The sink's name in its pipeline, which stays the same over restarts: the spool's directory is named after it.
  std::string name;
  // What it counts; never null.
  SinkCounters* counters = nullptr;
  // Keeps events that the destination refused for good (each one's encoded bytes) as dead letters. dead_lettered: they are safe;
  // dropped: the pipeline keeps no letters; undelivered: they could not be kept, so they must not be acked.
  std::function<Verdict(const std::string& reason, std::span<const ByteView> events)> bury;
  // Something to tell the user at once, as a warning; a sink says it once for each change of state, not for each try.
  std::function<void(const std::string&)> on_message;
};

// A sink at work on one worker. Never throws.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual Status open() = 0;
  // Encodes `events` (indices into batch) before it returns, for the batch is used again, and keeps `ack` until it knows.
  // Requires ready().
  virtual void take(Batch& batch, std::span<const std::uint32_t> events, Ack ack) = 0;
  // False: its bound is reached; sources stop reading until on_ready.
  virtual bool ready() const { return true; }
  // Sends what is buffered without waiting for more.
  virtual void flush() = 0;
  // Nothing buffered, nothing in flight.
  virtual bool idle() const = 0;
  // The run is to end (a signal, a reload, or finite sources at their end): nothing more comes. A sink with a spool may leave
  // there what the destination does not take now.
  virtual void drain() { flush(); }
  // The end: flushes, closes outputs, settles every ack (undelivered where it must). Called once.
  virtual void close() = 0;
};

// A sink as declared; shared by the workers' threads, so what they share (one output file) is kept and guarded here.
class SinkPlan {
 public:
  virtual ~SinkPlan() = default;
  virtual std::unique_ptr<Sink> open(const SinkContext& context) = 0;
  // Delivered can mean on disk, or in the hands of somebody who keeps it: false for what may be lost with the process.
  virtual bool durable() const { return false; }
  // Where it is not: what may become of an event, with a hint.
  virtual std::string loss() const { return "nobody says that an event which was sent is safe (hint: sink.file, sink.http and other sinks that are answered)"; }
  // By its options it gives events up: those that come when its buffer is full; those that were tried so many times (they go
  // to the dead letter where one is kept).
  virtual bool drops_when_full() const { return false; }
  virtual bool gives_up() const { return false; }
  // Only one run may have it open at a time (a spool on disk): a reload closes it before it opens the next one.
  virtual bool exclusive() const { return false; }
  // For a pipeline with delivery = "exactly_once" (PlanContext says so when the sink is made); null: it has no transactions.
  virtual std::shared_ptr<Transactions> transactions() { return nullptr; }
  // The name that the script gave it, unique in its pipeline; empty: it is named after its place, `0:file`.
  virtual std::string name() const { return {}; }
  // For `explain`: one line.
  virtual std::string describe() const = 0;
  // Paths of the fields that it reads by name (templates, CSV columns).
  virtual std::vector<std::string> reads() const { return {}; }
  // Tries the destination, up to one test event that is delivered as any other, past queue and spool. Null: it sends nothing over a
  // network, and has_probe() is false. Plan and context outlive the probe.
  virtual std::unique_ptr<Probe> probe(const SinkContext&, ProbeReport) { return nullptr; }
  virtual bool has_probe() const { return false; }
  // Where it writes, when that belongs to somebody who has to let it in; null: it does not.
  virtual const OwnedDestination* owned_destination() const { return nullptr; }
};

}  // namespace penstock
