#include "bindings/sign/sigv4.h"

#include <gtest/gtest.h>

namespace penstock::sign {
namespace {

using std::chrono::seconds;
using std::chrono::system_clock;

const system_clock::time_point suite_time{seconds(1440938160)};  // 2015-08-30T12:36:00Z
const system_clock::time_point march_2026{seconds(1773500966)};  // 2026-03-14T15:09:26Z

std::string value_of(const std::vector<NameValue>& headers, std::string_view name) {
  for (const auto& [known, value] : headers) {
    if (known == name) return value;
  }
  return "(none)";
}

// AWS's published Signature Version 4 test suite (docs.aws.amazon.com, "signature-v4-test-suite"): region us-east-1, service
// `service`. Not those of its cases that want paths normalised: S3's are not.
class SigV4Suite : public ::testing::Test {
 protected:
  std::string sign(Request request, const std::string& token = "") {
    request.headers.emplace_back("Host", "example.amazonaws.com");
    SigV4 signer({"us-east-1", "service"});
    SigV4Trace trace;
    const KeyPair keys{"AKIDEXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), Secret(token)};
    const auto headers = signer.sign(request, keys, hex(view(sha256(""))), suite_time, &trace);
    EXPECT_TRUE(value_of(headers, "Authorization").ends_with(trace.signature));
    return trace.signature;
  }
};

TEST_F(SigV4Suite, GivesThePublishedSignatures) {
  const std::string unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  const struct {
    const char* name;
    Request request;
    const char* signature;
  } cases[] = {
      {"get-vanilla", {}, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"post-vanilla", {"POST"}, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
      {"post-vanilla-query", {"POST", "/", {{"Param1", "value1"}}}, "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
      {"get-header-key-duplicate",
       {"GET", "/", {}, {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}}},
       "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
      {"get-header-value-order",
       {"GET", "/", {}, {{"My-Header1", "value4"}, {"My-Header1", "value1"}, {"My-Header1", "value3"}, {"My-Header1", "value2"}}},
       "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
      {"get-header-value-trim",
       {"GET", "/", {}, {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\" "}}},
       "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
      {"get-unreserved", {"GET", "/" + unreserved}, "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
      {"get-vanilla-query-order-key",
       {"GET", "/", {{"Param1", "value2"}, {"Param1", "Value1"}}},
       "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1"},
      {"get-vanilla-query-order-key-case",
       {"GET", "/", {{"Param2", "value2"}, {"Param1", "value1"}}},
       "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
      {"get-vanilla-query-order-value",
       {"GET", "/", {{"Param1", "value2"}, {"Param1", "value1"}}},
       "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694"},
      {"get-vanilla-query-unreserved", {"GET", "/", {{unreserved, unreserved}}}, "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
      {"get-vanilla-utf8-query", {"GET", "/", {{"\u1234", "bar"}}}, "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
      {"post-header-key-sort", {"POST", "/", {}, {{"My-Header1", "value1"}}}, "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
      {"post-header-value-case", {"POST", "/", {}, {{"My-Header1", "VALUE1"}}}, "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
  };
  for (const auto& c : cases) EXPECT_EQ(sign(c.request), c.signature) << c.name;
}

TEST_F(SigV4Suite, SignsATokenWithTheRest) {
  EXPECT_EQ(sign({"POST"},
                 "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMc"
                 "GdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz"
                 "+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA=="),
            "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead");
}

// Computed with botocore 1.29.27.
class SigV4ForS3 : public ::testing::Test {
 protected:
  const KeyPair keys_{"AKFACTSEXAMPLE000001", Secret("3xampleSecret/For+Facts"), Secret()};
  const std::string body_ = "{\"m\":1}\n";
  SigV4 signer_{{"eu-central-1", "s3"}};
  SigV4Trace trace_;
};

TEST_F(SigV4ForS3, SignsAnUpload) {
  const Request request{"PUT", "/logs-demo/app/2026/03/14/part 1+\u00e9.json", {}, {{"Host", "s3.eu-central-1.amazonaws.com"}, {"x-amz-server-side-encryption", "AES256"}}};
  const std::string body_hash = hex(view(sha256(body_)));
  const auto headers = signer_.sign(request, keys_, body_hash, march_2026, &trace_);
  EXPECT_EQ(trace_.canonical_request,
            "PUT\n/logs-demo/app/2026/03/14/part%201%2B%C3%A9.json\n\n"
            "host:s3.eu-central-1.amazonaws.com\n"
            "x-amz-content-sha256:41cba73e77218b0a6ec1a55fa7a2c8823cfdde92ca33dfd3af54f49517a7352d\n"
            "x-amz-date:20260314T150926Z\nx-amz-server-side-encryption:AES256\n\n"
            "host;x-amz-content-sha256;x-amz-date;x-amz-server-side-encryption\n"
            "41cba73e77218b0a6ec1a55fa7a2c8823cfdde92ca33dfd3af54f49517a7352d");
  EXPECT_EQ(trace_.string_to_sign,
            "AWS4-HMAC-SHA256\n20260314T150926Z\n20260314/eu-central-1/s3/aws4_request\n"
            "7bb223b377d0d9e9ef748d60690bd0308acd80dfb269b39735b5132bc07b3e0e");
  EXPECT_EQ(value_of(headers, "Authorization"),
            "AWS4-HMAC-SHA256 Credential=AKFACTSEXAMPLE000001/20260314/eu-central-1/s3/aws4_request, "
            "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-server-side-encryption, "
            "Signature=9d2f58e77a49ef2fa20049fe05c0a7b1151abaa509c315c35ddc7950d27ed9e3");
  EXPECT_EQ(value_of(headers, "X-Amz-Content-Sha256"), body_hash);
}

TEST_F(SigV4ForS3, PresignsADownload) {
  const Request request{"GET", "/logs-demo/x.json", {}, {{"Host", "s3.eu-central-1.amazonaws.com"}}};
  const std::string query = signer_.presign(request, keys_, seconds(600), march_2026, &trace_);
  EXPECT_EQ(query,
            "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKFACTSEXAMPLE000001%2F20260314%2Feu-central-1%2Fs3%2Faws4_request"
            "&X-Amz-Date=20260314T150926Z&X-Amz-Expires=600&X-Amz-SignedHeaders=host"
            "&X-Amz-Signature=ec123c8e1074726ed24c35a404850196af8bdeb4e614c33a11039f4b2e1d1b32");
}

TEST_F(SigV4ForS3, PresignedUploadsSignTheHeadersThatMustBeSent) {
  const Request request{"PUT", "/k", {}, {{"Host", "b.s3.eu-central-1.amazonaws.com"}, {"x-amz-server-side-encryption", "AES256"}}};
  const std::string query = signer_.presign(request, keys_, seconds(60), march_2026, &trace_);
  EXPECT_NE(query.find("X-Amz-SignedHeaders=host%3Bx-amz-server-side-encryption&"), std::string::npos);
  EXPECT_NE(trace_.canonical_request.find("x-amz-server-side-encryption:AES256\n"), std::string::npos);
}

TEST_F(SigV4ForS3, KeepsDotsAndDoubleSlashesAndMarksEmptyParameters) {
  const Request request{"POST", "/a//b/./../c", {{"uploads", ""}, {"prefix", "x/y z"}}, {{"Host", "h"}}};
  (void)signer_.sign(request, keys_, unsigned_payload, march_2026, &trace_);
  EXPECT_TRUE(trace_.canonical_request.starts_with("POST\n/a//b/./../c\nprefix=x%2Fy%20z&uploads=\nhost:h\n")) << trace_.canonical_request;
}

TEST_F(SigV4ForS3, DerivesTheKeyAnewForAnotherDayAndAnotherSecret) {
  const Request request{"GET", "/", {}, {{"Host", "h"}}};
  const auto signature = [&](const KeyPair& keys, system_clock::time_point time) {
    (void)signer_.sign(request, keys, unsigned_payload, time, &trace_);
    return trace_.signature;
  };
  const std::string first = signature(keys_, march_2026);
  const std::string next_day = signature(keys_, march_2026 + std::chrono::hours(24));
  const std::string other_secret = signature({keys_.id, Secret("other"), Secret()}, march_2026);
  EXPECT_NE(first, next_day);
  EXPECT_NE(first, other_secret);
  EXPECT_EQ(signature(keys_, march_2026), first);
}

TEST_F(SigV4ForS3, NeverPutsTheSecretIntoAText) {
  for (const auto& [name, value] : signer_.sign({"GET", "/", {}, {{"Host", "h"}}}, keys_, unsigned_payload, march_2026, &trace_)) {
    EXPECT_EQ(value.find(keys_.secret.reveal()), std::string::npos) << name;
  }
  EXPECT_EQ((trace_.canonical_request + trace_.string_to_sign).find(keys_.secret.reveal()), std::string::npos);
}

}  // namespace
}  // namespace penstock::sign
