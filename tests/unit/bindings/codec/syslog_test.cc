#include "bindings/codec/syslog.h"

#include "bindings/codec/text_codecs.h"
#include "tests/unit/bindings/codec/codec_fixture.h"

namespace penstock {
namespace {

using test::decode_one;
using test::must;

std::string syslog(const std::string& line, ValueMap options = {}) {
  return decode_one(*must(make_syslog_decoder(Value(std::move(options)))), line);
}

// RFC 5424 section 6.5, examples 1 to 4.
TEST(Syslog5424, ReadsTheExamplesOfTheRfc) {
  EXPECT_EQ(syslog("<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \xef\xbb\xbf'su root' failed for lonvick on /dev/pts/8"),
            R"({"priority":34,"facility":"auth","severity":"crit","timestamp":"2003-10-11T22:14:15.003Z","hostname":"mymachine.example.com",)"
            R"("app_name":"su","msg_id":"ID47","message":"'su root' failed for lonvick on /dev/pts/8"})");
  EXPECT_EQ(syslog("<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts."),
            R"({"priority":165,"facility":"local4","severity":"notice","timestamp":"2003-08-24T05:14:15.000003-07:00","hostname":"192.0.2.1",)"
            R"("app_name":"myproc","proc_id":"8710","message":"%% It's time to make the do-nuts."})");
  EXPECT_EQ(syslog(R"(<165>1 2003-10-11T22:14:15.003Z h evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"] An application event)"),
            R"({"priority":165,"facility":"local4","severity":"notice","timestamp":"2003-10-11T22:14:15.003Z","hostname":"h","app_name":"evntslog",)"
            R"("msg_id":"ID47","structured_data":{"exampleSDID@32473":{"iut":"3","eventSource":"Application","eventID":"1011"}},"message":"An application event"})");
  EXPECT_EQ(syslog(R"(<165>1 - h e - I [a@1 i="3"][b@1 c="high"])"),
            R"({"priority":165,"facility":"local4","severity":"notice","hostname":"h","app_name":"e","msg_id":"I","structured_data":{"a@1":{"i":"3"},"b@1":{"c":"high"}}})");
}

TEST(Syslog5424, StructuredDataBecomesAnObject) {
  const struct {
    const char* data;
    const char* json;
  } cases[] = {
      {R"([x])", R"({"x":{}})"},
      {R"([x a=""])", R"({"x":{"a":""}})"},
      {R"([x a="q\"b\\c\]d\n"])", R"({"x":{"a":"q\"b\\c]d\\n"}})"},
      {R"([x a="1" b="2" a="3" a="4"])", R"({"x":{"a":["1","3","4"],"b":"2"}})"},
      {R"([x a="[not] data"][y])", R"({"x":{"a":"[not] data"},"y":{}})"},
      {"[x a=\"caf\xc3\xa9\xff\"]", "{\"x\":{\"a\":\"caf\xc3\xa9\xef\xbf\xbd\"}}"},
      {R"([x a="1" ])", R"({"x":{"a":"1"}})"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(syslog(std::string("<0>1 - - - - - ") + c.data),
              std::string(R"({"priority":0,"facility":"kern","severity":"emerg","structured_data":)") + c.json + "}")
        << c.data;
}

TEST(Syslog5424, MessageKeepsItsSpacesAndMayBeAbsent) {
  const std::string head = R"({"priority":0,"facility":"kern","severity":"emerg")";
  EXPECT_EQ(syslog("<0>1 - - - - - -"), head + "}");
  EXPECT_EQ(syslog("<0>1 - - - - - - "), head + R"(,"message":""})");
  EXPECT_EQ(syslog("<0>1 - - - - - -   a b "), head + R"(,"message":"  a b "})");
  EXPECT_EQ(syslog(std::string("<0>1 - - - - - - a\0\0", 20)), head + R"(,"message":"a"})");
}

TEST(Syslog5424, BrokenMessagesSayWhatWasExpectedWhere) {
  const struct {
    const char* line;
    const char* reason;
  } cases[] = {
      {"<192>1 - - - - - -", "a priority from <0> to <191> at byte 0"},
      {"<007>1 - - - - - -", "a priority from <0> to <191> at byte 0"},
      {"<>1 - - - - - -", "a priority from <0> to <191> at byte 0"},
      {"<1234>1 -", "a priority from <0> to <191> at byte 0"},
      {"<13>1 2003-10-11T22:14:15Z", "a timestamp and ' ' at byte 6"},
      {"<13>1 yesterday h a - - -", "an RFC 3339 timestamp at byte 6"},
      {"<13>1 - host app", "an app name and ' ' at byte 13"},
      {"<13>1 - h a p m", "a message id and ' ' at byte 14"},
      {"<13>1 - h a p m x", "'-' or '[' at byte 16"},
      {"<13>1 - h a p m -x", "' ' or the end behind the structured data at byte 17"},
      {"<13>1 - h a p m []", "a structured data id at byte 17"},
      {"<13>1 - h a p m [x a]", "'=\"' at byte 20"},
      {"<13>1 - h a p m [x a=\"b]", "the closing '\"' at byte 24"},
      {"<13>1 - h a p m [x a=\"b\"", "' ' or ']' at byte 24"},
      {"<13>1 - h a p m [x][x]", "another structured data id than one seen before at byte 20"},
  };
  for (const auto& c : cases) EXPECT_EQ(syslog(c.line), std::string("broken: syslog: expected ") + c.reason) << c.line;
}

TEST(Syslog3164, ReadsTheExamplesOfTheRfc) {
  EXPECT_EQ(syslog("<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8"),
            R"({"priority":34,"facility":"auth","severity":"crit","timestamp":"Oct 11 22:14:15","hostname":"mymachine","app_name":"su","message":"'su root' failed for lonvick on /dev/pts/8"})");
  EXPECT_EQ(syslog("<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!"),
            R"({"priority":13,"facility":"user","severity":"notice","timestamp":"Feb  5 17:32:18","hostname":"10.0.0.99","message":"Use the BFG!"})");
}

TEST(Syslog3164, VariantsMetInLifeAreTaken) {
  const struct {
    const char* line;
    const char* fields;  // behind severity
  } cases[] = {
      {"<13>Nov 03 10:11:12 h app[77]: m", R"("timestamp":"Nov 03 10:11:12","hostname":"h","app_name":"app","proc_id":"77","message":"m")"},
      {"<13> Nov  3 10:11:12 h app: m", R"("timestamp":"Nov  3 10:11:12","hostname":"h","app_name":"app","message":"m")"},
      {"<13>NOV  3 10:11:12 h app: m", R"("timestamp":"NOV  3 10:11:12","hostname":"h","app_name":"app","message":"m")"},
      {"<13>nov 3 10:11:12.345 h app: m", R"("timestamp":"nov 3 10:11:12.345","hostname":"h","app_name":"app","message":"m")"},
      {"<13>Nov  3 2024 10:11:12 h app: m", R"("timestamp":"Nov  3 2024 10:11:12","hostname":"h","app_name":"app","message":"m")"},
      {"<13>Nov  3 10:11:12 2024 h app: m", R"("timestamp":"Nov  3 10:11:12 2024","hostname":"h","app_name":"app","message":"m")"},
      {"<13>2024-11-03T10:11:12+01:00 h app: m", R"("timestamp":"2024-11-03T10:11:12+01:00","hostname":"h","app_name":"app","message":"m")"},
      {"<13>Nov  3 10:11:12: %SYS-5-CONFIG_I: m", R"("timestamp":"Nov  3 10:11:12","app_name":"%SYS-5-CONFIG_I","message":"m")"},
      {"<13>123: *Nov  3 10:11:12.1 UTC: %A-6-B: m", R"("timestamp":"Nov  3 10:11:12.1 UTC","app_name":"%A-6-B","message":"m")"},
      {"<13>Nov  3 10:11:12 app[1]: m", R"("timestamp":"Nov  3 10:11:12","app_name":"app","proc_id":"1","message":"m")"},
      {"<13>Nov  3 10:11:12 app: m", R"("timestamp":"Nov  3 10:11:12","app_name":"app","message":"m")"},
      {"<13>Nov  3 10:11:12 2001:db8::1 app: m", R"("timestamp":"Nov  3 10:11:12","hostname":"2001:db8::1","app_name":"app","message":"m")"},
      {"<13>Nov  3 10:11:12 fe80:: app: m", R"("timestamp":"Nov  3 10:11:12","hostname":"fe80::","app_name":"app","message":"m")"},
      {"<13>Nov  3 10:11:12 h postfix/smtpd[9]: m", R"("timestamp":"Nov  3 10:11:12","hostname":"h","app_name":"postfix/smtpd","proc_id":"9","message":"m")"},
      {"<13>Nov  3 10:11:12 h (sd-pam)[9]: m", R"x("timestamp":"Nov  3 10:11:12","hostname":"h","app_name":"(sd-pam)","proc_id":"9","message":"m")x"},
      {"<13>Nov  3 10:11:12 h app[9] m", R"("timestamp":"Nov  3 10:11:12","hostname":"h","app_name":"app","proc_id":"9","message":"m")"},
      {"<13>Nov  3 10:11:12 h kernel: [1.2] m", R"("timestamp":"Nov  3 10:11:12","hostname":"h","app_name":"kernel","message":"[1.2] m")"},
      {"<13>Nov  3 10:11:12 h last message repeated 3 times", R"("timestamp":"Nov  3 10:11:12","hostname":"h","message":"last message repeated 3 times")"},
      {"<13>Nov  3 10:11:12 h see http://e.example/", R"("timestamp":"Nov  3 10:11:12","hostname":"h","message":"see http://e.example/")"},
      {"<13>Nov  3 10:11:12 h 12:30:45 m", R"("timestamp":"Nov  3 10:11:12","hostname":"h","message":"12:30:45 m")"},
      {"<13>Nov  3 10:11:12 h a:   m ", R"("timestamp":"Nov  3 10:11:12","hostname":"h","app_name":"a","message":"m ")"},
      {"<13>Nov  3 10:11:12", R"("timestamp":"Nov  3 10:11:12")"},
      {"<13>Nov  3 10:11:12 h", R"("timestamp":"Nov  3 10:11:12","hostname":"h")"},
      {"<13>Nov 32 10:11:12 x", R"("message":"Nov 32 10:11:12 x")"},
      {"<13>app: m", R"("app_name":"app","message":"m")"},
      {"<13>hello world", R"("message":"hello world")"},
      {"<13>1234 hello", R"("message":"1234 hello")"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(syslog(c.line), std::string(R"({"priority":13,"facility":"user","severity":"notice",)") + c.fields + "}") << c.line;
}

TEST(Syslog3164, LineWithoutPriorityIsUserNotice) {
  EXPECT_EQ(syslog("Nov  3 10:11:12 h app[1]: m"),
            R"({"facility":"user","severity":"notice","timestamp":"Nov  3 10:11:12","hostname":"h","app_name":"app","proc_id":"1","message":"m"})");
}

TEST(Syslog3164, LineWithNeitherPriorityNorStampIsBroken) {
  EXPECT_EQ(syslog("what is this"), "broken: syslog: expected '<' or a timestamp at byte 0");
}

TEST(SyslogStamp, YearIsGuessedFromNow) {
  constexpr std::int64_t now = 1735732800;  // 2025-01-01T12:00:00Z
  const SyslogZone utc{false, 0};
  const struct {
    const char* stamp;
    const char* rfc3339;
  } cases[] = {
      {"Jan  1 11:00:00", "2025-01-01T11:00:00Z"},
      {"Jan  2 11:00:00", "2025-01-02T11:00:00Z"},   // within a day ahead
      {"Jan  2 13:00:00", "2024-01-02T13:00:00Z"},   // more than a day ahead
      {"Dec 31 23:59:59", "2024-12-31T23:59:59Z"},
      {"Feb 29 00:00:00", "2024-02-29T00:00:00Z"},
      {"Mar 10 01:02:03.1234567", "2024-03-10T01:02:03.123456Z"},
      {"Nov  3 2019 10:11:12", "2019-11-03T10:11:12Z"},
  };
  for (const auto& c : cases) {
    std::size_t size = 0;
    const auto stamp = read_syslog_stamp(c.stamp, size);
    ASSERT_TRUE(stamp.has_value()) << c.stamp;
    EXPECT_EQ(size, std::string(c.stamp).size());
    EXPECT_EQ(to_rfc3339(*stamp, utc, now), c.rfc3339);
  }
}

TEST(SyslogStamp, YearTurnsForwardOnTheLastDayOfTheYear) {
  constexpr std::int64_t now = 1735689540;  // 2024-12-31T23:59:00Z
  std::size_t size = 0;
  EXPECT_EQ(to_rfc3339(*read_syslog_stamp("Jan  1 00:00:05", size), {false, 0}, now), "2025-01-01T00:00:05Z");
}

TEST(SyslogStamp, LeapDayBeforeALeapYearIsOfTheOneBefore) {
  std::size_t size = 0;
  EXPECT_EQ(to_rfc3339(*read_syslog_stamp("Feb 29 12:00:00", size), {false, 0}, 1700000000), "2020-02-29T12:00:00Z");
}

TEST(SyslogStamp, ZoneIsAppended) {
  std::size_t size = 0;
  const auto stamp = read_syslog_stamp("Nov  3 2024 10:11:12", size);
  EXPECT_EQ(to_rfc3339(*stamp, {false, 90}, 0), "2024-11-03T10:11:12+01:30");
  EXPECT_EQ(to_rfc3339(*stamp, {false, -480}, 0), "2024-11-03T10:11:12-08:00");
}

TEST(Syslog3164, Rfc3339OptionNormalisesTheStamp) {
  EXPECT_EQ(syslog("<13>Nov  3 2024 10:11:12 h a: m", {{"timestamps", "rfc3339"}, {"zone", "+02:00"}}),
            R"({"priority":13,"facility":"user","severity":"notice","timestamp":"2024-11-03T10:11:12+02:00","hostname":"h","app_name":"a","message":"m"})");
}

TEST(Syslog, WrongOptionsAreRefused) {
  EXPECT_EQ(make_syslog_decoder(Value(ValueMap{{"timestamps", "iso"}})).status().text(), "option 'timestamps' must be \"keep\" or \"rfc3339\", got \"iso\"");
  EXPECT_EQ(make_syslog_decoder(Value(ValueMap{{"zone", "+25:00"}})).status().text(),
            "option 'zone' must be \"local\", \"utc\" or \"+hh:mm\", got \"+25:00\"");
}

}  // namespace
}  // namespace penstock
