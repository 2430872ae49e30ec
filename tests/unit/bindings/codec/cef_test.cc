#include "bindings/codec/cef.h"

#include "bindings/codec/text_codecs.h"
#include "tests/unit/bindings/codec/codec_fixture.h"

namespace penstock {
namespace {

std::string cef(const std::string& line) { return test::decode_one(*test::must(make_cef_decoder(Value())), line); }

const std::string head = R"({"cef_version":"0","device_vendor":"V","device_product":"P","device_version":"1.0","device_event_class_id":"100","name":"n","severity":"10")";

TEST(Cef, HeaderAndExtensionBecomeFields) {
  EXPECT_EQ(cef("Sep 19 08:26:10 host CEF:0|Security|threatmanager|1.0|100|worm successfully stopped|10|src=10.0.0.1 dst=2.1.2.2 spt=1232"),
            R"({"prefix":"Sep 19 08:26:10 host","cef_version":"0","device_vendor":"Security","device_product":"threatmanager","device_version":"1.0",)"
            R"("device_event_class_id":"100","name":"worm successfully stopped","severity":"10","src":"10.0.0.1","dst":"2.1.2.2","spt":"1232"})");
}

TEST(Cef, HeaderEscapesAreBarAndBackslash) {
  EXPECT_EQ(cef(R"(CEF:1|V\|x|P\\|a=b|c\=d|n|Very-High|)"),
            R"({"cef_version":"1","device_vendor":"V|x","device_product":"P\\","device_version":"a=b","device_event_class_id":"c\\=d","name":"n","severity":"Very-High"})");
}

TEST(Cef, ExtensionMayBeEmptyOrMissingWithItsBar) {
  EXPECT_EQ(cef("CEF:0|V|P|1.0|100|n|10"), head + "}");
  EXPECT_EQ(cef("CEF:0|V|P|1.0|100|n|10|"), head + "}");
  EXPECT_EQ(cef("CEF:0|V|P|1.0|100|n|10|  "), head + "}");
}

TEST(Cef, ExtensionValues) {
  const struct {
    const char* extension;
    const char* fields;
  } cases[] = {
      {"msg=two words src=1", R"("msg":"two words","src":"1")"},
      {"msg=a | b|c", R"("msg":"a | b|c")"},
      {R"(msg=1\=2 \\ x\nnext\rend \q)", R"("msg":"1=2 \\ x\nnext\rend \\q")"},
      {"url=http://e.example/?a=b&c=d src=1", R"("url":"http://e.example/?a=b&c=d","src":"1")"},
      {"k=a=b", R"("k":"a=b")"},
      {"a= b=2", R"("a":"","b":"2")"},
      {"a=1   b=2   ", R"("a":"1","b":"2")"},
      {"cs1Label=x.y ad.k[0]=v ad-b_c=w", R"("cs1Label":"x.y","ad.k[0]":"v","ad-b_c":"w")"},
      {"a=1 b=2 a=3", R"("a":"3","b":"2")"},
      {" a=1", R"("a":"1")"},
      {"a=tail\\", R"("a":"tail\\")"},
  };
  for (const auto& c : cases) EXPECT_EQ(cef(std::string("CEF:0|V|P|1.0|100|n|10|") + c.extension), head + "," + c.fields + "}") << c.extension;
}

TEST(Cef, ExtensionKeyNamedLikeAHeaderFieldReplacesIt) {
  EXPECT_EQ(cef("CEF:0|V|P|1|2|n|3|name=other"),
            R"({"cef_version":"0","device_vendor":"V","device_product":"P","device_version":"1","device_event_class_id":"2","name":"other","severity":"3"})");
}

TEST(Cef, BrokenLinesSayWhatWasExpectedWhere) {
  EXPECT_EQ(cef("no cef"), "broken: cef: expected 'CEF:' at byte 0");
  EXPECT_EQ(cef("CEF:0|V|P"), "broken: cef: expected device_product and '|' at byte 8");
  EXPECT_EQ(cef("CEF:0|V|P|1|2|n|3|no pairs"), "broken: cef: expected a key and '=' at byte 18");
  EXPECT_EQ(cef("CEF:0|V|P|1|2|n|3|=x"), "broken: cef: expected a key and '=' at byte 18");
}

}  // namespace
}  // namespace penstock
