// What requests to a bucket stand on: HTTP clients, and the keys to sign with. One for each source or sink and worker.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "bindings/object/store_options.h"

namespace penstock::object {

class StoreAccess {
 public:
  // Fails when the TLS files cannot be read. `options` and `scheduler` outlive it.
  static Result<std::unique_ptr<StoreAccess>> open(const StoreOptions& options, Scheduler& scheduler);

  http::Client& client() { return *client_; }
  credentials::World& world() { return world_; }
  credentials::CredentialCache& credentials() { return cache_; }
  // For an ObjectStore over it, which it outlives.
  StoreParts parts(std::function<void(const std::string&)> on_message);

 private:
  StoreAccess(const StoreOptions& options, Scheduler& scheduler, std::unique_ptr<http::Client> client, std::unique_ptr<http::Client> sts,
              std::unique_ptr<http::Client> metadata);

  // Each stands on those before it.
  std::unique_ptr<http::Client> client_, sts_, metadata_;
  credentials::World world_;
  std::unique_ptr<credentials::CredentialSource> source_;
  credentials::CredentialCache cache_;
};

}  // namespace penstock::object
