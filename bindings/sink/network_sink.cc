#include "bindings/sink/network_sink.h"

#include <fmt/format.h>

#include <random>
#include <utility>

#include "bindings/sink/body_codec.h"
#include "bindings/sink/package_builder.h"
#include "bindings/sink/sink_probe.h"
#include "runtime/base/clock.h"
#include "runtime/base/units.h"
#include "runtime/delivery/delivery_queue.h"

namespace penstock {

namespace {

// All workers' together.
constexpr std::uint64_t spool_files_max = 1 << 18;

std::optional<SpoolOptions> spool_options(const SinkContext& context, const NetworkSinkParts& parts, const void* family) {
  if (parts.state_directory.empty() || !parts.delivery.spools()) return std::nullopt;
  const auto workers = static_cast<std::uint64_t>(context.workers);
  SpoolOptions options;
  options.directory = spool_path(parts.state_directory, context.pipeline, context.name);
  options.worker = context.worker;
  options.workers = context.workers;
  options.family = family;
  options.bytes_max = parts.delivery.spool_bytes_max / workers;
  options.files_max = spool_files_max / workers;
  return options;
}

class NetworkSink final : public Sink {
 public:
  NetworkSink(const SinkContext& context, const NetworkSinkParts& parts, TroubleNotice& notice, const void* family)
      : context_(context),
        parts_(parts),
        bodies_(parts.compression, parts.compression_level),
        builder_(parts.encoder->open(context.slots), parts.encoder->framing(), parts.framing, std::string(name_of(parts.compression)), bodies_,
                 {parts.delivery.batch_bytes, parts.delivery.batch_events}),
        transport_(parts.open_transport(context_)),
        queue_(parts.delivery, {context_.scheduler, *transport_, bodies_, *context_.counters, notice, context_.on_ready, context_.bury, context_.on_message,
                                std::random_device()(), spool_options(context, parts, family), nullptr}) {}

  Status open() override {
    if (Status status = check_share(); !status.ok()) return status;
    if (Status status = transport_->open(); !status.ok()) return status;
    return queue_.open();
  }

  void take(Batch& batch, std::span<const std::uint32_t> events, Ack ack) override {
    if (closed_) return ack.settle(Verdict::undelivered);
    queue_.count_taken(static_cast<std::uint32_t>(events.size()));
    const PackageBuilder::Added added = builder_.add(batch, events, std::move(ack), [this](Package package) { push(std::move(package)); });
    if (added.empty != 0) queue_.count_nothing_to_send(added.empty);
    if (builder_.empty() || linger_) return;
    linger_ = context_.scheduler.after(parts_.delivery.linger, [this] { close_package(); });
  }
  bool ready() const override { return queue_.ready(); }
  void flush() override { close_package(); }
  bool idle() const override { return builder_.empty() && queue_.idle() && transport_->idle(); }
  void drain() override {
    close_package();
    queue_.drain();
  }
  void close() override {
    if (std::exchange(closed_, true)) return;
    close_package();
    queue_.close();
  }

 private:
  // A worker whose share does not take two packages would spool one at a time.
  Status check_share() const {
    const DeliveryOptions& delivery = parts_.delivery;
    const std::uint64_t share = delivery.spool_bytes_max / static_cast<std::uint64_t>(context_.workers);
    if (!delivery.spools() || share >= 2 * delivery.batch_bytes) return {};
    return Status(Code::invalid, fmt::format("the spool's bound of {} for {} worker{} is less than two batches of {} for each of them", human_bytes(delivery.spool_bytes_max),
                                             context_.workers, context_.workers == 1 ? "" : "s", human_bytes(delivery.batch_bytes)));
  }
  void close_package() {
    linger_.reset();
    if (!builder_.empty()) queue_.push(builder_.take());
  }
  // The linger is that of the package that begins now.
  void push(Package package) {
    linger_.reset();
    queue_.push(std::move(package));
  }

  const SinkContext context_;
  const NetworkSinkParts& parts_;
  CompressedBodies bodies_;
  PackageBuilder builder_;
  std::unique_ptr<Transport> transport_;
  DeliveryQueue queue_;  // its requests end before their transport
  std::unique_ptr<Scheduled> linger_;
  bool closed_ = false;
};

// A package as the sink makes them, with one event that says that it is a test. Nothing: the encoder writes nothing of it.
std::optional<Package> test_package(const SinkContext& context, const NetworkSinkParts& parts) {
  CompressedBodies bodies(parts.compression, parts.compression_level);
  PackageBuilder builder(parts.encoder->open(context.slots), parts.encoder->framing(), parts.framing, std::string(name_of(parts.compression)), bodies,
                         {parts.delivery.batch_bytes, 0});
  Batch batch(context.slots);
  const std::string text = fmt::format(R"({{"message":"penstock destination test","timestamp":"{}","penstock_test":true}})",
                                       format_utc(std::chrono::system_clock::now()));
  batch.add_born(batch.arena().copy(text), 0);
  batch.all_live();
  builder.add(batch, batch.live, Ack(), [](Package) {});
  if (builder.empty()) return std::nullopt;
  return builder.take();
}

// Nothing to be sent, so nothing to be tried.
class NoProbe final : public Probe {
 public:
  NoProbe(Scheduler& scheduler, ProbeReport report) : report_(std::move(report)) {
    step_ = scheduler.after(std::chrono::milliseconds(0), [this] {
      report_.on_step({"delivery", ProbeStep::Result::failed, "the encoder writes nothing of a test event", "check format and its options: is the field there that it writes?"});
      const auto done = std::move(report_.on_done);
      done(false);  // *this may be gone now
    });
  }

 private:
  ProbeReport report_;
  std::unique_ptr<Scheduled> step_;
};

class NetworkSinkPlan final : public SinkPlan {
 public:
  explicit NetworkSinkPlan(NetworkSinkParts parts) : parts_(std::move(parts)) {}

  std::unique_ptr<Sink> open(const SinkContext& context) override { return std::make_unique<NetworkSink>(context, parts_, notice_, this); }
  bool durable() const override { return parts_.durable; }
  std::string loss() const override { return parts_.loss.empty() ? SinkPlan::loss() : parts_.loss; }
  std::string name() const override { return parts_.delivery.name; }
  bool drops_when_full() const override { return parts_.delivery.on_full == OnFull::drop; }
  bool gives_up() const override { return parts_.delivery.max_attempts != 0; }
  // Two owners of one spool would each deliver what is in it.
  bool exclusive() const override { return parts_.delivery.disk || parts_.delivery.on_full == OnFull::spool; }
  std::string describe() const override { return parts_.description; }
  std::vector<std::string> reads() const override { return parts_.reads; }
  const OwnedDestination* owned_destination() const override { return parts_.owned_destination.get(); }
  bool has_probe() const override { return true; }
  std::unique_ptr<Probe> probe(const SinkContext& context, ProbeReport report) override {
    std::optional<Package> package = test_package(context, parts_);
    if (!package) return std::make_unique<NoProbe>(context.scheduler, std::move(report));
    const auto deliver = [this, &context](Package sent, ProbeReport to) {
      if (parts_.probe_delivery) return parts_.probe_delivery(context, std::move(sent), std::move(to));
      return probe_delivery(context.scheduler, parts_.open_transport(context), parts_.answered ? "the test event was taken" : "the test event was sent; nobody says what became of it",
                            std::move(sent), std::move(to));
    };
    return probe_sink(context.scheduler, {parts_.connections, parts_.one_connection_is_enough, deliver}, *std::move(package), std::move(report));
  }

 private:
  const NetworkSinkParts parts_;
  TroubleNotice notice_;
};

}  // namespace

std::unique_ptr<SinkPlan> make_network_sink(NetworkSinkParts parts) { return std::make_unique<NetworkSinkPlan>(std::move(parts)); }

}  // namespace penstock
