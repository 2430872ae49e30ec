#include "bindings/object/object_probe.h"

#include <utility>

#include "bindings/object/single_object.h"
#include "bindings/object/store_access.h"
#include "bindings/sink/sink_probe.h"
#include "runtime/base/clock.h"

namespace penstock::object {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

const char* step_name(Concern concern) {
  switch (concern) {
    case Concern::signature: return "signature";
    case Concern::bucket: return "bucket";
    case Concern::permission: return "permission";
    case Concern::object: return "object";
    case Concern::service: return "delivery";
  }
  return "delivery";
}

class BucketProbe final : public Probe {
 public:
  BucketProbe(const ObjectSinkOptions& options, Scheduler& scheduler, Package package, ProbeReport report)
      : options_(options), scheduler_(scheduler), package_(std::move(package)), report_(std::move(report)) {
    step_ = scheduler_.after(milliseconds(0), [this] { begin(); });
  }

 private:
  void begin() {
    begin_step();
    Result<std::unique_ptr<StoreAccess>> access = StoreAccess::open(options_, scheduler_);
    if (!access.ok()) {
      tell({"credentials", ProbeStep::Result::failed, access.status().text(), "mend the option or the file that it names"});
      return finish(false);
    }
    access_ = *std::move(access);
    wait_ = access_->credentials().want([this](const Result<sign::KeyPair>& keys) { on_keys(keys); });
  }

  void begin_step() { began_ = monotonic_now(); }
  void tell(ProbeStep step, bool timed = false) {
    if (timed) step.took = std::chrono::duration_cast<microseconds>(monotonic_now() - began_);
    report_.on_step(std::move(step));
  }

  void on_keys(const Result<sign::KeyPair>& keys) {
    if (!keys.ok()) {
      tell({"credentials", ProbeStep::Result::failed, keys.status().text(), "give keys by credentials, or by what the text names"}, true);
      return finish(false);
    }
    tell({"credentials", ProbeStep::Result::passed, keys.value().token.reveal().empty() ? "there is a key pair" : "there are temporary keys"}, true);
    store_ = std::make_unique<ObjectStore>(options_.place, options_.signature, access_->parts([this](const std::string& text) { on_mended(text); }));
    UploadSettings settings = options_.upload;
    settings.key = test_key(options_);
    std::string key = key_of(settings, package_, "");
    object_ = std::make_unique<SingleObject>(scheduler_, *store_, std::move(settings), std::move(key), std::move(package_));
    begin_step();
    object_->put([this](const ObjectReply& reply) { on_put(reply); });
  }

  // Something that the sink puts right by itself at each start; its text says what to do about a region.
  void on_mended(const std::string& text) {
    const bool clock = std::exchange(clock_offset_, store_->clock_offset()) != store_->clock_offset();
    tell({clock ? "clock" : "region", ProbeStep::Result::warned, text, clock ? "set this machine's clock, and keep it right (chrony, systemd-timesyncd)" : ""});
  }

  void on_put(const ObjectReply& reply) {
    const StoreVerdict& verdict = reply.verdict;
    if (verdict.answer.outcome == Outcome::delivered) return on_written();
    ProbeStep step = step_of(step_name(verdict.concern), verdict.answer, "");
    if (verdict.concern != Concern::permission) return fail(std::move(step));
    tell({"signature", ProbeStep::Result::passed, "accepted"});
    if (!encryption_of(options_).empty()) return fail(std::move(step));
    refusal_ = std::move(step);
    object_->settings().properties.emplace_back(encryption_header(options_.place.vendor), "AES256");
    object_->put([this](const ObjectReply& again) { on_encrypted(again); });
  }

  void fail(ProbeStep step) {
    tell(std::move(step), true);
    finish(false);
  }

  void on_encrypted(const ObjectReply& reply) {
    if (reply.verdict.answer.outcome != Outcome::delivered) return fail(std::move(refusal_));
    refusal_.text += "; with server-side encryption it is taken";
    refusal_.advice = "the bucket demands encryption: add encryption = { type = \"AES256\" } to the sink";
    well_ = false;
    tell(std::move(refusal_), true);
    remove();
  }

  void on_written() {
    tell({"signature", ProbeStep::Result::passed, "accepted"});
    tell({"permission", ProbeStep::Result::passed, "wrote " + object_->name()}, true);
    remove();
  }

  void remove() {
    begin_step();
    object_->remove([this](const ObjectReply& reply) {
      const Answer& answer = reply.verdict.answer;
      if (answer.outcome == Outcome::delivered) {
        tell({"removal", ProbeStep::Result::passed, "removed it again"}, true);
      } else {
        tell({"removal", ProbeStep::Result::warned, step_of("", answer, "").text, "remove " + object_->name() + " by hand; the sink itself needs no right to remove"}, true);
      }
      finish(well_);
    });
  }

  void finish(bool well) {
    const auto done = std::move(report_.on_done);
    done(well);  // *this may be gone now
  }

  const ObjectSinkOptions& options_;
  Scheduler& scheduler_;
  Package package_;
  ProbeReport report_;
  ProbeStep refusal_;
  bool well_ = true;
  std::chrono::nanoseconds began_{};
  std::chrono::seconds clock_offset_{0};  // as known last
  // Each stands on those before it.
  std::unique_ptr<StoreAccess> access_;
  std::unique_ptr<credentials::CredentialCache::Wait> wait_;
  std::unique_ptr<ObjectStore> store_;
  std::unique_ptr<SingleObject> object_;
  std::unique_ptr<Scheduled> step_;
};

}  // namespace

KeyTemplate test_key(const ObjectSinkOptions& options) {
  return KeyTemplate::parse(options.upload.key.directory() + "penstock-test-{id}.{extension}").value();
}

std::unique_ptr<Probe> probe_bucket(const ObjectSinkOptions& options, Scheduler& scheduler, Package package, ProbeReport report) {
  return std::make_unique<BucketProbe>(options, scheduler, std::move(package), std::move(report));
}

}  // namespace penstock::object
