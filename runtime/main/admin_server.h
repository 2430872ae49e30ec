// `--admin`: serves metrics, health and status on the main thread's loop.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "bindings/http/server.h"
#include "bindings/net/listening_socket.h"
#include "runtime/admin/pages.h"

namespace penstock {

struct AdminOptions {
  std::string address;             // as on the command line: HOST:PORT; empty: nothing is served
  std::string token;               // env:NAME or file:PATH; empty: none
};

class AdminServer {
 public:
  // What is served, checked before anything runs.
  struct Settings {
    net::Address address;
    std::optional<Secret> token;
  };
  // Fails with Code::invalid for what is no address, an address beyond this machine without a token, and as read_secret() does.
  static Result<Settings> check(const AdminOptions& options);

  // Listens from now on. `snapshot` is called for each page, on the loop's thread.
  static Result<std::unique_ptr<AdminServer>> open(Settings settings, Scheduler& scheduler, std::function<admin::Snapshot()> snapshot);

  // `http://127.0.0.1:9090`
  const std::string& url() const { return url_; }

 private:
  AdminServer(Settings settings, std::function<admin::Snapshot()> snapshot);

  const Settings settings_;
  const std::function<admin::Snapshot()> snapshot_;
  net::Listening listening_;
  std::string url_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace penstock
