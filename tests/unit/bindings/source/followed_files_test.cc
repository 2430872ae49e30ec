#include "bindings/source/followed_files.h"

#include "tests/unit/bindings/compress/streams.h"
#include "tests/unit/bindings/source/source_bench.h"

namespace penstock {
namespace {

using namespace penstock::testing;
using Lines = std::vector<std::string>;
namespace fs = std::filesystem;

class FollowedFilesTest : public ::testing::Test {
 protected:
  ValueMap options(const std::string& glob) const { return {{"path", Value(dir / glob)}}; }
  void changed(FileRun& run) { run.changed(dir.path()); }

  TemporaryDirectory dir;
  MemoryCheckpoints checkpoints;
};

TEST_F(FollowedFilesTest, LinesAreReadAsTheyAreWritten) {
  write_file(dir / "a.log", "one\n");
  FileRun files(options("*.log"));
  files.start();
  EXPECT_EQ(files.lines(), (Lines{"one"}));
  EXPECT_FALSE(files.bench.clock.busy()) << "asks for turns at the end of the file";
  append_file(dir / "a.log", "two\nthr");
  files.bench.clock.change(dir.path());
  files.bench.settle();
  EXPECT_EQ(files.lines(), (Lines{"one", "two"}));
  append_file(dir / "a.log", "ee\n");
  files.bench.clock.change(dir.path());
  files.bench.settle();
  EXPECT_EQ(files.lines(), (Lines{"one", "two", "three"}));
  EXPECT_EQ(files.bench.taken.size(), 1u);
}

TEST_F(FollowedFilesTest, WithoutWordOfChangesTheRescanFindsThem) {
  write_file(dir / "a.log", "one\n");
  FileRun files(options("*.log"));
  files.start();
  append_file(dir / "a.log", "two\n");
  write_file(dir / "b.log", "new\n");
  files.bench.pass(1000);
  EXPECT_EQ(files.lines(), (Lines{"one", "two", "new"}));
}

TEST_F(FollowedFilesTest, NewFilesAreFoundSoonAfterTheChange) {
  FileRun files(options("*.log"));
  files.start();
  write_file(dir / "a.log", "");
  changed(files);
  append_file(dir / "a.log", "one\n");
  files.bench.clock.change(dir.path());
  files.bench.clock.advance(FollowedFiles::scan_delay);
  files.bench.settle();
  EXPECT_EQ(files.lines(), (Lines{"one"}));
}

TEST_F(FollowedFilesTest, FromEndBeginsBehindTheLastWholeLine) {
  write_file(dir / "a.log", "old\nhalf");
  ValueMap with = options("*.log");
  with["from"] = Value("end");
  FileRun files(with, &checkpoints);
  files.start();
  append_file(dir / "a.log", " done\n");
  write_file(dir / "b.log", "later files from their start\n");
  changed(files);
  EXPECT_EQ(files.lines(), (Lines{"half done", "later files from their start"}));
  ASSERT_FALSE(checkpoints.kept.empty());
}

TEST_F(FollowedFilesTest, FromEndIsRememberedBeforeAnythingIsRead) {
  write_file(dir / "a.log", "old\n");
  ValueMap with = options("*.log");
  with["from"] = Value("end");
  {
    FileRun files(with, &checkpoints);
    files.start();
  }
  append_file(dir / "a.log", "written while down\n");
  FileRun files(with, &checkpoints);
  files.start();
  EXPECT_EQ(files.lines(), (Lines{"written while down"}));
}

TEST_F(FollowedFilesTest, RenamedFileIsReadToItsEndWhileTheNewOneIsFollowed) {
  write_file(dir / "a.log", "one\n");
  FileRun files(options("a.log"), &checkpoints);
  files.start();
  fs::rename(dir / "a.log", dir / "a.log.1");
  append_file(dir / "a.log.1", "late\nlast without end");
  write_file(dir / "a.log", "new\n");
  changed(files);
  EXPECT_EQ(checkpoints.kept.size(), 2u);
  files.bench.pass(7000);
  Lines lines = files.lines();
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(lines, (Lines{"last without end", "late", "new", "one"}));
  EXPECT_EQ(checkpoints.kept.size(), 1u) << "the rotated file's checkpoint goes when it is read, acked and gone";
  EXPECT_EQ(files.bench.lost, 0u);
}

TEST_F(FollowedFilesTest, CheckpointOfARotatedFileStaysUntilEverythingIsAcked) {
  write_file(dir / "a.log", "one\n");
  FileRun files(options("a.log"), &checkpoints);
  files.start();
  files.bench.auto_ack = false;
  append_file(dir / "a.log", "two\n");
  changed(files);
  fs::rename(dir / "a.log", dir / "a.log.1");
  files.bench.pass(10'000);
  ASSERT_EQ(checkpoints.kept.size(), 1u);
  EXPECT_EQ(checkpoints.kept.begin()->second.position, 4u);
  files.bench.ack_all();
  EXPECT_TRUE(checkpoints.kept.empty());
}

TEST_F(FollowedFilesTest, FileRenamedUnderTheGlobStaysOneStream) {
  write_file(dir / "a.log", "one\n");
  FileRun files(options("a.log*"));
  files.start();
  fs::rename(dir / "a.log", dir / "a.log.1");
  write_file(dir / "a.log", "two\n");
  changed(files);
  append_file(dir / "a.log.1", "late\n");
  files.bench.pass(10'000);
  append_file(dir / "a.log.1", "very late\n");
  changed(files);
  EXPECT_EQ(files.bench.taken.size(), 2u);
  EXPECT_EQ(files.lines(), (Lines{"one", "late", "very late", "two"}));
}

TEST_F(FollowedFilesTest, DeletedFileIsReadToItsEnd) {
  write_file(dir / "a.log", "one\n");
  FileRun files(options("*.log"), &checkpoints);
  files.start();
  append_file(dir / "a.log", "two\nthree");
  fs::remove(dir / "a.log");
  changed(files);
  files.bench.pass(7000);
  EXPECT_EQ(files.lines(), (Lines{"one", "two", "three"}));
  EXPECT_TRUE(checkpoints.kept.empty());
}

TEST_F(FollowedFilesTest, TruncatedFileBeginsAnew) {
  write_file(dir / "a.log", "one\ntwo\n");
  FileRun files(options("*.log"), &checkpoints);
  files.start();
  write_file(dir / "a.log", "three\n");
  changed(files);
  EXPECT_EQ(files.lines(), (Lines{"one", "two", "three"}));
  EXPECT_EQ(files.bench.taken.size(), 2u);
  EXPECT_EQ(files.bench.taken[1]->begin, 0u);
  EXPECT_EQ(files.bench.lost, 0u);
  EXPECT_EQ(checkpoints.kept.size(), 1u);
}

TEST_F(FollowedFilesTest, RewritingToTheSameOrALargerSizeIsNoticed) {
  write_file(dir / "a.log", "one\n");
  FileRun files(options("*.log"));
  files.start();
  write_file(dir / "a.log", "and a longer one\n");
  changed(files);
  EXPECT_EQ(files.lines(), (Lines{"one", "and a longer one"}));
}

TEST_F(FollowedFilesTest, BytesLostByTruncationAreCounted) {
  write_file(dir / "a.log", "one\n");
  FileRun files(options("*.log"));
  files.start();
  files.bench.blocked = true;
  append_file(dir / "a.log", "seen but not read\n");
  changed(files);
  files.bench.blocked = false;
  write_file(dir / "a.log", "x\n");
  files.source->resume();
  files.bench.settle();
  changed(files);
  EXPECT_EQ(files.lines(), (Lines{"one", "x"}));
  EXPECT_EQ(files.bench.lost, 18u);
  EXPECT_EQ(files.bench.troubles.size(), 1u);
}

TEST_F(FollowedFilesTest, CopyTruncatedContentIsNotReadTwice) {
  const std::string text = log_text(5000);
  write_file(dir / "a.log", text);
  FileRun files(options("a.log*"), &checkpoints);
  files.start();
  const std::size_t before = files.lines().size();
  fs::copy_file(dir / "a.log", dir / "a.log.1");
  changed(files);
  write_file(dir / "a.log", "new\n");
  changed(files);
  files.bench.pass(3000);
  Lines lines = files.lines();
  EXPECT_EQ(lines.size(), before + 2) << "the unended last line of the old content, and the new one";
  EXPECT_EQ(lines.back(), "new");
}

TEST_F(FollowedFilesTest, ContentCompressedAfterRotationIsNotReadTwice) {
  const std::string text = log_text(5000) + "\n";
  write_file(dir / "a.log", text);
  FileRun files(options("a.log*"), &checkpoints);
  files.start();
  const std::size_t before = files.lines().size();
  fs::rename(dir / "a.log", dir / "a.log.1");
  changed(files);
  // gzip(1) writes the new file beside the old one before it removes that.
  const std::string coded = member_of(Compression::gzip, text + "late line\n");
  append_file(dir / "a.log.1", "late line\n");
  write_file(dir / "a.log.1.gz", coded.substr(0, 100));
  changed(files);
  append_file(dir / "a.log.1.gz", coded.substr(100));
  changed(files);
  fs::remove(dir / "a.log.1");
  files.bench.pass(20'000);
  const Lines lines = files.lines();
  EXPECT_EQ(lines.size(), before + 1);
  EXPECT_EQ(lines.back(), "late line");
  EXPECT_TRUE(files.bench.troubles.empty());
}

TEST_F(FollowedFilesTest, LivingFilesThatAreAlikeAreTwoFiles) {
  const std::string text = log_text(5000) + "\n";
  write_file(dir / "a.log", text);
  write_file(dir / "b.log", text);
  FileRun files(options("*.log"));
  files.start();
  files.bench.pass(20'000);
  EXPECT_EQ(files.lines().size(), 2 * static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')));
}

TEST_F(FollowedFilesTest, ASmallContentIsKnownAgainOnlyCompressedAndUnderItsNameAndMore) {
  struct Case {
    const char* name;
    std::string content;
    Lines read;
  };
  const Case cases[] = {
      {"a.log.1.gz", member_of(Compression::gzip, "one\ntwo\n"), {"one", "two"}},
      {"a.log.1.gz", member_of(Compression::gzip, "one\nother\n"), {"one", "two", "one", "other"}},
      {"a.log.1.gz", member_of(Compression::gzip, "one\ntwo\nthree\n"), {"one", "two", "three"}},
      {"a.log.2.gz", member_of(Compression::gzip, "one\ntwo\n"), {"one", "two", "one", "two"}},
      {"a.log.1.copy", "one\ntwo\n", {"one", "two", "one", "two"}},
  };
  for (const Case& given : cases) {
    TemporaryDirectory folder;
    MemoryCheckpoints kept;
    write_file(folder / "a.log", "one\n");
    FileRun files({{"path", Value(folder / "a.log*")}, {"follow", Value(true)}}, &kept);
    files.start();
    append_file(folder / "a.log", "two\n");
    files.changed(folder.path());
    fs::rename(folder / "a.log", folder / "a.log.1");
    files.changed(folder.path());
    write_file(folder / given.name, given.content);
    files.changed(folder.path());
    fs::remove(folder / "a.log.1");
    files.bench.pass(20'000);
    EXPECT_EQ(files.lines(), given.read) << given.name;
    EXPECT_TRUE(files.bench.troubles.empty()) << files.bench.troubles[0];
  }
}

TEST_F(FollowedFilesTest, CompressedFileIsReadAndGrowsByMembers) {
  write_file(dir / "a.gz", member_of(Compression::gzip, "one\n"));
  FileRun files(options("*.gz"), &checkpoints);
  files.start();
  append_file(dir / "a.gz", member_of(Compression::gzip, "two\n"));
  changed(files);
  files.bench.pass(10'000);
  append_file(dir / "a.gz", member_of(Compression::gzip, "three\n"));
  changed(files);
  files.bench.pass(1000);
  EXPECT_EQ(files.lines(), (Lines{"one", "two", "three"}));
  EXPECT_TRUE(files.bench.troubles.empty());
}

TEST_F(FollowedFilesTest, CompressedFileThatNeverBecomesCompleteIsToldOnce) {
  const std::string coded = member_of(Compression::gzip, log_text(1000));
  write_file(dir / "a.gz", coded.substr(0, coded.size() - 4));
  FileRun files(options("*.gz"));
  files.start();
  EXPECT_TRUE(files.bench.troubles.empty());
  files.bench.pass(30'000);
  EXPECT_EQ(files.bench.troubles.size(), 1u);
}

TEST_F(FollowedFilesTest, StopLeavesAHalfWrittenLineForTheNextRun) {
  write_file(dir / "a.log", "one\nha");
  {
    FileRun files(options("*.log"), &checkpoints);
    files.start();
    files.stop();
    EXPECT_EQ(files.lines(), (Lines{"one"}));
  }
  append_file(dir / "a.log", "lf\n");
  FileRun files(options("*.log"), &checkpoints);
  files.start();
  EXPECT_EQ(files.lines(), (Lines{"half"}));
}

TEST_F(FollowedFilesTest, ShortFileIsKnownAgainAfterItHasGrown) {
  write_file(dir / "a.log", "1\n");
  {
    FileRun files(options("*.log"), &checkpoints);
    files.start();
    files.stop();
  }
  append_file(dir / "a.log", log_text(10'000));
  FileRun files(options("*.log"), &checkpoints);
  files.start();
  ASSERT_FALSE(files.bench.taken.empty());
  EXPECT_EQ(files.bench.taken[0]->begin, 2u);
}

TEST_F(FollowedFilesTest, ReusedInodeIsANewFile) {
  write_file(dir / "a.log", "one\ntwo\n");
  {
    FileRun files(options("*.log"), &checkpoints);
    files.start();
    files.stop();
  }
  // The same inode with other bytes, as a new file that the system gave an old number.
  write_file(dir / "a.log", "uno\ndue\ntre\n");
  FileRun files(options("*.log"), &checkpoints);
  files.start();
  EXPECT_EQ(files.lines(), (Lines{"uno", "due", "tre"}));
}

TEST_F(FollowedFilesTest, FileRotatedWhileDownIsReadToItsEnd) {
  write_file(dir / "a.log", "one\n");
  {
    FileRun files(options("a.log"), &checkpoints);
    files.start();
    files.stop();
  }
  append_file(dir / "a.log", "two\n");
  fs::rename(dir / "a.log", dir / "a.log.1");
  write_file(dir / "a.log", "three\n");
  FileRun files(options("a.log"), &checkpoints);
  files.start();
  files.bench.pass(10'000);
  Lines lines = files.lines();
  std::sort(lines.begin(), lines.end());
  EXPECT_EQ(lines, (Lines{"three", "two"}));
  EXPECT_EQ(checkpoints.kept.size(), 1u);
  EXPECT_EQ(files.bench.lost, 0u);
}

TEST_F(FollowedFilesTest, FileThatVanishedUnreadIsTold) {
  write_file(dir / "a.log", "one\n");
  {
    FileRun files(options("*.log"), &checkpoints);
    files.start();
    files.bench.auto_ack = false;
    append_file(dir / "a.log", "never acked\n");
    changed(files);
  }
  fs::remove(dir / "a.log");
  FileRun files(options("*.log"), &checkpoints);
  files.start();
  files.bench.pass(10'000);
  EXPECT_EQ(files.bench.lost, 12u);
  EXPECT_TRUE(checkpoints.kept.empty());
}

TEST_F(FollowedFilesTest, MoreFilesThanDescriptorsAreServedInTurn) {
  ValueMap with = options("*.log");
  with["files_open_max"] = Value(3);
  for (int i = 0; i < 20; ++i) write_file(dir / (std::to_string(i) + ".log"), "one\n");
  FileRun files(with, &checkpoints);
  files.start();
  files.bench.pass(2000);
  EXPECT_EQ(files.lines().size(), 20u);
  for (int i = 0; i < 20; ++i) append_file(dir / (std::to_string(i) + ".log"), "two\n");
  files.bench.pass(4000);
  EXPECT_EQ(files.lines().size(), 40u);
  EXPECT_EQ(files.bench.taken.size(), 20u);
}

TEST_F(FollowedFilesTest, WorkersDivideTheFiles) {
  for (int i = 0; i < 10; ++i) write_file(dir / (std::to_string(i) + ".log"), "one\n");
  const auto plan = make_file_source(Value(options("*.log")), plan_context(2)).value();
  SourceBench first(nullptr, 0, 2);
  SourceBench second(nullptr, 1, 2);
  const auto one = plan->open(first);
  const auto two = plan->open(second);
  ASSERT_TRUE(one->start().ok());
  ASSERT_TRUE(two->start().ok());
  first.settle();
  second.settle();
  EXPECT_EQ(first.lines().size(), 5u);
  EXPECT_EQ(second.lines().size(), 5u);
}

TEST_F(FollowedFilesTest, UnreadablePathIsToldOnce) {
  fs::create_directory(dir / "sub");
  FileRun files(options("sub"));
  files.start();
  files.bench.pass(5000);
  EXPECT_EQ(files.bench.troubles.size(), 1u);
}

TEST(FileSource, BrokenGlobIsRefused) {
  const ValueMap options{{"path", Value("/var/log/[a")}};
  const Result<std::unique_ptr<SourcePlan>> made = make_file_source(Value(options), plan_context());
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.status().code(), Code::invalid);
}

}  // namespace
}  // namespace penstock
