#include "bindings/sign/acs_rpc.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace penstock::sign {
namespace {

// Alibaba Cloud's worked example (RAM, "Request signatures").
TEST(AcsRpc, GivesThePublishedSignature) {
  const KeyPair keys{"testid", Secret("testsecret"), Secret()};
  const std::vector<NameValue> whole = sign_acs_rpc("GET", {{"UserName", "test"}, {"Version", "2015-05-01"}, {"Action", "CreateUser"}}, keys,
                                                    "6a6e0ca6-4557-11e5-86a2-b8e8563dc8d2",
                                                    std::chrono::system_clock::time_point(std::chrono::seconds(1439867745)));  // 2015-08-18T03:15:45Z
  EXPECT_EQ(whole.back(), (NameValue{"Signature", "kRA2cnpJVacIhDMzXnoNZG9tDCI="}));
  EXPECT_EQ(acs_rpc_canonical("GET", {whole.begin(), whole.end() - 1}),
            "GET&%2F&AccessKeyId%3Dtestid%26Action%3DCreateUser%26Format%3DJSON%26SignatureMethod%3DHMAC-SHA1%26SignatureNonce%3D6a6e0ca6-4557-11e5-86a2-"
            "b8e8563dc8d2%26SignatureVersion%3D1.0%26Timestamp%3D2015-08-18T03%253A15%253A45Z%26UserName%3Dtest%26Version%3D2015-05-01");
}

TEST(AcsRpc, ATokenIsAParameter) {
  const auto whole = sign_acs_rpc("POST", {}, {"id", Secret("s"), Secret("tok")}, "n", {});
  EXPECT_NE(std::find(whole.begin(), whole.end(), NameValue{"SecurityToken", "tok"}), whole.end());
}

}  // namespace
}  // namespace penstock::sign
