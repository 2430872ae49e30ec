#include "bindings/http/client.h"

#include <curl/curl.h>

#include <algorithm>
#include <cassert>
#include <cctype>
#include <cstdlib>
#include <unordered_map>

#include "bindings/net/tls.h"

namespace penstock::http {

namespace {

constexpr std::size_t headers_max = 100;
constexpr std::size_t header_bytes_max = 32 * 1024;
constexpr std::size_t idle_handles_max = 64;

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;

struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
using Multi = std::unique_ptr<CURLM, MultiDeleter>;

struct HeadersDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using Headers = std::unique_ptr<curl_slist, HeadersDeleter>;

// For the process, before its first handle; never undone, for other threads may still use it.
void prepare_library() {
  [[maybe_unused]] static const CURLcode done = curl_global_init(CURL_GLOBAL_DEFAULT);
}

void append(Headers& list, const char* line) {
  curl_slist* longer = curl_slist_append(list.get(), line);
  if (!longer) throw std::bad_alloc();
  list.release();
  list.reset(longer);
}

Headers header_list(const std::vector<std::string>& lines) {
  Headers list;
  for (const std::string& line : lines) append(list, line.c_str());
  // A body is sent at once, without asking first.
  append(list, "Expect:");
  return list;
}

// Everything else may pass by itself.
bool wants_mending(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CLIENTCERT:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ENGINE_NOTFOUND:
    case CURLE_NOT_BUILT_IN:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_UNKNOWN_OPTION: return true;
    default: return false;
  }
}

class ClientRun;

// One request: the handle's callbacks write what came into it.
class TransferRun final : public Transfer {
 public:
  TransferRun(ClientRun& client, std::function<void(Reply)> on_reply) : client_(client), on_reply_(std::move(on_reply)) {}
  ~TransferRun() override;

  void start(const Sending& what);
  void finish(CURLcode result);

 private:
  static std::size_t on_body(char* data, std::size_t, std::size_t size, void* self) noexcept {
    return static_cast<TransferRun*>(self)->take_body({data, size}) ? size : 0;
  }
  static std::size_t on_header(char* data, std::size_t, std::size_t size, void* self) noexcept {
    static_cast<TransferRun*>(self)->take_header({data, size});
    return size;
  }
  bool take_body(ByteView piece) {
    if (body_bytes_ == 0) make_room();
    body_bytes_ += piece.size();
    reply_.body.append(piece.substr(0, answer_kept_ - std::min(answer_kept_, reply_.body.size())));
    reply_.body_cut = body_bytes_ > reply_.body.size();
    return body_bytes_ <= bytes_max();
  }
  // For all of a body whose length is told, so that large ones are not moved as they grow.
  void make_room() {
    curl_off_t length = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (length > 0) reply_.body.reserve(std::min(answer_kept_, static_cast<std::size_t>(length)));
  }
  std::size_t bytes_max() const { return std::max(body_read_max, answer_kept_); }
  void take_header(ByteView line);

  ClientRun& client_;
  std::function<void(Reply)> on_reply_;
  Easy easy_;  // in the multi while it is here
  Headers headers_;
  Reply reply_;
  std::size_t header_bytes_ = 0;
  std::size_t body_bytes_ = 0;
  std::size_t answer_kept_ = body_kept_max;
  char error_[CURL_ERROR_SIZE] = "";
};

class ClientRun final : public Client {
 public:
  ClientRun(ClientOptions options, Scheduler& scheduler) : options_(std::move(options)), scheduler_(scheduler), multi_(curl_multi_init()) {
    if (!multi_) throw std::bad_alloc();
    const long connections = options_.connections_max;
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, &ClientRun::on_socket);
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, &ClientRun::on_timer);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_.get(), CURLMOPT_MAX_TOTAL_CONNECTIONS, connections);
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, connections);
    curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
  }
  // The handles that wait for use go before what they were part of; closing connections ends their watches.
  ~ClientRun() override {
    assert(transfers_ == 0);
    timer_.reset();
    idle_.clear();
    multi_.reset();
  }

  std::unique_ptr<Transfer> send(const Sending& what, std::function<void(Reply)> on_reply) override {
    auto transfer = std::make_unique<TransferRun>(*this, std::move(on_reply));
    transfer->start(what);
    return transfer;
  }

  const ClientOptions& options() const { return options_; }
  CURLM* multi() { return multi_.get(); }
  void count(int change) { transfers_ += change; }

  Easy take_handle() {
    if (idle_.empty()) {
      Easy fresh(curl_easy_init());
      if (!fresh) throw std::bad_alloc();
      return fresh;
    }
    Easy used = std::move(idle_.back());
    idle_.pop_back();
    return used;
  }
  void give_handle(Easy easy) {
    if (idle_.size() >= idle_handles_max) return;
    curl_easy_reset(easy.get());
    idle_.push_back(std::move(easy));
  }

 private:
  static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) noexcept {
    static_cast<ClientRun*>(self)->watch(fd, what);
    return 0;
  }
  static int on_timer(CURLM*, long wait_ms, void* self) noexcept {
    auto* client = static_cast<ClientRun*>(self);
    client->timer_.reset();
    if (wait_ms < 0) return 0;
    client->timer_ = client->scheduler_.after(std::chrono::milliseconds(wait_ms), [client] { client->act(CURL_SOCKET_TIMEOUT, 0); });
    return 0;
  }

  void watch(int fd, int what) {
    if (what == CURL_POLL_REMOVE) {
      watches_.erase(fd);
      return;
    }
    std::unique_ptr<DescriptorWatch>& at = watches_[fd];
    if (!at) {
      at = scheduler_.watch(fd, [this, fd](Readiness ready) {
        act(fd, (ready.readable ? CURL_CSELECT_IN : 0) | (ready.writable ? CURL_CSELECT_OUT : 0));
      });
    }
    if (at) at->want({(what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0});
  }

  void act(curl_socket_t fd, int events) {
    int running = 0;
    curl_multi_socket_action(multi_.get(), fd, events, &running);
    tell_finished();
  }

  void tell_finished() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode result = message->data.result;
      TransferRun* transfer = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
      transfer->finish(result);
    }
  }

  const ClientOptions options_;
  Scheduler& scheduler_;
  std::unordered_map<int, std::unique_ptr<DescriptorWatch>> watches_;
  std::unique_ptr<Scheduled> timer_;
  std::vector<Easy> idle_;  // reset, not in the multi
  int transfers_ = 0;
  Multi multi_;
};

TransferRun::~TransferRun() {
  if (!easy_) return;
  client_.count(-1);
  curl_multi_remove_handle(client_.multi(), easy_.get());
  client_.give_handle(std::move(easy_));
}

void TransferRun::start(const Sending& what) {
  const ClientOptions& options = client_.options();
  answer_kept_ = what.answer_kept;
  headers_ = header_list(what.headers);
  easy_ = client_.take_handle();
  client_.count(1);
  CURL* easy = easy_.get();
  const auto set = [easy](CURLoption option, auto value) { curl_easy_setopt(easy, option, value); };
  set(CURLOPT_PRIVATE, this);
  set(CURLOPT_ERRORBUFFER, static_cast<char*>(error_));
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_URL, what.url.c_str());
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  // Better to share the first connection, if it turns out to be HTTP/2, than to open several at once. (Without TLS there is
  // no HTTP/2, and curl would wait for nothing.)
  if (what.url.starts_with("https:")) set(CURLOPT_PIPEWAIT, 1L);
  set(CURLOPT_POSTFIELDS, what.body.empty() ? "" : what.body.data());
  set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(what.body.size()));
  set(CURLOPT_CUSTOMREQUEST, what.method.c_str());
  set(CURLOPT_HTTPHEADER, headers_.get());
  set(CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));
  if (what.method == "HEAD") set(CURLOPT_NOBODY, 1L);
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout.count()));
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
  if (options.stall.count() > 0) {
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(options.stall.count()));
  }
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_WRITEFUNCTION, &TransferRun::on_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_HEADERFUNCTION, &TransferRun::on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_SSL_VERIFYPEER, options.tls.verify ? 1L : 0L);
  set(CURLOPT_SSL_VERIFYHOST, options.tls.verify ? 2L : 0L);
  if (!options.proxies) set(CURLOPT_PROXY, "");
  if (!options.tls.ca_path.empty()) set(CURLOPT_CAINFO, options.tls.ca_path.c_str());
  if (!options.tls.cert_path.empty()) set(CURLOPT_SSLCERT, options.tls.cert_path.c_str());
  if (!options.tls.key_path.empty()) set(CURLOPT_SSLKEY, options.tls.key_path.c_str());
  curl_multi_add_handle(client_.multi(), easy);
}

void TransferRun::take_header(ByteView line) {
  // A further status line: what came before was of an interim answer.
  if (line.starts_with("HTTP/")) {
    reply_.headers.clear();
    header_bytes_ = 0;
    return;
  }
  const std::size_t colon = line.find(':');
  header_bytes_ += line.size();
  if (colon == ByteView::npos || reply_.headers.size() >= headers_max || header_bytes_ > header_bytes_max) return;
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char byte) { return static_cast<char>(std::tolower(byte)); });
  ByteView value = line.substr(colon + 1);
  while (!value.empty() && std::isspace(static_cast<unsigned char>(value.front()))) value.remove_prefix(1);
  while (!value.empty() && std::isspace(static_cast<unsigned char>(value.back()))) value.remove_suffix(1);
  reply_.headers.emplace_back(std::move(name), value);
}

void TransferRun::finish(CURLcode result) {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  reply_.status = static_cast<int>(status);
  // We cut off a long answer ourselves; what it says is known by then.
  const bool answered = result == CURLE_OK || (result == CURLE_WRITE_ERROR && body_bytes_ > bytes_max());
  if (!answered) {
    // Some certificates fail the handshake as such (an authority's name with another key).
    long verified = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_SSL_VERIFYRESULT, &verified);
    const bool bad_certificate = result == CURLE_SSL_CONNECT_ERROR && verified != 0;
    reply_.trouble = bad_certificate || wants_mending(result) ? Trouble::setup : Trouble::network;
    reply_.text = error_[0] != '\0' ? error_ : curl_easy_strerror(result);
    if (bad_certificate) reply_.text = "the server's certificate is wrong: " + reply_.text;
  }
  client_.count(-1);
  curl_multi_remove_handle(client_.multi(), easy_.get());
  client_.give_handle(std::move(easy_));
  headers_.reset();
  // The call may destroy this.
  const std::function<void(Reply)> call = std::move(on_reply_);
  call(std::move(reply_));
}

}  // namespace

std::string_view Reply::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

std::string proxy_variable(bool secure) {
  // HTTP_PROXY is not obeyed: in a CGI program the client chooses it.
  const std::vector<const char*> names = secure ? std::vector<const char*>{"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}
                                                : std::vector<const char*>{"http_proxy", "all_proxy", "ALL_PROXY"};
  for (const char* const name : names) {
    const char* const value = std::getenv(name);
    if (value && *value) return name;
  }
  return "";
}

Status check_files(const ClientTls& tls) {
  if (tls.cert_path.empty() != tls.key_path.empty()) return Status(Code::invalid, "options 'tls.cert' and 'tls.key' belong together");
  net::TlsClientOptions options;
  options.ca = tls.ca_path;
  options.identity = {tls.cert_path, Value(tls.key_path)};
  return net::check_files(options);
}

Result<std::unique_ptr<Client>> Client::open(ClientOptions options, Scheduler& scheduler) {
  prepare_library();
  if (Status files = check_files(options.tls); !files.ok()) return files;
  return std::unique_ptr<Client>(std::make_unique<ClientRun>(std::move(options), scheduler));
}

}  // namespace penstock::http
