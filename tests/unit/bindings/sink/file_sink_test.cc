#include "bindings/sink/file_sink.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "tests/unit/bindings/sink/sink_world.h"

namespace penstock {
namespace {

using namespace testing;
using std::chrono::milliseconds;
using std::chrono::seconds;

class FileSink : public ::testing::Test, public SinkWorld {};

TEST_F(FileSink, GathersABatchAndWritesItWhenItIsFull) {
  ASSERT_TRUE(open_file({{"batch_bytes", 6}}).ok());
  take({"a"});
  EXPECT_EQ(folder.read("out"), "");
  EXPECT_FALSE(sinks[0]->idle());
  take({"bb", "c"});
  EXPECT_EQ(folder.read("out"), "a\nbb\nc\n");
  EXPECT_EQ(acks.delivered(), 3u);
  EXPECT_TRUE(sinks[0]->idle());
}

TEST_F(FileSink, WritesWhatLingers) {
  ASSERT_TRUE(open_file({{"linger_ms", 500}}).ok());
  take({"a"});
  scheduler.advance(milliseconds(499));
  EXPECT_EQ(acks.delivered(), 0u);
  scheduler.advance(milliseconds(1));
  EXPECT_EQ(folder.read("out"), "a\n");
  EXPECT_EQ(acks.delivered(), 1u);
}

TEST_F(FileSink, FlushWritesWithoutWaiting) {
  ASSERT_TRUE(open_file({}).ok());
  take({"a"});
  flush();
  EXPECT_EQ(folder.read("out"), "a\n");
  EXPECT_TRUE(sinks[0]->idle());
}

TEST_F(FileSink, CloseWritesTheRestAndSettlesEverything) {
  ASSERT_TRUE(open_file({}).ok());
  take({"a", "b"});
  close();
  EXPECT_EQ(folder.read("out"), "a\nb\n");
  EXPECT_EQ(acks.delivered(), 2u);
}

TEST_F(FileSink, GoesOnWithTheFileThatIsThere) {
  folder.write("out", "old\n");
  ASSERT_TRUE(open_file({}).ok());
  take({"new"});
  close();
  EXPECT_EQ(folder.read("out"), "old\nnew\n");
}

TEST_F(FileSink, EveryFormatAndCompressionReadsBackAfterReopening) {
  const std::map<std::string, std::string> expected = {
      {"ndjson", "a\nb\nc\nd\n"}, {"json_array", "[\na,\nb,\nc,\nd\n]\n"}, {"csv", "head\na\nb\nc\nd\n"}};
  for (const char* compression : {"none", "gzip", "snappy", "zstd", "lz4"}) {
    for (const auto& [format, text] : expected) {
      SinkWorld world;
      const ValueMap options = {{"format", format}, {"compression", compression}, {"batch_bytes", 3}};
      ASSERT_TRUE(world.open_file(options).ok());
      world.take({"a", "b"});
      world.take({"c"});
      world.close();
      ASSERT_TRUE(world.open_file(options).ok());
      world.take({"d"});
      world.close();
      EXPECT_EQ(world.decoded("out", compression_of_name(compression).value()), text) << format << " " << compression;
      EXPECT_EQ(world.acks.delivered(), 4u);
    }
  }
}

TEST_F(FileSink, AnEmptyArrayIsValidAndCanBeGoneOnWith) {
  for (const char* compression : {"none", "gzip", "snappy", "zstd", "lz4"}) {
    SinkWorld world;
    const ValueMap options = {{"format", "json_array"}, {"compression", compression}};
    ASSERT_TRUE(world.open_file(options).ok());
    world.close();
    EXPECT_EQ(world.decoded("out", compression_of_name(compression).value()), "[\n\n]\n");
    ASSERT_TRUE(world.open_file(options).ok());
    world.take({"a"});
    world.close();
    EXPECT_EQ(world.decoded("out", compression_of_name(compression).value()), "[\na\n]\n") << compression;
  }
}

TEST_F(FileSink, AnArrayIsCompleteAfterEveryChunk) {
  ASSERT_TRUE(open_file({{"format", "json_array"}}).ok());
  take({"a"});
  flush();
  EXPECT_EQ(folder.read("out"), "[\na\n]\n");
  take({"b"});
  flush();
  EXPECT_EQ(folder.read("out"), "[\na,\nb\n]\n");
}

TEST_F(FileSink, ZlibIsOneStreamAndIsRenamedWhenItIsThereAlready) {
  const ValueMap options = {{"compression", "zlib"}, {"format", "json_array"}};
  ASSERT_TRUE(open_file(options).ok());
  take({"a"});
  flush();
  take({"b"});
  close();
  EXPECT_EQ(decoded("out", Compression::zlib), "[\na,\nb\n]\n");
  ASSERT_TRUE(open_file(options).ok());
  take({"c"});
  close();
  EXPECT_EQ(decoded("out", Compression::zlib), "[\nc\n]\n");
  EXPECT_EQ(decoded("out-20261121T100000.000Z-001", Compression::zlib), "[\na,\nb\n]\n");
}

TEST_F(FileSink, CutsOffWhatACrashTore) {
  const struct {
    const char* format;
    std::string there, expected;
  } cases[] = {
      {"ndjson", "a\nb\ntor", "a\nb\nnew\n"},
      {"ndjson", "tor", "new\n"},
      {"csv", "head\na\nto", "head\na\nnew\n"},
      {"csv", "he", "head\nnew\n"},
      {"json_array", "[\na,\nb,\nto", "[\na,\nb,\nnew\n]\n"},
      {"json_array", "[\na,\nb\n]", "[\na,\nnew\n]\n"},
      {"json_array", "[\nto", "[\nnew\n]\n"},
      {"json_array", "[", "[\nnew\n]\n"},
  };
  for (const auto& c : cases) {
    SinkWorld world;
    world.folder.write("out", c.there);
    ASSERT_TRUE(world.open_file({{"format", c.format}}).ok());
    world.take({"new"});
    world.close();
    EXPECT_EQ(world.folder.read("out"), c.expected) << c.there;
  }
}

// A file of three chunks, cut at every byte: the chunks before the cut stay, and what comes after is whole.
TEST_F(FileSink, CutsOffATornMemberWhereverItWasTorn) {
  for (const char* compression : {"gzip", "snappy", "zstd", "lz4"}) {
    for (const char* format : {"ndjson", "json_array"}) {
      const bool array = std::string(format) == "json_array";
      const ValueMap options = {{"format", format}, {"compression", compression}, {"batch_bytes", 1}};
      const Compression kind = compression_of_name(compression).value();
      SinkWorld first;
      std::vector<std::size_t> ends = {0};
      ASSERT_TRUE(first.open_file(options).ok());
      for (const char* event : {"one", "two", "three"}) {
        first.take({event});
        ends.push_back(first.folder.read("out").size());
      }
      first.close();
      const std::string whole = first.folder.read("out");
      for (std::size_t size = 0; size <= whole.size(); ++size) {
        SinkWorld world;
        world.folder.write("out", whole.substr(0, size));
        ASSERT_TRUE(world.open_file(options).ok()) << size;
        world.take({"new"});
        world.close();
        const std::string text = world.decoded("out", kind);
        std::vector<std::string> allowed = array ? std::vector<std::string>{"[\nnew\n]\n", "[\none,\nnew\n]\n", "[\none,\ntwo,\nnew\n]\n",
                                                                            "[\none,\ntwo,\nthree,\nnew\n]\n"}
                                                 : std::vector<std::string>{"new\n", "one\nnew\n", "one\ntwo\nnew\n", "one\ntwo\nthree\nnew\n"};
        if (!array) {
          std::size_t chunks = 0;
          while (chunks < 3 && ends[chunks + 1] <= size) ++chunks;
          EXPECT_EQ(text, allowed[chunks]) << compression << " " << size;
        } else {
          EXPECT_NE(std::find(allowed.begin(), allowed.end(), text), allowed.end()) << compression << " " << size << " " << text;
        }
      }
    }
  }
}

TEST_F(FileSink, RefusesAFileThatIsNotItsOwn) {
  folder.write("out", "this is text, and no gzip");
  Status status = open_file({{"compression", "gzip"}});
  EXPECT_EQ(status.code(), Code::invalid);
  EXPECT_NE(status.text().find(folder.path("out")), std::string::npos);
  EXPECT_NE(status.text().find("move the file away"), std::string::npos) << status.text();
  sinks.clear();
  plan.reset();
  EXPECT_EQ(open_file({{"format", "json_array"}}).code(), Code::invalid);
  EXPECT_EQ(folder.read("out"), "this is text, and no gzip");
}

TEST_F(FileSink, ADamagedFileIsSetAsideNotLost) {
  ASSERT_TRUE(open_file({{"compression", "gzip"}, {"batch_bytes", 1}}).ok());
  take({"one"});
  const std::size_t first = folder.read("out").size();
  take({"two"});
  take({"three"});
  close();
  std::string damaged = folder.read("out");
  damaged[first + 12] = static_cast<char>(damaged[first + 12] ^ 0x55);
  folder.write("out", damaged);
  ASSERT_TRUE(open_file({{"compression", "gzip"}}).ok());
  take({"new"});
  close();
  EXPECT_EQ(decoded("out", Compression::gzip), "new\n");
  EXPECT_EQ(folder.read("out-20261121T100000.000Z-001"), damaged);
}

// --- rotation

TEST_F(FileSink, RotatesBeforeTheFileGrowsBeyondItsSize) {
  ASSERT_TRUE(open_file({{"path", folder.path("a.ndjson")}, {"rotate_bytes", 5}, {"batch_bytes", 1}}).ok());
  for (const char* event : {"1", "2", "3", "4"}) take({event});
  time += seconds(1);
  take({"5"});
  close();
  EXPECT_EQ(folder.names(), (std::vector<std::string>{"a-20261121T100000.000Z-001.ndjson", "a-20261121T100001.000Z-001.ndjson", "a.ndjson"}));
  EXPECT_EQ(folder.read("a-20261121T100000.000Z-001.ndjson"), "1\n2\n");
  EXPECT_EQ(folder.read("a.ndjson"), "5\n");
  EXPECT_EQ(acks.delivered(), 5u);
}

TEST_F(FileSink, ARotatedFileNeverReplacesAnother) {
  folder.write("a-20261121T100000.000Z-001.ndjson.gz", "mine");
  ASSERT_TRUE(open_file({{"path", folder.path("a.ndjson.gz")}, {"compression", "gzip"}, {"rotate_bytes", 1}}).ok());
  for (const char* event : {"1", "2", "3"}) take({event});
  close();
  EXPECT_EQ(folder.read("a-20261121T100000.000Z-001.ndjson.gz"), "mine");
  EXPECT_EQ(decoded("a-20261121T100000.000Z-002.ndjson.gz", Compression::gzip), "1\n");
  EXPECT_EQ(decoded("a-20261121T100000.000Z-003.ndjson.gz", Compression::gzip), "2\n");
  EXPECT_EQ(decoded("a.ndjson.gz", Compression::gzip), "3\n");
}

TEST_F(FileSink, RotatesByTimeWithoutNewEvents) {
  ASSERT_TRUE(open_file({{"rotate_interval_ms", 60000}}).ok());
  time += seconds(120);
  scheduler.advance(seconds(2));
  EXPECT_EQ(folder.names(), std::vector<std::string>{"out"}) << "an empty file is not rotated";
  take({"a"});
  flush();
  time += seconds(60);
  scheduler.advance(seconds(1));
  EXPECT_EQ(folder.names(), std::vector<std::string>{"out-20261121T100300.000Z-001"});
  take({"b"});
  close();
  EXPECT_EQ(folder.read("out"), "b\n");
}

TEST_F(FileSink, RotatedArraysAndZlibStreamsAreComplete) {
  for (const char* compression : {"none", "gzip", "zlib"}) {
    SinkWorld world;
    ASSERT_TRUE(world.open_file({{"format", "json_array"}, {"compression", compression}, {"rotate_bytes", 1}}).ok());
    world.take({"a"});
    world.take({"b"});
    world.close();
    const Compression kind = compression_of_name(compression).value();
    EXPECT_EQ(world.decoded("out-20261121T100000.000Z-001", kind), "[\na\n]\n") << compression;
    EXPECT_EQ(world.decoded("out", kind), "[\nb\n]\n") << compression;
  }
}

TEST_F(FileSink, ThePathFollowsTheDate) {
  ASSERT_TRUE(open_file({{"path", folder.path("{yyyy}/{MM}-{dd}/{pipeline}-{HH}{mm}.ndjson")}}).ok());
  take({"a"});
  time += seconds(3600);
  take({"b"});
  EXPECT_EQ(acks.delivered(), 1u) << "the old file is written before the new one begins";
  close();
  EXPECT_EQ(folder.read("2026/11-21/edge-1000.ndjson"), "a\n");
  EXPECT_EQ(folder.read("2026/11-21/edge-1100.ndjson"), "b\n");
}

TEST_F(FileSink, AQuietWorkerLetsGoOfYesterdaysFile) {
  ASSERT_TRUE(open_file({{"path", folder.path("{HH}.zz")}, {"compression", "zlib"}}).ok());
  take({"a"});
  flush();
  time += seconds(3600);
  scheduler.advance(seconds(1));
  EXPECT_EQ(decoded("10.zz", Compression::zlib), "a\n") << "closed: the stream has its end";
}

TEST_F(FileSink, GoesOnWithANewFileWhenSomebodyMovedOrDeletedTheOld) {
  ASSERT_TRUE(open_file({{"batch_bytes", 1}}).ok());
  take({"a"});
  std::filesystem::rename(folder.path("out"), folder.path("moved"));
  take({"b"});
  std::filesystem::remove(folder.path("out"));
  take({"c"});
  EXPECT_EQ(folder.read("moved"), "a\n");
  EXPECT_EQ(folder.read("out"), "c\n");
}

TEST_F(FileSink, AFileThatSomebodyTruncatedIsNotFilledWithZeros) {
  ASSERT_TRUE(open_file({{"batch_bytes", 1}}).ok());
  take({"aaaaaaaa"});
  std::filesystem::resize_file(folder.path("out"), 0);
  files.disk_full_after(1);
  take({"b"});
  EXPECT_EQ(folder.read("out"), "");
  files.disk_has_room();
  scheduler.advance(milliseconds(100));
  EXPECT_EQ(folder.read("out"), "b\n");
}

// --- several writers

TEST_F(FileSink, WorkersShareAFileAndEntriesNeverTear) {
  for (const char* compression : {"none", "gzip", "zlib"}) {
    SinkWorld a, b;
    const ValueMap options = {{"path", a.folder.path("out")}, {"compression", compression}, {"batch_bytes", 100}, {"format", "json_array"}};
    ASSERT_TRUE(a.open_file(options).ok());
    // The second worker has its own loop, batch and acks, and the same plan.
    b.sinks.push_back(a.plan->open(b.sink_context(1)));
    ASSERT_TRUE(b.sinks[0]->open().ok());
    const auto work = [](SinkWorld& world, char c) {
      for (int i = 0; i < 500; ++i) world.take({std::string(20, c), std::string(1, c)});
      world.sinks[0]->close();
      world.sinks.clear();
    };
    std::thread other([&] { work(b, 'y'); });
    work(a, 'x');
    other.join();
    std::istringstream text(a.decoded("out", compression_of_name(compression).value()));
    std::map<std::string, int> lines;
    for (std::string line; std::getline(text, line);) ++lines[line.ends_with(",") ? line.substr(0, line.size() - 1) : line];
    const std::map<std::string, int> expected = {{"[", 1}, {"]", 1}, {"x", 500}, {"y", 500}, {std::string(20, 'x'), 500}, {std::string(20, 'y'), 500}};
    EXPECT_EQ(lines, expected) << compression;
    EXPECT_EQ(a.acks.delivered(), 1000u);
    EXPECT_EQ(b.acks.delivered(), 1000u);
  }
}

TEST_F(FileSink, AnotherPlanMayShareThePathWithTheSameOptionsOnly) {
  ASSERT_TRUE(open_file({}).ok());
  const std::unique_ptr<SinkPlan> first = std::move(plan);
  ASSERT_TRUE(open_file({}).ok());
  take({"a"}, 0);
  take({"b"}, 1);
  flush();
  EXPECT_EQ(folder.read("out"), "a\nb\n");
  const std::unique_ptr<SinkPlan> second = std::move(plan);
  const Status status = open_file({{"compression", "gzip"}});
  EXPECT_EQ(status.code(), Code::invalid);
  EXPECT_NE(status.text().find("another sink"), std::string::npos);
  sinks.clear();
}

TEST_F(FileSink, AnotherProcessMayNot) {
  OutputRegistry other(files, [this] { return time; });
  Result<OutputHold> held = other.hold(folder.path("out"), {});
  ASSERT_TRUE(held.ok());
  ASSERT_TRUE((*held)->open().ok());
  const Status status = open_file({});
  EXPECT_NE(status.text().find("another process writes to this file"), std::string::npos) << status.text();
}

// --- what cannot be opened

TEST_F(FileSink, SaysWhyAPathCannotBeOpened) {
  std::filesystem::create_directory(folder.path("dir"));
  folder.write("plain", "");
  const struct {
    std::string path, text;
  } cases[] = {{"dir", "is a directory"}, {"plain/x", "Not a directory"}};
  for (const auto& c : cases) {
    SinkWorld world;
    const Status status = world.open_file({{"path", folder.path(c.path)}});
    EXPECT_NE(status.text().find(folder.path(c.path)), std::string::npos);
    EXPECT_NE(status.text().find(c.text), std::string::npos) << status.text();
  }
}

TEST_F(FileSink, AMissingPermissionHasAHint) {
  files.fail(3, EACCES);  // looks at the path, makes directories, opens
  const Status status = open_file({});
  EXPECT_EQ(status.code(), Code::denied);
  EXPECT_NE(status.text().find("hint"), std::string::npos);
}

TEST_F(FileSink, DevicesAreWrittenToAndNothingElse) {
  durable = true;
  ASSERT_TRUE(open_file({{"path", "/dev/null"}, {"format", "json_array"}, {"rotate_bytes", 1}}).ok());
  take({"a"});
  take({"b"});
  close();
  EXPECT_EQ(acks.delivered(), 2u);
  EXPECT_EQ(files.syncs(), 0);
}

TEST_F(FileSink, NewFilesHaveTheirMode) {
  ASSERT_TRUE(open_file({{"mode", "0600"}}).ok());
  struct stat found {};
  ASSERT_EQ(::stat(folder.path("out").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
}

// --- what fails while writing

TEST_F(FileSink, AFullDiskLeavesNoTornEntryAndIsWaitedOut) {
  for (const char* compression : {"none", "gzip", "zlib", "zstd"}) {
    for (const char* format : {"ndjson", "json_array"}) {
      for (int room = 0; room < 7; ++room) {
        SinkWorld world;
        ASSERT_TRUE(world.open_file({{"batch_bytes", 1}, {"format", format}, {"compression", compression}}).ok());
        world.take({"first"});
        const std::string before = world.folder.read("out");
        world.files.disk_full_after(room);
        world.take({"second"});
        EXPECT_FALSE(world.sinks[0]->ready());
        EXPECT_EQ(world.acks.delivered(), 1u);
        world.files.disk_has_room();
        EXPECT_TRUE(world.folder.read("out").starts_with(before.substr(0, 4)));
        world.scheduler.advance(milliseconds(100));
        EXPECT_TRUE(world.sinks[0]->ready());
        EXPECT_EQ(world.readies, 1);
        world.close();
        EXPECT_EQ(world.acks.delivered(), 2u);
        const std::string expected = std::string(format) == "ndjson" ? "first\nsecond\n" : "[\nfirst,\nsecond\n]\n";
        EXPECT_EQ(world.decoded("out", compression_of_name(compression).value()), expected) << compression << room;
      }
    }
  }
}

TEST_F(FileSink, ATornWriteIsCutOffAtOnce) {
  ASSERT_TRUE(open_file({{"batch_bytes", 1}}).ok());
  take({"first"});
  files.disk_full_after(3);
  take({"second"});
  EXPECT_EQ(folder.read("out"), "first\n");
}

TEST_F(FileSink, RetriesAfterTimesThatDoubleAndHoldsEverythingMeanwhile) {
  ASSERT_TRUE(open_file({{"batch_bytes", 1}}).ok());
  files.disk_full_after(0);
  take({"a"});
  take({"b"});
  int calls = files.calls();
  std::vector<int> waits;
  for (int waited = 0; waits.size() < 9; waited += 100) {
    scheduler.advance(milliseconds(100));
    if (files.calls() == calls) continue;
    calls = files.calls();
    waits.push_back(waited + 100);
  }
  EXPECT_EQ(waits, (std::vector<int>{100, 300, 700, 1500, 3100, 6300, 12700, 22700, 32700}));
  files.disk_has_room();
  scheduler.advance(seconds(10));
  EXPECT_EQ(folder.read("out"), "a\nb\n");
  EXPECT_TRUE(fatal.empty());
}

TEST_F(FileSink, TellsOfTroubleOnceAndWaitsAsLongAsItTakes) {
  ASSERT_TRUE(open_file({{"batch_bytes", 1}}).ok());
  files.disk_full_after(0);
  take({"a", "b"});
  take({"c"});
  scheduler.advance(std::chrono::hours(1));
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_NE(messages[0].find(folder.path("out") + ": No space left on device; events wait"), std::string::npos) << messages[0];
  EXPECT_EQ(counters.state.load(), SinkState::retrying);
  EXPECT_TRUE(fatal.empty());
  EXPECT_EQ(acks.undelivered(), 0u);
  EXPECT_FALSE(sinks[0]->ready());
  files.disk_has_room();
  scheduler.advance(seconds(10));
  EXPECT_EQ(folder.read("out"), "a\nb\nc\n");
  EXPECT_EQ(acks.delivered(), 3u);
  EXPECT_EQ(counters.state.load(), SinkState::ok);
}

TEST_F(FileSink, WhatComesAfterTheEndIsNotDelivered) {
  ASSERT_TRUE(open_file({{"batch_bytes", 1}}).ok());
  files.disk_full_after(0);
  take({"a", "b"});
  take({"c"});
  sinks[0]->close();
  ASSERT_EQ(fatal.size(), 1u);
  EXPECT_EQ(fatal[0], "file sink: " + folder.path("out") + ": No space left on device; 3 events were not delivered");
  EXPECT_EQ(acks.undelivered(), 3u);
  EXPECT_TRUE(sinks[0]->idle());
  EXPECT_TRUE(sinks[0]->ready());
  take({"late"});
  EXPECT_EQ(acks.undelivered(), 4u);
  close();
  EXPECT_EQ(fatal.size(), 1u);
}

TEST_F(FileSink, CloseGivesUpAtOnce) {
  ASSERT_TRUE(open_file({}).ok());
  files.disk_full_after(0);
  take({"a"});
  close();
  EXPECT_EQ(acks.undelivered(), 1u);
  ASSERT_EQ(fatal.size(), 1u);
  EXPECT_NE(fatal[0].find("1 event was not delivered"), std::string::npos) << fatal[0];
}

// --- durability

TEST_F(FileSink, WithDurableAcksASyncComesBeforeTheAck) {
  durable = true;
  ASSERT_TRUE(open_file({{"batch_bytes", 1}}).ok());
  for (const char* event : {"a", "b", "c"}) take({event});
  EXPECT_EQ(acks.delivered(), 0u);
  scheduler.advance(milliseconds(200));
  EXPECT_EQ(acks.delivered(), 3u);
  EXPECT_EQ(files.syncs(), 1) << "one for all that wait";
  scheduler.advance(seconds(10));
  EXPECT_EQ(files.syncs(), 1) << "none when nothing waits";
}

TEST_F(FileSink, TheOptionFsyncOverrules) {
  durable = true;
  ASSERT_TRUE(open_file({{"batch_bytes", 1}, {"fsync", false}}).ok());
  take({"a"});
  EXPECT_EQ(acks.delivered(), 1u);
  EXPECT_EQ(files.syncs(), 0);
  close();
  durable = false;
  ASSERT_TRUE(open_file({{"batch_bytes", 1}, {"fsync", true}}).ok());
  take({"a"});
  EXPECT_EQ(acks.delivered(), 1u);
  flush();
  EXPECT_EQ(acks.delivered(), 2u);
  EXPECT_EQ(files.syncs(), 1);
}

TEST_F(FileSink, ARotatedFileIsSyncedToo) {
  durable = true;
  ASSERT_TRUE(open_file({{"rotate_bytes", 1}}).ok());
  take({"a"});
  take({"b"});
  EXPECT_EQ(files.syncs(), 1);
  flush();
  EXPECT_EQ(acks.delivered(), 2u);
}

TEST_F(FileSink, AFailedSyncIsNeverAckedAndEndsTheSink) {
  durable = true;
  ASSERT_TRUE(open_file({{"batch_bytes", 1}}).ok());
  take({"a"});
  files.fail_sync(EIO);
  flush();
  files.fail_sync(0);
  EXPECT_EQ(acks.undelivered(), 1u);
  ASSERT_EQ(fatal.size(), 1u);
  EXPECT_NE(fatal[0].find("fsync: Input/output error"), std::string::npos) << fatal[0];
  take({"b"});
  close();
  EXPECT_EQ(acks.delivered(), 0u);
  EXPECT_EQ(acks.undelivered(), 2u);
}

// The file is for good what it was for the first: the others would wait for ever.
TEST_F(FileSink, AFailedSyncEndsTheOtherWorkersOfTheFileToo) {
  durable = true;
  ASSERT_TRUE(open_file({{"batch_bytes", 1}}).ok());
  ASSERT_TRUE(open_worker(1).ok());
  take({"a"});
  files.fail_sync(EIO);
  sinks[0]->flush();
  files.fail_sync(0);
  take({"b"}, 1);
  EXPECT_EQ(fatal.size(), 2u);
  EXPECT_EQ(acks.undelivered(), 2u);
  EXPECT_TRUE(sinks[1]->idle());
  close();
}

// Every call to the file system fails in turn, in a run with rotation: whatever it was, files hold whole entries only, what was
// acked is in them, and every ack is settled.
TEST_F(FileSink, WhateverCallFailsNothingTearsAndNothingAckedIsLost) {
  for (const char* compression : {"none", "gzip", "zlib"}) {
    for (const char* format : {"ndjson", "json_array"}) {
      for (int error : {EIO, ENOSPC}) {
        bool reached = true;
        for (int nth = 1; reached; ++nth) {
          SinkWorld world;
          world.durable = true;
          const ValueMap options = {{"batch_bytes", 1}, {"format", format}, {"compression", compression}, {"rotate_bytes", 60}};
          ASSERT_TRUE(world.open_file(options).ok());
          const int start = world.files.calls();
          world.files.fail(nth, error);
          for (int i = 100; i < 110; ++i) {
            world.take({"event-" + std::to_string(i)});
            if (i % 3 == 0) world.scheduler.advance(milliseconds(200));
          }
          world.scheduler.advance(seconds(20));
          world.flush();
          world.close();
          reached = world.files.calls() - start >= nth;
          const std::uint32_t settled = world.acks.delivered() + world.acks.undelivered();
          EXPECT_EQ(settled, 10u) << nth;
          std::uint32_t found = 0;
          for (const std::string& name : world.folder.names()) {
            std::string content = world.decoded(name, compression_of_name(compression).value());
            // A stream whose end could not be written, and that was said.
            if (content.ends_with("<cut>") && std::string(compression) == "zlib" && !world.fatal.empty()) content.resize(content.size() - 5);
            std::istringstream text(content);
            for (std::string line; std::getline(text, line);) {
              if (line.ends_with(",")) line.pop_back();
              if (line == "[" || line == "]") continue;
              EXPECT_TRUE(line.starts_with("event-1") && line.size() == 9) << line << " in " << name << " of " << compression << nth;
              ++found;
            }
          }
          EXPECT_GE(found, world.acks.delivered()) << nth;
        }
      }
    }
  }
}

TEST_F(FileSink, DescribesItselfForExplain) {
  const auto made = make_file_sink(Value(ValueMap{{"path", "/x/{dd}.gz"}, {"compression", "gzip"}, {"rotate_bytes", 9}}), context, outputs);
  ASSERT_TRUE(made.ok());
  EXPECT_EQ(made.value()->describe(), "file /x/{dd}.gz (bytes, gzip level 1, rotated at 9 bytes)");
}

TEST_F(FileSink, WrongOptionsAreSaid) {
  const struct {
    ValueMap options;
    std::string text;
  } cases[] = {
      {{}, "path is empty"},
      {{{"path", "{yyy}"}}, "unknown place {yyy}"},
      {{{"path", "{yyyy"}}, "without its }"},
      {{{"path", "a"}, {"compression", "zip"}}, "got \"zip\""},
      {{{"path", "a"}, {"compression", "gzip"}, {"compression_level", 10}}, "1 to 9"},
      {{{"path", "a"}, {"format", "ndjsn"}}, "did you mean \"ndjson\""},
      {{{"path", "a"}, {"rotate_bytes", -1}}, "rotate_bytes is at least 0"},
      {{{"path", "a"}, {"fsync", "yes"}}, "fsync is"},
      {{{"path", "a"}, {"mode", "rw"}}, "mode is octal"},
  };
  for (const auto& c : cases) {
    const auto made = make_file_sink(Value(c.options), context, outputs);
    ASSERT_FALSE(made.ok()) << c.text;
    EXPECT_EQ(made.status().code(), Code::invalid);
    EXPECT_NE(made.status().text().find(c.text), std::string::npos) << made.status().text();
  }
}

}  // namespace
}  // namespace penstock
