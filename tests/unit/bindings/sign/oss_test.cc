#include <gtest/gtest.h>

#include "bindings/sign/oss_v1.h"
#include "bindings/sign/oss_v4.h"

namespace penstock::sign {
namespace {

using std::chrono::seconds;
using std::chrono::system_clock;

const KeyPair keys{"ak", Secret("sk"), Secret()};

// aliyun/alibabacloud-oss-go-sdk-v2, oss/signer/signer_test.go: TestV4AuthHeader.
TEST(OssV4, GivesThePublishedSignature) {
  const system_clock::time_point now{seconds(1702743657)};  // 2023-12-16T16:20:57Z
  const Request request{"PUT",
                        "/1234+-/123/1.txt",
                        {{"param1", "value1"}, {"+param1", "value3"}, {"|param1", "value4"}, {"+param2", ""}, {"|param2", ""}, {"param2", ""}},
                        {{"x-oss-head1", "value"}, {"abc", "value"}, {"ZAbc", "value"}, {"XYZ", "value"}, {"content-type", "text/plain"}}};
  OssV4 signer("cn-hangzhou", "bucket");
  std::string canonical;
  const auto added = signer.sign(request, keys, now, {}, &canonical);
  EXPECT_EQ(canonical,
            "PUT\n/bucket/1234%2B-/123/1.txt\n%2Bparam1=value3&%2Bparam2&%7Cparam1=value4&%7Cparam2&param1=value1&param2\n"
            "content-type:text/plain\nx-oss-content-sha256:UNSIGNED-PAYLOAD\nx-oss-date:20231216T162057Z\nx-oss-head1:value\n\n\nUNSIGNED-PAYLOAD");
  EXPECT_EQ(added.back().second,
            "OSS4-HMAC-SHA256 Credential=ak/20231216/cn-hangzhou/oss/aliyun_v4_request,"
            "Signature=e21d18daa82167720f9b1047ae7e7f1ce7cb77a31e8203a7d5f4624fa0284afe");
}

TEST(OssV4, NamesAdditionalHeadersThatAreThere) {
  const Request request{"GET", "/k", {}, {{"Host", "bucket.oss-cn-hangzhou.aliyuncs.com"}, {"Content-Type", "text/plain"}}};
  OssV4 signer("cn-hangzhou", "bucket");
  std::string canonical;
  const auto added = signer.sign(request, keys, system_clock::time_point{}, {"Host", "content-type", "absent"}, &canonical);
  EXPECT_NE(added.back().second.find(",AdditionalHeaders=host,Signature="), std::string::npos) << added.back().second;
  EXPECT_NE(canonical.find("\nhost:bucket.oss-cn-hangzhou.aliyuncs.com\n"), std::string::npos);
}

TEST(OssV4, SignsATokenAsAHeader) {
  OssV4 signer("cn-hangzhou", "bucket");
  std::string canonical;
  const auto added = signer.sign({"GET", "/k"}, {"ak", Secret("sk"), Secret("tok")}, system_clock::time_point{}, {}, &canonical);
  EXPECT_NE(canonical.find("\nx-oss-security-token:tok\n"), std::string::npos);
  EXPECT_EQ(added[2], (NameValue{"x-oss-security-token", "tok"}));
}

// aliyun/alibabacloud-oss-go-sdk-v2, oss/signer/signer_test.go: TestV1AuthHeader, case 1.
TEST(OssV1, GivesThePublishedSignature) {
  const Request request{"PUT",
                        "/nelson",
                        {},
                        {{"Content-MD5", "eB5eJF1ptWaXm4bijSPyxw=="},
                         {"Content-Type", "text/html"},
                         {"Date", "Wed, 28 Dec 2022 10:27:41 GMT"},
                         {"x-oss-date", "Wed, 28 Dec 2022 10:27:41 GMT"},
                         {"x-oss-meta-author", "alice"},
                         {"x-oss-meta-magic", "abracadabra"}}};
  std::string canonical;
  const auto added = sign_oss_v1(request, "examplebucket", keys, system_clock::time_point{}, &canonical);
  EXPECT_EQ(canonical,
            "PUT\neB5eJF1ptWaXm4bijSPyxw==\ntext/html\nWed, 28 Dec 2022 10:27:41 GMT\nx-oss-date:Wed, 28 Dec 2022 10:27:41 GMT\n"
            "x-oss-meta-author:alice\nx-oss-meta-magic:abracadabra\n/examplebucket/nelson");
  EXPECT_EQ(added.back().second, "OSS ak:kSHKmLxlyEAKtZPkJhG9bZb5k7M=");
}

TEST(OssV1, SignsOnlyParametersThatNameAPartOfAResource) {
  std::string canonical;
  const Request request{"PUT", "/a b", {{"uploadId", "x+/="}, {"partNumber", "3"}, {"list-type", "2"}, {"uploads", ""}, {"x-oss-process", "p"}}, {}};
  (void)sign_oss_v1(request, "bkt", keys, system_clock::time_point{}, &canonical);
  EXPECT_TRUE(canonical.ends_with("\n/bkt/a b?partNumber=3&uploadId=x+/=&uploads&x-oss-process=p")) << canonical;
}

TEST(OssV1, DatesRequestsThatHaveNoDate) {
  const auto added = sign_oss_v1({"GET", "/"}, "", keys, system_clock::time_point{seconds(1672223261)});
  EXPECT_EQ(added.front(), (NameValue{"Date", "Wed, 28 Dec 2022 10:27:41 GMT"}));
}

}  // namespace
}  // namespace penstock::sign
