// The transport of the sinks s3 and oss: each package becomes one object of a bucket.
//
// What is in memory: the packages that the delivery queue holds, and for each object under way (at most the sink's concurrency)
// the requests of a few parts. Bodies are sent from the package, never copied.
#pragma once
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "bindings/object/object_options.h"
#include "bindings/object/object_store.h"
#include "bindings/object/upload.h"
#include "runtime/plan/sink.h"

namespace penstock::object {

// `options` and what it uses of the context outlive it. `state_directory`: empty when there is none; then uploads that a crash
// leaves unfinished are for the bucket's own rule.
std::unique_ptr<Transport> open_object_transport(const ObjectSinkOptions& options, const SinkContext& context, const std::string& state_directory);

// Over clients and credentials of the caller's, which outlive it.
class ObjectTransport final : public Transport {
 public:
  struct Parts {
    credentials::World& world;
    http::Client& client;  // for the store
    credentials::CredentialCache& credentials;
    const ObjectSinkOptions& options;
    KeyWriter writer;                        // its extension is not looked at
    std::vector<std::string> ledger_paths;   // the first is its own; the others are read for what they left; none: nothing is kept
    std::function<void(const std::string&)> on_message;
  };

  explicit ObjectTransport(Parts parts);
  ~ObjectTransport() override;

  // Reads the ledgers. The uploads that an earlier process left unfinished are then aborted, one after another.
  Status open() override;
  std::unique_ptr<Request> send(const Package& package, std::function<void(Answer)> done) override;
  void gave_up(const Package& package) override;
  // The leftovers are aborted; or the store takes its time over them, which is not waited for.
  bool idle() const override;

 private:
  struct Unfinished;
  class Running;

  std::shared_ptr<Unfinished> progress_of(const std::string& package);
  void forget(const std::string& package);
  struct Leftover {
    std::shared_ptr<UploadLedger> ledger;
    OpenUpload upload;
  };
  bool is_under_way(const std::string& upload_id) const;
  void leave(const Unfinished& unfinished);
  void begin_aborting();
  void collect(const std::shared_ptr<UploadLedger>& ledger);
  void found_lost(const Leftover& lost, const std::vector<std::string>& ids);
  void abort_next();
  void on_aborted(const Leftover& leftover, const ObjectReply& reply);

  Parts parts_;
  UploadSettings settings_;
  ObjectStore store_;
  std::vector<std::shared_ptr<UploadLedger>> ledgers_;  // the first is its own
  std::list<std::shared_ptr<Unfinished>> unfinished_;   // of packages that will come again; oldest first
  std::vector<Leftover> leftovers_;  // still to be aborted; the last is next
  std::string not_aborted_;          // why one of them could not be
  std::chrono::milliseconds opened_{0};
  std::unique_ptr<Scheduled> abort_call_;
  std::unique_ptr<Exchange> abort_;
};

}  // namespace penstock::object
