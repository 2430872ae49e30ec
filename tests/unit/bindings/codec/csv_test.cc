#include "bindings/codec/csv.h"

#include <random>

#include "bindings/codec/text_codecs.h"
#include "tests/unit/bindings/codec/codec_fixture.h"

namespace penstock {
namespace {

using test::decode_all;
using test::must;
using Lines = std::vector<std::string>;

std::unique_ptr<DecoderPlan> csv(ValueMap options = {}) { return must(make_csv_decoder(Value(std::move(options)))); }
std::unique_ptr<DecoderPlan> columns_ab(ValueMap options = {}) {
  options["columns"] = ValueList{"a", "b"};
  return csv(std::move(options));
}

TEST(CsvDecode, HeaderNamesTheFields) {
  const std::string input = "\xef\xbb\xbfid,\"full name\"\r\n1,ann\r\n2,\"b, \"\"c\"\"\"\n3,";
  for (const std::size_t step : {0, 1, 3, 7}) {
    const auto out = decode_all(*csv(), input, step);
    EXPECT_EQ(out.json, (Lines{R"({"id":"1","full name":"ann"})", R"({"id":"2","full name":"b, \"c\""})", R"({"id":"3","full name":""})"})) << step;
    EXPECT_EQ(out.raw, (Lines{"1,ann", "2,\"b, \"\"c\"\"\"", "3,"}));
    EXPECT_EQ(out.offsets, (std::vector<std::uint64_t>{19, 26, 39}));
    EXPECT_EQ(out.left, 0u);
  }
}

TEST(CsvDecode, RecordsByTheRfcAndByHabit) {
  const struct {
    const char* input;
    Lines json;
  } cases[] = {
      {"1,2", {R"({"a":"1","b":"2"})"}},
      {" 1 , 2 ", {R"({"a":" 1 ","b":" 2 "})"}},
      {",", {R"({"a":"","b":""})"}},
      {"\n\r\n1,2\n\n", {R"({"a":"1","b":"2"})"}},
      {"\"x\ny\",2\n3,4", {R"({"a":"x\ny","b":"2"})", R"({"a":"3","b":"4"})"}},
      {"\"x\r\ny\",2\r\n", {R"({"a":"x\r\ny","b":"2"})"}},
      {"\"\",\"\"\"\"", {R"({"a":"","b":"\""})"}},
      {"a\"b,c\"", {R"({"a":"a\"b","b":"c\""})"}},
      {"\"a\"b,2", {R"({"a":"ab","b":"2"})"}},
      {"\"a\"\"\"b\"c,2", {R"({"a":"a\"b\"c","b":"2"})"}},
      {"1\r2,3", {R"({"a":"1\r2","b":"3"})"}},
      {"1", {R"({"a":"1"})"}},
      {"\"1\"\r\n", {R"({"a":"1"})"}},
  };
  for (const auto& c : cases)
    for (const std::size_t step : {0, 1, 2}) EXPECT_EQ(decode_all(*columns_ab(), c.input, step).json, c.json) << c.input << " by " << step;
}

TEST(CsvDecode, BrokenRecordsAreNamedAndTheNextOnesRead) {
  const auto out = decode_all(*columns_ab(), "1,2,3\n4,5\n6,\"7\n8,9\n");
  EXPECT_EQ(out.json, (Lines{R"({"a":"4","b":"5"})", R"({"a":"8","b":"9"})"}));
  EXPECT_EQ(out.broken, (Lines{"csv: expected 2 fields, found 3", "csv: expected a closing quote for the one at byte 2"}));
  EXPECT_EQ(out.broken_bytes, (Lines{"1,2,3", "6,\"7"}));
  EXPECT_EQ(out.broken_offsets, (std::vector<std::uint64_t>{0, 10}));
}

TEST(CsvDecode, StrictRefusesWhatTheRfcDoesNotAllow) {
  const auto plan = columns_ab({{"strict", true}});
  const struct {
    const char* input;
    const char* reason;
  } cases[] = {
      {"1", "csv: expected 2 fields, found 1"},
      {"a\"b,2", "csv: expected no quote within a bare field at byte 1"},
      {"\"a\"b,2", "csv: expected a delimiter or the record's end behind the closing quote at byte 3"},
  };
  for (const auto& c : cases) EXPECT_EQ(decode_all(*plan, c.input).broken, Lines{c.reason});
  EXPECT_EQ(decode_all(*plan, "\"a\"\"\",b").json, Lines{R"({"a":"a\"","b":"b"})"});
}

TEST(CsvDecode, DelimiterAndQuoteCanBeChosen) {
  EXPECT_EQ(decode_all(*columns_ab({{"delimiter", "\t"}, {"quote", "'"}}), "'x\ty'\t\"z\"").json, Lines{R"({"a":"x\ty","b":"\"z\""})"});
  EXPECT_EQ(decode_all(*columns_ab({{"delimiter", ";"}, {"quote", ""}}), "\"x;y").json, Lines{R"({"a":"\"x","b":"y"})"});
}

TEST(CsvDecode, ColumnsWithHeaderSkipTheFirstRecord) {
  EXPECT_EQ(decode_all(*columns_ab({{"header", true}}), "x,y\n1,2\n").json, Lines{R"({"a":"1","b":"2"})"});
}

TEST(CsvDecode, StreamWithoutItsHeaderIsBroken) {
  SlotTable slots;
  const auto plan = csv();
  const auto decoder = plan->open(slots);
  const auto out = test::decode_stream(*decoder, slots, "1,2\n", 0, 100);
  EXPECT_EQ(out.broken, Lines{"csv: the header is not known, for the stream was not read from its start (option 'columns' names the fields)"});
  EXPECT_FALSE(decoder->splittable());
}

TEST(CsvDecode, HeaderWithARepeatedNameBreaksTheStream) {
  const auto out = decode_all(*csv(), "a,a\n1,2\n");
  EXPECT_EQ(out.broken, (Lines{"csv: in the header column 'a' is named twice", "csv: in the header column 'a' is named twice"}));
}

TEST(CsvDecode, HeaderFieldsFillThePlansSlots) {
  SlotTable slots;
  const SlotNumber b = slots.add("b");
  const auto plan = csv();
  const auto decoder = plan->open(slots);
  Batch batch(slots);
  std::string input = "a,b\n1,2\n";
  const std::size_t size = input.size();
  input.resize(size + padding_bytes);
  ASSERT_EQ(decoder->decode({input.data(), size}, 0, true, batch), size);
  ASSERT_EQ(batch.size(), 1u);
  EXPECT_EQ(batch[0].get(b).view(), "2");
  EXPECT_EQ(slots.size(), 1u);
}

TEST(CsvDecode, WrongOptionsAreRefused) {
  const struct {
    ValueMap options;
    const char* text;
  } cases[] = {
      {{{"header", false}}, "format 'csv' needs 'columns = { ... }' when 'header' is false"},
      {{{"columns", ValueList{"a", "a"}}}, "option 'columns': column 'a' is named twice"},
      {{{"delimiter", "ab"}}, "option 'delimiter' must be one byte other than a line end, got \"ab\""},
      {{{"delimiter", "\""}}, "options 'delimiter' and 'quote' must differ"},
  };
  for (const auto& c : cases) EXPECT_EQ(make_csv_decoder(Value(c.options)).status().text(), c.text);
}

class CsvEncode : public ::testing::Test {
 protected:
  // Encodes events given as JSON texts.
  std::string encode(ValueMap options, const std::vector<std::string>& events) {
    const auto plan = must(make_csv_encoder(Value(std::move(options))));
    SlotTable slots;
    auto encoder = plan->open(slots);
    Batch batch(slots);
    for (const std::string& event : events) batch.add_born(batch.arena().copy(event), 0);
    batch.all_live();
    Buffer out;
    out.append(plan->framing().prefix);
    encoder->encode(batch, batch.live, out);
    return std::string(out.view());
  }
};

TEST_F(CsvEncode, QuotesOnlyWhereNeeded) {
  EXPECT_EQ(encode({{"columns", ValueList{"a", "b.c", "\"d,e\""}}},
                   {R"({"a":"x,y","b":{"c":"q\"q"},"d,e":1})", R"({"a":null,"b":{"c":{"k":[1,2]}}})", R"({"a":"line\nbreak","b":true})"}),
            "a,b.c,\"d,e\"\n\"x,y\",\"q\"\"q\",1\n,\"{\"\"k\"\":[1,2]}\",\n\"line\nbreak\",,\n");
}

TEST_F(CsvEncode, LineEndAndHeaderAndDelimiterCanBeChosen) {
  EXPECT_EQ(encode({{"columns", ValueList{"a", "b"}}, {"crlf", true}, {"delimiter", ";"}}, {R"({"a":1.50,"b":"x;y"})"}), "a;b\r\n1.50;\"x;y\"\r\n");
  EXPECT_EQ(encode({{"columns", ValueList{"a"}}, {"header", false}}, {R"({"a":1})", R"({})"}), "1\n\"\"\n");
}

TEST_F(CsvEncode, HeaderHasTheNamesWithoutTheQuotesOfThePath) {
  EXPECT_EQ(encode({{"columns", ValueList{"\"odd name\""}}}, {R"({"odd name":"v"})"}), "odd name\nv\n");
}

TEST_F(CsvEncode, ColumnsAreRequired) {
  EXPECT_EQ(make_csv_encoder(Value()).status().text(), "codec 'csv' needs the option 'columns', a list of the fields to write");
}

// What is written is read again as the same values, whatever bytes they hold.
TEST_F(CsvEncode, RandomValuesSurviveARoundTrip) {
  std::mt19937 random(20240611);
  static constexpr char alphabet[] = "ab,\";\n\r \t\\'x\xc3\xa9";
  for (int round = 0; round < 500; ++round) {
    SlotTable slots;
    const auto encoder_plan = must(make_csv_encoder(Value(ValueMap{{"columns", ValueList{"a", "b", "c"}}, {"crlf", round % 2 == 0}})));
    const auto encoder = encoder_plan->open(slots);
    Batch batch(slots);
    std::vector<Lines> rows(1 + random() % 5);
    for (Lines& row : rows) {
      Event& event = batch.add_born("{}", 0);
      for (const char* name : {"a", "b", "c"}) {
        std::string value;
        for (std::size_t n = random() % 8; n > 0; --n) value += alphabet[random() % (sizeof alphabet - 1)];
        row.push_back(value);
        event.set_by_name(name, Slice::text(batch.arena().copy(value)));
      }
    }
    batch.all_live();
    Buffer out;
    out.append(encoder_plan->framing().prefix);
    encoder->encode(batch, batch.live, out);

    SlotTable read_slots;
    const SlotNumber a = read_slots.add("a"), b = read_slots.add("b"), c = read_slots.add("c");
    const auto decoder_plan = csv();
    const auto decoder = decoder_plan->open(read_slots);
    Batch read(read_slots);
    const std::size_t size = out.size();
    out.room(padding_bytes);
    ASSERT_EQ(decoder->decode({out.data(), size}, 0, true, read), size);
    ASSERT_EQ(read.size(), rows.size()) << out.view();
    for (std::size_t i = 0; i < rows.size(); ++i)
      EXPECT_EQ((Lines{std::string(read[i].get(a).view()), std::string(read[i].get(b).view()), std::string(read[i].get(c).view())}), rows[i]) << out.view();
  }
}

}  // namespace
}  // namespace penstock
