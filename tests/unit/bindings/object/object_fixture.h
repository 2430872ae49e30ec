// A bucket that a test plays: keys at hand, a client without a network, a clock that stands still.
#pragma once
#include <gtest/gtest.h>

#include "bindings/credentials/credential_cache.h"
#include "bindings/object/object_store.h"
#include "tests/unit/support/fake_http_client.h"
#include "tests/unit/support/fake_scheduler.h"

namespace penstock::object {

class ObjectFixture : public ::testing::Test {
 protected:
  using Seen = testing::FakeHttpClient::Seen;

  // Lets everything happen that happens by itself.
  void run() {
    for (int i = 0; i < 200; ++i) {
      scheduler_.finish_work();
      scheduler_.advance(std::chrono::milliseconds(1));
    }
  }
  static http::Reply reply(int status, std::string body = "", std::vector<std::pair<std::string, std::string>> headers = {}) {
    return testing::FakeHttpClient::reply(status, std::move(body), std::move(headers));
  }
  static http::Reply error(int status, const std::string& code, const std::string& rest = "") {
    return reply(status, "<Error><Code>" + code + "</Code>" + rest + "</Error>");
  }

  const std::chrono::system_clock::time_point start_{std::chrono::seconds(1795255325)};  // 2026-11-21T10:02:05Z
  testing::FakeScheduler scheduler_;
  testing::FakeHttpClient client_{scheduler_};
  credentials::World world_{{[this] { return start_ + scheduler_.now(); }, [](const std::string&) { return std::optional<std::string>(); },
                             [](const std::string& path) -> Result<std::string> { return Status(Code::not_found, path); }},
                            scheduler_, client_, client_};
  credentials::StaticSource keys_{world_, {"AK", Secret("sk"), Secret()}};
  credentials::CredentialCache credentials_{world_, keys_, 1};
  std::vector<std::string> messages_;
  StoreParts parts_{scheduler_, client_, credentials_, [this](const std::string& text) { messages_.push_back(text); }};
};

}  // namespace penstock::object
