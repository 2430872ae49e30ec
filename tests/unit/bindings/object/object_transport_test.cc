#include "bindings/object/object_transport.h"

#include <filesystem>
#include <fstream>
#include <set>

#include "bindings/sign/digest.h"
#include "tests/unit/bindings/object/object_fixture.h"

namespace penstock::object {
namespace {

constexpr std::uint64_t mib = 1024 * 1024;

// A bucket as S3 has it, as far as uploads go. `refuse` may answer in its place.
class Bucket {
 public:
  std::map<std::string, std::string> objects;                              // by the URL's path
  std::map<std::string, std::map<int, std::string>> uploads;               // by id
  std::function<std::optional<http::Reply>(const testing::FakeHttpClient::Seen&)> refuse;
  std::map<std::string, std::string> keys;  // by upload id
  int begun = 0;

  http::Reply take(const testing::FakeHttpClient::Seen& seen) {
    if (refuse) {
      if (auto refused = refuse(seen)) return *refused;
    }
    const std::size_t question = seen.url.find('?');
    const std::string path = seen.url.substr(seen.url.find('/', 8), question - seen.url.find('/', 8));
    const std::string query = question == std::string::npos ? "" : seen.url.substr(question + 1);
    using testing::FakeHttpClient;
    if (seen.header("content-md5") != "(none)") {
      EXPECT_EQ(seen.header("content-md5"), sign::base64(sign::view(*sign::md5(seen.body))));
    }
    if (query == "uploads=") {
      const std::string id = "up" + std::to_string(++begun);
      uploads[id];
      keys[id] = path.substr(1);
      return FakeHttpClient::reply(200, "<InitiateMultipartUploadResult><UploadId>" + id + "</UploadId></InitiateMultipartUploadResult>");
    }
    if (query.starts_with("uploads=&prefix=")) {
      std::string list;
      for (const auto& [open_id, parts] : uploads) list += "<Upload><Key>" + keys[open_id] + "</Key><UploadId>" + open_id + "</UploadId></Upload>";
      return FakeHttpClient::reply(200, "<ListMultipartUploadsResult>" + list + "</ListMultipartUploadsResult>");
    }
    const std::size_t id_at = query.find("uploadId=");
    const std::string id = id_at == std::string::npos ? "" : query.substr(id_at + 9);
    if (!id.empty() && !uploads.contains(id)) return FakeHttpClient::reply(404, "<Error><Code>NoSuchUpload</Code></Error>");
    if (seen.method == "DELETE") {
      uploads.erase(id);
      return FakeHttpClient::reply(204);
    }
    if (query.starts_with("partNumber=")) {
      uploads[id][std::stoi(query.substr(11))] = seen.body;
      return FakeHttpClient::reply(200, "", {{"etag", "\"e" + query.substr(11, query.find('&') - 11) + "\""}});
    }
    if (seen.method == "HEAD") {
      if (!objects.contains(path)) return FakeHttpClient::reply(404);
      return FakeHttpClient::reply(200, "", {{"content-length", std::to_string(objects[path].size())}});
    }
    if (seen.header("if-none-match") == "*" && objects.contains(path)) return FakeHttpClient::reply(412, "<Error><Code>PreconditionFailed</Code></Error>");
    if (seen.method == "PUT") {
      objects[path] = seen.body;
      return FakeHttpClient::reply(200, "", {{"etag", "\"x\""}});
    }
    std::string whole;
    for (const auto& [number, part] : uploads[id]) whole += part;
    uploads.erase(id);
    objects[path] = whole;
    return FakeHttpClient::reply(200, "<CompleteMultipartUploadResult><ETag>\"x\"</ETag></CompleteMultipartUploadResult>");
  }
};

class ObjectTransportTest : public ObjectFixture {
 protected:
  void SetUp() override {
    directory_ = ::testing::TempDir() + "/object_transport_" + ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(directory_);
    options_.place = {Vendor::s3, "logs", "eu-west-1", "", Addressing::virtual_host};
    options_.upload.key = KeyTemplate::parse("{yyyy}/{id}.{extension}").value();
    options_.upload.writer.extension = "ndjson";
    options_.upload.format_type = "application/x-ndjson";
    options_.upload.properties = {{"x-amz-server-side-encryption", "AES256"}};
    options_.upload.sign_body = false;
    options_.upload.multipart_above = 6 * mib;
    options_.upload.part_bytes = 5 * mib;
    client_.answer = [this](const Seen& seen) { return bucket_.take(seen); };
    reopen();
  }
  void TearDown() override {
    transport_.reset();
    std::filesystem::remove_all(directory_);
  }
  // As a new process would.
  void reopen() {
    transport_.reset();
    transport_ = std::make_unique<ObjectTransport>(ObjectTransport::Parts{
        world_, client_, credentials_, options_, {"edge", "host", 0, ""}, {directory_ + "/ledger"}, [this](const std::string& text) { messages_.push_back(text); }});
    ASSERT_TRUE(transport_->open().ok());
  }
  Package package(std::size_t size, char fill = 'a') const {
    Package made;
    made.id = "0123456789abcdef0123456789abcdef";
    made.body.append(std::string(size, fill));
    made.form.compression = "gzip";
    made.form.content_type = "application/x-ndjson";
    made.made = start_;
    return made;
  }
  Answer send(const Package& what) {
    std::optional<Answer> got;
    const auto request = transport_->send(what, [&](Answer answer) { got = std::move(answer); });
    EXPECT_FALSE(got) << "answered from inside send()";
    run();
    EXPECT_TRUE(got) << "no answer";
    return got ? *got : Answer{};
  }
  std::size_t count(const std::string& method, const std::string& part_of_url = "") const {
    return static_cast<std::size_t>(std::count_if(client_.seen.begin(), client_.seen.end(), [&](const Seen& seen) {
      return seen.method == method && seen.url.find(part_of_url) != std::string::npos;
    }));
  }
  std::string ledger() const {
    std::ifstream file(directory_ + "/ledger");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  static constexpr const char* path_ = "/2026/0123456789abcdef0123456789abcdef.ndjson.gz";
  std::string directory_;
  Bucket bucket_;
  ObjectSinkOptions options_;
  std::unique_ptr<ObjectTransport> transport_;
};

TEST_F(ObjectTransportTest, ASmallPackageIsOnePut) {
  const Package small = package(1000);
  EXPECT_EQ(send(small).outcome, Outcome::delivered);
  ASSERT_EQ(client_.seen.size(), 1u);
  const Seen& seen = client_.seen[0];
  EXPECT_EQ(seen.url, std::string("https://logs.s3.eu-west-1.amazonaws.com") + path_);
  EXPECT_EQ(seen.header("content-type"), "application/x-ndjson");
  EXPECT_EQ(seen.header("content-encoding"), "gzip");
  EXPECT_EQ(seen.header("x-amz-server-side-encryption"), "AES256");
  EXPECT_EQ(seen.header("content-md5"), sign::base64(sign::view(*sign::md5(small.body.view()))));
  EXPECT_EQ(bucket_.objects[path_], small.body.view());
}

TEST_F(ObjectTransportTest, WithCrc32cEachBodyPartAndCompletionHasItsChecksum) {
  options_.upload.checksum = Checksum::crc32c;
  reopen();
  EXPECT_EQ(send(package(9, '1')).outcome, Outcome::delivered);
  EXPECT_EQ(client_.seen[0].header("x-amz-checksum-crc32c"), "mRrjeQ==");
  EXPECT_EQ(client_.seen[0].header("content-md5"), "(none)");

  client_.seen.clear();
  bucket_.objects.clear();
  EXPECT_EQ(send(package(12 * mib)).outcome, Outcome::delivered);
  ASSERT_EQ(client_.seen.size(), 5u);  // begin, three parts, completion
  EXPECT_EQ(client_.seen.front().header("x-amz-checksum-algorithm"), "CRC32C");
  for (std::size_t part = 1; part <= 3; ++part) {
    const std::string checksum = client_.seen[part].header("x-amz-checksum-crc32c");
    EXPECT_EQ(checksum.size(), 8u) << checksum;
    EXPECT_NE(client_.seen.back().body.find("<ChecksumCRC32C>" + checksum + "</ChecksumCRC32C>"), std::string::npos) << client_.seen.back().body;
  }
}

TEST_F(ObjectTransportTest, ARetryWritesTheSameKeyAndCountsAsDeliveredWhenItIsThere) {
  const Package small = package(1000);
  bool lose = true;
  bucket_.refuse = [&](const Seen& seen) -> std::optional<http::Reply> {
    if (!std::exchange(lose, false)) return std::nullopt;
    bucket_.objects[path_] = seen.body;
    return testing::FakeHttpClient::trouble(http::Trouble::network, "Recv failure: Connection reset by peer");
  };
  EXPECT_EQ(send(small).outcome, Outcome::transient);
  reopen();
  EXPECT_EQ(send(small).outcome, Outcome::delivered);
  EXPECT_EQ(client_.seen[0].url, client_.seen[1].url);
  EXPECT_EQ(bucket_.objects.size(), 1u);
}

TEST_F(ObjectTransportTest, AHashInTheKeyIsThatOfTheBody) {
  options_.upload.key = KeyTemplate::parse("{hash}").value();
  reopen();
  const Package small = package(1000);
  EXPECT_EQ(send(small).outcome, Outcome::delivered);
  EXPECT_TRUE(bucket_.objects.contains("/" + sign::hex(sign::view(sign::sha256(small.body.view()))).substr(0, 16)));
}

TEST_F(ObjectTransportTest, ALargePackageGoesInParts) {
  const Package large = package(12 * mib);
  EXPECT_EQ(send(large).outcome, Outcome::delivered);
  EXPECT_EQ(bucket_.objects[path_], large.body.view());
  EXPECT_TRUE(bucket_.uploads.empty());
  EXPECT_EQ(count("PUT", "partNumber="), 3u);
  // What the object is like is said once, at the start; whether it may be there already, at the end.
  EXPECT_EQ(client_.seen.front().header("x-amz-server-side-encryption"), "AES256");
  EXPECT_EQ(client_.seen.front().header("content-encoding"), "gzip");
  EXPECT_EQ(client_.seen.at(1).header("x-amz-server-side-encryption"), "(none)");
  EXPECT_EQ(client_.seen.back().header("if-none-match"), "*");
  EXPECT_EQ(ledger(), "? logs 2026%2F0123456789abcdef0123456789abcdef.ndjson.gz\n+ up1 logs 2026%2F0123456789abcdef0123456789abcdef.ndjson.gz\n- up1\n");
}

TEST_F(ObjectTransportTest, PartsAtOnceAreBounded) {
  options_.upload.parts_at_once = 2;
  reopen();
  int most = 0;
  bucket_.refuse = [&](const Seen&) -> std::optional<http::Reply> {
    most = std::max(most, client_.open);
    return std::nullopt;
  };
  EXPECT_EQ(send(package(40 * mib)).outcome, Outcome::delivered);
  EXPECT_EQ(most, 2);
}

TEST_F(ObjectTransportTest, TheNextTryGoesOnWhereTheLastOneEnded) {
  const Package large = package(20 * mib);
  bool fail = true;
  bucket_.refuse = [&](const Seen& seen) -> std::optional<http::Reply> {
    if (fail && seen.url.find("partNumber=3") != std::string::npos) return error(503, "SlowDown");
    return std::nullopt;
  };
  EXPECT_EQ(send(large).outcome, Outcome::transient);
  fail = false;
  const std::size_t before = count("PUT");
  EXPECT_EQ(send(large).outcome, Outcome::delivered);
  EXPECT_EQ(bucket_.objects[path_], large.body.view());
  EXPECT_EQ(bucket_.begun, 1);
  EXPECT_EQ(count("PUT") - before, 1u);
}

TEST_F(ObjectTransportTest, AnUploadThatTheStoreForgotIsBegunAgain) {
  const Package large = package(12 * mib);
  bool fail = true;
  bucket_.refuse = [&](const Seen& seen) -> std::optional<http::Reply> {
    if (fail && seen.url.find("partNumber=2") != std::string::npos) return error(404, "NoSuchUpload");
    return std::nullopt;
  };
  EXPECT_EQ(send(large).outcome, Outcome::transient);
  fail = false;
  EXPECT_EQ(send(large).outcome, Outcome::delivered);
  EXPECT_EQ(bucket_.begun, 2);
}

TEST_F(ObjectTransportTest, AnErrorInASuccessfulAnswerIsNoSuccess) {
  const Package large = package(12 * mib);
  for (const char* body : {"<Error><Code>InternalError</Code></Error>", "", "   "}) {
    bucket_.refuse = [&](const Seen& seen) -> std::optional<http::Reply> {
      if (seen.method == "POST" && seen.url.find("uploadId=") != std::string::npos) return reply(200, body);
      return std::nullopt;
    };
    EXPECT_EQ(send(large).outcome, Outcome::transient) << body;
    bucket_.refuse = nullptr;
  }
  EXPECT_EQ(send(large).outcome, Outcome::delivered);
}

TEST_F(ObjectTransportTest, ACompletionWhoseAnswerWasLostIsFoundOut) {
  const Package large = package(12 * mib);
  bool lose = true;
  bucket_.refuse = [&](const Seen& seen) -> std::optional<http::Reply> {
    if (seen.method != "POST" || seen.url.find("uploadId=") == std::string::npos || !std::exchange(lose, false)) return std::nullopt;
    (void)bucket_.take(seen);
    return testing::FakeHttpClient::trouble(http::Trouble::network, "Connection reset by peer");
  };
  EXPECT_EQ(send(large).outcome, Outcome::transient);
  EXPECT_EQ(send(large).outcome, Outcome::delivered);
  EXPECT_EQ(client_.seen.back().method, "HEAD");
  EXPECT_EQ(bucket_.begun, 1);
}

TEST_F(ObjectTransportTest, SuccessWithoutAnETagIsNoStores) {
  client_.answer = [](const Seen&) { return testing::FakeHttpClient::reply(200, "<html>Welcome</html>"); };
  const Answer answer = send(package(1000));
  EXPECT_EQ(answer.outcome, Outcome::configuration);
  EXPECT_NE(answer.text.find("without an ETag"), std::string::npos) << answer.text;
}

TEST_F(ObjectTransportTest, AClaimThatTheObjectIsThereIsLookedAt) {
  const Package small = package(1000);
  bool denied = false;
  bucket_.refuse = [&](const Seen& seen) -> std::optional<http::Reply> {
    if (seen.method == "PUT") return error(412, "PreconditionFailed");
    if (denied) return error(403, "AccessDenied");
    return std::nullopt;
  };
  EXPECT_EQ(send(small).outcome, Outcome::configuration) << "nothing is there";
  bucket_.objects[path_] = std::string(999, 'x');
  EXPECT_EQ(send(small).outcome, Outcome::configuration) << "another's";
  bucket_.objects[path_] = small.body.view();
  EXPECT_EQ(send(small).outcome, Outcome::delivered);
  denied = true;
  EXPECT_EQ(send(small).outcome, Outcome::delivered) << "a key that may only write has the store's word";
}

TEST_F(ObjectTransportTest, WhatIsOfNoUseIsAborted) {
  const Package large = package(12 * mib);
  for (const char* code : {"InvalidPart", "ConditionalRequestConflict"}) {
    bool fail = true;
    bucket_.refuse = [&](const Seen& seen) -> std::optional<http::Reply> {
      if (fail && seen.method == "POST" && seen.url.find("uploadId=") != std::string::npos) return error(400, code);
      return std::nullopt;
    };
    EXPECT_EQ(send(large).outcome, Outcome::transient) << code;
    EXPECT_TRUE(bucket_.uploads.empty()) << code;
    fail = false;
    bucket_.refuse = nullptr;
  }
  bucket_.refuse = [](const Seen& seen) -> std::optional<http::Reply> {
    return seen.url.find("partNumber=2") == std::string::npos ? std::nullopt : std::optional(error(413, ""));
  };
  EXPECT_EQ(send(large).outcome, Outcome::data);
  EXPECT_TRUE(bucket_.uploads.empty()) << "its halves are uploads of their own";
}

TEST_F(ObjectTransportTest, WhatNobodyWillGoOnWithIsAborted) {
  const Package large = package(12 * mib);
  const auto fail_third = [](const Seen& seen) -> std::optional<http::Reply> {
    return seen.url.find("partNumber=3") == std::string::npos ? std::nullopt : std::optional(error(503, "SlowDown"));
  };
  bucket_.refuse = fail_third;
  EXPECT_EQ(send(large).outcome, Outcome::transient);
  EXPECT_EQ(bucket_.uploads.size(), 1u);
  transport_->gave_up(large);
  run();
  EXPECT_TRUE(bucket_.uploads.empty()) << "after the last try";

  EXPECT_EQ(send(large).outcome, Outcome::transient);
  auto old = std::exchange(transport_, nullptr);
  reopen();
  old.reset();
  bucket_.refuse = nullptr;
  EXPECT_EQ(send(large).outcome, Outcome::delivered);
  run();
  EXPECT_TRUE(bucket_.uploads.empty()) << "what a replaced plan had begun";
}

TEST_F(ObjectTransportTest, OneThatCannotBeAbortedKeepsNoOther) {
  const Package large = package(12 * mib);
  bucket_.refuse = [](const Seen& seen) -> std::optional<http::Reply> {
    return seen.url.find("partNumber=3") == std::string::npos ? std::nullopt : std::optional(error(503, "SlowDown"));
  };
  (void)send(large);
  { UploadLedger::open(directory_ + "/ledger").value()->begins("logs", "2026/never-told"); }
  bucket_.refuse = [](const Seen& seen) -> std::optional<http::Reply> {
    return seen.method == "GET" ? std::optional(error(403, "AccessDenied")) : std::nullopt;
  };
  reopen();
  run();
  EXPECT_TRUE(bucket_.uploads.empty());
  ASSERT_EQ(messages_.size(), 1u);
  EXPECT_NE(messages_[0].find("unfinished uploads could not be aborted"), std::string::npos) << messages_[0];
}

TEST_F(ObjectTransportTest, AnObjectThatIsThereEndsItsUpload) {
  const Package large = package(12 * mib);
  bucket_.objects[path_] = large.body.view();
  EXPECT_EQ(send(large).outcome, Outcome::delivered);
  EXPECT_EQ(client_.seen.back().method, "DELETE");
  EXPECT_TRUE(bucket_.uploads.empty());
}

TEST_F(ObjectTransportTest, WhatACrashLeftIsAbortedAtTheNextStart) {
  const Package large = package(12 * mib);
  bool died = true;
  bucket_.refuse = [&](const Seen& seen) -> std::optional<http::Reply> {
    if (died && seen.url.find("partNumber=3") != std::string::npos) return testing::FakeHttpClient::trouble(http::Trouble::network, "killed");
    return std::nullopt;
  };
  (void)send(large);
  EXPECT_EQ(bucket_.uploads.size(), 1u);
  died = false;
  reopen();
  EXPECT_FALSE(transport_->idle());
  run();
  EXPECT_TRUE(transport_->idle());
  EXPECT_TRUE(bucket_.uploads.empty());
  reopen();
  EXPECT_EQ(ledger(), "");
}

TEST_F(ObjectTransportTest, AStoreThatHangsHoldsUpNoEndForLong) {
  const Package large = package(12 * mib);
  bucket_.refuse = [&](const Seen& seen) -> std::optional<http::Reply> {
    if (seen.url.find("partNumber=3") != std::string::npos) return testing::FakeHttpClient::trouble(http::Trouble::network, "killed");
    return std::nullopt;
  };
  (void)send(large);
  reopen();
  client_.hangs = true;
  run();
  EXPECT_FALSE(transport_->idle());
  scheduler_.advance(std::chrono::seconds(6));
  EXPECT_TRUE(transport_->idle());
}

TEST_F(ObjectTransportTest, LookingForALostUploadLeavesTheOneUnderWayAlone) {
  const Package large = package(12 * mib);
  bucket_.refuse = [&](const Seen& seen) -> std::optional<http::Reply> {
    if (!seen.url.ends_with("?uploads=")) return std::nullopt;
    bucket_.refuse = nullptr;
    (void)bucket_.take(seen);
    return testing::FakeHttpClient::trouble(http::Trouble::network, "killed");
  };
  (void)send(large);
  // The package comes again, from the spool, and waits for its first part when the list is answered.
  bucket_.refuse = [&](const Seen& seen) -> std::optional<http::Reply> {
    if (seen.url.find("partNumber=") != std::string::npos && count("GET", "?uploads=") == 0) return testing::FakeHttpClient::trouble(http::Trouble::network, "slow");
    return std::nullopt;
  };
  reopen();
  const Answer answer = send(large);
  EXPECT_EQ(answer.outcome == Outcome::delivered ? answer.outcome : send(large).outcome, Outcome::delivered);
  EXPECT_EQ(bucket_.begun, 2) << "one was lost; the other was not aborted under its package";
  EXPECT_TRUE(bucket_.uploads.empty());
}

TEST_F(ObjectTransportTest, AnErrorOfTheStoreItselfMayHideAnUpload) {
  const Package large = package(12 * mib);
  bucket_.refuse = [&](const Seen& seen) -> std::optional<http::Reply> {
    if (!seen.url.ends_with("?uploads=")) return std::nullopt;
    bucket_.refuse = nullptr;
    (void)bucket_.take(seen);
    return error(500, "InternalError");
  };
  EXPECT_EQ(send(large).outcome, Outcome::transient);
  EXPECT_EQ(send(large).outcome, Outcome::delivered);
  EXPECT_EQ(bucket_.uploads.size(), 1u);
  reopen();
  run();
  EXPECT_TRUE(bucket_.uploads.empty());
}

TEST_F(ObjectTransportTest, AnUploadWhoseIdWasNeverToldIsLookedForAtTheNextStart) {
  const Package large = package(12 * mib);
  bucket_.refuse = [&](const Seen& seen) -> std::optional<http::Reply> {
    if (!seen.url.ends_with("?uploads=")) return std::nullopt;
    bucket_.refuse = nullptr;
    (void)bucket_.take(seen);
    return testing::FakeHttpClient::trouble(http::Trouble::network, "killed");
  };
  (void)send(large);
  EXPECT_EQ(bucket_.uploads.size(), 1u);
  bucket_.uploads["stranger"];
  bucket_.keys["stranger"] = "2026/somebody-elses";
  reopen();
  run();
  EXPECT_EQ(bucket_.uploads.size(), 1u);
  EXPECT_TRUE(bucket_.uploads.contains("stranger"));
  reopen();
  EXPECT_EQ(ledger(), "");
}

TEST_F(ObjectTransportTest, ARequestThatIsGivenUpEndsItsTransfers) {
  const Package large = package(12 * mib);
  auto request = transport_->send(large, [](const Answer&) { FAIL(); });
  scheduler_.advance(std::chrono::milliseconds(5));
  scheduler_.finish_work();
  request.reset();
  EXPECT_EQ(client_.open, 0);
  run();
}

TEST_F(ObjectTransportTest, TellsWhatTheStoreSays) {
  bucket_.refuse = [](const Seen&) { return error(403, "AccessDenied", "<Message>Access Denied</Message>"); };
  const Answer answer = send(package(10));
  EXPECT_EQ(answer.outcome, Outcome::configuration);
  EXPECT_TRUE(answer.text.starts_with("PUT s3://logs/2026/0123456789abcdef0123456789abcdef.ndjson.gz: HTTP 403 AccessDenied: \"Access Denied\" (hint: the key may not write"))
      << answer.text;
}

TEST(UploadLedger, KeepsWhatIsOpen) {
  EXPECT_EQ(parse_ledger("+ a%20b logs k%2F1\n+ two logs k2\n- a%20b\nnonsense\n+ torn lo"), (std::vector<OpenUpload>{{"two", "logs", "k2"}}));
  EXPECT_TRUE(parse_ledger("").empty());
  EXPECT_EQ(parse_ledger("? b k\n? b k2\n+ id b k2\n"), (std::vector<OpenUpload>{{"", "b", "k"}, {"id", "b", "k2"}}));
  EXPECT_TRUE(parse_ledger("? b k\n! b k\n- \n").empty());
  EXPECT_EQ(parse_ledger("+ %zz b k\n"), (std::vector<OpenUpload>{{"%zz", "b", "k"}}));
}

}  // namespace
}  // namespace penstock::object
