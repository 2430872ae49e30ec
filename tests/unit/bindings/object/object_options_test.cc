#include "bindings/object/object_options.h"

#include <gtest/gtest.h>

namespace penstock::object {
namespace {

class ObjectOptionsTest : public ::testing::Test {
 protected:
  Result<ObjectSinkOptions> read(Vendor vendor, ValueMap options) {
    options.try_emplace("bucket", "logs");
    return ObjectSinkOptions::from(vendor, Value(std::move(options)), framing_, machine_);
  }
  std::string refused(Vendor vendor, ValueMap options) {
    const auto got = read(vendor, std::move(options));
    return got.ok() ? "(taken)" : got.status().text();
  }

  Framing framing_;
  std::map<std::string, std::string> variables_, files_;
  credentials::Machine machine_{[] { return std::chrono::system_clock::time_point(); },
                                [this](const std::string& name) -> std::optional<std::string> {
                                  const auto found = variables_.find(name);
                                  if (found == variables_.end()) return std::nullopt;
                                  return found->second;
                                },
                                [this](const std::string& path) -> Result<std::string> {
                                  const auto found = files_.find(path);
                                  if (found == files_.end()) return Status(Code::not_found, path);
                                  return found->second;
                                }};
};

TEST_F(ObjectOptionsTest, TheRegionIsTheScriptsTheEnvironmentsOrTheFirstOne) {
  EXPECT_EQ(read(Vendor::s3, {})->place.region, "us-east-1");
  variables_["AWS_DEFAULT_REGION"] = "eu-central-1";
  EXPECT_EQ(read(Vendor::s3, {})->place.region, "eu-central-1");
  EXPECT_EQ(read(Vendor::s3, {{"region", "eu-west-1"}})->place.region, "eu-west-1");
}

TEST_F(ObjectOptionsTest, TheRegionOfAProfileIsReadFromTheFilesThatTheScriptNames) {
  files_["/etc/logs/config"] = "[profile logs]\nregion = eu-north-1\n";
  EXPECT_EQ(read(Vendor::s3, {{"credentials", ValueMap{{"profile", "logs"}, {"config_path", "/etc/logs/config"}}}})->place.region, "eu-north-1");
  files_["/etc/logs/credentials"] = "[logs]\nregion = eu-south-1\n";
  EXPECT_EQ(read(Vendor::s3, {{"credentials", ValueMap{{"profile", "logs"}, {"credentials_path", "/etc/logs/credentials"}}}})->place.region, "eu-south-1");
}

TEST_F(ObjectOptionsTest, OssRegionsComeWithTheEndpointOrTheScript) {
  EXPECT_EQ(read(Vendor::oss, {{"region", "oss-cn-hangzhou"}})->place.region, "cn-hangzhou");
  EXPECT_EQ(read(Vendor::oss, {{"endpoint", "https://oss-cn-beijing-internal.aliyuncs.com"}})->place.region, "cn-beijing");
  EXPECT_EQ(refused(Vendor::oss, {}), "option 'region' is missing (hint: region = \"cn-hangzhou\")");
  EXPECT_EQ(refused(Vendor::oss, {{"endpoint", "https://logs.example.com"}}), "option 'region' is missing (hint: region = \"cn-hangzhou\")");
  EXPECT_TRUE(read(Vendor::oss, {{"endpoint", "https://logs.example.com"}, {"signature", "v1"}}).ok());
}

TEST_F(ObjectOptionsTest, AStoreSignsByItsOwnRules) {
  EXPECT_EQ(read(Vendor::s3, {})->signature, Signature::sigv4);
  EXPECT_EQ(read(Vendor::oss, {{"region", "cn-hangzhou"}})->signature, Signature::oss_v4);
  EXPECT_EQ(read(Vendor::oss, {{"region", "cn-hangzhou"}, {"signature", "v1"}})->signature, Signature::oss_v1);
}

TEST_F(ObjectOptionsTest, BodiesAreSignedWhereNothingElseProtectsThem) {
  EXPECT_FALSE(read(Vendor::s3, {})->upload.sign_body);
  EXPECT_TRUE(read(Vendor::s3, {{"endpoint", "http://store:9000"}})->upload.sign_body);
  EXPECT_TRUE(read(Vendor::s3, {{"checksum", "none"}})->upload.sign_body);
  EXPECT_FALSE(read(Vendor::s3, {{"endpoint", "http://store:9000"}, {"sign_body", false}})->upload.sign_body);
  EXPECT_FALSE(read(Vendor::oss, {{"endpoint", "http://store:9000"}, {"region", "r"}})->upload.sign_body);
}

TEST_F(ObjectOptionsTest, TheChecksumIsTheCheapestThatTheStoreIsSureToKnow) {
  EXPECT_EQ(read(Vendor::s3, {})->upload.checksum, Checksum::crc32c);
  EXPECT_EQ(read(Vendor::s3, {{"endpoint", "https://store:9000"}})->upload.checksum, Checksum::md5);
  EXPECT_EQ(read(Vendor::s3, {{"endpoint", "http://store:9000"}})->upload.checksum, Checksum::none) << "the signature has one";
  EXPECT_EQ(read(Vendor::s3, {{"endpoint", "http://store:9000"}, {"checksum", "md5"}})->upload.checksum, Checksum::md5);
  EXPECT_EQ(read(Vendor::s3, {{"checksum", "none"}})->upload.checksum, Checksum::none);
  EXPECT_EQ(read(Vendor::oss, {{"region", "cn-hangzhou"}})->upload.checksum, Checksum::md5);
}

TEST_F(ObjectOptionsTest, EncryptionIsAPropertyOfEachObject) {
  using Headers = std::vector<sign::NameValue>;
  EXPECT_EQ(read(Vendor::s3, {{"encryption_type", "AES256"}})->upload.properties, (Headers{{"x-amz-server-side-encryption", "AES256"}}));
  EXPECT_EQ(read(Vendor::s3, {{"encryption_type", "kms"}, {"encryption_key_id", "k-1"}})->upload.properties,
            (Headers{{"x-amz-server-side-encryption", "aws:kms"}, {"x-amz-server-side-encryption-aws-kms-key-id", "k-1"}}));
  EXPECT_EQ(read(Vendor::oss, {{"region", "r"}, {"encryption_type", "kms"}, {"storage_class", "IA"}})->upload.properties,
            (Headers{{"x-oss-server-side-encryption", "KMS"}, {"x-oss-storage-class", "IA"}}));
  EXPECT_EQ(refused(Vendor::s3, {{"encryption_type", "AES256"}, {"encryption_key_id", "k"}}), "encryption.key_id is for type \"kms\"");
}

TEST_F(ObjectOptionsTest, SaysWhatIsWrong) {
  EXPECT_NE(refused(Vendor::s3, {{"bucket", "Logs"}}).find("bucket is 3 to 63 of"), std::string::npos);
  EXPECT_NE(refused(Vendor::s3, {{"endpoint", "store"}}).find("must begin with https://"), std::string::npos);
  EXPECT_NE(refused(Vendor::s3, {{"key", "{yyyy}"}}).find("needs {id}"), std::string::npos);
  EXPECT_NE(refused(Vendor::s3, {{"prefix", "/logs"}}).find("begins with /"), std::string::npos);
  EXPECT_NE(refused(Vendor::s3, {{"time_field", "a."}}).find("time_field: "), std::string::npos);
  EXPECT_NE(refused(Vendor::s3, {{"time_field", "a"}, {"format", "csv"}}).find("not for csv"), std::string::npos);
  EXPECT_NE(refused(Vendor::s3, {{"addressing", "domain"}}).find("give endpoint"), std::string::npos);
  EXPECT_NE(refused(Vendor::s3, {{"compression", "none"}, {"compression_level", 3}}).find("level"), std::string::npos);
  EXPECT_NE(refused(Vendor::s3, {{"credentials", ValueMap{{"access_key_id", "x"}}}}).find("access_key_id and secret_access_key"), std::string::npos);
  EXPECT_NE(refused(Vendor::oss, {{"region", "r"}, {"credentials", ValueMap{{"access_key_secret", Secret("x")}}}}).find("access_key_id and access_key_secret"), std::string::npos);
}

TEST_F(ObjectOptionsTest, DescribesItselfWithoutSecrets) {
  const ValueMap keys{{"access_key_id", Secret("AKID")}, {"secret_access_key", Secret("very-secret")}};
  EXPECT_EQ(read(Vendor::s3, {{"prefix", "edge"}, {"key", "{id}"}, {"credentials", keys}})->describe(), "s3://logs/edge/{id} (us-east-1)");
  EXPECT_EQ(read(Vendor::oss, {{"endpoint", "http://127.0.0.1:1"}, {"region", "r"}, {"key", "{id}"}})->describe(), "oss://logs/{id} at http://127.0.0.1:1");
}

}  // namespace
}  // namespace penstock::object
