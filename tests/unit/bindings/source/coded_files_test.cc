// Compressed files, read to their ends.
#include "bindings/source/finite_files.h"
#include "tests/unit/bindings/compress/streams.h"
#include "tests/unit/bindings/source/source_bench.h"

namespace penstock {
namespace {

using namespace penstock::testing;
using Lines = std::vector<std::string>;

class CodedFilesTest : public ::testing::Test {
 protected:
  ValueMap options(const std::string& path) const { return {{"path", Value(path)}, {"follow", Value(false)}}; }
  static void run(FileRun& run) {
    run.start();
    run.bench.pass(100);
    EXPECT_EQ(run.bench.finished, 1);
  }
  static std::string joined(const FileRun& run) {
    std::string out;
    for (const auto& stream : run.bench.taken) out += stream->bytes;
    return out;
  }

  TemporaryDirectory dir;
  MemoryCheckpoints checkpoints;
};

TEST_F(CodedFilesTest, EveryFormatIsKnownByItsFirstBytes) {
  const std::string text = log_text(700'000);
  for (const Compression format : member_formats) {
    write_file(dir / "a.log", member_of(format, text));
    FileRun files(options(dir / "a.log"));
    run(files);
    EXPECT_TRUE(joined(files) == text) << name_of(format);
    EXPECT_EQ(files.bench.total, text.size()) << name_of(format);
    EXPECT_TRUE(files.bench.troubles.empty()) << name_of(format);
  }
}

TEST_F(CodedFilesTest, MembersFollowOneAnother) {
  write_file(dir / "a.gz", member_of(Compression::gzip, "one\n") + member_of(Compression::gzip, "two\n"));
  FileRun files(options(dir / "a.gz"));
  run(files);
  EXPECT_EQ(files.lines(), (Lines{"one", "two"}));
}

TEST_F(CodedFilesTest, CompressionNoneTakesTheBytesAsTheyAre) {
  const std::string bytes = member_of(Compression::gzip, "one\n");
  write_file(dir / "a.gz", bytes);
  ValueMap with = options(dir / "a.gz");
  with["compression"] = Value("none");
  FileRun files(with);
  run(files);
  EXPECT_TRUE(joined(files) == bytes);
}

TEST_F(CodedFilesTest, CutShortGivesWhatCanBeDecodedAndIsTold) {
  const std::string text = log_text(400'000);
  const std::string bytes = member_of(Compression::gzip, text);
  write_file(dir / "a.gz", bytes.substr(0, bytes.size() / 2));
  FileRun files(options(dir / "a.gz"));
  run(files);
  const std::string got = joined(files);
  EXPECT_GT(got.size(), text.size() / 4);
  EXPECT_TRUE(text.compare(0, got.size(), got) == 0);
  ASSERT_EQ(files.bench.troubles.size(), 1u);
  EXPECT_NE(files.bench.troubles[0].find("a.gz"), std::string::npos);
  EXPECT_NE(files.bench.troubles[0].find("compressed byte " + std::to_string(bytes.size() / 2)), std::string::npos)
      << files.bench.troubles[0];
}

TEST_F(CodedFilesTest, DamageIsToldWithItsOffset) {
  const std::string good = member_of(Compression::gzip, log_text(100'000));
  write_file(dir / "a.gz", good + "garbage behind it");
  FileRun files(options(dir / "a.gz"));
  run(files);
  EXPECT_EQ(joined(files).size(), 100'000u);
  ASSERT_EQ(files.bench.troubles.size(), 1u);
  EXPECT_NE(files.bench.troubles[0].find("compressed byte"), std::string::npos) << files.bench.troubles[0];
}

TEST_F(CodedFilesTest, RestartDecodesUpToTheCheckpoint) {
  const std::string text = log_text(3'000'000);
  for (const Compression format : member_formats) {
    checkpoints.kept.clear();
    write_file(dir / "a.log", member_of(format, text));
    std::string got;
    {
      FileRun files(options(dir / "a.log"), &checkpoints);
      ASSERT_TRUE(files.source->start().ok());
      files.bench.clock.turn();
      files.stop();
      ASSERT_EQ(checkpoints.kept.size(), 1u) << name_of(format);
      got = joined(files).substr(0, checkpoints.kept.begin()->second.position);
      EXPECT_GT(got.size(), 0u);
      EXPECT_LT(got.size(), text.size());
    }
    FileRun files(options(dir / "a.log"), &checkpoints);
    run(files);
    got += joined(files);
    EXPECT_TRUE(got == text) << name_of(format);
    files.stop();

    FileRun again(options(dir / "a.log"), &checkpoints);
    run(again);
    EXPECT_TRUE(again.bench.taken.empty()) << name_of(format);
  }
}

TEST_F(CodedFilesTest, FileCompressedBetweenRunsGoesOnWhereItWasRead) {
  const std::string text = log_text(100'000);
  write_file(dir / "a.log", text.substr(0, 60'000));
  std::string got;
  {
    FileRun files(options(dir / "a.log*"), &checkpoints);
    files.bench.space_bytes = 1000;
    run(files);
    files.stop();
    got = joined(files).substr(0, checkpoints.kept.begin()->second.position);
  }
  std::filesystem::remove(dir / "a.log");
  write_file(dir / "a.log.1.gz", member_of(Compression::gzip, text));
  FileRun files(options(dir / "a.log*"), &checkpoints);
  run(files);
  got += joined(files);
  EXPECT_TRUE(got == text);
  EXPECT_EQ(files.bench.lost, 0u);
  EXPECT_EQ(checkpoints.kept.size(), 1u);
}

TEST_F(CodedFilesTest, FileThatOnlyBeginsAlikeIsReadFromItsStart) {
  const std::string text = log_text(100'000);
  write_file(dir / "a.log", text);
  {
    FileRun files(options(dir / "a.log*"), &checkpoints);
    run(files);
    files.stop();
  }
  std::filesystem::remove(dir / "a.log");
  const std::string other = text.substr(0, 1000) + log_text(150'000, 7);
  write_file(dir / "a.log.1.gz", member_of(Compression::gzip, other));
  FileRun files(options(dir / "a.log*"), &checkpoints);
  run(files);
  EXPECT_TRUE(joined(files) == other);
}

}  // namespace
}  // namespace penstock
