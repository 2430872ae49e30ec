#include "bindings/codec/syslog_frames.h"

#include "bindings/codec/text_codecs.h"
#include "tests/unit/bindings/codec/codec_fixture.h"

namespace penstock {
namespace {

using test::Decoded;
using test::must;
using Texts = std::vector<std::string>;

const std::string head = "<34>1 - - - - - - ";

std::string counted(const std::string& message) { return std::to_string(message.size()) + " " + message; }

// What comes of `input` must not depend on how it is cut.
Decoded decode(const char* framing, const std::string& input, int max_event = 1024) {
  const auto plan = must(make_syslog_decoder(Value(ValueMap{{"framing", framing}, {"max_event_bytes", max_event}})));
  const Decoded whole = test::decode_all(*plan, input);
  EXPECT_EQ(whole.left, 0u);
  for (const std::size_t step : {1, 7}) {
    const Decoded pieces = test::decode_all(*plan, input, step);
    EXPECT_EQ(pieces.raw, whole.raw) << framing << " in steps of " << step;
    EXPECT_EQ(pieces.broken, whole.broken) << framing << " in steps of " << step;
  }
  return whole;
}

TEST(SyslogFrames, CountedMessagesFollowOneAnother) {
  for (const char* framing : {"auto", "octet_counting"}) {
    const Decoded out = decode(framing, counted(head + "one") + counted(head + "two\nlines") + counted(head + "three"));
    EXPECT_EQ(out.raw, (Texts{head + "one", head + "two\nlines", head + "three"}));
    EXPECT_TRUE(out.broken.empty());
  }
}

TEST(SyslogFrames, LinesEndMessages) {
  for (const char* framing : {"auto", "newline"}) EXPECT_EQ(decode(framing, head + "one\n" + head + "two\r\n\n" + head + "last").raw, (Texts{head + "one", head + "two", head + "last"}));
}

TEST(SyslogFrames, AutoTellsThemApartForEachMessage) {
  const Decoded out = decode("auto", head + "line\n" + counted(head + "counted") + head + "line\n");
  EXPECT_EQ(out.raw, (Texts{head + "line", head + "counted", head + "line"}));
}

TEST(SyslogFrames, LineEndsBehindCountedMessagesDoNoHarm) {
  EXPECT_EQ(decode("octet_counting", counted(head + "in\n") + counted(head + "behind") + "\r\n" + counted(head + "x")).raw,
            (Texts{head + "in", head + "behind", head + "x"}));
}

TEST(SyslogFrames, ALengthThatIsNoneCostsItsLineOnly) {
  const struct {
    const char* framing;
    const char* bad;
    const char* says;
  } cases[] = {
      {"auto", "0 <1>x", "a message's length"},      {"auto", "12x<34>", "a message's length"},       {"auto", "1234567890 <34>", "a message's length"},
      {"auto", "5000 words", "behind its length"},   {"octet_counting", "<34>1 - line", "length"},    {"octet_counting", "nonsense", "length"},
  };
  for (const auto& c : cases) {
    const Decoded out = decode(c.framing, std::string(c.bad) + "\n" + counted(head + "next"));
    EXPECT_EQ(out.raw, Texts{head + "next"}) << c.bad;
    ASSERT_EQ(out.broken_bytes.size(), 1u) << c.bad;
    EXPECT_EQ(out.broken_bytes[0], std::string(c.bad) + "\n");
    EXPECT_NE(out.broken[0].find(c.says), std::string::npos) << out.broken[0];
  }
}

TEST(SyslogFrames, AMessageTooLongIsSkippedAndTheNextOneFound) {
  for (const char* framing : {"auto", "octet_counting"}) {
    const Decoded out = decode(framing, counted(head + std::string(2000, 'x') + "\n" + counted(head + "not this")) + counted(head + "next"));
    EXPECT_EQ(out.raw, Texts{head + "next"});
    ASSERT_EQ(out.broken.size(), 1u);
    EXPECT_NE(out.broken[0].find("longer than max_event (1024 bytes)"), std::string::npos);
  }
}

TEST(SyslogFrames, AStreamThatEndsInsideAMessageMakesNoEventOfIt) {
  for (const char* torn : {"1", "45", "45 ", "45 <34>1 - - - - - - torn"}) {
    const Decoded out = decode("auto", counted(head + "whole") + torn);
    EXPECT_EQ(out.raw, Texts{head + "whole"});
    ASSERT_EQ(out.broken.size(), 1u) << torn;
    EXPECT_NE(out.broken[0].find("ends inside"), std::string::npos);
  }
}

TEST(SyslogFrames, CountedStreamsCannotBeCutAtLineEnds) {
  EXPECT_FALSE(must(make_syslog_decoder(Value(ValueMap{{"framing", "auto"}})))->splittable());
  EXPECT_TRUE(must(make_syslog_decoder(Value()))->splittable());
}

TEST(SyslogFrames, UnknownFramingsAreRefused) { EXPECT_FALSE(make_syslog_decoder(Value(ValueMap{{"framing", "lf"}})).ok()); }

}  // namespace
}  // namespace penstock
