#include "bindings/object/store_xml.h"

#include <gtest/gtest.h>

namespace penstock::object {
namespace {

TEST(StoreError, IsReadFromTheDocument) {
  const auto error = parse_error(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>AuthorizationHeaderMalformed</Code><Message>the region 'us-east-1' is wrong; "
      "expecting 'eu-west-1'</Message><Region>eu-west-1</Region><RequestId>4442587FB7D0A2F9</RequestId><HostId>x</HostId></Error>");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, "AuthorizationHeaderMalformed");
  EXPECT_EQ(error->message, "the region 'us-east-1' is wrong; expecting 'eu-west-1'");
  EXPECT_EQ(error->region, "eu-west-1");
  EXPECT_EQ(error->request_id, "4442587FB7D0A2F9");
  EXPECT_EQ(error->endpoint, "");
}

TEST(StoreError, IsBoundedAndOnOneLine) {
  const auto error = parse_error("<Error><Code>X</Code><Message>a\nb" + std::string(10'000, 'c') + "</Message></Error>");
  ASSERT_TRUE(error);
  EXPECT_TRUE(error->message.starts_with("a bccc"));
  EXPECT_EQ(error->message.size(), 512u);
}

TEST(StoreError, IsNothingInOtherBodies) {
  for (const char* body : {"", "gateway timeout", "<html><body>503</body></html>", "<Error>", "<Error><Code>x</Code>", "\xff\xfe<Error/>", "{}"}) {
    EXPECT_FALSE(parse_error(body)) << body;
  }
}

TEST(StoreError, DoesNotExpandEntities) {
  const auto error = parse_error("<!DOCTYPE Error [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><Error><Code>A&x;</Code></Error>");
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, "A&x;");
}

TEST(UploadId, IsReadFromTheAnswer) {
  EXPECT_EQ(parse_upload_id("<InitiateMultipartUploadResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Bucket>b</Bucket><Key>k</Key>"
                            "<UploadId>VXBs+b2Fk/==</UploadId></InitiateMultipartUploadResult>"),
            "VXBs+b2Fk/==");
  EXPECT_EQ(parse_upload_id("<InitiateMultipartUploadResult/>"), std::nullopt);
}

TEST(Completion, NeedsItsResultWhateverTheStatusWas) {
  EXPECT_EQ(parse_completion("\n   \n<CompleteMultipartUploadResult><ETag>\"3858f62230ac3c915f300c664312c11f-9\"</ETag></CompleteMultipartUploadResult>"),
            "\"3858f62230ac3c915f300c664312c11f-9\"");
  EXPECT_EQ(parse_completion("<Error><Code>InternalError</Code></Error>"), std::nullopt);
  EXPECT_EQ(parse_completion("    "), std::nullopt);
}

TEST(Completion, ListsThePartsWithTheirTags) {
  EXPECT_EQ(completion_document({{1, "\"a\"", ""}, {2, "b&c", "4waSgw=="}}),
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Part><ETag>&quot;a&quot;</ETag><PartNumber>1</PartNumber></Part>"
            "<Part><ChecksumCRC32C>4waSgw==</ChecksumCRC32C><ETag>b&amp;c</ETag><PartNumber>2</PartNumber></Part></CompleteMultipartUpload>");
}

}  // namespace
}  // namespace penstock::object
