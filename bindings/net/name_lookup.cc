#include "bindings/net/name_lookup.h"

#include <fmt/format.h>
#include <netdb.h>

#include <cerrno>
#include <cstring>

namespace penstock::net {

namespace {

struct LookUp {
  std::string host;
  std::string port;
  int type = SOCK_STREAM;
  // The result.
  std::vector<SocketAddress> addresses;
  int error = 0;
  int system_error = 0;

  // On a thread of the pool.
  void run() {
    addrinfo hints{};
    hints.ai_socktype = type;
    hints.ai_flags = AI_NUMERICSERV | AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    error = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
    system_error = errno;
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> held(found, freeaddrinfo);
    for (const addrinfo* each = found; error == 0 && each != nullptr; each = each->ai_next) {
      SocketAddress address;
      std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
      address.size = each->ai_addrlen;
      addresses.push_back(address);
    }
  }
  Status failure() const {
    const bool unknown = error == EAI_NONAME || error == EAI_NODATA || error == EAI_ADDRFAMILY;
    const char* const reason = error == EAI_SYSTEM ? std::strerror(system_error) : ::gai_strerror(error);
    return Status(unknown ? Code::not_found : Code::retryable, fmt::format("cannot look up \"{}\": {}", host, reason));
  }
};

}  // namespace

std::unique_ptr<Scheduled> look_up(Scheduler& scheduler, const Address& address, SocketKind kind, FoundAddresses done) {
  Result<SocketAddress> numeric = numeric_address(address);
  if (numeric.ok())
    return scheduler.after(std::chrono::milliseconds(0), [found = *numeric, call = std::move(done)] { call(std::vector<SocketAddress>{found}); });
  if (address.is_unix())
    return scheduler.after(std::chrono::milliseconds(0), [why = numeric.status().text(), call = std::move(done)] { call(Status(Code::invalid, why)); });
  auto names = std::make_shared<LookUp>();
  names->host = address.host;
  names->port = std::to_string(address.port);
  names->type = kind == SocketKind::stream ? SOCK_STREAM : SOCK_DGRAM;
  return scheduler.in_background([names] { names->run(); }, [names, call = std::move(done)] {
    if (names->error != 0) return call(names->failure());
    call(std::move(names->addresses));
  });
}

}  // namespace penstock::net
