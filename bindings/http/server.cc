#include "bindings/http/server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <unordered_set>

#include "runtime/base/log.h"

namespace penstock::http {

namespace {

struct ResponseDeleter {
  void operator()(MHD_Response* response) const { MHD_destroy_response(response); }
};
using OwnedResponse = std::unique_ptr<MHD_Response, ResponseDeleter>;

struct DaemonDeleter {
  void operator()(MHD_Daemon* daemon) const { MHD_stop_daemon(daemon); }
};
using Daemon = std::unique_ptr<MHD_Daemon, DaemonDeleter>;

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Status::from_errno(errno, path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::string host_of(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address && address->sa_family == AF_INET) inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text, sizeof(text));
  if (address && address->sa_family == AF_INET6) {
    const in6_addr& six = reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&six))
      inet_ntop(AF_INET, six.s6_addr + 12, text, sizeof(text));
    else
      inet_ntop(AF_INET6, &six, text, sizeof(text));
  }
  return text;
}

std::string text_of(const sockaddr* address) {
  net::SocketAddress copy;
  copy.size = address->sa_family == AF_INET6 ? sizeof(sockaddr_in6) : address->sa_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sa_family_t);
  std::memcpy(copy.get(), address, copy.size);
  return copy.text();
}

OwnedResponse make_response(Response& from, bool close) {
  OwnedResponse made(MHD_create_response_from_buffer(from.body.size(), from.body.data(), MHD_RESPMEM_MUST_COPY));
  if (!made) return made;
  if (!from.content_type.empty()) MHD_add_response_header(made.get(), MHD_HTTP_HEADER_CONTENT_TYPE, from.content_type.c_str());
  for (const auto& [name, value] : from.headers) MHD_add_response_header(made.get(), name.c_str(), value.c_str());
  if (close || from.close) MHD_add_response_header(made.get(), MHD_HTTP_HEADER_CONNECTION, "close");
  return made;
}

class ServerRun;

// One request from its first line to the end of its answer.
class Exchange final : public Request {
 public:
  Exchange(ServerRun& server, MHD_Connection* connection, const char* target) : server_(server), connection_(connection), target_(target) {
    question_ = std::min(target_.find('?'), target_.size());
  }

  ByteView method() const override { return method_; }
  ByteView path() const override { return ByteView(target_).substr(0, question_); }
  ByteView query() const override { return question_ < target_.size() ? ByteView(target_).substr(question_ + 1) : ByteView(); }
  std::optional<std::string> parameter(std::string_view name) const override {
    const char* value = nullptr;
    std::size_t size = 0;
    if (MHD_lookup_connection_value_n(connection_, MHD_GET_ARGUMENT_KIND, name.data(), name.size(), &value, &size) != MHD_YES || !value) return std::nullopt;
    return std::string(value, size);
  }
  std::optional<ByteView> header(const char* name) const override {
    const char* value = nullptr;
    std::size_t size = 0;
    if (MHD_lookup_connection_value_n(connection_, MHD_HEADER_KIND, name, std::strlen(name), &value, &size) != MHD_YES || !value) return std::nullopt;
    return ByteView(value, size);
  }
  const std::string& peer() const override { return peer_; }
  ByteView peer_host() const override { return ByteView(peer_host_); }
  std::optional<std::uint64_t> body_size() const override {
    if (header(MHD_HTTP_HEADER_TRANSFER_ENCODING)) return std::nullopt;
    const std::optional<ByteView> length = header(MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (!length) return std::nullopt;
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(length->data(), length->data() + length->size(), size);
    return error == std::errc() && end == length->data() + length->size() ? std::optional(size) : std::nullopt;
  }

  void answer(Response response) override {
    if (answered_) return;
    answered_ = true;
    response_ = std::move(response);
    wake();
  }
  bool answered() const override { return answered_; }
  void cut(const Response& response) override;
  void pause() override { paused_ = true; }
  void resume() override {
    paused_ = false;
    wake();
  }

  // The library's call for the head, each piece of the body, and the end.
  MHD_Result on_call(const char* method, const char* data, std::size_t* size);
  // What the connection waits for was given up: only to be called when the server ends.
  void let_go() {
    if (suspended_) wake_now();
  }
  bool has_handler() const { return handler_ != nullptr; }

 private:
  MHD_Result on_head(const char* method);
  MHD_Result on_piece(const char* data, std::size_t* size);
  MHD_Result on_whole();
  MHD_Result send();
  MHD_Result hold();
  bool refuses_body() const;
  // Outside of the library's call, so that it calls again.
  void wake() {
    if (suspended_ && !inside_) wake_now();
  }
  void wake_now();

  ServerRun& server_;
  MHD_Connection* const connection_;
  const std::string target_;  // as sent
  std::size_t question_;
  std::string method_, peer_, peer_host_;
  std::unique_ptr<RequestHandler> handler_;
  Response response_;
  std::uint64_t discarded_ = 0;
  bool begun_ = false;      // the application was asked
  bool ended_ = false;      // the handler was told of the end
  bool answered_ = false;
  bool sent_ = false;       // the answer is the library's, or was never to be
  bool paused_ = false;
  bool suspended_ = false;  // the library makes no calls until it is told to
  bool inside_ = false;     // the library's call
};

class ServerRun final : public Server {
 public:
  ServerRun(ServerOptions options, net::ListeningSocket socket, Scheduler& scheduler)
      : options_(std::move(options)), scheduler_(scheduler), socket_(std::move(socket)), address_(socket_.address()) {}

  ~ServerRun() override {
    watch_.reset();
    for (Exchange* exchange : exchanges_) exchange->let_go();
    daemon_.reset();
  }

  Status start() {
    if (Status status = read_tls(); !status.ok()) return status;
    // The library closes the socket that it is given.
    net::Descriptor listener(::fcntl(socket_.fd(), F_DUPFD_CLOEXEC, 0));
    if (!listener) return Status::from_errno(errno, address_.text());
    std::vector<MHD_OptionItem> items = option_items(listener.get());
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    if (options_.tls) flags |= MHD_USE_TLS;
    daemon_.reset(MHD_start_daemon(flags, 0, nullptr, nullptr, &ServerRun::on_call, this, MHD_OPTION_EXTERNAL_LOGGER, &ServerRun::on_log, this,
                                   MHD_OPTION_ARRAY, items.data(), MHD_OPTION_END));
    if (!daemon_) return Status(Code::invalid, address_.text() + ": " + (last_log_.empty() ? "the server does not start" : last_log_));
    listener.release();
    const MHD_DaemonInfo* info = MHD_get_daemon_info(daemon_.get(), MHD_DAEMON_INFO_EPOLL_FD);
    if (info) watch_ = scheduler_.watch(info->epoll_fd, [this](Readiness) { run(); });
    if (!watch_) return Status(Code::io, address_.text() + ": its events cannot be watched");
    watch_->want({.readable = true});
    return {};
  }

  std::uint16_t port() const override { return address_.port(); }
  std::size_t requests() const override { return handlers_; }
  void stop_accepting() override {
    if (std::exchange(closing_, true) || running_) return;
    if (socket_.is_shared())
      close_listener();
    else
      run();
  }

  const ServerOptions& options() const { return options_; }
  bool closing() const { return closing_; }
  bool client_is_trusted(MHD_Connection* connection) const;
  void on_handler(bool made) { handlers_ += made ? 1 : std::size_t(-1); }
  // The library was told of something between its own turns.
  void run_soon() {
    if (soon_) return;
    soon_ = true;
    soon_call_ = scheduler_.after(std::chrono::milliseconds(0), [this] { run(); });
  }

 private:
  Status read_tls() {
    if (!options_.tls) return {};
    key_ = options_.tls->key;
    const std::pair<const std::string*, std::string*> files[] = {
        {&options_.tls->cert_path, &cert_}, {&options_.tls->key_path, &key_}, {&options_.tls->client_ca_path, &client_ca_}};
    for (const auto& [path, into] : files) {
      if (path->empty()) continue;
      Result<std::string> text = read_file(*path);
      if (!text.ok()) return text.take_status();
      *into = *std::move(text);
    }
    return {};
  }

  std::vector<MHD_OptionItem> option_items(int listener) {
    const auto number = [](auto value) { return static_cast<std::intptr_t>(value); };
    std::vector<MHD_OptionItem> items{
        {MHD_OPTION_LISTEN_SOCKET, number(listener), nullptr},
        {MHD_OPTION_CONNECTION_LIMIT, number(options_.connections_max), nullptr},
        {MHD_OPTION_CONNECTION_TIMEOUT, number(options_.timeout.count()), nullptr},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, number(options_.connection_bytes), nullptr},
        {MHD_OPTION_PER_IP_CONNECTION_LIMIT, number(options_.connections_per_client_max), nullptr},
        {MHD_OPTION_URI_LOG_CALLBACK, reinterpret_cast<std::intptr_t>(&ServerRun::on_target), this},
        {MHD_OPTION_NOTIFY_COMPLETED, reinterpret_cast<std::intptr_t>(&ServerRun::on_completed), this},
        {MHD_OPTION_NOTIFY_CONNECTION, reinterpret_cast<std::intptr_t>(&ServerRun::on_connection), this},
        {MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, nullptr},
    };
    if (options_.tls) {
      items.push_back({MHD_OPTION_HTTPS_MEM_CERT, 0, cert_.data()});
      items.push_back({MHD_OPTION_HTTPS_MEM_KEY, 0, key_.data()});
      items.push_back({MHD_OPTION_HTTPS_PRIORITIES, 0, tls_versions_.data()});
      if (!client_ca_.empty()) items.push_back({MHD_OPTION_HTTPS_MEM_TRUST, 0, client_ca_.data()});
    }
    items.push_back({MHD_OPTION_END, 0, nullptr});
    return items;
  }

  void run() {
    soon_ = false;
    running_ = true;
    const unsigned before = connections();
    MHD_run(daemon_.get());
    if (closing_ && listening_ && !socket_.is_shared()) take_waiting();
    running_ = false;
    if (closing_) close_listener();
    // Where a bound was reached, the library takes up listening again at the start of its next turn.
    if (connections() < before) run_soon();
    arm();
    if (std::exchange(exhausted_, false)) wait_for_descriptors();
  }

  // A turn takes a few of the connections that the kernel holds: more turns, until one takes none.
  void take_waiting() {
    constexpr int turns_max = 1000;
    for (int i = 0; i < turns_max; ++i) {
      const std::uint64_t before = accepted_;
      MHD_run(daemon_.get());
      if (accepted_ == before) return;
    }
  }

  // With connections open the library itself does not listen until one of them ends; without any it would try without a pause.
  void wait_for_descriptors() {
    log::write_limited(log::Level::warn, "http", address_.text() + ": no descriptors are left for new connections (hint: ulimit -n)");
    if (connections() != 0) return;
    constexpr std::chrono::milliseconds pause{500};
    watch_->want({});
    again_ = scheduler_.after(pause, [this] {
      watch_->want({.readable = true});
      run();
    });
  }

  unsigned connections() const {
    const MHD_DaemonInfo* info = MHD_get_daemon_info(daemon_.get(), MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    return info ? info->num_connections : 0;
  }

  void close_listener() {
    if (!listening_) return;
    listening_ = false;
    const int fd = MHD_quiesce_daemon(daemon_.get());
    if (fd >= 0) close(fd);
    socket_ = {};
  }

  // Asks the loop for the next call that the library wants besides its events. A timer that is due earlier stays: what it
  // finds undone it asks for again.
  void arm() {
    MHD_UNSIGNED_LONG_LONG wait = 0;
    if (MHD_get_timeout(daemon_.get(), &wait) != MHD_YES) return;
    if (wait == 0) return run_soon();
    const std::chrono::milliseconds due = scheduler_.now() + std::chrono::milliseconds(wait);
    if (timer_ && timer_due_ <= due && timer_due_ > scheduler_.now()) return;
    timer_due_ = due;
    timer_ = scheduler_.after(std::chrono::milliseconds(wait), [this] { run(); });
  }

  static void* on_target(void* self, const char* target, MHD_Connection* connection) noexcept {
    auto* server = static_cast<ServerRun*>(self);
    auto* exchange = new Exchange(*server, connection, target);
    server->exchanges_.insert(exchange);
    return exchange;
  }
  static MHD_Result on_call(void*, MHD_Connection*, const char*, const char* method, const char*, const char* data, std::size_t* size,
                            void** exchange) noexcept {
    return *exchange ? static_cast<Exchange*>(*exchange)->on_call(method, data, size) : MHD_NO;
  }
  static void on_completed(void* self, MHD_Connection*, void** exchange, MHD_RequestTerminationCode) noexcept {
    auto* ended = static_cast<Exchange*>(std::exchange(*exchange, nullptr));
    if (!ended) return;
    auto* server = static_cast<ServerRun*>(self);
    server->exchanges_.erase(ended);
    if (ended->has_handler()) server->on_handler(false);
    delete ended;
  }
  static void on_connection(void* self, MHD_Connection*, void**, MHD_ConnectionNotificationCode what) noexcept {
    if (what == MHD_CONNECTION_NOTIFY_STARTED) ++static_cast<ServerRun*>(self)->accepted_;
  }
  static void on_log(void* self, const char* format, va_list arguments) noexcept {
    auto* server = static_cast<ServerRun*>(self);
    // The library tells of it nowhere else.
    if (std::string_view(format).starts_with("Hit process or system resource limit")) server->exhausted_ = true;
    if (server->daemon_ && !log::enabled(log::Level::debug)) return;
    char text[512];
    int size = std::vsnprintf(text, sizeof(text), format, arguments);
    size = std::min<int>(size, sizeof(text) - 1);
    while (size > 0 && text[size - 1] == '\n') --size;
    if (size <= 0) return;
    log::write_limited(log::Level::debug, "http", {text, static_cast<std::size_t>(size)});
    if (!server->daemon_) server->last_log_.assign(text, static_cast<std::size_t>(size));
  }

  const ServerOptions options_;
  Scheduler& scheduler_;
  net::ListeningSocket socket_;
  const net::SocketAddress address_;
  std::string cert_, key_, client_ca_;
  std::string tls_versions_ = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
  std::unordered_set<Exchange*> exchanges_;  // owned through the library's connections, which tell of their end
  std::size_t handlers_ = 0;
  std::string last_log_;    // why it does not start
  bool listening_ = true;
  bool closing_ = false;    // asked to stop accepting
  bool running_ = false;    // inside the library
  bool soon_ = false;
  bool exhausted_ = false;  // it could not accept for want of descriptors
  std::uint64_t accepted_ = 0;
  Daemon daemon_;
  std::unique_ptr<DescriptorWatch> watch_;
  std::unique_ptr<Scheduled> soon_call_;
  std::unique_ptr<Scheduled> again_;
  std::unique_ptr<Scheduled> timer_;
  std::chrono::milliseconds timer_due_{0};
};

// The library asks for a client's certificate and leaves it to us to look at it.
bool ServerRun::client_is_trusted(MHD_Connection* connection) const {
  if (client_ca_.empty()) return true;
  const MHD_ConnectionInfo* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  unsigned faults = 0;
  // A server's certificate of the same authority is none for clients.
  std::string purpose = GNUTLS_KP_TLS_WWW_CLIENT;
  gnutls_typed_vdata_st wanted{GNUTLS_DT_KEY_PURPOSE_OID, reinterpret_cast<unsigned char*>(purpose.data()), 0};
  return info && gnutls_certificate_verify_peers(static_cast<gnutls_session_t>(info->tls_session), &wanted, 1, &faults) == GNUTLS_E_SUCCESS && faults == 0;
}

MHD_Result Exchange::on_call(const char* method, const char* data, std::size_t* size) {
  inside_ = true;
  const MHD_Result result = !begun_ ? on_head(method) : *size != 0 ? on_piece(data, size) : on_whole();
  inside_ = false;
  return result;
}

MHD_Result Exchange::on_head(const char* method) {
  begun_ = true;
  method_ = method;
  const MHD_ConnectionInfo* info = MHD_get_connection_info(connection_, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  if (info && info->client_addr) {
    peer_host_ = host_of(info->client_addr);
    peer_ = text_of(info->client_addr);
  }
  if (header(MHD_HTTP_HEADER_TRANSFER_ENCODING) && header(MHD_HTTP_HEADER_CONTENT_LENGTH))
    answer({.status = 400, .body = "Content-Length beside Transfer-Encoding\n", .close = true});
  else if (server_.client_is_trusted(connection_))
    handler_ = server_.options().application(*this);
  else
    answer({.status = 403, .body = "a certificate of a known authority is required\n", .close = true});
  if (handler_) server_.on_handler(true);
  if (!handler_ && !answered_) answer({.status = 500, .body = "no handler\n"});
  return answered_ && refuses_body() ? send() : MHD_YES;
}

// Whether it is better to answer before the body was read: the sender waits for that, or there is too much of it. Else the
// body is read first: a sender whose connection is closed while it writes may never see the answer.
bool Exchange::refuses_body() const {
  return header(MHD_HTTP_HEADER_EXPECT).has_value() || body_size().value_or(0) > server_.options().discarded_bytes_max;
}

MHD_Result Exchange::on_piece(const char* data, std::size_t* size) {
  if (answered_) {
    discarded_ += *size;
    *size = 0;
    return discarded_ > server_.options().discarded_bytes_max ? MHD_NO : MHD_YES;
  }
  if (paused_) return hold();
  const ByteView piece(data, *size);
  *size = 0;
  handler_->on_body(piece);
  return paused_ && !answered_ ? hold() : MHD_YES;
}

MHD_Result Exchange::on_whole() {
  if (!answered_ && paused_) return hold();
  if (!answered_ && !ended_) {
    ended_ = true;
    handler_->on_end();
  }
  return answered_ ? send() : hold();
}

void Exchange::wake_now() {
  suspended_ = false;
  MHD_resume_connection(connection_);
  server_.run_soon();
}

void Exchange::cut(const Response& response) {
  if (std::exchange(sent_, true)) return;
  answered_ = true;
  const MHD_ConnectionInfo* const socket = MHD_get_connection_info(connection_, MHD_CONNECTION_INFO_CONNECTION_FD);
  if (!socket) return;
  const int fd = socket->connect_fd;
  // The library answers before a body or behind it, never within: it has written nothing of an answer yet.
  const std::string text = fmt::format("HTTP/1.1 {} {}\r\nConnection: close\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n{}", response.status,
                                       MHD_get_reason_phrase_for(static_cast<unsigned>(response.status)), response.content_type, response.body.size(), response.body);
  const MHD_ConnectionInfo* const tls = server_.options().tls ? MHD_get_connection_info(connection_, MHD_CONNECTION_INFO_GNUTLS_SESSION) : nullptr;
  if (tls) {
    [[maybe_unused]] const ssize_t sent = gnutls_record_send(static_cast<gnutls_session_t>(tls->tls_session), text.data(), text.size());
  } else {
    [[maybe_unused]] const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  // The library finds the connection ended, and lets it go.
  ::shutdown(fd, SHUT_RDWR);
}

MHD_Result Exchange::hold() {
  suspended_ = true;
  MHD_suspend_connection(connection_);
  return MHD_YES;
}

MHD_Result Exchange::send() {
  sent_ = true;
  const OwnedResponse response = make_response(response_, server_.closing());
  return response ? MHD_queue_response(connection_, static_cast<unsigned>(response_.status), response.get()) : MHD_NO;
}

}  // namespace

Result<std::unique_ptr<Server>> Server::open(ServerOptions options, net::ListeningSocket socket, Scheduler& scheduler) {
  auto server = std::make_unique<ServerRun>(std::move(options), std::move(socket), scheduler);
  if (Status status = server->start(); !status.ok()) return status;
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace penstock::http
