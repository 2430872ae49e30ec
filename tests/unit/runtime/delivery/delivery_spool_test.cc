// A delivery queue and its spool.
#include <gmock/gmock.h>

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "tests/unit/runtime/delivery/queue_world.h"

namespace penstock::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class DeliverySpool : public ::testing::Test, public QueueWorld {
 protected:
  DeliverySpool() {
    transport.decide = [this](const Package&) { return up ? delivered() : transient("connection refused"); };
    options.on_full = OnFull::spool;
  }
  // Stores a package and ends, with the destination down.
  void spool_and_stop(const std::vector<std::string>& lines) {
    options.disk = true;
    up = false;
    for (const std::string& line : lines) {
      push({line});
      settle();
    }
    close();
    up = true;
    transport.sent.clear();
  }
  bool up = true;
};

TEST_F(DeliverySpool, StoresEverythingBeforeItIsSentWhenTheBufferIsTheDisk) {
  options.disk = true;
  ASSERT_TRUE(open_spool().ok());
  push({"a", "b"});
  EXPECT_THAT(transport.sent, IsEmpty());
  EXPECT_EQ(verdicts.all(), 0u);
  scheduler.finish_work();
  EXPECT_EQ(verdicts.of(Verdict::spooled), 2u);
  EXPECT_EQ(counters.spooled_events.get(), 2u);
  EXPECT_THAT(spool_files(), SizeIs(1));
  EXPECT_THAT(transport.sent, ElementsAre("a\nb\n"));
  pass(10ms);
  EXPECT_THAT(spool_files(), IsEmpty());
  EXPECT_EQ(counters.delivered.get(), 2u);
  EXPECT_EQ(counters.spooled_files.get(), 0u);
  EXPECT_EQ(counters.spooled_bytes.get(), 0u);
  EXPECT_TRUE(queue->idle());
}

TEST_F(DeliverySpool, LeavesTheDiskAloneWhileTheDestinationIsWell) {
  ASSERT_TRUE(open_spool().ok());
  for (int i = 0; i < 20; ++i) push({std::to_string(i)});
  pass(1s);
  EXPECT_EQ(verdicts.of(Verdict::delivered), 20u);
  EXPECT_EQ(counters.spool_write_us.sum() + counters.spool_write_us.count(0), 0u);
}

TEST_F(DeliverySpool, StoresWhatWaitsWhenTheDestinationIsDown) {
  up = false;
  ASSERT_TRUE(open_spool().ok());
  for (int i = 0; i < 20; ++i) push({std::to_string(i)});
  pass(30s);
  EXPECT_EQ(verdicts.of(Verdict::spooled), 20u);
  EXPECT_THAT(spool_files(), SizeIs(20));
  EXPECT_EQ(counters.queued_bytes.get(), 0u);
  up = true;
  pass(2min);
  EXPECT_EQ(counters.delivered.get(), 20u);
  EXPECT_THAT(spool_files(), IsEmpty());
  EXPECT_TRUE(queue->idle());
}

TEST_F(DeliverySpool, StoresWhatWaitsWhenTheSinkIsPaused) {
  transport.decide = [](const Package&) { return configuration(); };
  ASSERT_TRUE(open_spool().ok());
  for (int i = 0; i < 5; ++i) push({std::to_string(i)});
  pass(1min);
  EXPECT_EQ(verdicts.of(Verdict::spooled), 5u);
}

TEST_F(DeliverySpool, StoresTheNewestWhenMemoryIsHalfFull) {
  transport.decide = nullptr;
  options.memory_bytes_max = 8000;
  ASSERT_TRUE(open_spool().ok());
  for (int i = 0; i < 12; ++i) {
    push({std::string(500, static_cast<char>('a' + i))});
    settle();
  }
  EXPECT_TRUE(queue->ready());
  EXPECT_GT(verdicts.of(Verdict::spooled), 6u);
  transport.decide = [](const Package&) { return delivered(); };
  while (transport.in_flight() != 0) transport.answer(delivered());
  pass(10s);
  EXPECT_EQ(counters.delivered.get(), 12u);
  EXPECT_EQ(std::set<std::string>(transport.taken.begin(), transport.taken.end()).size(), 12u);
}

TEST_F(DeliverySpool, ARestartDeliversWhatWasSpooledUnderTheSameIds) {
  ASSERT_TRUE([&] { options.disk = true; return open_spool(); }().ok());
  spool_and_stop({"a", "b", "c"});
  const auto ids = transport.sent_ids;
  EXPECT_THAT(spool_files(), SizeIs(3));
  ASSERT_TRUE(open_spool().ok());
  EXPECT_EQ(counters.recovered.get(), 3u);
  EXPECT_FALSE(queue->idle());
  pass(1s);
  EXPECT_THAT(transport.taken, UnorderedElementsAre("a\n", "b\n", "c\n"));
  EXPECT_EQ(transport.taken_ids[0], ids[0]);
  EXPECT_THAT(spool_files(), IsEmpty());
  EXPECT_TRUE(queue->idle());
}

TEST_F(DeliverySpool, KeepsTheOrderOverTheDiskAndARestart) {
  options.ordered = true;
  options.memory_bytes_max = 3000;
  up = false;
  ASSERT_TRUE(open_spool().ok());
  for (int i = 0; i < 10; ++i) {
    push({std::to_string(i)});
    pass(100ms);
  }
  queue->drain();
  pass(3s);
  close();
  up = true;
  ASSERT_TRUE(open_spool().ok());
  push({"x"});
  push({"y"});
  pass(1min);
  EXPECT_THAT(transport.taken, ElementsAre("0\n", "1\n", "2\n", "3\n", "4\n", "5\n", "6\n", "7\n", "8\n", "9\n", "x\n", "y\n"));
}

TEST_F(DeliverySpool, WorkersTakeWhatWorkersThatAreNoMoreLeft) {
  options.disk = true;
  up = false;
  for (int worker = 0; worker < 4; ++worker) {
    ASSERT_TRUE(open_spool(worker, 4).ok());
    push({std::to_string(worker)});
    settle();
    close();
  }
  up = true;
  ASSERT_TRUE(open_spool(1, 2).ok());
  pass(1s);
  EXPECT_THAT(transport.taken, UnorderedElementsAre("1\n", "3\n"));
  EXPECT_THAT(spool_files(), SizeIs(2));
}

TEST_F(DeliverySpool, AFullSpoolMakesSourcesWaitAndIsToldOnce) {
  options.disk = true;
  options.memory_bytes_max = 3000;
  spool_bytes_max = 3 * 4096;
  up = false;
  ASSERT_TRUE(open_spool().ok());
  for (int i = 0; i < 8 && queue->ready(); ++i) {
    push({std::string(300, 'x')});
    settle();
  }
  EXPECT_FALSE(queue->ready());
  EXPECT_THAT(spool_files(), SizeIs(3));
  pass(1s);
  int told = 0;
  for (const std::string& text : messages) told += text.find("spool of") != std::string::npos;
  EXPECT_EQ(told, 1);
  up = true;
  pass(2min);
  EXPECT_TRUE(queue->ready());
  EXPECT_EQ(readies, 1);
  EXPECT_TRUE(queue->idle());
}

TEST_F(DeliverySpool, AFullSpoolDropsTheNewestWhenTold) {
  options.disk = true;
  options.on_full = OnFull::drop;
  options.memory_bytes_max = 1500;
  spool_files_max = 2;
  up = false;
  ASSERT_TRUE(open_spool().ok());
  for (int i = 0; i < 10; ++i) {
    push({std::string(300, 'x')});
    settle();
  }
  EXPECT_TRUE(queue->ready());
  EXPECT_EQ(verdicts.of(Verdict::spooled), 2u);
  EXPECT_EQ(verdicts.of(Verdict::dropped), 6u);
}

TEST_F(DeliverySpool, ADamagedFileIsSetAsideAndTheRestIsDelivered) {
  options.disk = true;
  ASSERT_TRUE(open_spool().ok());
  spool_and_stop({"a", "b", "c"});
  const std::string second = spool_files()[1];
  std::string bytes = folder.read("spool/edge/archive/" + second);
  bytes[bytes.size() - 9] ^= 1;
  folder.write("spool/edge/archive/" + second, bytes);
  messages.clear();
  ASSERT_TRUE(open_spool().ok());
  pass(1s);
  EXPECT_THAT(transport.taken, UnorderedElementsAre("a\n", "c\n"));
  EXPECT_EQ(counters.spool_damaged_files.get(), 1u);
  EXPECT_EQ(counters.lost_events.get(), 1u);
  EXPECT_THAT(spool_files(), ElementsAre(second + ".damaged"));
  EXPECT_THAT(messages, ElementsAre(HasSubstr("checksum of its body")));
  EXPECT_TRUE(queue->idle());
}

TEST_F(DeliverySpool, RemovesWhatACrashLeftHalfWritten) {
  ASSERT_TRUE(open_spool().ok());
  close();
  folder.write("spool/edge/archive/001795255200123-0000000007-0000000000-00000-2.package.tmp", "half");
  folder.write("spool/edge/archive/README", "not ours");
  ASSERT_TRUE(open_spool().ok());
  EXPECT_THAT(spool_files(), ElementsAre("README"));
}

TEST_F(DeliverySpool, ADestinationThatIsWellIsServedFromMemoryWhileTheDiskCannotBeWritten) {
  options.disk = true;
  ASSERT_TRUE(open_spool().ok());
  files.disk_full_after(0);
  push({"a"});
  push({"b"});
  pass(5s);
  EXPECT_EQ(verdicts.of(Verdict::delivered), 2u);
  EXPECT_THAT(spool_files(), IsEmpty());
  EXPECT_THAT(messages, ElementsAre(HasSubstr("No space left")));
  EXPECT_TRUE(queue->idle());
}

TEST_F(DeliverySpool, PackagesStayInMemoryWhileTheDiskCannotBeWritten) {
  options.disk = true;
  up = false;
  ASSERT_TRUE(open_spool().ok());
  files.disk_full_after(0);
  push({"a"});
  push({"b"});
  pass(5s);
  EXPECT_EQ(verdicts.all(), 0u);
  EXPECT_THAT(spool_files(), IsEmpty());
  EXPECT_THAT(messages, Contains(HasSubstr("No space left")));
  files.disk_has_room();
  pass(1min);
  EXPECT_EQ(verdicts.of(Verdict::spooled), 2u);
  up = true;
  pass(1min);
  EXPECT_EQ(counters.delivered.get(), 2u);
}

TEST_F(DeliverySpool, AFailedSyncIsNeverTakenForDurable) {
  options.disk = true;
  ASSERT_TRUE(open_spool().ok());
  files.fail_sync(EIO);
  up = false;
  push({"a"});
  pass(3s);
  EXPECT_EQ(verdicts.all(), 0u);
  EXPECT_THAT(spool_files(), IsEmpty());
  files.fail_sync(0);
  up = true;
  pass(1min);
  EXPECT_EQ(counters.delivered.get(), 1u);
}

TEST_F(DeliverySpool, ASpooledPackageThatIsRefusedIsHalvedAndItsFileStaysUntilTheEnd) {
  options.disk = true;
  ASSERT_TRUE(open_spool().ok());
  up = false;
  push({"a", "bad", "c", "d"});
  settle();
  close();
  ASSERT_TRUE(open_spool().ok());
  transport.taken.clear();
  std::size_t files_seen = 0;
  transport.decide = [&](const Package& package) {
    files_seen += spool_files().size() == 1;
    return package.body.view().find("bad") == ByteView::npos ? delivered() : refused();
  };
  pass(1s);
  EXPECT_EQ(files_seen, transport.sent.size() - 1);
  EXPECT_EQ(counters.delivered.get(), 3u);
  EXPECT_EQ(counters.late_dead_lettered.get(), 1u);
  EXPECT_THAT(letters, ElementsAre(std::pair<std::string, std::string>("HTTP 400", "bad")));
  EXPECT_THAT(spool_files(), IsEmpty());
}

TEST_F(DeliverySpool, AtASignalTheRestIsSpooledAndTheSinkIsSoonIdle) {
  up = false;
  ASSERT_TRUE(open_spool().ok());
  push({"a"});
  push({"b"});
  queue->drain();
  pass(3s);
  EXPECT_TRUE(queue->idle());
  EXPECT_EQ(verdicts.of(Verdict::spooled), 2u);
  EXPECT_THAT(spool_files(), SizeIs(2));
}

TEST_F(DeliverySpool, AtASignalADestinationThatIsWellGetsWhatIsThere) {
  options.disk = true;
  ASSERT_TRUE(open_spool().ok());
  for (int i = 0; i < 5; ++i) push({std::to_string(i)});
  queue->drain();
  pass(100ms);
  EXPECT_TRUE(queue->idle());
  EXPECT_EQ(counters.delivered.get(), 5u);
}

TEST_F(DeliverySpool, AtASignalADestinationThatHangsCostsSecondsAndNoEvent) {
  transport.decide = nullptr;
  ASSERT_TRUE(open_spool().ok());
  push({"a"});
  queue->drain();
  pass(1s);
  EXPECT_FALSE(queue->idle());
  pass(5s);
  EXPECT_TRUE(queue->idle());
  EXPECT_EQ(verdicts.of(Verdict::spooled), 1u);
  close();
  EXPECT_THAT(spool_files(), SizeIs(1));
}

TEST_F(DeliverySpool, AReloadsSinkTakesOverWhenTheOneBeforeHasGone) {
  options.disk = true;
  options.ordered = true;
  up = false;
  ASSERT_TRUE(open_spool().ok());
  push({"a"});
  settle();
  QueueWorld next;
  next.options = options;
  next.transport.decide = [](const Package&) { return delivered(); };
  next.spool = spool;
  next.spool->family = &next;
  next.open();
  ASSERT_TRUE(next.opened_well().ok());
  next.push({"b"});
  next.pass(2s);
  EXPECT_EQ(next.counters.recovered.get(), 0u);
  EXPECT_THAT(next.transport.taken, IsEmpty());
  close();
  next.pass(2s);
  EXPECT_EQ(next.counters.recovered.get(), 1u);
  EXPECT_THAT(next.transport.taken, ElementsAre("a\n", "b\n"));
}

TEST_F(DeliverySpool, AFileThatCannotBeReadIsTriedForEverAndTheOthersGoOn) {
  ASSERT_TRUE([&] { options.disk = true; return open_spool(); }().ok());
  spool_and_stop({"a", "b", "c"});
  files.forbid_open(spool_files()[1]);
  messages.clear();
  ASSERT_TRUE(open_spool().ok());
  pass(1s);
  EXPECT_THAT(transport.taken, UnorderedElementsAre("a\n", "c\n"));
  push({"d"});
  pass(10min);
  EXPECT_THAT(transport.taken, UnorderedElementsAre("a\n", "c\n", "d\n"));
  EXPECT_THAT(messages, ElementsAre(HasSubstr("cannot be read")));
  EXPECT_FALSE(queue->idle());
  files.forbid_open("");
  pass(6s);
  EXPECT_THAT(transport.taken, ElementsAre("a\n", "c\n", "d\n", "b\n"));
  EXPECT_EQ(counters.lost_events.get(), 0u);
  EXPECT_THAT(spool_files(), IsEmpty());
  EXPECT_TRUE(queue->idle());
}

TEST_F(DeliverySpool, WhenNothingCanBeReadForAWhileNothingIsGivenUp) {
  for (const bool ordered : {false, true}) {
    QueueWorld world;
    world.options = options;
    world.options.disk = true;
    world.options.ordered = ordered;
    bool well = false;
    world.transport.decide = [&](const Package&) { return well ? delivered() : transient(); };
    ASSERT_TRUE(world.open_spool().ok());
    std::vector<std::string> lines;
    for (int i = 0; i < 30; ++i) {
      world.push({lines.emplace_back(std::to_string(i))});
      world.settle();
    }
    world.kill();
    well = true;
    world.transport.taken.clear();
    world.messages.clear();
    world.files.forbid_open(".package");
    ASSERT_TRUE(world.open_spool().ok());
    world.pass(5min);
    EXPECT_THAT(world.transport.taken, IsEmpty());
    EXPECT_THAT(world.messages, SizeIs(1));
    world.files.forbid_open("");
    world.pass(10s);
    EXPECT_THAT(world.transport.taken, SizeIs(30));
    if (ordered) {
      for (std::size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(world.transport.taken[i], lines[i] + "\n");
    }
    EXPECT_EQ(world.counters.lost_events.get(), 0u);
    EXPECT_TRUE(world.queue->idle());
  }
}

TEST_F(DeliverySpool, WhatIsNoPackageKeepsNothingUp) {
  ASSERT_TRUE([&] { options.disk = true; return open_spool(); }().ok());
  spool_and_stop({"a"});
  const std::string loop = folder.path("spool/edge/archive/001795255200123-0000000007-0000000000-00000-2.package");
  const std::string fifo = folder.path("spool/edge/archive/001795255200123-0000000008-0000000000-00000-2.package");
  ASSERT_EQ(::symlink(loop.c_str(), loop.c_str()), 0);  // nothing can be known of it
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  messages.clear();
  ASSERT_TRUE(open_spool().ok());
  pass(1s);
  EXPECT_THAT(transport.taken, ElementsAre("a\n"));
  EXPECT_THAT(messages, UnorderedElementsAre(HasSubstr("no regular file"), HasSubstr("symbolic link")));
  EXPECT_TRUE(queue->idle());
}

TEST_F(DeliverySpool, ANameFromTheFarFutureIsDamaged) {
  ASSERT_TRUE([&] { options.disk = true; return open_spool(); }().ok());
  const std::string name = "999999999999999-0000000007-0000000000-00000-2.package";
  folder.write("spool/edge/archive/" + name, "x");
  close();
  ASSERT_TRUE(open_spool().ok());
  settle();
  EXPECT_THAT(spool_files(), ElementsAre(name + ".damaged"));
  EXPECT_EQ(counters.lost_events.get(), 2u);
  spool_and_stop({"a"});
  ASSERT_TRUE(open_spool().ok());
  pass(1s);
  EXPECT_THAT(transport.taken, ElementsAre("a\n"));
}

TEST_F(DeliverySpool, NoMemoryIsTakenForAFileWhoseHeadTellsAnotherSize) {
  ASSERT_TRUE([&] { options.disk = true; return open_spool(); }().ok());
  spool_and_stop({"a"});
  std::filesystem::resize_file(folder.path("spool/edge/archive/" + spool_files()[0]), 512u << 20);
  const std::int64_t read_before = files.bytes_read();
  ASSERT_TRUE(open_spool().ok());
  pass(1s);
  EXPECT_LT(files.bytes_read() - read_before, 4096);
  EXPECT_EQ(counters.spool_damaged_files.get(), 1u);
}

TEST_F(DeliverySpool, AfterTheEndsPatienceStoringGoesOn) {
  transport.decide = nullptr;
  ASSERT_TRUE(open_spool().ok());
  files.disk_full_after(0);
  for (int i = 0; i < 10; ++i) push({std::to_string(i)});
  queue->drain();
  pass(8s);
  EXPECT_FALSE(queue->idle());
  files.disk_has_room();
  pass(40s);
  EXPECT_EQ(verdicts.of(Verdict::spooled), 10u);
  EXPECT_TRUE(queue->idle());
}

TEST_F(DeliverySpool, WhatIsDeliveredAtTheLastMomentIsRemoved) {
  options.disk = true;
  transport.decide = nullptr;
  ASSERT_TRUE(open_spool().ok());
  push({"a"});
  push({"b"});
  settle();
  ASSERT_EQ(transport.in_flight(), 2u);
  transport.answer(delivered());
  close();
  EXPECT_THAT(spool_files(), SizeIs(1));
  EXPECT_EQ(counters.delivered.get(), 1u);
  EXPECT_EQ(counters.spooled_files.get(), 1u);
}

TEST_F(DeliverySpool, WithOrderedWhatIsOnDiskComesBeforeTheRestAfterACrash) {
  transport.decide = nullptr;
  options.ordered = true;
  options.memory_bytes_max = 8000;
  ASSERT_TRUE(open_spool().ok());
  for (int i = 0; i < 12; ++i) {
    push({std::string(500, static_cast<char>('a' + i))});
    settle();
  }
  EXPECT_TRUE(queue->ready());
  const std::uint32_t spooled = verdicts.of(Verdict::spooled);
  EXPECT_GT(spooled, 4u);
  EXPECT_LT(spooled, 12u);
  kill();
  transport.decide = [](const Package&) { return delivered(); };
  ASSERT_TRUE(open_spool().ok());
  pass(1s);
  ASSERT_THAT(transport.taken, SizeIs(spooled));
  for (std::uint32_t i = 0; i < spooled; ++i) EXPECT_EQ(transport.taken[i].front(), static_cast<char>('a' + i));
}

TEST_F(DeliverySpool, APackageLargerThanTheSpoolGoesThroughItAlone) {
  options.disk = true;
  spool_bytes_max = 4096;
  ASSERT_TRUE(open_spool().ok());
  push({std::string(10'000, 'a')});
  push({std::string(10'000, 'b')});
  pass(1s);
  EXPECT_EQ(counters.delivered.get(), 2u);
}

// Each file operation fails in turn, at each step of a package's way over the disk.
TEST_F(DeliverySpool, AnyFileOperationMayFailAndNothingIsLost) {
  for (int call = 1; call < 60; ++call) {
    SCOPED_TRACE(call);
    QueueWorld world;
    world.options = options;
    world.options.disk = true;
    bool well = false;
    world.transport.decide = [&](const Package&) { return well ? delivered() : transient(); };
    world.files.fail(call, EIO);
    if (!world.open_spool().ok()) {
      world.queue.reset();
      ASSERT_TRUE(world.open_spool().ok());
    }
    world.push({"a"});
    world.push({"b"});
    world.pass(10s);
    EXPECT_EQ(world.verdicts.of(Verdict::spooled), 2u);
    world.close();
    const auto reopened = world.open_spool();
    if (!reopened.ok()) {
      world.queue.reset();
      ASSERT_TRUE(world.open_spool().ok());
    }
    well = true;
    world.pass(1min);
    EXPECT_EQ(std::set<std::string>(world.transport.taken.begin(), world.transport.taken.end()).size(), 2u);
    EXPECT_TRUE(world.queue->idle());
    EXPECT_EQ(world.counters.lost_events.get(), 0u);
    EXPECT_THAT(world.spool_files(), IsEmpty());
  }
}

TEST_F(DeliverySpool, AFileStaysUntilEveryEntryOfItHasAVerdict) {
  options.disk = true;
  int sent = 0;
  transport.decide = [&](const Package& package) {
    Answer answer{Outcome::transient, "in part"};
    if (sent++ == 0) answer.failures = {{0, Outcome::data, "too large"}, {2, Outcome::transient, "later"}};
    EXPECT_EQ(package.events(), sent == 1 ? 3u : 1u);
    return sent > 2 ? delivered() : answer;
  };
  ASSERT_TRUE(open_spool().ok());
  push({"a", "b", "c"});
  settle();
  advance(1ms);
  EXPECT_THAT(spool_files(), SizeIs(1));
  EXPECT_EQ(counters.spooled_events.get(), 1u);
  EXPECT_EQ(counters.late_dead_lettered.get(), 1u);
  pass(1min);
  EXPECT_THAT(spool_files(), IsEmpty());
  EXPECT_EQ(counters.delivered.get(), 2u);
  EXPECT_EQ(counters.dead_lettered.get(), 1u);
  EXPECT_TRUE(queue->idle());
}

}  // namespace
}  // namespace penstock::testing
