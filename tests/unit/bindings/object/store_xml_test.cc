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

TEST(Listing, GivesEveryObjectOfThePage) {
  const auto page = parse_listing(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>logs</Name><EncodingType>url</EncodingType>"
      "<IsTruncated>true</IsTruncated><NextContinuationToken>1ueGcx+/=</NextContinuationToken>"
      "<Contents><Key>a+b%2Fc%C3%A9%2B.gz</Key><LastModified>2026-11-21T10:02:05.123Z</LastModified><ETag>&quot;b54&quot;</ETag><Size>5368709120</Size></Contents>"
      "<Contents><Key>d</Key><LastModified>2026-11-21T10:02:06Z</LastModified><ETag>\"b55\"</ETag><Size>0</Size></Contents></ListBucketResult>");
  ASSERT_TRUE(page);
  ASSERT_EQ(page->objects.size(), 2u);
  EXPECT_EQ(page->objects[0].key, "a b/c\u00e9+.gz");
  EXPECT_EQ(page->objects[0].etag, "\"b54\"");
  EXPECT_EQ(page->objects[0].size, 5368709120u);
  EXPECT_EQ(page->objects[0].modified, std::chrono::system_clock::time_point(std::chrono::seconds(1795255325)));
  EXPECT_EQ(page->next, "1ueGcx+/=");
}

TEST(Listing, KeysThatAreNotEncodedStayAsTheyAre) {
  const auto page = parse_listing(
      "<ListBucketResult><Contents><Key>a+b%2F</Key><LastModified>2026-11-21T10:02:05Z</LastModified><ETag>e</ETag><Size>1</Size></Contents></ListBucketResult>");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->objects.at(0).key, "a+b%2F");
  EXPECT_EQ(page->next, "");
}

TEST(Listing, IsNothingWhenItIsNotWhole) {
  const std::string entry = "<Contents><Key>k</Key><LastModified>2026-11-21T10:02:05Z</LastModified><ETag>e</ETag><Size>1</Size></Contents>";
  for (const std::string& body :
       {std::string("<html/>"), "<ListBucketResult>" + entry, "<ListBucketResult><IsTruncated>true</IsTruncated>" + entry + "</ListBucketResult>",
        std::string("<ListBucketResult><Contents><Key>k</Key><ETag>e</ETag><Size>1</Size></Contents></ListBucketResult>"),
        std::string("<ListBucketResult><Contents><Key>k</Key><LastModified>2026-11-21T10:02:05Z</LastModified><ETag>e</ETag><Size>-1</Size></Contents></ListBucketResult>"),
        std::string("<ListBucketResult><Contents><Key>k</Key><LastModified>2026-11-21T10:02:05Z</LastModified><Size>1</Size></Contents></ListBucketResult>")}) {
    EXPECT_FALSE(parse_listing(body)) << body;
  }
}

}  // namespace
}  // namespace penstock::object
