#include "bindings/codec/text_codecs.h"
#include "tests/unit/bindings/codec/codec_fixture.h"

namespace penstock {
namespace {

using test::decode_all;
using test::decode_one;
using test::must;

std::unique_ptr<DecoderPlan> nginx(ValueMap options = {}) { return must(make_nginx_decoder(Value(std::move(options)))); }
std::unique_ptr<DecoderPlan> apache(ValueMap options = {}) { return must(make_apache_decoder(Value(std::move(options)))); }

TEST(Nginx, CombinedLineHasTypedFieldsInOrder) {
  EXPECT_EQ(decode_one(*nginx(), R"(10.1.2.3 - ann [03/Nov/2024:10:11:12 +0100] "GET /a?b=c HTTP/1.1" 200 512 "https://e.example/" "curl/8.5.0")"),
            R"({"remote_addr":"10.1.2.3","remote_user":"ann","time_local":"03/Nov/2024:10:11:12 +0100","method":"GET","path":"/a?b=c",)"
            R"("protocol":"HTTP/1.1","status":200,"body_bytes_sent":512,"http_referer":"https://e.example/","http_user_agent":"curl/8.5.0"})");
}

TEST(Nginx, DashMeansMissing) {
  EXPECT_EQ(decode_one(*nginx(), R"(::1 - - [t] "-" 400 - "-" "-")"), R"({"remote_addr":"::1","time_local":"t","status":400})");
}

TEST(Nginx, RequestIsSplitOrKeptWhole) {
  const struct {
    const char* request;
    const char* fields;
  } cases[] = {
      {"GET / HTTP/2.0", R"("method":"GET","path":"/","protocol":"HTTP/2.0",)"},
      {"GET /a b c HTTP/1.1", R"("method":"GET","path":"/a b c","protocol":"HTTP/1.1",)"},
      {"GET /old", R"("method":"GET","path":"/old",)"},
      {"get /old", R"("request":"get /old",)"},
      {"M-SEARCH * HTTP/1.1", R"("method":"M-SEARCH","path":"*","protocol":"HTTP/1.1",)"},
      {"GET  HTTP/1.1", R"("request":"GET  HTTP/1.1",)"},
      {"GET HTTP/1.1", R"("method":"GET","path":"HTTP/1.1",)"},
      {"", ""},
      {"-", ""},
      {"GET", R"("request":"GET",)"},
      {R"(\x16\x03\x01 x)", R"("request":"\u0016\u0003\u0001 x",)"},
      {R"(\x16\x03\xFF)", R"("request":"\\x16\\x03\\xFF",)"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(decode_one(*nginx(), std::string("h - - [t] \"") + c.request + "\" 1 2 \"\" \"\""),
              std::string(R"({"remote_addr":"h","time_local":"t",)") + c.fields + R"("status":1,"body_bytes_sent":2,"http_referer":"","http_user_agent":""})")
        << c.request;
}

TEST(Nginx, EscapesAreUndoneWhenThatGivesUtf8) {
  const struct {
    const char* agent;
    const char* json;
  } cases[] = {
      {R"(caf\xC3\xA9)", "caf\xc3\xa9"},
      {R"(a \x22quoted\x22 \x5C)", R"(a \"quoted\" \\)"},
      {R"(a \"quoted\" \\)", R"(a \"quoted\" \\)"},
      {R"(tab\tend)", R"(tab\tend)"},
      {R"(bad \xFF\x22)", R"(bad \\xFF\\x22)"},
      {R"(half \xC3)", R"(half \\xC3)"},
      {R"(cut \x4)", R"(cut \\x4)"},
      {R"(unknown \q)", R"(unknown \\q)"},
      {R"(nginx json \u001b)", R"(nginx json \u001b)"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(decode_one(*nginx({{"log_format", "\"$http_user_agent\""}}), std::string("\"") + c.agent + "\""),
              std::string(R"({"http_user_agent":")") + c.json + "\"}")
        << c.agent;
}

TEST(Nginx, UnescapeOffKeepsTheWrittenText) {
  EXPECT_EQ(decode_one(*nginx({{"log_format", "\"$http_user_agent\""}, {"unescape", false}}), R"("a\x41\"b")"),
            R"({"http_user_agent":"a\\x41\\\"b"})");
}

TEST(Nginx, NumbersAreNumbersOnlyWhenJsonCanHoldThem) {
  const struct {
    const char* text;
    const char* json;
  } cases[] = {{"0.005", "0.005"}, {"12345678901234567890123", "12345678901234567890123"}, {"007", R"("007")"}, {"0.1, 0.2", R"("0.1, 0.2")"},
               {"00", R"("00")"}, {"1e5", "1e5"}, {".5", R"(".5")"}, {"0", "0"}, {"", R"("")"}, {R"("")", R"("")"}};
  for (const auto& c : cases)
    EXPECT_EQ(decode_one(*nginx({{"log_format", "<$upstream_response_time>"}}), std::string("<") + c.text + ">"),
              std::string(R"({"upstream_response_time":)") + c.json + "}")
        << c.text;
}

TEST(Nginx, BrokenLinesSayWhatWasExpectedWhere) {
  const struct {
    const char* line;
    const char* reason;
  } cases[] = {
      {"x", "nginx: expected remote_addr and ' - ' at byte 0"},
      {R"(h - - [t] "GET / HTTP/1.1)", R"(nginx: expected request and '" ' at byte 11)"},
      {R"(h - - [t] "GET / HTTP/1.1" 200 5 "r" "a)", R"(nginx: expected http_user_agent and '"' at byte 38)"},
      {R"(h - - [t] "GET / HTTP/1.1" 200 5 "r" "a" more)", "nginx: expected the end of the line at byte 40"},
  };
  for (const auto& c : cases) EXPECT_EQ(decode_one(*nginx(), c.line), std::string("broken: ") + c.reason);
}

TEST(Nginx, OwnLogFormatNamesFieldsAfterItsVariables) {
  const auto plan = nginx({{"log_format", R"($remote_addr [$time_iso8601] ${request_method} "$request_uri" rt=$request_time ua="$http_user_agent")"}});
  EXPECT_EQ(decode_one(*plan, R"(1.2.3.4 [2024-11-03T10:11:12+00:00] GET "/x y" rt=0.013 ua="a \"b\" c")"),
            R"({"remote_addr":"1.2.3.4","time_iso8601":"2024-11-03T10:11:12+00:00","request_method":"GET","request_uri":"/x y",)"
            R"("request_time":0.013,"http_user_agent":"a \"b\" c"})");
}

TEST(Nginx, LastFieldWithoutLiteralTakesTheRest) {
  EXPECT_EQ(decode_one(*nginx({{"log_format", "$status $msg"}}), "200 a b  c "), R"({"status":200,"msg":"a b  c "})");
}

TEST(Nginx, RepeatedVariableCountsOnce) {
  EXPECT_EQ(decode_one(*nginx({{"log_format", "$status $status $host"}}), "200 500 h"), R"({"status":200,"host":"h"})");
}

TEST(Nginx, FormatsThatCannotBeScannedAreRefused) {
  const struct {
    const char* format;
    const char* why;
  } cases[] = {
      {"$a$b", "log_format '$a$b': nothing stands between the fields 'a' and 'b'"},
      {"plain", "log_format 'plain': it has no field"},
      {"", "log_format '': it has no field"},
      {"cost $ 5", "log_format 'cost $ 5': a variable's name is expected after '$' at byte 5"},
      {"${a", "log_format '${a': a variable's name is expected after '$' at byte 0"},
  };
  for (const auto& c : cases) {
    auto made = make_nginx_decoder(Value(ValueMap{{"log_format", c.format}}));
    ASSERT_FALSE(made.ok()) << c.format;
    EXPECT_EQ(made.status().text(), c.why);
  }
}

TEST(Apache, PresetsReadTheirLines) {
  EXPECT_EQ(decode_one(*apache(), R"(1.2.3.4 id frank o'hara [t] "GET / HTTP/1.0" 200 - "-" "Moz \"x\" \xc3\xa9")"),
            R"({"remote_addr":"1.2.3.4","ident":"id","remote_user":"frank o'hara","time_local":"t","method":"GET","path":"/","protocol":"HTTP/1.0",)"
            "\"status\":200,\"http_user_agent\":\"Moz \\\"x\\\" \xc3\xa9\"}");
  EXPECT_EQ(decode_one(*apache({{"log_format", "common"}}), R"(h - "" [t] "HEAD /x HTTP/1.1" 304 0)"),
            R"({"remote_addr":"h","remote_user":"","time_local":"t","method":"HEAD","path":"/x","protocol":"HTTP/1.1","status":304,"body_bytes_sent":0})");
  EXPECT_EQ(decode_one(*apache({{"log_format", "vhost"}}), R"(www.e.example:443 ::1 - - [t] "GET / HTTP/1.1" 200 77 "r" "a")"),
            R"({"server_name":"www.e.example","server_port":443,"remote_addr":"::1","time_local":"t","method":"GET","path":"/",)"
            R"("protocol":"HTTP/1.1","status":200,"bytes_sent":77,"http_referer":"r","http_user_agent":"a"})");
}

TEST(Apache, DirectivesBecomeNamedFields) {
  const auto plan = apache({{"log_format", R"(%a %{c}a %!200,304{X-Req-Id}i %{Set-Cookie}o %{sid}C %D %{ms}T %{remote}p %>s/%<s %{sec}t 100%% %{x}^to)"}});
  EXPECT_EQ(decode_one(*plan, "1 2 rid sc ck 15 3 4242 200/302 1700000000 100% tr"),
            R"({"client_addr":"1","peer_addr":"2","http_x_req_id":"rid","sent_http_set_cookie":"sc","cookie_sid":"ck","request_time_us":15,)"
            R"("request_time_ms":3,"remote_port":4242,"status":200,"original_status":302,"time":"1700000000","sent_trailer_x":"tr"})");
}

TEST(Apache, EscapesOfTheConfigurationFileAreUndone) {
  EXPECT_EQ(decode_one(*apache({{"log_format", R"(%h\t\"%r\")"}}), "h\t\"GET / HTTP/1.1\""),
            R"({"remote_addr":"h","method":"GET","path":"/","protocol":"HTTP/1.1"})");
}

TEST(Apache, UnknownDirectiveIsRefused) {
  auto made = make_apache_decoder(Value(ValueMap{{"log_format", "%h %Z"}}));
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.status().text(), "log_format '%h %Z': unknown directive '%Z' at byte 3");
}

TEST(AccessLog, LinesAreFramedWherePiecesArrive) {
  const std::string input = "\xef\xbb\xbf" "1 a\r\n\r\n  \n2 b\nbroken\n3 c";
  for (const std::size_t step : {0, 1, 2, 3, 5, 7}) {
    const auto out = decode_all(*nginx({{"log_format", "$status $host"}}), input, step);
    EXPECT_EQ(out.json, (std::vector<std::string>{R"({"status":1,"host":"a"})", R"({"status":2,"host":"b"})", R"({"status":3,"host":"c"})"}));
    EXPECT_EQ(out.raw, (std::vector<std::string>{"1 a", "2 b", "3 c"}));
    EXPECT_EQ(out.offsets, (std::vector<std::uint64_t>{3, 13, 24}));
    EXPECT_EQ(out.broken_bytes, (std::vector<std::string>{"broken"}));
    EXPECT_EQ(out.broken_offsets, (std::vector<std::uint64_t>{17}));
    EXPECT_EQ(out.left, 0u);
  }
}

TEST(AccessLog, FullSlotTableStillGivesEveryField) {
  SlotTable slots;
  for (std::size_t i = 0; slots.size() < SlotTable::slots_max - 1; ++i) slots.add("filler" + std::to_string(i));
  const auto plan = nginx({{"log_format", "$status $host $uri"}});
  const auto decoder = plan->open(slots);
  const auto out = test::decode_stream(*decoder, slots, "200 h /x\n301 g -\n");
  EXPECT_EQ(out.json, (std::vector<std::string>{R"({"status":200,"host":"h","uri":"/x"})", R"({"status":301,"host":"g"})"}));
}

}  // namespace
}  // namespace penstock
