#include "bindings/sink/http_options.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

Result<HttpSinkOptions> options_of(ValueMap options) {
  options.try_emplace("url", "https://logs.example.com/v1/in?x=1");
  return HttpSinkOptions::from(Value(std::move(options)));
}

TEST(HttpSinkOptions, Defaults) {
  const Result<HttpSinkOptions> options = options_of({});
  ASSERT_TRUE(options.ok()) << options.status().text();
  EXPECT_EQ(options.value().describe(), "http POST https://logs.example.com/v1/in");
  EXPECT_EQ(options.value().client.timeout, std::chrono::seconds(30));
  EXPECT_EQ(options.value().client.connect_timeout, std::chrono::seconds(10));
  EXPECT_TRUE(options.value().client.tls.verify);
}

TEST(HttpSinkOptions, ParametersAreEncodedAndHeadersWritten) {
  const Result<HttpSinkOptions> options = options_of({
      {"params", ValueMap{{"a b", Value("c&d")}, {"token", Value(Secret("s/ecret"))}}},
      {"headers", ValueMap{{"X-Team", Value("edge")}, {"X-Key", Value(Secret("hidden"))}, {"content-type", Value("text/plain")}, {"X-None", Value("")}}},
  });
  ASSERT_TRUE(options.ok()) << options.status().text();
  EXPECT_EQ(options.value().parameters, "a%20b=c%26d&token=s%2Fecret");
  const std::vector<std::string> lines{"X-Key: hidden", "X-None;", "X-Team: edge", "content-type: text/plain"};
  EXPECT_EQ(options.value().headers, lines);
  EXPECT_TRUE(options.value().own_content_type);
  const std::vector<std::string> secrets{"hidden", "s/ecret", "s%2Fecret"};
  EXPECT_EQ(options.value().destination.secrets, secrets);
}

TEST(HttpSinkOptions, BasicAndBearer) {
  // The example of RFC 7617 section 2.
  const Result<HttpSinkOptions> basic = options_of({{"auth_user", "Aladdin"}, {"auth_password", Secret("open sesame")}});
  ASSERT_TRUE(basic.ok());
  EXPECT_EQ(basic.value().headers.back(), "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  const Result<HttpSinkOptions> bearer = options_of({{"auth_bearer", Secret("mF_9.B5f-4.1JqM")}});
  ASSERT_TRUE(bearer.ok());
  EXPECT_EQ(bearer.value().headers.back(), "Authorization: Bearer mF_9.B5f-4.1JqM");
}

TEST(HttpSinkOptions, TheUrlsPathIsSignedUnlessAnotherIsGiven) {
  Result<HttpSinkOptions> options = options_of({{"signed_url_private_key", Secret("abc123")}});
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->signing->path, "/v1/in");
  EXPECT_EQ(options->signing->expires, std::chrono::seconds(300));
  options = options_of({{"signed_url_private_key", "abc123"}, {"signed_url_path", "v1/log/upload"}, {"signed_url_expires_ms", 60'000}});
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->signing->path, "/v1/log/upload");
  EXPECT_EQ(options->signing->expires, std::chrono::seconds(60));
}

TEST(HttpSinkOptions, MistakesAreNamedAndSecretsAreNot) {
  struct Case {
    ValueMap options;
    const char* says;
  };
  const Case cases[] = {
      {{{"url", "logs.example.com?hidden"}}, "option 'url'"},
      {{{"headers", ValueMap{{"X A", Value("b")}}}}, "\"X A\""},
      {{{"headers", ValueMap{{"X-A", Value(Secret("hidden\r\nX-B: c"))}}}}, "value of X-A"},
      {{{"headers", ValueMap{{"Content-Length", Value("1")}}}}, "Content-Length is set by the sink itself"},
      {{{"headers", ValueMap{{"authorization", Value("hidden")}}}, {"auth_bearer", "hidden"}}, "both set Authorization"},
      {{{"auth_bearer", "hidden"}, {"auth_user", "hidden"}}, "not both"},
      {{{"auth_bearer", Secret("hidden\n")}}, "'auth'"},
      {{{"auth_user", Secret("hid:den")}}, "colon"},
      {{{"signed_url_private_key", Secret("hidden!")}}, "6 to 18 letters and digits"},
      {{{"signed_url_private_key", "abc123"}, {"signed_url_path", "/a?b"}}, "'signed_url.path'"},
      {{{"signed_url_private_key", "abc123"}, {"params", ValueMap{{"auth_key", Value("hidden")}}}}, "auth_key"},
      {{{"success_status", ValueList{Value("200")}}}, "'success.status'"},
      {{{"success_status", ValueList{Value(100)}}}, "'success.status'"},
      {{{"success_body_key", "a"}}, "belong together"},
      {{{"tls_cert", "/a.pem"}}, "belong together"},
      {{{"tls_ca", "/none.pem"}}, "option 'tls.ca': /none.pem: No such file or directory"},
      {{{"compression", "zlib"}, {"compression_level", 12}}, "level"},
  };
  for (const Case& c : cases) {
    const Result<HttpSinkOptions> options = options_of(c.options);
    ASSERT_FALSE(options.ok()) << c.says;
    EXPECT_EQ(options.status().code(), Code::invalid);
    EXPECT_NE(options.status().text().find(c.says), std::string::npos) << options.status().text();
    EXPECT_EQ(options.status().text().find("hid"), std::string::npos) << options.status().text();
  }
}

TEST(HttpSinkOptions, SuccessRules) {
  const Result<HttpSinkOptions> options = options_of({{"success_status", ValueList{Value(200), Value(202)}}, {"success_body_key", "a.err_code"}, {"success_body_value", 0}});
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options.value().destination.success.statuses, (std::vector<int>{200, 202}));
  EXPECT_EQ(options.value().destination.success.body_key, (std::vector<std::string>{"a", "err_code"}));
  EXPECT_EQ(options.value().destination.success.body_value, "0");
}

TEST(HttpSinkOptions, SnappyIsTheBlockAndSaysSo) {
  struct Case {
    const char* option;
    const char* encoding;
  };
  for (const Case& c : {Case{"none", ""}, Case{"gzip", "gzip"}, Case{"zlib", "deflate"}, Case{"snappy", "snappy"}, Case{"snappy_framed", "x-snappy-framed"}, Case{"zstd", "zstd"}}) {
    const Result<HttpSinkOptions> options = options_of({{"compression", c.option}});
    ASSERT_TRUE(options.ok());
    EXPECT_EQ(content_encoding_of(name_of(options.value().compression)), c.encoding);
  }
}

TEST(Separator, EscapesMayBeWrittenOut) {
  EXPECT_EQ(separator_from("\n").value(), "\n");
  EXPECT_EQ(separator_from("\\n").value(), "\n");
  EXPECT_EQ(separator_from("\\r\\n\\t|\\\\|\\0").value(), std::string("\r\n\t|\\|\0", 7));
  for (const char* text : {"\\x", "a\\", "\\u000a"}) EXPECT_EQ(separator_from(text).status().code(), Code::invalid) << text;
}

TEST(FramingOptions, PrefixAndSuffixStandAroundTheFormatsOwn) {
  const Framing array{"[\n", ",\n", false, "\n]\n", "application/json", "json"};
  const Result<Framing> framing = framing_from(ValueMap{{"format", "json_array"}, {"body_prefix", "{\"logs\":"}, {"body_suffix", "}"}}, array);
  EXPECT_EQ(framing.value().prefix, "{\"logs\":[\n");
  EXPECT_EQ(framing.value().suffix, "\n]\n}");
  EXPECT_EQ(framing.value().separator, ",\n");
}

TEST(FramingOptions, SeparatorAndWhetherItEndsTheLastEntry) {
  const Result<Framing> framing = framing_from(ValueMap{{"separator", "\\r\\n"}, {"last_separator", false}}, Framing{});
  EXPECT_EQ(framing.value().separator, "\r\n");
  EXPECT_FALSE(framing.value().separator_ends);
  EXPECT_EQ(framing_from(ValueMap{{"separator", ""}}, Framing{}).value().separator, "");
}

}  // namespace
}  // namespace penstock
