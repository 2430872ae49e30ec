#include "bindings/object/object_input.h"

#include "bindings/compress/compressor.h"
#include "tests/unit/bindings/object/fake_bucket.h"
#include "tests/unit/bindings/object/object_fixture.h"
#include "tests/unit/bindings/source/source_bench.h"

namespace penstock::object {
namespace {

std::string compressed(Compression compression, const std::string& text) {
  Buffer out;
  EXPECT_TRUE(make_compressor(compression, levels_of(compression).standard)->compress(text, out).ok());
  return std::string(out.view());
}

std::string numbered(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}

// One object of a bucket, read as a worker does.
class ObjectInputTest : public ObjectFixture {
 protected:
  struct Bench : testing::SourceBench {
    explicit Bench(Scheduler& its) : its_scheduler(its) {}
    Scheduler& scheduler() override { return its_scheduler; }
    Scheduler& its_scheduler;
  };

  ObjectInputTest() {
    client_.answer = [this](const Seen& seen) { return bucket_.answer(seen); };
    options_.place = store_.place();
    options_.piece_bytes = 1000;
    catalog_.load(&checkpoints_, "edge", "0:s3");
  }

  // Lists the bucket, takes the object and begins.
  ObjectInput& begin(std::uint64_t position = 0) {
    auto& [key, object] = *bucket_.objects.begin();
    catalog_.begin_walk(bucket_.now, true);
    catalog_.offer({key, object.etag, object.bytes.size(), object.modified});
    catalog_.end_walk();
    std::optional<ObjectTask> task = catalog_.take(0);
    EXPECT_TRUE(task);
    task->position = position;
    return begin(*task);
  }
  ObjectInput& begin(ObjectTask task) {
    inputs_.push_back(std::make_unique<ObjectInput>(context_, std::move(task)));
    inputs_.back()->start();
    return *inputs_.back();
  }
  // Lets it come and be read, until nothing moves any more.
  void read(int steps = 2000) {
    for (int i = 0; i < steps; ++i) {
      scheduler_.advance(std::chrono::milliseconds(1));
      scheduler_.turn();
    }
  }
  std::string read_bytes() {
    std::string bytes;
    for (const auto& taken : bench_.taken) bytes += taken->bytes;
    return bytes;
  }

  FakeBucket bucket_;
  ObjectStore store_{{Vendor::s3, "logs", "us-east-1", "", Addressing::virtual_host}, Signature::sigv4, parts_};
  ObjectSourceOptions options_;
  testing::MemoryCheckpoints checkpoints_;
  ObjectCatalog catalog_{{"s3://logs/", "all", std::chrono::hours(24), 1}};
  RetrySchedule retries_{std::chrono::milliseconds(10), std::chrono::milliseconds(100), 1};
  Bench bench_{scheduler_};
  std::vector<ObjectInput*> over_, parked_;
  ReadTurns<ObjectInput> turns_{scheduler_, [this](ObjectInput& input, ReadTurn turn) {
                                  if (turn == ReadTurn::ended) over_.push_back(&input);
                                }};
  ObjectInputContext context_{bench_, options_, store_, catalog_, retries_, "source.s3", [this](ObjectInput& input) { turns_.add(input); },
                              [this](ObjectInput& input) { parked_.push_back(&input); }, [this](ObjectInput& input) { over_.push_back(&input); }};
  std::vector<std::unique_ptr<ObjectInput>> inputs_;
};

struct Told {
  const char* key;
  const char* encoding;
  Compression is;
  Compression told;
};

TEST(CompressionOfObject, IsToldByBytesEncodingAndEnding) {
  const Told table[] = {
      {"a.ndjson", "", Compression::none, Compression::none},
      {"a.ndjson", "", Compression::gzip, Compression::gzip},
      {"a.gz", "gzip", Compression::gzip, Compression::gzip},
      {"a.gz", "gzip", Compression::none, Compression::none},  // a proxy has undone it
      {"a", "aws-chunked", Compression::zstd, Compression::zstd},
      {"a.sz", "", Compression::snappy, Compression::snappy},
      {"a.snappy", "", Compression::snappy_block, Compression::snappy_block},
      {"a", "snappy", Compression::snappy_block, Compression::snappy_block},
      {"a", "x-snappy-framed", Compression::snappy, Compression::snappy},
      {"a.gz", "", Compression::lz4, Compression::lz4},
  };
  for (const Told& row : table) {
    const std::string bytes = row.is == Compression::none ? "{\"n\":1}\n{\"n\":2}\n" : compressed(row.is, "{\"n\":1}\n{\"n\":2}\n");
    EXPECT_EQ(name_of(compression_of_object(row.key, row.encoding, ByteView(bytes).substr(0, sniff_size))), name_of(row.told)) << row.key << " " << row.encoding;
  }
  // What is neither text nor the format that it is said to be is damaged, and for the decoder to refuse.
  EXPECT_EQ(compression_of_object("a.gz", "", ByteView("\x00\x01\x02garbage", 10)), Compression::gzip);
}

TEST_F(ObjectInputTest, IsReadByRangesOfOneVersion) {
  const std::string text = numbered(500);
  bucket_.put("a.log", text);
  begin();
  read();
  EXPECT_EQ(read_bytes(), text);
  EXPECT_EQ(bench_.taken.at(0)->name, "s3://logs/a.log");
  EXPECT_TRUE(bench_.taken.at(0)->ended);
  EXPECT_EQ(bucket_.gets, static_cast<int>(text.size() + 999) / 1000);
  EXPECT_EQ(client_.seen.at(0).header("range"), "bytes=0-999");
  EXPECT_EQ(client_.seen.at(0).header("if-match"), "\"1\"");
  EXPECT_EQ(over_.size(), 1u);
  EXPECT_TRUE(bench_.troubles.empty());
  EXPECT_EQ(checkpoints_.kept.at("key a.log").details.at("done"), "1");
}

TEST_F(ObjectInputTest, ASmallOneIsOneRequestWithoutARange) {
  bucket_.put("a.log", "one\n");
  begin();
  read(10);
  EXPECT_EQ(read_bytes(), "one\n");
  EXPECT_EQ(client_.seen.at(0).header("range"), "(none)");
  EXPECT_EQ(bucket_.gets, 1);
}

TEST_F(ObjectInputTest, EveryCompressionIsDecoded) {
  const std::string text = numbered(3000);
  for (const Compression compression : {Compression::gzip, Compression::zstd, Compression::snappy, Compression::snappy_block, Compression::lz4}) {
    bucket_.objects.clear();
    bench_.taken.clear();
    bucket_.put("a" + std::string(compression == Compression::snappy_block ? ".snappy" : ""), compressed(compression, text));
    begin();
    read();
    EXPECT_EQ(read_bytes(), text) << name_of(compression);
  }
  EXPECT_TRUE(bench_.troubles.empty());
}

TEST_F(ObjectInputTest, GoesOnInThePlainMiddleWithoutReadingTheBeginning) {
  const std::string text = numbered(50'000);
  bucket_.put("a.log", text);
  options_.piece_bytes = 100'000;
  begin(text.size() - 150);
  read();
  EXPECT_EQ(read_bytes(), text.substr(text.size() - 150));
  EXPECT_EQ(bench_.taken.at(0)->begin, text.size() - 150);
  EXPECT_EQ(bucket_.gets, 2);
  EXPECT_EQ(client_.seen.at(0).header("range"), "bytes=0-65535");
}

TEST_F(ObjectInputTest, GoesOnInTheCompressedMiddle) {
  const std::string text = numbered(50'000);
  bucket_.put("a.gz", compressed(Compression::gzip, text));
  begin(300'000);
  read();
  EXPECT_EQ(read_bytes(), text.substr(300'000));
  EXPECT_EQ(bench_.taken.at(0)->begin, 300'000u);
}

TEST_F(ObjectInputTest, NothingIsGoneOnWithWhenNothingIsLeft) {
  const std::string text = numbered(300);
  bucket_.put("a.log", text);
  begin(text.size());
  read();
  EXPECT_EQ(read_bytes(), "");
  EXPECT_EQ(checkpoints_.kept.at("key a.log").details.at("done"), "1");
}

TEST_F(ObjectInputTest, ACutAnswerIsGoneOnWithWhereItStopped) {
  const std::string text = numbered(400);
  bucket_.put("a.log", text);
  int answers = 0;
  client_.answer = [&](const Seen& seen) {
    http::Reply reply = bucket_.answer(seen);
    if (++answers % 2 == 0) return reply;
    reply.body.resize(reply.body.size() / 3);
    reply.trouble = http::Trouble::network;
    reply.text = "transfer closed with outstanding read data remaining";
    return reply;
  };
  begin();
  read(5000);
  EXPECT_EQ(read_bytes(), text);
  EXPECT_TRUE(bench_.troubles.empty());
}

TEST_F(ObjectInputTest, ABusyStoreIsAskedAgain) {
  bucket_.put("a.log", "one\n");
  client_.queued = {error(503, "SlowDown"), error(500, "InternalError"), testing::FakeHttpClient::trouble(http::Trouble::network, "connection reset")};
  begin();
  read();
  EXPECT_EQ(read_bytes(), "one\n");
  EXPECT_TRUE(bench_.troubles.empty());
}

TEST_F(ObjectInputTest, NothingIsFetchedForAPipelineThatTakesNothing) {
  bucket_.put("a.log", numbered(50'000));
  bench_.blocked = true;
  begin();
  read();
  EXPECT_EQ(bucket_.gets, static_cast<int>(ObjectInput::pieces_max));
  EXPECT_EQ(read_bytes(), "");
  bench_.blocked = false;
  turns_.resume();
  read(3000);
  EXPECT_EQ(read_bytes(), numbered(50'000));
}

TEST_F(ObjectInputTest, AVanishedObjectIsTold) {
  bucket_.put("a.log", numbered(1000));
  begin();
  bucket_.objects.clear();
  read();
  ASSERT_EQ(bench_.troubles.size(), 1u);
  EXPECT_EQ(bench_.troubles[0], "s3://logs/a.log: vanished before it was read to its end");
  EXPECT_EQ(bench_.lost, numbered(1000).size());
  EXPECT_EQ(over_.size(), 1u);
  EXPECT_EQ(catalog_.records(), 0u);
}

TEST_F(ObjectInputTest, AnObjectThatIsOverwrittenWhileItIsReadIsAnother) {
  for (const bool knows : {true, false}) {
    bucket_.knows_if_match = knows;
    bucket_.objects.clear();
    bench_.taken.clear();
    bench_.troubles.clear();
    over_.clear();
    bucket_.put("a.log", numbered(1000));
    ObjectInput& old = begin();
    read(4);
    EXPECT_FALSE(read_bytes().empty());
    bucket_.now += std::chrono::seconds(5);
    bucket_.put("a.log", "new\n");
    read();
    ASSERT_EQ(bench_.troubles.size(), 1u);
    EXPECT_NE(bench_.troubles[0].find("s3://logs/a.log: overwritten while it was read, at byte "), std::string::npos) << bench_.troubles[0];
    EXPECT_TRUE(old.replaced());
    EXPECT_FALSE(bench_.taken.at(0)->ended) << "half a line is no event";
    begin({{"a.log", "", 0, {}}, 0});
    read();
    EXPECT_EQ(bench_.taken.at(1)->bytes, "new\n");
    EXPECT_EQ(checkpoints_.kept.at("key a.log").details.at("etag"), bucket_.objects.at("a.log").etag);
    catalog_.rest(0);
  }
}

TEST_F(ObjectInputTest, DamageIsToldWithItsPlaceAndTheRestIsRead) {
  std::string bytes = compressed(Compression::gzip, numbered(20'000));
  const std::size_t size = bytes.size();
  bucket_.put("cut.gz", bytes.substr(0, size / 2));
  begin();
  read();
  ASSERT_EQ(bench_.troubles.size(), 1u);
  EXPECT_NE(bench_.troubles[0].find("s3://logs/cut.gz: ends in the middle of its compressed data, at compressed byte "), std::string::npos) << bench_.troubles[0];
  EXPECT_FALSE(read_bytes().empty());
  EXPECT_EQ(checkpoints_.kept.at("key cut.gz").details.at("done"), "1") << "it is not read again and again";

  bench_.troubles.clear();
  bucket_.objects.clear();
  bytes[size - 5] = static_cast<char>(bytes[size - 5] ^ 0x55);  // of the length
  bytes[size - 8] = static_cast<char>(bytes[size - 8] ^ 0x55);
  bucket_.put("damaged.gz", bytes);
  begin();
  read();
  ASSERT_EQ(bench_.troubles.size(), 1u);
  EXPECT_NE(bench_.troubles[0].find("damaged.gz: gzip: "), std::string::npos) << bench_.troubles[0];
}

TEST_F(ObjectInputTest, WhatAPersonHasToMendIsAskedForAtASlowBeat) {
  bucket_.put("a.log", "one\n");
  client_.queued = {error(403, "AccessDenied")};
  begin();
  read(100);
  EXPECT_EQ(parked_.size(), 1u);
  EXPECT_EQ(read_bytes(), "");
  scheduler_.advance(ObjectInput::mend_interval);
  read(100);
  EXPECT_EQ(read_bytes(), "one\n");
  EXPECT_TRUE(bench_.troubles.empty());
}

TEST_F(ObjectInputTest, ARunThatEndsLeavesItToTheNextOne) {
  options_.follow = false;
  bucket_.put("a.log", numbered(1000));
  begin();
  read(4);
  client_.queued = {error(403, "AccessDenied")};
  read(100);
  ASSERT_EQ(bench_.troubles.size(), 1u);
  EXPECT_NE(bench_.troubles[0].find("allow s3:ListBucket on the bucket and s3:GetObject"), std::string::npos) << bench_.troubles[0];
  inputs_.clear();
  const Checkpoint& kept = checkpoints_.kept.at("key a.log");
  EXPECT_EQ(kept.details.count("done"), 0u);
  EXPECT_GT(kept.position, 0u);
}

TEST_F(ObjectInputTest, APositionIsKeptUpToWhatIsAcked) {
  bucket_.put("a.log", numbered(1000));
  bench_.auto_ack = false;
  ObjectInput& input = begin();
  read();
  EXPECT_TRUE(checkpoints_.kept.count("key a.log") == 0);
  EXPECT_FALSE(input.settled());
  bench_.ack_all();
  EXPECT_TRUE(input.settled());
  EXPECT_EQ(checkpoints_.kept.at("key a.log").details.at("done"), "1");
}

TEST_F(ObjectInputTest, AStoreWithoutRangesIsToldFor) {
  bucket_.put("a.log", numbered(1000));
  client_.answer = [this](const Seen& seen) {
    Seen without = seen;
    std::erase_if(without.headers, [](const std::string& line) { return line.starts_with("Range"); });
    http::Reply reply = bucket_.answer(without);
    reply.body.resize(1000);
    return reply;
  };
  options_.follow = false;
  begin();
  read();
  ASSERT_EQ(bench_.troubles.size(), 1u);
  EXPECT_NE(bench_.troubles[0].find("does not answer ranges"), std::string::npos);
}

TEST_F(ObjectInputTest, ETagsThatListAndObjectWriteDifferentlyAreNoOverwriting) {
  bucket_.put("a.log", "one\n");
  ObjectTask task{{"a.log", "another", 4, bucket_.now}, 0};
  bucket_.knows_if_match = false;
  catalog_.begin_walk(bucket_.now, true);
  catalog_.offer(task.object);
  catalog_.end_walk();
  begin(*catalog_.take(0));
  read(100);
  EXPECT_EQ(read_bytes(), "one\n");
  EXPECT_EQ(checkpoints_.kept.at("key a.log").details.at("etag"), "another");
}

TEST_F(ObjectInputTest, AnEmptyObjectInTheOldOnesPlaceIsRead) {
  bucket_.put("a.log", "");
  catalog_.begin_walk(bucket_.now, true);
  catalog_.offer({"a.log", "\"0\"", 5, bucket_.now});
  catalog_.end_walk();
  ObjectInput& old = begin(*catalog_.take(0));
  read(100);
  EXPECT_TRUE(old.replaced());
  begin({{"a.log", "", 0, {}}, 0});
  read(100);
  EXPECT_TRUE(inputs_.back()->settled());
  EXPECT_TRUE(bench_.troubles.empty());
}

}  // namespace
}  // namespace penstock::object
