#include "bindings/object/bucket_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bindings/object/owned_bucket.h"
#include "runtime/event/value_json.h"

namespace penstock::object {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::shared_ptr<const ObjectSinkOptions> options(Vendor vendor, ValueMap given) {
  const credentials::Machine machine{[] { return std::chrono::system_clock::time_point(); }, [](const std::string&) { return std::optional<std::string>(); },
                                     [](const std::string& path) -> Result<std::string> { return Status(Code::not_found, path); }};
  given.try_emplace("bucket", "edge-logs");
  if (vendor == Vendor::oss) given.try_emplace("region", "cn-hangzhou");
  return std::make_shared<const ObjectSinkOptions>(ObjectSinkOptions::from(vendor, Value(std::move(given)), Framing(), machine).value());
}

Value document(const Policy& policy) { return value_of_json(policy.json).value(); }

std::string resource_of(ValueMap given) { return document(bucket_policy(*options(Vendor::s3, std::move(given)), {"arn", false}))["Statement"].list()[0]["Resource"].string(); }

TEST(BucketPolicy, IsForTheDirectoryOfTheSinksObjects) {
  EXPECT_EQ(resource_of({{"prefix", "logs/edge"}}), "arn:aws:s3:::edge-logs/logs/edge/*");
  EXPECT_EQ(resource_of({{"prefix", "logs"}, {"key", "app-{yyyy}/{id}"}}), "arn:aws:s3:::edge-logs/logs/*") << "up to the last whole name";
  EXPECT_EQ(resource_of({}), "arn:aws:s3:::edge-logs/*");
  EXPECT_EQ(resource_of({{"region", "cn-north-1"}}), "arn:aws-cn:s3:::edge-logs/*");
  EXPECT_EQ(resource_of({{"region", "us-gov-west-1"}}), "arn:aws-us-gov:s3:::edge-logs/*");
}

TEST(BucketPolicy, WithoutAPrincipalItSaysWhatToPutIn) {
  const Policy policy = bucket_policy(*options(Vendor::s3, {}), {});
  EXPECT_THAT(policy.json, HasSubstr("ACCOUNT-ID"));
  EXPECT_THAT(policy.notes, ::testing::ElementsAre(HasSubstr("--principal")));
  const Policy of_role = bucket_policy(*options(Vendor::s3, {{"credentials", ValueMap{{"role_arn", "arn:aws:iam::1:role/w"}}}}), {});
  EXPECT_THAT(of_role.json, HasSubstr("arn:aws:iam::1:role/w"));
  EXPECT_THAT(of_role.notes, IsEmpty());
}

// ---- What makes a destination ----

std::string identity(ValueMap given, Vendor vendor = Vendor::s3) { return owned_bucket(options(vendor, std::move(given)), true)->identity(); }

TEST(OwnedBucket, EndpointBucketAndDirectoryMakeADestination) {
  const ValueMap base{{"endpoint", "https://store.example.com"}, {"prefix", "logs"}};
  const auto changed = [&](const char* name, const char* value) {
    ValueMap given = base;
    given[name] = value;
    return identity(given);
  };
  for (const auto& [name, value] : {std::pair{"endpoint", "https://other.example.com"}, {"endpoint", "http://store.example.com"}, {"bucket", "other-logs"}, {"prefix", "logs/edge"}})
    EXPECT_NE(changed(name, value), identity(base)) << name << " " << value;
  for (const auto& [name, value] : {std::pair{"endpoint", "https://Store.example.com/"}, {"prefix", "logs/"}, {"region", "eu-west-1"}, {"key", "{MM}/{id}"}, {"compression", "none"}})
    EXPECT_EQ(changed(name, value), identity(base)) << name << " " << value;
}

TEST(OwnedBucket, OfAwsABucketIsOneInAllRegionsOfAPartition) {
  EXPECT_EQ(identity({{"region", "eu-west-1"}}), identity({{"region", "us-west-2"}}));
  EXPECT_NE(identity({{"region", "eu-west-1"}}), identity({{"region", "cn-north-1"}}));
}

TEST(OwnedBucket, NamesTheTokensFile) {
  const auto bucket = owned_bucket(options(Vendor::s3, {{"prefix", "logs"}}), true);
  EXPECT_EQ(bucket->token_file("0123"), "s3://edge-logs/logs/penstock-ownership-0123.txt");
  EXPECT_EQ(bucket->name(), "s3://edge-logs/logs/");
  EXPECT_TRUE(bucket->can_be_verified());
  EXPECT_FALSE(owned_bucket(options(Vendor::oss, {}), false)->can_be_verified()) << "nobody asks for it there";
}

}  // namespace
}  // namespace penstock::object
