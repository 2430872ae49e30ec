#include "bindings/object/object_transport.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "bindings/object/store_access.h"
#include "bindings/object/store_xml.h"
#include "runtime/base/log.h"

namespace penstock::object {

namespace {

// Packages whose multipart upload is kept for their next try; what goes beyond is left to the ledger.
constexpr std::size_t unfinished_max = 64;
// How long after the start leftovers may hold up the end of a run.
constexpr std::chrono::milliseconds abort_patience{5000};

}  // namespace

struct ObjectTransport::Unfinished {
  std::string package;
  MultipartProgress progress;
};

// An upload, with the progress that it writes to.
class ObjectTransport::Running final : public Request {
 public:
  Running(ObjectTransport& transport, const Package& package, std::function<void(Answer)> done)
      : unfinished_(transport.progress_of(package.id)), done_(std::move(done)) {
    UploadLedger* ledger = transport.ledgers_.empty() ? nullptr : transport.ledgers_.front().get();
    upload_ = std::make_unique<Upload>(UploadSite{transport.parts_.world.scheduler, transport.store_, transport.settings_, ledger}, package,
                                       unfinished_->progress, [this, &transport, id = package.id](Answer answer) {
                                         if (unfinished_->progress.upload_id.empty()) transport.forget(id);
                                         const std::function<void(Answer)> call = std::move(done_);
                                         call(std::move(answer));
                                       });
  }

 private:
  std::shared_ptr<Unfinished> unfinished_;
  std::function<void(Answer)> done_;
  std::unique_ptr<Upload> upload_;
};

ObjectTransport::ObjectTransport(Parts parts)
    : parts_(std::move(parts)),
      settings_(parts_.options.upload),
      store_(parts_.options.place, parts_.options.signature,
             {parts_.world.scheduler, parts_.client, parts_.credentials, parts_.on_message}) {
  const std::string extension = settings_.writer.extension;
  settings_.writer = parts_.writer;
  settings_.writer.extension = extension;
}

// What its packages were about to go on with is for whoever has the ledger after it: they come to it from the spool, and begin anew.
ObjectTransport::~ObjectTransport() {
  if (ledgers_.empty()) return;
  for (const auto& one : unfinished_) {
    if (!one->progress.upload_id.empty()) ledgers_.front()->left({one->progress.upload_id, parts_.options.place.bucket, one->progress.key});
  }
}

Status ObjectTransport::open() {
  for (const std::string& path : parts_.ledger_paths) {
    Result<std::shared_ptr<UploadLedger>> ledger = UploadLedger::open(path);
    if (!ledger.ok()) return ledger.take_status();
    ledgers_.push_back(std::move(*ledger));
  }
  opened_ = parts_.world.scheduler.now();
  for (const auto& ledger : ledgers_) collect(ledger);
  return {};
}

void ObjectTransport::collect(const std::shared_ptr<UploadLedger>& ledger) {
  for (OpenUpload& upload : ledger->take_leftovers()) {
    if (upload.bucket == parts_.options.place.bucket) leftovers_.push_back({ledger, std::move(upload)});
  }
  begin_aborting();
}

void ObjectTransport::begin_aborting() {
  if (leftovers_.empty() || abort_ || abort_call_) return;
  abort_call_ = parts_.world.scheduler.after(std::chrono::milliseconds(0), [this] { abort_next(); });
}

std::unique_ptr<Transport::Request> ObjectTransport::send(const Package& package, std::function<void(Answer)> done) {
  if (!ledgers_.empty()) collect(ledgers_.front());
  return std::make_unique<Running>(*this, package, std::move(done));
}

void ObjectTransport::gave_up(const Package& package) {
  const auto known = std::find_if(unfinished_.begin(), unfinished_.end(), [&](const auto& one) { return one->package == package.id; });
  if (known == unfinished_.end()) return;
  leave(**known);
  unfinished_.erase(known);
}

// Its upload is to be aborted.
void ObjectTransport::leave(const Unfinished& unfinished) {
  if (unfinished.progress.upload_id.empty()) return;
  leftovers_.push_back({ledgers_.empty() ? nullptr : ledgers_.front(), {unfinished.progress.upload_id, parts_.options.place.bucket, unfinished.progress.key}});
  begin_aborting();
}

bool ObjectTransport::idle() const {
  return (leftovers_.empty() && !abort_) || parts_.world.scheduler.now() - opened_ > abort_patience;
}

bool ObjectTransport::is_under_way(const std::string& upload_id) const {
  return std::any_of(unfinished_.begin(), unfinished_.end(), [&](const auto& one) { return one->progress.upload_id == upload_id; });
}

std::shared_ptr<ObjectTransport::Unfinished> ObjectTransport::progress_of(const std::string& package) {
  const auto known = std::find_if(unfinished_.begin(), unfinished_.end(), [&](const auto& one) { return one->package == package; });
  if (known != unfinished_.end()) return *known;
  if (unfinished_.size() >= unfinished_max) {
    // The oldest that is not under way: those are as many as the sink's concurrency at most.
    const auto oldest = std::find_if(unfinished_.begin(), unfinished_.end(), [](const auto& one) { return one.use_count() == 1; });
    if (oldest != unfinished_.end()) {
      leave(**oldest);
      unfinished_.erase(oldest);
    }
  }
  return unfinished_.emplace_back(std::make_shared<Unfinished>(Unfinished{package, {}}));
}

void ObjectTransport::forget(const std::string& package) {
  unfinished_.remove_if([&](const auto& one) { return one->package == package; });
}

void ObjectTransport::abort_next() {
  abort_call_.reset();
  abort_.reset();
  if (leftovers_.empty()) {
    if (!not_aborted_.empty() && parts_.on_message) parts_.on_message("unfinished uploads could not be aborted: " + std::exchange(not_aborted_, {}));
    return;
  }
  const Leftover next = std::move(leftovers_.back());
  leftovers_.pop_back();
  ObjectRequest request{"DELETE", next.upload.key, {{"uploadId", next.upload.id}}, {}, {}, "", false};
  if (next.upload.id.empty()) request = {"GET", "", {{"uploads", ""}, {"prefix", next.upload.key}}, {}, {}, "", false};
  if (settings_.sign_body) request.sha256_hex = sign::hex(sign::view(sign::sha256("")));
  abort_ = store_.send(std::move(request), [this, next](const ObjectReply& reply) { on_aborted(next, reply); });
}

// What cannot be aborted now stays in its ledger, for the next start.
void ObjectTransport::on_aborted(const Leftover& leftover, const ObjectReply& reply) {
  const bool done = reply.verdict.answer.outcome == Outcome::delivered || reply.verdict.code == "NoSuchUpload";
  if (!done) {
    not_aborted_ = reply.verdict.answer.text;
    if (reply.verdict.answer.outcome == Outcome::transient) leftovers_.clear();  // nor could the others
  } else if (!leftover.upload.id.empty()) {
    log::info("sink.object", "aborted an unfinished upload: " + object_name(store_.place(), leftover.upload.key));
    if (leftover.ledger) leftover.ledger->ended(leftover.upload);
  } else if (const auto ids = parse_upload_list(reply.http.body, leftover.upload.key); ids) {
    found_lost(leftover, *ids);
  } else {
    not_aborted_ = "GET " + object_name(store_.place(), "") + "?uploads: the answer is no list of uploads";
  }
  abort_next();
}

// The uploads of a key whose id was never told; one of them may be under way, for a package from the spool has the same key.
void ObjectTransport::found_lost(const Leftover& lost, const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    if (is_under_way(id)) continue;
    lost.ledger->begun({id, lost.upload.bucket, lost.upload.key});
    leftovers_.push_back({lost.ledger, {id, lost.upload.bucket, lost.upload.key}});
  }
  lost.ledger->ended(lost.upload);
}

namespace {

// STATE/uploads/PIPELINE.SINK.WORKER, with names made safe. The worker's own file, then those of workers that are no more.
std::vector<std::string> ledger_paths(const std::string& state_directory, const SinkContext& context) {
  if (state_directory.empty()) return {};
  std::string stem = context.pipeline + "." + context.name;
  std::replace_if(stem.begin(), stem.end(), [](char c) { return c == '/' || c == ':' || static_cast<unsigned char>(c) < 0x20; }, '_');
  const std::filesystem::path directory = std::filesystem::path(state_directory) / "uploads";
  std::vector<std::string> paths{(directory / (stem + "." + std::to_string(context.worker))).string()};
  constexpr int workers_ever = 1024;
  for (int worker = context.worker + context.workers; worker < workers_ever; worker += context.workers) {
    const std::filesystem::path path = directory / (stem + "." + std::to_string(worker));
    std::error_code error;
    if (std::filesystem::exists(path, error)) paths.push_back(path.string());
  }
  return paths;
}

// The transport with everything that it stands on.
class OwnedTransport final : public Transport {
 public:
  OwnedTransport(const ObjectSinkOptions& options, const SinkContext& context, const std::string& state_directory)
      : options_(options),
        scheduler_(context.scheduler),
        writer_{context.pipeline, host_name(), context.worker, ""},
        ledger_paths_(ledger_paths(state_directory, context)),
        on_message_(context.on_message) {}

  Status open() override {
    Result<std::unique_ptr<StoreAccess>> access = StoreAccess::open(options_, scheduler_);
    if (!access.ok()) return access.take_status();
    access_ = *std::move(access);
    transport_ = std::make_unique<ObjectTransport>(ObjectTransport::Parts{access_->world(), access_->client(), access_->credentials(), options_, writer_, ledger_paths_, on_message_});
    return transport_->open();
  }
  std::unique_ptr<Request> send(const Package& package, std::function<void(Answer)> done) override {
    return transport_->send(package, std::move(done));
  }
  bool idle() const override { return transport_->idle(); }

 private:
  const ObjectSinkOptions& options_;
  Scheduler& scheduler_;
  const KeyWriter writer_;
  const std::vector<std::string> ledger_paths_;
  const std::function<void(const std::string&)> on_message_;
  std::unique_ptr<StoreAccess> access_;
  std::unique_ptr<ObjectTransport> transport_;
};

}  // namespace

std::unique_ptr<Transport> open_object_transport(const ObjectSinkOptions& options, const SinkContext& context, const std::string& state_directory) {
  return std::make_unique<OwnedTransport>(options, context, state_directory);
}

}  // namespace penstock::object
