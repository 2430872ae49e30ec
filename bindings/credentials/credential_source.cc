#include "bindings/credentials/credential_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "bindings/sign/http_date.h"

namespace penstock::credentials {

namespace {

constexpr std::size_t file_bytes_max = 1 << 20;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Result<std::string> read_whole(const std::string& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return Status::from_errno(errno, path);
  std::string content;
  char piece[16 * 1024];
  while (true) {
    const ssize_t size = ::read(file.get(), piece, sizeof piece);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Status::from_errno(errno, path);
    if (size == 0) return content;
    content.append(piece, static_cast<std::size_t>(size));
    if (content.size() > file_bytes_max) return Status(Code::limit, path + ": larger than 1 MiB");
  }
}

class Later final : public Fetch {
 public:
  Later(Scheduler& scheduler, Result<Credentials> result, Done done) : result_(std::move(result)), done_(std::move(done)) {
    call_ = scheduler.after(std::chrono::milliseconds(0), [this] {
      // The call may destroy this.
      Done call = std::move(done_);
      Result<Credentials> given = std::move(result_);
      call(std::move(given));
    });
  }

 private:
  Result<Credentials> result_;
  Done done_;
  std::unique_ptr<Scheduled> call_;
};

}  // namespace

Credentials dated(Credentials found, const http::Reply& reply) {
  found.given = sign::parse_http_date(reply.header("date"));
  return found;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

Status check_keys(const sign::KeyPair& keys, const std::string& whose) {
  const std::pair<const char*, const std::string*> parts[] = {{"id", &keys.id}, {"secret", &keys.secret.reveal()}, {"session token", &keys.token.reveal()}};
  for (const auto& [name, text] : parts) {
    const bool control = std::any_of(text->begin(), text->end(), [](unsigned char c) { return c < ' ' || c == 0x7f; });
    if (control) return Status(Code::invalid, whose + ": the " + name + " of the keys has line ends or other control characters in it");
  }
  if (keys.id.empty() || keys.secret.reveal().empty()) return Status(Code::invalid, whose + ": the id or the secret of the keys is empty");
  return {};
}

Result<sign::KeyPair> clean_keys(const sign::KeyPair& keys, const std::string& whose) {
  sign::KeyPair clean{std::string(trimmed(keys.id)), Secret(std::string(trimmed(keys.secret.reveal()))), Secret(std::string(trimmed(keys.token.reveal())))};
  if (Status status = check_keys(clean, whose); !status.ok()) return status;
  return clean;
}

std::unique_ptr<Fetch> give_later(Scheduler& scheduler, Result<Credentials> result, Done done) {
  return std::make_unique<Later>(scheduler, std::move(result), std::move(done));
}

Machine this_machine() {
  return {[] { return std::chrono::system_clock::now(); },
          [](const std::string& name) -> std::optional<std::string> {
            const char* value = std::getenv(name.c_str());
            if (!value || *value == '\0') return std::nullopt;
            return value;
          },
          read_whole};
}

http::ClientOptions sts_client_options(const std::string& ca_path) {
  http::ClientOptions options;
  options.connections_max = 2;
  options.tls.ca_path = ca_path;
  return options;
}

http::ClientOptions metadata_client_options() {
  http::ClientOptions options;
  options.connections_max = 2;
  options.connect_timeout = std::chrono::milliseconds(1000);
  options.timeout = std::chrono::milliseconds(2000);
  options.proxies = false;
  return options;
}

std::unique_ptr<Fetch> StaticSource::fetch(Done done) { return give_later(world_.scheduler, Credentials{keys_, {}, {}}, std::move(done)); }

Result<Credentials> EnvironmentSource::look() const {
  const auto id = world_.environment(names_.id);
  const auto secret = world_.environment(names_.secret);
  if (!id && !secret) return Status(Code::not_found, names_.id + " is not set");
  if (!id || !secret) {
    const std::string& there = id ? names_.id : names_.secret;
    const std::string& missing = id ? names_.secret : names_.id;
    return Status(Code::invalid, "the environment has " + there + " but not " + missing);
  }
  Result<sign::KeyPair> keys = clean_keys({*id, Secret(*secret), Secret(world_.environment(names_.token).value_or(""))}, "environment " + names_.id);
  if (!keys.ok()) return keys.take_status();
  return Credentials{*std::move(keys), {}, {}};
}

std::unique_ptr<Fetch> EnvironmentSource::fetch(Done done) { return give_later(world_.scheduler, look(), std::move(done)); }

// Asks one after another.
class ChainSource::Walk final : public Fetch {
 public:
  Walk(const ChainSource& chain, Done done) : chain_(chain), done_(std::move(done)) { ask(0); }

 private:
  void ask(std::size_t at) {
    current_ = chain_.sources_[at]->fetch([this, at](Result<Credentials> result) { take(at, std::move(result)); });
  }
  void take(std::size_t at, Result<Credentials> result) {
    if (!result.ok() && result.status().code() == Code::not_found) {
      missed_ += (missed_.empty() ? "" : "; ") + result.status().text();
      if (at + 1 < chain_.sources_.size()) {
        ask(at + 1);
        return;
      }
      result = Status(Code::not_found, "no credentials were found: " + missed_);
    }
    Done call = std::move(done_);
    call(std::move(result));
  }

  const ChainSource& chain_;
  Done done_;
  std::string missed_;
  std::unique_ptr<Fetch> current_;
};

std::unique_ptr<Fetch> ChainSource::fetch(Done done) { return std::make_unique<Walk>(*this, std::move(done)); }

std::string ChainSource::describe() const {
  std::string text;
  for (const auto& source : sources_) text += (text.empty() ? "" : ", ") + source->describe();
  return text;
}

}  // namespace penstock::credentials
