#include "runtime/main/admin_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "runtime/script/secrets.h"

namespace penstock {

namespace {

bool is_loopback(const net::SocketAddress& address) {
  if (address.family() == AF_UNIX) return true;
  if (address.family() == AF_INET) return (ntohl(reinterpret_cast<const sockaddr_in*>(address.get())->sin_addr.s_addr) >> 24) == 127;
  const in6_addr& host = reinterpret_cast<const sockaddr_in6*>(address.get())->sin6_addr;
  return IN6_IS_ADDR_LOOPBACK(&host);
}

// A pipeline's name cannot begin so: nobody else is taken for the owner.
const net::ListenOwner owner{"--admin", 0};

}  // namespace

Result<AdminServer::Settings> AdminServer::check(const AdminOptions& options) {
  Result<net::Address> address = net::Address::parse(options.address);
  if (!address.ok()) return Status(Code::invalid, "--admin: " + address.status().text());
  Result<net::SocketAddress> numeric = net::numeric_address(*address);
  if (!numeric.ok()) return Status(Code::invalid, "--admin: " + numeric.status().text());
  Settings settings{*std::move(address), std::nullopt};
  if (!options.token.empty()) {
    Result<Secret> token = script::read_secret(options.token);
    if (!token.ok()) return Status(token.status().code(), "--admin-token: " + token.status().text());
    settings.token = *std::move(token);
  }
  if (!settings.token && !is_loopback(*numeric))
    return Status(Code::invalid, "--admin " + options.address + ": others than this machine can reach it, so it needs --admin-token env:NAME or file:PATH");
  return settings;
}

AdminServer::AdminServer(Settings settings, std::function<admin::Snapshot()> snapshot)
    : settings_(std::move(settings)), snapshot_(std::move(snapshot)), listening_({.address = settings_.address}) {}

Result<std::unique_ptr<AdminServer>> AdminServer::open(Settings settings, Scheduler& scheduler, std::function<admin::Snapshot()> snapshot) {
  std::unique_ptr<AdminServer> admin(new AdminServer(std::move(settings), std::move(snapshot)));
  Result<net::ListeningSocket> socket = admin->listening_.open(owner, 0);
  if (!socket.ok()) return Status(socket.status().code(), "--admin: " + socket.status().text());
  admin->url_ = "http://" + socket->address().text();
  http::ServerOptions options;
  options.connections_max = 64;
  options.application = [self = admin.get()](http::Request& request) -> std::unique_ptr<http::RequestHandler> {
    const std::optional<ByteView> authorization = request.header("Authorization");
    admin::Page page = admin::page({request.method(), request.path(), authorization}, self->settings_.token, self->snapshot_);
    request.answer({page.status, std::move(page.content_type), std::move(page.body), std::move(page.headers)});
    return nullptr;
  };
  Result<std::unique_ptr<http::Server>> server = http::Server::open(std::move(options), *std::move(socket), scheduler);
  if (!server.ok()) return Status(server.status().code(), "--admin: " + server.status().text());
  admin->server_ = *std::move(server);
  return admin;
}

}  // namespace penstock
