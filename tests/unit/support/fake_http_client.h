// An HTTP client without a network: a test says what each request is answered with.
#pragma once
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "bindings/http/client.h"
#include "runtime/loop/scheduler.h"

namespace penstock::testing {

class FakeHttpClient : public http::Client {
 public:
  struct Seen {
    std::string method, url, body;
    std::vector<std::string> headers;
    // The value of a header, by its name without regard to case; "(none)" when it was not sent.
    std::string header(std::string_view name) const {
      for (const std::string& line : headers) {
        const std::size_t colon = line.find(':');
        if (colon != name.size()) continue;
        bool same = true;
        for (std::size_t i = 0; i < colon; ++i) same = same && std::tolower(line[i]) == std::tolower(name[i]);
        if (same) return line.substr(std::min(line.size(), line.find_first_not_of(' ', colon + 1)));
      }
      return "(none)";
    }
  };
  using Answering = std::function<http::Reply(const Seen&)>;

  // Answers come after `latency` of the scheduler's time.
  explicit FakeHttpClient(Scheduler& scheduler, std::chrono::milliseconds latency = std::chrono::milliseconds(1))
      : scheduler_(scheduler), latency_(latency) {}

  // What answers every request, unless replies are queued.
  Answering answer = [](const Seen&) { return reply(404); };
  std::deque<http::Reply> queued;  // for the next requests, in order
  std::vector<Seen> seen;
  int open = 0;  // transfers under way
  bool hangs = false;  // requests that are sent now are never answered

  static http::Reply reply(int status, std::string body = "", std::vector<std::pair<std::string, std::string>> headers = {}) {
    http::Reply made;
    made.status = status;
    made.body = std::move(body);
    made.headers = std::move(headers);
    return made;
  }
  static http::Reply trouble(http::Trouble kind, std::string text) {
    http::Reply made;
    made.trouble = kind;
    made.text = std::move(text);
    return made;
  }

  std::unique_ptr<http::Transfer> send(const http::Sending& what, std::function<void(http::Reply)> on_reply) override {
    seen.push_back({what.method, what.url, std::string(what.body), what.headers});
    return std::make_unique<Transfer>(*this, seen.size() - 1, std::move(on_reply));
  }

 private:
  struct Transfer : http::Transfer {
    Transfer(FakeHttpClient& client, std::size_t number, std::function<void(http::Reply)> on_reply) : owner(client) {
      ++owner.open;
      if (owner.hangs) return;
      call = owner.scheduler_.after(owner.latency_, [this, number, to_call = std::move(on_reply)] {
        http::Reply given;
        if (owner.queued.empty()) {
          given = owner.answer(owner.seen[number]);
        } else {
          given = std::move(owner.queued.front());
          owner.queued.pop_front();
        }
        const auto copy = to_call;
        copy(std::move(given));
      });
    }
    ~Transfer() override { --owner.open; }
    FakeHttpClient& owner;
    std::unique_ptr<Scheduled> call;
  };

  Scheduler& scheduler_;
  const std::chrono::milliseconds latency_;
};

}  // namespace penstock::testing
