#include <gtest/gtest.h>

#include "bindings/credentials/aliyun_credentials.h"
#include "bindings/credentials/aws_credentials.h"
#include "bindings/credentials/credential_cache.h"
#include "bindings/credentials/endpoint.h"
#include "bindings/credentials/ini_file.h"
#include "bindings/credentials/json_credentials.h"
#include "bindings/credentials/metadata.h"
#include "tests/unit/support/certificates.h"
#include "tests/unit/support/fake_http_client.h"
#include "tests/unit/support/fake_scheduler.h"

namespace penstock::credentials {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::system_clock;
using testing::FakeHttpClient;

const system_clock::time_point start{seconds(1795255325)};  // 2026-11-21T10:02:05Z

std::string role_answer(const std::string& id, const std::string& expiration) {
  return "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult><Credentials><AccessKeyId>" + id +
         "</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey><SessionToken>role-token</SessionToken><Expiration>" + expiration +
         "</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
}

// A machine with variables and files, whose services answer as a test says.
class CredentialsTest : public ::testing::Test {
 protected:
  Result<Credentials> fetch(CredentialSource& source) {
    std::optional<Result<Credentials>> got;
    const auto fetching = source.fetch([&](Result<Credentials> result) { got = std::move(result); });
    EXPECT_FALSE(got) << "answered from inside fetch()";
    scheduler_.advance(seconds(5));
    return got ? std::move(*got) : Status(Code::io, "no answer");
  }
  // With the options of a script.
  Result<Credentials> find(const ValueMap& options) {
    Result<AwsCredentialOptions> parsed = parse_aws_credentials(Value(options), "eu-west-1");
    if (!parsed.ok()) return parsed.take_status();
    const auto source = aws_credentials(world_, *parsed);
    return fetch(*source);
  }

  testing::FakeScheduler scheduler_;
  FakeHttpClient sts_{scheduler_};
  FakeHttpClient metadata_{scheduler_};
  std::map<std::string, std::string> variables_{{"HOME", "/home/u"}};
  std::map<std::string, std::string> files_;
  World world_{{[this] { return start + scheduler_.now(); },
               [this](const std::string& name) -> std::optional<std::string> {
                 const auto found = variables_.find(name);
                 if (found == variables_.end()) return std::nullopt;
                 return found->second;
               },
               [this](const std::string& path) -> Result<std::string> {
                 const auto found = files_.find(path);
                 if (found == files_.end()) return Status(Code::not_found, path + ": No such file or directory");
                 return found->second;
               }},
               scheduler_, sts_, metadata_};
};

TEST_F(CredentialsTest, OfTheScriptComeBeforeAllOthers) {
  variables_ = {{"AWS_ACCESS_KEY_ID", "env"}, {"AWS_SECRET_ACCESS_KEY", "s"}};
  const auto found = find({{"access_key_id", "AK"}, {"secret_access_key", Secret("sk")}, {"session_token", Secret("t")}});
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found.value().keys, (sign::KeyPair{"AK", Secret("sk"), Secret("t")}));
  EXPECT_FALSE(found.value().expires);
}

TEST_F(CredentialsTest, HalfAKeyPairIsAMistake) {
  EXPECT_EQ(find({{"access_key_id", "AK"}}).status().code(), Code::invalid);
  EXPECT_EQ(find({{"secret_access_key", Secret("x")}}).status().code(), Code::invalid);
  variables_["AWS_ACCESS_KEY_ID"] = "AK";
  EXPECT_EQ(find({}).status().text(), "the environment has AWS_ACCESS_KEY_ID but not AWS_SECRET_ACCESS_KEY");
}

TEST_F(CredentialsTest, ARolesOptionsAreChecked) {
  const auto aliyun = [](const ValueMap& options) { return parse_aliyun_credentials(Value(options)).status().text(); };
  EXPECT_EQ(find({{"external_id", "x"}}).status().text(), "credentials.external_id is for a role: give role_arn");
  EXPECT_EQ(aliyun({{"external_id", "x"}}), "credentials.external_id is for a role: give role_arn");
  EXPECT_EQ(find({{"web_identity_token_path", "x"}}).status().text(), "credentials.web_identity_token_file is for a role: give role_arn");
  EXPECT_EQ(find({{"session_name", "a b"}}).status().text(), "credentials.session_name is 2 to 64 letters, digits and _=,.@+-, got \"a b\"");
  EXPECT_EQ(aliyun({{"session_name", "a=b"}}), "credentials.session_name is 2 to 64 letters, digits and .@_-, got \"a=b\"");
  EXPECT_EQ(aliyun({{"session_name", "a"}}), "credentials.session_name is 2 to 64 letters, digits and .@_-, got \"a\"");
}

TEST_F(CredentialsTest, OfTheEnvironmentComeBeforeTheSharedFiles) {
  variables_["AWS_ACCESS_KEY_ID"] = "env";
  variables_["AWS_SECRET_ACCESS_KEY"] = "s";
  files_["/home/u/.aws/credentials"] = "[default]\naws_access_key_id=file\naws_secret_access_key=s\n";
  EXPECT_EQ(find({}).value().keys.id, "env");
  variables_.erase("AWS_ACCESS_KEY_ID");
  variables_.erase("AWS_SECRET_ACCESS_KEY");
  EXPECT_EQ(find({}).value().keys.id, "file");
}

TEST_F(CredentialsTest, NamesEverythingThatWasTriedWhenThereAreNone) {
  metadata_.answer = [](const auto&) { return FakeHttpClient::trouble(http::Trouble::network, "Connection timed out"); };
  const auto found = find({});
  EXPECT_EQ(found.status().code(), Code::not_found);
  EXPECT_EQ(found.status().text(),
            "no credentials were found: AWS_ACCESS_KEY_ID is not set; AWS_WEB_IDENTITY_TOKEN_FILE is not set; profile \"default\" is in none of the "
            "shared files; AWS_CONTAINER_CREDENTIALS_FULL_URI is not set; instance metadata: Connection timed out");
}

TEST_F(CredentialsTest, AProfileIsReadFromBothFiles) {
  files_["/home/u/.aws/config"] = "[default]\nregion = us-west-2\n[profile logs]\naws_access_key_id = config\nregion = eu-north-1\n";
  files_["/home/u/.aws/credentials"] = "[logs]\naws_access_key_id = AK ; mine\naws_secret_access_key = a#b=c/d+\naws_session_token = t\n";
  const auto found = find({{"profile", "logs"}});
  ASSERT_TRUE(found.ok()) << found.status().text();
  EXPECT_EQ(found.value().keys, (sign::KeyPair{"AK", Secret("a#b=c/d+"), Secret("t")}));
  EXPECT_EQ(aws_region(world_, {"logs", "", "", "", "", ""}), "eu-north-1");
  EXPECT_EQ(aws_region(world_, {}), "us-west-2");
  variables_["AWS_REGION"] = "cn-north-1";
  EXPECT_EQ(aws_region(world_, {}), "cn-north-1");
}

TEST_F(CredentialsTest, AProfileThatWasAskedForMustBeThere) {
  EXPECT_EQ(find({{"profile", "lgos"}}).status().text(), "profile \"lgos\" is in none of the shared files");
  variables_["AWS_PROFILE"] = "other";
  EXPECT_EQ(find({}).status().code(), Code::invalid);
}

TEST_F(CredentialsTest, AProfileSaysWhatItCannotDo) {
  const struct {
    const char *settings, *says;
  } cases[] = {
      {"credential_process = /bin/x", "credential_process"},
      {"sso_session = x", "sso_session"},
      {"aws_access_key_id = x", "half a key pair"},
      {"role_arn = r", "neither source_profile"},
      {"role_arn = r\nsource_profile = nobody", "profile \"nobody\" is in none"},
      {"role_arn = r\nsource_profile = b\n[profile b]\nregion = eu-west-1", "profile \"b\" has no keys"},
      {"role_arn = r\nsource_profile = b\n[profile b]\nrole_arn = s\nsource_profile = a", "goes round in a circle"},
  };
  for (const auto& c : cases) {
    files_["/home/u/.aws/config"] = std::string("[profile a]\n") + c.settings;
    const auto found = find({{"profile", "a"}});
    ASSERT_FALSE(found.ok());
    EXPECT_NE(found.status().text().find(c.says), std::string::npos) << found.status().text();
  }
}

TEST_F(CredentialsTest, AProfilesRoleIsAssumedWithItsSourceProfile) {
  files_["/home/u/.aws/config"] =
      "[profile logs]\nrole_arn = arn:aws:iam::1:role/w\nsource_profile = base\nexternal_id = e-1\nrole_session_name = me\nduration_seconds = 900\nregion = eu-west-3\n";
  files_["/home/u/.aws/credentials"] = "[base]\naws_access_key_id = BASE\naws_secret_access_key = s\n";
  sts_.answer = [](const auto&) { return FakeHttpClient::reply(200, role_answer("ASIA", "2026-11-21T11:00:00Z")); };
  const auto found = find({{"profile", "logs"}});
  ASSERT_TRUE(found.ok()) << found.status().text();
  EXPECT_EQ(found.value().keys, (sign::KeyPair{"ASIA", Secret("role-secret"), Secret("role-token")}));
  EXPECT_EQ(found.value().expires, start + seconds(3475));
  ASSERT_EQ(sts_.seen.size(), 1u);
  EXPECT_EQ(sts_.seen[0].url, "https://sts.eu-west-3.amazonaws.com/");
  EXPECT_EQ(sts_.seen[0].body,
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fw&RoleSessionName=me&DurationSeconds=900&ExternalId=e-1");
  EXPECT_TRUE(sts_.seen[0].header("authorization").starts_with("AWS4-HMAC-SHA256 Credential=BASE/20261121/eu-west-3/sts/aws4_request, SignedHeaders=content-type;host;x-amz-date, "))
      << sts_.seen[0].header("authorization");
}

TEST_F(CredentialsTest, AProfilesRoleWithoutARegionIsAssumedInThatOfTheBucket) {
  files_["/home/u/.aws/config"] = "[default]\nrole_arn = arn:r\nsource_profile = base\n[profile base]\naws_access_key_id = A\naws_secret_access_key = s\n";
  sts_.answer = [](const auto&) { return FakeHttpClient::reply(200, role_answer("ASIA", "2026-11-21T11:00:00Z")); };
  ASSERT_TRUE(find({}).ok());
  EXPECT_EQ(sts_.seen.at(0).url, "https://sts.eu-west-1.amazonaws.com/");
  EXPECT_NE(sts_.seen[0].header("authorization").find("/eu-west-1/sts/"), std::string::npos);
  variables_["AWS_REGION"] = "eu-north-1";
  const auto profile = profile_source(world_, {});
  ASSERT_TRUE(fetch(*profile).ok());
  EXPECT_EQ(sts_.seen.at(1).url, "https://sts.eu-north-1.amazonaws.com/");
}

TEST_F(CredentialsTest, TheClientForRolesTrustsTheSystemOrWhatItIsGiven) {
  EXPECT_EQ(sts_client_options("").tls.ca_path, "");
  EXPECT_EQ(sts_client_options("/ca.pem").tls.ca_path, "/ca.pem");
  EXPECT_TRUE(sts_client_options("/ca.pem").tls.verify);
  EXPECT_EQ(sts_client_options("").tls.cert_path, "");
  const testing::Certificates certificates;
  const Value given = ValueMap{{"sts_ca_path", certificates.ca()}}, missing = ValueMap{{"sts_ca_path", "/none.pem"}};
  EXPECT_EQ(parse_aws_credentials(given, "").value().sts_ca_path, certificates.ca());
  EXPECT_EQ(parse_aliyun_credentials(given).value().sts_ca_path, certificates.ca());
  for (const std::string& found : {parse_aws_credentials(missing, "").status().text(), parse_aliyun_credentials(missing).status().text()})
    EXPECT_EQ(found, "option 'credentials.sts_ca': /none.pem: No such file or directory");
}

TEST_F(CredentialsTest, ARoleThatIsHalfSetUpIsNotReplacedByTheMachinesOwn) {
  files_["/home/u/.aws/config"] = "[default]\nrole_arn = arn:r\nsource_profile = base\n[profile base]\nregion = eu-west-1\n";
  const auto found = find({});
  EXPECT_EQ(found.status().code(), Code::invalid);
  EXPECT_EQ(found.status().text(), "profile \"default\" assumes a role: profile \"base\" has no keys");
  EXPECT_TRUE(metadata_.seen.empty());
}

TEST_F(CredentialsTest, EndpointsAreCheckedBeforeAnythingIsSent) {
  for (const char* url : {"sts.eu-west-1.amazonaws.com", "http://sts.eu-west-1.amazonaws.com", "http://127.0.0.1@sts.example/", "ftp://127.0.0.1", "http://127.0.0.1.example.com"}) {
    const auto found = find({{"role_arn", "arn:r"}, {"web_identity_token_path", "/token"}, {"sts_endpoint", url}});
    EXPECT_EQ(found.status().code(), Code::invalid) << url;
    EXPECT_TRUE(found.status().text().starts_with("credentials.sts_endpoint")) << found.status().text();
    EXPECT_EQ(parse_aliyun_credentials(Value(ValueMap{{"sts_endpoint", url}})).status().code(), Code::invalid) << url;
  }
  for (const char* url : {"169.254.169.254", "http://user@169.254.169.254", "file:///etc"}) {
    EXPECT_TRUE(find({{"metadata_endpoint", url}}).status().text().starts_with("credentials.metadata_endpoint")) << url;
    EXPECT_EQ(parse_aliyun_credentials(Value(ValueMap{{"metadata_endpoint", url}})).status().code(), Code::invalid) << url;
  }
  variables_["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "metadata.example";
  EXPECT_EQ(find({}).status().code(), Code::invalid);
  EXPECT_TRUE(sts_.seen.empty() && metadata_.seen.empty());
}

TEST_F(CredentialsTest, TheScriptsRoleIsAssumedAtTheEndpointItNames) {
  sts_.answer = [](const auto&) { return FakeHttpClient::reply(200, role_answer("ASIA", "2026-11-21T11:00:00Z")); };
  const auto found = find({{"access_key_id", "AK"},
                           {"secret_access_key", Secret("sk")},
                           {"role_arn", "arn:r"},
                           {"external_id", "x"},
                           {"sts_endpoint", "http://127.0.0.1:4/sts"}});
  ASSERT_TRUE(found.ok()) << found.status().text();
  EXPECT_EQ(sts_.seen[0].url, "http://127.0.0.1:4/sts");
  EXPECT_NE(sts_.seen[0].body.find("&ExternalId=x"), std::string::npos);
}

TEST_F(CredentialsTest, ARefusedRoleSaysWhatStsSaid) {
  sts_.answer = [](const auto&) {
    return FakeHttpClient::reply(403, "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized to perform: sts:AssumeRole</Message></Error></ErrorResponse>");
  };
  const auto found = find({{"access_key_id", "AK"}, {"secret_access_key", Secret("sk")}, {"role_arn", "arn:r"}});
  EXPECT_EQ(found.status().code(), Code::denied);
  EXPECT_EQ(found.status().text(), "role arn:r: POST sts.eu-west-1.amazonaws.com: HTTP 403 AccessDenied: \"not authorized to perform: sts:AssumeRole\"");
}

TEST_F(CredentialsTest, AWebIdentityIsSentUnsignedAndReadAnew) {
  variables_["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/var/run/token";
  variables_["AWS_ROLE_ARN"] = "arn:pod";
  variables_["AWS_ROLE_SESSION_NAME"] = "pod-1";
  files_["/var/run/token"] = "jwt.one\n";
  sts_.answer = [](const auto&) { return FakeHttpClient::reply(200, role_answer("ASIA", "2026-11-21T11:00:00Z")); };
  ASSERT_TRUE(find({}).ok());
  files_["/var/run/token"] = "jwt.two\n";
  ASSERT_TRUE(find({}).ok());
  EXPECT_TRUE(sts_.seen[0].body.ends_with("&RoleSessionName=pod-1&DurationSeconds=3600&WebIdentityToken=jwt.one")) << sts_.seen[0].body;
  EXPECT_TRUE(sts_.seen[1].body.ends_with("&WebIdentityToken=jwt.two"));
  EXPECT_EQ(sts_.seen[0].header("authorization"), "(none)");
  files_.clear();
  EXPECT_EQ(find({}).status().code(), Code::io);
}

TEST_F(CredentialsTest, AContainerAsksItsEndpointWithItsToken) {
  variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://169.254.170.23/v1/credentials";
  variables_["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = "/token";
  files_["/token"] = "abc\n";
  metadata_.answer = [](const auto&) {
    return FakeHttpClient::reply(200, R"({"AccessKeyId":"ASIA","SecretAccessKey":"s","Token":"t","Expiration":"2026-11-21T11:00:00.123Z"})");
  };
  const auto found = find({});
  ASSERT_TRUE(found.ok()) << found.status().text();
  EXPECT_EQ(found.value().keys, (sign::KeyPair{"ASIA", Secret("s"), Secret("t")}));
  EXPECT_EQ(metadata_.seen[0].url, "http://169.254.170.23/v1/credentials");
  EXPECT_EQ(metadata_.seen[0].header("authorization"), "abc");
}

TEST_F(CredentialsTest, AContainersKeysDoNotTravelInTheClear) {
  for (const char* url : {"http://example.com/", "http://169.254.169.254/", "ftp://x", "http://127.0.0.1.example.com:80/", "http://127.0.0.1:80@evil.example/",
                          "http://[::1]@evil.example/", "http://@evil.example/", "http://127.0.0.1\\@evil.example/", "http://127.0.0.1#@evil.example/",
                          "http://127.0.0.1 .example/", "https://user:password@example.com/"}) {
    variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url;
    EXPECT_EQ(find({}).status().code(), Code::invalid) << url;
  }
  for (const char* path : {".evil.example/x", "@evil.example/", ":80@evil.example/", "8/x", "/x y"}) {
    variables_["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = path;
    EXPECT_EQ(find({}).status().code(), Code::invalid) << path;
  }
  EXPECT_TRUE(metadata_.seen.empty());
}

TEST_F(CredentialsTest, AnInstanceIsAskedWithASessionToken) {
  metadata_.answer = [](const FakeHttpClient::Seen& seen) {
    if (seen.url.ends_with("/latest/api/token")) return FakeHttpClient::reply(seen.method == "PUT" ? 200 : 405, "TOKEN");
    if (seen.header("x-aws-ec2-metadata-token") != "TOKEN") return FakeHttpClient::reply(401);
    if (seen.url.ends_with("/security-credentials/")) return FakeHttpClient::reply(200, "log-writer");
    return FakeHttpClient::reply(200, R"({"Code":"Success","AccessKeyId":"ASIA","SecretAccessKey":"s","Token":"t","Expiration":"2026-11-21T16:00:00Z"})");
  };
  const auto found = find({{"metadata_endpoint", "http://127.0.0.1:99/"}});
  ASSERT_TRUE(found.ok()) << found.status().text();
  EXPECT_EQ(found.value().keys.id, "ASIA");
  EXPECT_EQ(metadata_.seen.at(2).url, "http://127.0.0.1:99/latest/meta-data/iam/security-credentials/log-writer");
  metadata_.seen.clear();
  for (const char* yes : {"true", "True", "TRUE"}) {
    variables_["AWS_EC2_METADATA_DISABLED"] = yes;
    EXPECT_EQ(find({}).status().code(), Code::not_found);
  }
  EXPECT_TRUE(metadata_.seen.empty());
}

TEST_F(CredentialsTest, AnInstanceThatIsSlowAtTimesIsAskedAgain) {
  const auto silent = FakeHttpClient::trouble(http::Trouble::network, "no answer within 2 s");
  const auto keys = FakeHttpClient::reply(200, R"({"AccessKeyId":"ASIA","SecretAccessKey":"s"})");
  metadata_.queued = {silent, silent, FakeHttpClient::reply(200, "TOKEN"), FakeHttpClient::reply(200, "log-writer"), keys};
  const auto source = ec2_source(world_, "");
  EXPECT_TRUE(fetch(*source).ok());
  // That it is there is known now.
  metadata_.queued = {silent, silent, silent};
  EXPECT_EQ(fetch(*source).status().code(), Code::retryable);
  const auto other = ec2_source(world_, "");
  metadata_.queued = {silent, silent, silent};
  EXPECT_EQ(fetch(*other).status().text(), "instance metadata: no answer within 2 s");
  metadata_.queued = {silent, silent, silent};
  EXPECT_EQ(fetch(*other).status().code(), Code::not_found);
}

TEST_F(CredentialsTest, AnotherCloudsMetadataServiceHidesNothingOfWhatWasTried) {
  for (const int status : {403, 404, 405}) {
    metadata_.answer = [status](const auto&) { return FakeHttpClient::reply(status); };
    const auto found = find({});
    EXPECT_EQ(found.status().code(), Code::not_found);
    EXPECT_TRUE(found.status().text().starts_with("no credentials were found: AWS_ACCESS_KEY_ID is not set")) << found.status().text();
    EXPECT_TRUE(found.status().text().ends_with("instance metadata: HTTP " + std::to_string(status) + " for a session token")) << found.status().text();
  }
}

TEST_F(CredentialsTest, KeysAreTrimmedAndHaveNoLineEndsInThem) {
  variables_ = {{"AWS_ACCESS_KEY_ID", "AK\n"}, {"AWS_SECRET_ACCESS_KEY", " s\r\n"}, {"AWS_SESSION_TOKEN", "t\n"}};
  EXPECT_EQ(find({}).value().keys, (sign::KeyPair{"AK", Secret("s"), Secret("t")}));
  EXPECT_EQ(find({{"access_key_id", "AK2\n"}, {"secret_access_key", Secret("s\n")}}).value().keys, (sign::KeyPair{"AK2", Secret("s"), Secret("")}));
  variables_["AWS_SESSION_TOKEN"] = "t\r\nx-evil: 1";
  const auto found = find({});
  EXPECT_EQ(found.status().code(), Code::invalid);
  EXPECT_EQ(found.status().text(), "environment AWS_ACCESS_KEY_ID: the session token of the keys has line ends or other control characters in it");
  EXPECT_EQ(find({{"access_key_id", "A\nK"}, {"secret_access_key", Secret("s")}}).status().code(), Code::invalid);
  EXPECT_EQ(find({{"access_key_id", "AK"}, {"secret_access_key", Secret("s\n\ns")}}).status().text(),
            "credentials: the secret of the keys has line ends or other control characters in it");
  files_["/home/u/.aws/credentials"] = "[logs]\naws_access_key_id = AK\naws_secret_access_key = s\x01s\n";
  EXPECT_EQ(find({{"profile", "logs"}}).status().code(), Code::invalid);
}

// Everything that was sent comes back as the service's message.
http::Reply reflected(const FakeHttpClient::Seen& seen) {
  std::string text = seen.body;
  for (const std::string& header : seen.headers) text += "\n" + header;
  std::string escaped;
  for (const char c : text) escaped += c == '&' ? std::string("&amp;") : c == '<' ? std::string("&lt;") : std::string(1, c);
  return FakeHttpClient::reply(403, "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>" + escaped + "</Message></Error></ErrorResponse>");
}

TEST_F(CredentialsTest, NoMessageRepeatsWhatAServiceRepeats) {
  sts_.answer = reflected;
  metadata_.answer = reflected;
  files_["/token"] = "web/identity+token\n";
  files_["/home/u/.aws/config"] = "[profile role]\nrole_arn = arn:r\nsource_profile = base\n[profile base]\naws_access_key_id = AK\naws_secret_access_key = very-secret\naws_session_token = tok/en+=\n";
  const sign::KeyPair keys{"AK", Secret("very-secret"), Secret("tok/en+=")};
  const ValueMap ways[] = {
      {{"access_key_id", keys.id}, {"secret_access_key", keys.secret}, {"session_token", keys.token}, {"role_arn", "arn:r"}},
      {{"role_arn", "arn:r"}, {"web_identity_token_path", "/token"}},
      {{"profile", "role"}},
  };
  for (const ValueMap& options : ways) {
    const auto found = find(options);
    ASSERT_FALSE(found.ok());
    const std::string& text = found.status().text();
    EXPECT_NE(text.find("HTTP 403 SignatureDoesNotMatch: \"Action=AssumeRole"), std::string::npos) << text;
    for (const char* secret : {"very-secret", "tok/en+=", "tok%2Fen%2B%3D", "web/identity+token", "web%2Fidentity%2Btoken", "\n"}) {
      EXPECT_EQ(text.find(secret), std::string::npos) << text;
    }
  }
  variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://127.0.0.1/";
  variables_["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "container-token";
  EXPECT_EQ(find({}).status().text(), "container credentials: HTTP 403");
}

TEST_F(CredentialsTest, TheSessionTokenIsSentAndSigned) {
  sts_.answer = [](const auto&) { return FakeHttpClient::reply(200, role_answer("ASIA", "2026-11-21T11:00:00Z")); };
  ASSERT_TRUE(find({{"access_key_id", "AK"}, {"secret_access_key", Secret("sk")}, {"session_token", Secret("tok/en")}, {"role_arn", "arn:r"}}).ok());
  EXPECT_EQ(sts_.seen.at(0).header("x-amz-security-token"), "tok/en");
  EXPECT_NE(sts_.seen[0].header("authorization").find("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token,"), std::string::npos);
}

TEST_F(CredentialsTest, AServiceThatAsksToWaitIsAskedAgain) {
  const struct {
    int status;
    const char* code;
    Code expected;
  } cases[] = {
      {400, "Throttling", Code::retryable},          {400, "ThrottlingException", Code::retryable}, {400, "IDPCommunicationError", Code::retryable},
      {400, "RequestLimitExceeded", Code::retryable}, {503, "ServiceUnavailable", Code::retryable},  {429, "", Code::retryable},
      {400, "ExpiredTokenException", Code::denied},  {403, "AccessDenied", Code::denied},           {400, "ValidationError", Code::denied},
  };
  for (const auto& c : cases) {
    sts_.answer = [&](const auto&) {
      return FakeHttpClient::reply(c.status, std::string("<ErrorResponse><Error><Code>") + c.code + "</Code></Error></ErrorResponse>");
    };
    EXPECT_EQ(find({{"access_key_id", "AK"}, {"secret_access_key", Secret("sk")}, {"role_arn", "arn:r"}}).status().code(), c.expected) << c.code;
    const auto parsed = parse_aliyun_credentials(Value(ValueMap{{"access_key_id", "AK"}, {"access_key_secret", Secret("sk")}, {"role_arn", "acs:r"}}));
    const auto source = aliyun_credentials(world_, parsed.value());
    sts_.answer = [&](const auto&) { return FakeHttpClient::reply(c.status, std::string("{\"Code\":\"") + c.code + "\"}"); };
    EXPECT_EQ(fetch(*source).status().code(), c.expected) << c.code;
  }
}

TEST_F(CredentialsTest, AServiceThatCannotBeReachedForGoodIsForAPerson) {
  const ValueMap role{{"access_key_id", "AK"}, {"secret_access_key", Secret("sk")}, {"role_arn", "arn:r"}};
  sts_.queued = {FakeHttpClient::trouble(http::Trouble::network, "reset"), FakeHttpClient::trouble(http::Trouble::setup, "bad certificate")};
  EXPECT_EQ(find(role).status().code(), Code::retryable);
  const auto found = find(role);
  EXPECT_EQ(found.status().code(), Code::io);
  EXPECT_EQ(found.status().text(), "role arn:r: POST sts.eu-west-1.amazonaws.com: bad certificate");
}

TEST_F(CredentialsTest, AClockThatIsWrongIsCorrectedByTheServiceThatRefuses) {
  // An hour behind ours, which is wrong; its answers' Date says so.
  const auto date = [] { return std::pair<std::string, std::string>("date", "Sat, 21 Nov 2026 09:02:05 GMT"); };
  sts_.answer = [&](const FakeHttpClient::Seen& seen) {
    if (seen.header("x-amz-date").starts_with("20261121T0902")) return FakeHttpClient::reply(200, role_answer("ASIA", "2026-11-21T09:32:05Z"), {date()});
    return FakeHttpClient::reply(403, "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>Signature not yet current</Message></Error></ErrorResponse>", {date()});
  };
  const ValueMap role{{"access_key_id", "AK"}, {"secret_access_key", Secret("sk")}, {"role_arn", "arn:r"}};
  const auto found = find(role);
  ASSERT_TRUE(found.ok()) << found.status().text();
  EXPECT_EQ(sts_.seen.size(), 2u);
  // For the stores too, and for the next time.
  EXPECT_EQ(world_.clock.offset(), seconds(-3600));
  ASSERT_TRUE(find(role).ok());
  EXPECT_EQ(sts_.seen.size(), 3u);
  EXPECT_EQ(*found.value().expires - *found.value().given, seconds(1800));
}

TEST_F(CredentialsTest, ARefusalByARightClockIsNotTriedAgain) {
  sts_.answer = [](const auto&) { return FakeHttpClient::reply(403, "", {{"date", "Sat, 21 Nov 2026 10:02:06 GMT"}}); };
  EXPECT_FALSE(find({{"access_key_id", "AK"}, {"secret_access_key", Secret("sk")}, {"role_arn", "arn:r"}}).ok());
  EXPECT_EQ(sts_.seen.size(), 1u);
  EXPECT_EQ(world_.clock.offset(), seconds(0));
  sts_.answer = [](const auto&) { return FakeHttpClient::reply(403, "", {{"date", "Sat, 21 Nov 2026 12:02:06 GMT"}}); };
  EXPECT_FALSE(find({{"access_key_id", "AK"}, {"secret_access_key", Secret("sk")}, {"role_arn", "arn:r"}}).ok());
  EXPECT_EQ(sts_.seen.size(), 3u);
}

TEST_F(CredentialsTest, NoMessageHoldsASecret) {
  sts_.answer = [](const auto&) { return FakeHttpClient::reply(400, "<x/>"); };
  const auto found = find({{"access_key_id", "AK"}, {"secret_access_key", Secret("very-secret")}, {"session_token", Secret("tok-en")}, {"role_arn", "arn:r"}});
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.status().text().find("very-secret"), std::string::npos);
  EXPECT_EQ(found.status().text().find("tok-en"), std::string::npos);
}

// --- Alibaba Cloud ----------------------------------------------------------------------------------------------------------

class AliyunCredentialsTest : public CredentialsTest {
 protected:
  Result<Credentials> find_aliyun(const ValueMap& options) {
    Result<AliyunCredentialOptions> parsed = parse_aliyun_credentials(Value(options));
    if (!parsed.ok()) return parsed.take_status();
    const auto source = aliyun_credentials(world_, *parsed);
    return fetch(*source);
  }
};

TEST_F(AliyunCredentialsTest, OfTheScriptComeBeforeThoseOfTheEnvironment) {
  variables_ = {{"ALIBABA_CLOUD_ACCESS_KEY_ID", "cloud"}, {"ALIBABA_CLOUD_ACCESS_KEY_SECRET", "s"}};
  EXPECT_EQ(find_aliyun({}).value().keys.id, "cloud");
  variables_["OSS_ACCESS_KEY_ID"] = "oss";
  variables_["OSS_ACCESS_KEY_SECRET"] = "s";
  EXPECT_EQ(find_aliyun({}).value().keys.id, "oss");
  EXPECT_EQ(find_aliyun({{"access_key_id", "script"}, {"access_key_secret", Secret("s")}}).value().keys.id, "script");
  EXPECT_EQ(find_aliyun({{"access_key_id", "script"}}).status().code(), Code::invalid);
}

TEST_F(AliyunCredentialsTest, AnEcsInstanceIsAskedWithASessionToken) {
  metadata_.answer = [](const FakeHttpClient::Seen& seen) {
    if (seen.url == "http://100.100.100.200/latest/api/token") return FakeHttpClient::reply(200, "TOKEN");
    if (seen.header("x-aliyun-ecs-metadata-token") != "TOKEN") return FakeHttpClient::reply(403);
    if (seen.url.ends_with("/ram/security-credentials/")) return FakeHttpClient::reply(200, "log-writer");
    return FakeHttpClient::reply(200, R"({"Code":"Success","AccessKeyId":"STS.x","AccessKeySecret":"s","SecurityToken":"t","Expiration":"2026-11-21T16:00:00Z"})");
  };
  EXPECT_EQ(find_aliyun({}).value().keys, (sign::KeyPair{"STS.x", Secret("s"), Secret("t")}));
  variables_["ALIBABA_CLOUD_ECS_METADATA_DISABLED"] = "true";
  EXPECT_EQ(find_aliyun({}).status().code(), Code::not_found);
}

TEST_F(AliyunCredentialsTest, ARoleIsAssumedWithSignedParameters) {
  sts_.answer = [](const auto&) {
    return FakeHttpClient::reply(200, R"({"RequestId":"r","Credentials":{"AccessKeyId":"STS.y","AccessKeySecret":"s","SecurityToken":"t","Expiration":"2026-11-21T11:02:05Z"}})");
  };
  const auto found = find_aliyun({{"access_key_id", "ak"}, {"access_key_secret", Secret("very-secret")}, {"role_arn", "acs:ram::1:role/w"}, {"external_id", "e/1"}});
  ASSERT_TRUE(found.ok()) << found.status().text();
  EXPECT_EQ(found.value().expires, start + std::chrono::hours(1));
  const FakeHttpClient::Seen& seen = sts_.seen.at(0);
  EXPECT_EQ(seen.url, "https://sts.aliyuncs.com/");
  for (const char* part : {"Action=AssumeRole&", "RoleArn=acs%3Aram%3A%3A1%3Arole%2Fw&", "ExternalId=e%2F1&", "AccessKeyId=ak&", "&Signature="})
    EXPECT_NE(seen.body.find(part), std::string::npos) << part;
  EXPECT_EQ(seen.body.find("very-secret"), std::string::npos);
}

TEST_F(AliyunCredentialsTest, ARefusedRoleSaysWhatStsSaid) {
  sts_.answer = [](const auto&) { return FakeHttpClient::reply(403, R"({"Code":"NoPermission","Message":"You are not authorized","RequestId":"r"})"); };
  EXPECT_EQ(find_aliyun({{"access_key_id", "ak"}, {"access_key_secret", Secret("s")}, {"role_arn", "acs:r"}}).status().text(),
            "role acs:r: POST sts.aliyuncs.com: HTTP 403 NoPermission: \"You are not authorized\"");
}

// --- what is kept ------------------------------------------------------------------------------------------------------------

class CountingSource final : public CredentialSource {
 public:
  CountingSource(Scheduler& scheduler) : scheduler_(scheduler) {}
  std::unique_ptr<Fetch> fetch(Done done) override {
    ++fetches;
    return give_later(scheduler_, next(), std::move(done));
  }
  std::string describe() const override { return "counting"; }
  int fetches = 0;
  std::function<Result<Credentials>()> next;

 private:
  Scheduler& scheduler_;
};

class CredentialCacheTest : public CredentialsTest {
 protected:
  CredentialCacheTest() {
    source_.next = [this]() -> Result<Credentials> {
      return Credentials{{"AK" + std::to_string(source_.fetches), Secret("s"), Secret()}, world_.now() + life_, {}};
    };
  }
  std::string wanted() {
    std::string got = "(nothing)";
    const auto wait = cache_.want([&](const Result<sign::KeyPair>& keys) { got = keys.ok() ? keys.value().id : keys.status().text(); });
    scheduler_.advance(milliseconds(1));
    return got;
  }
  std::string usable() {
    const sign::KeyPair* keys = cache_.usable();
    return keys ? keys->id : "(none)";
  }

  seconds life_{3600};
  CountingSource source_{scheduler_};
  CredentialCache cache_{world_, source_, 1};
};

TEST_F(CredentialCacheTest, FetchesWhenFirstWantedAndThenGives) {
  EXPECT_EQ(usable(), "(none)");
  EXPECT_EQ(source_.fetches, 0);
  EXPECT_EQ(wanted(), "AK1");
  EXPECT_EQ(usable(), "AK1");
  EXPECT_EQ(source_.fetches, 1);
}

TEST_F(CredentialCacheTest, ManyWhoWantKeysShareOneFetch) {
  int told = 0;
  const auto count = [&](const Result<sign::KeyPair>&) { ++told; };
  const auto first = cache_.want(count);
  auto gone = cache_.want(count);
  const auto third = cache_.want(count);
  gone.reset();
  scheduler_.advance(milliseconds(1));
  EXPECT_EQ(told, 2);
  EXPECT_EQ(source_.fetches, 1);
}

TEST_F(CredentialCacheTest, WhoWantsAgainInTheCallWaitsForTheNextFetch) {
  std::unique_ptr<CredentialCache::Wait> again;
  std::string second = "(nothing)";
  const auto wait = cache_.want([&](const Result<sign::KeyPair>&) {
    again = cache_.want([&](const Result<sign::KeyPair>& keys) { second = keys.value().id; });
  });
  scheduler_.advance(milliseconds(1));
  EXPECT_EQ(second, "AK2");
}

TEST_F(CredentialCacheTest, RenewsAheadOfTheEndAndGivesTheOldOnesMeanwhile) {
  wanted();
  scheduler_.advance(seconds(3600 - 901));
  usable();
  EXPECT_EQ(source_.fetches, 1);
  scheduler_.advance(seconds(601));
  EXPECT_EQ(usable(), "AK1");
  scheduler_.advance(milliseconds(1));
  EXPECT_EQ(usable(), "AK2");
}

TEST_F(CredentialCacheTest, OldOnesAreGivenUntilTheyExpireWhenRenewingFails) {
  wanted();
  source_.next = [] { return Status(Code::retryable, "STS is away"); };
  scheduler_.advance(seconds(3400));
  EXPECT_EQ(usable(), "AK1");
  scheduler_.advance(seconds(1));
  EXPECT_EQ(usable(), "AK1");
  EXPECT_EQ(source_.fetches, 2);  // not at every use
  scheduler_.advance(seconds(61));
  EXPECT_EQ(usable(), "AK1");
  EXPECT_EQ(source_.fetches, 3);
  scheduler_.advance(seconds(138));
  EXPECT_EQ(usable(), "(none)");
  EXPECT_EQ(wanted(), "STS is away");
}

TEST_F(CredentialCacheTest, HowLongTheyAreGoodIsMeasuredByTheClockOfWhoGaveThem) {
  for (const seconds wrong : {seconds(-7200), seconds(7200)}) {
    // The server's clock is off from ours by so much.
    source_.next = [&]() -> Result<Credentials> { return Credentials{{"AK", Secret("s"), Secret()}, world_.now() + wrong + seconds(1800), world_.now() + wrong}; };
    CredentialCache cache(world_, source_, 1);
    const auto wait = cache.want([](const auto&) {});
    scheduler_.advance(seconds(1));
    EXPECT_NE(cache.usable(), nullptr);
    scheduler_.advance(seconds(1797));
    source_.next = [] { return Status(Code::retryable, "STS is away"); };
    EXPECT_NE(cache.usable(), nullptr);
    scheduler_.advance(seconds(3));
    EXPECT_EQ(cache.usable(), nullptr);
  }
}

TEST_F(CredentialCacheTest, OnesThatSeemToHaveEndedAreNotFetchedAtEachUse) {
  life_ = seconds(-3600);
  wanted();
  EXPECT_EQ(usable(), "AK1");
  EXPECT_EQ(usable(), "AK1");
  EXPECT_EQ(source_.fetches, 1);
  scheduler_.advance(seconds(16));
  EXPECT_EQ(usable(), "(none)");
}

TEST_F(CredentialCacheTest, RejectedOnesWithoutAnEndAreReadAgainButNotAtEachUse) {
  sign::KeyPair file{"OLD", Secret("s"), Secret()};
  source_.next = [&]() -> Result<Credentials> { return Credentials{file, {}, {}}; };
  EXPECT_EQ(wanted(), "OLD");
  EXPECT_TRUE(cache_.reject(file));
  EXPECT_EQ(usable(), "(none)");
  EXPECT_EQ(wanted(), "OLD");
  // The same came again: that is that, for a while.
  EXPECT_FALSE(cache_.reject(file));
  EXPECT_EQ(usable(), "OLD");
  EXPECT_EQ(source_.fetches, 2);
  scheduler_.advance(seconds(11));
  const sign::KeyPair old = file;
  file.id = "NEW";
  EXPECT_TRUE(cache_.reject(old));
  EXPECT_TRUE(cache_.reject(old)) << "another request, refused at the same time";
  EXPECT_EQ(wanted(), "NEW");
  EXPECT_TRUE(cache_.reject(file)) << "others are looked for at once";
}

TEST_F(CredentialCacheTest, RejectedOnesAreNotGivenAgain) {
  wanted();
  cache_.reject({"AK1", Secret("s"), Secret()});
  EXPECT_EQ(usable(), "(none)");
  EXPECT_EQ(wanted(), "AK2");
  cache_.reject({"AK1", Secret("s"), Secret()});
  EXPECT_EQ(usable(), "AK2");
}

// --- what is read ------------------------------------------------------------------------------------------------------------

TEST(IniFile, HasPitfalls) {
  const IniFile file = parse_ini(
      "key = before any section\r\n# comment\n; comment\n[ default ]\nA_Key=1\nb =  x y  \r\nc = v#no comment\nd = v #comment\n"
      "s3 =\n  max_concurrent_requests = 20\n[profile  two words]\n=nothing\nno equals\nurl = https://x/?a=b\n[broken\ne = 1\n[default]\nlate = yes");
  EXPECT_EQ(file.size(), 2u);
  EXPECT_EQ(file.at("default"), (IniSection{{"a_key", "1"}, {"b", "x y"}, {"c", "v#no comment"}, {"d", "v"}, {"s3", ""}, {"late", "yes"}}));
  EXPECT_EQ(file.at("profile two words"), (IniSection{{"url", "https://x/?a=b"}}));
}

TEST(Endpoint, IsNamedAsRequestsNameIt) {
  const struct {
    const char *url, *host, *name;
    bool loopback;
  } cases[] = {
      {"https://sts.example.com:443/x", "sts.example.com", "sts.example.com", false},
      {"https://sts.example.com:80", "sts.example.com:80", "sts.example.com", false},
      {"http://127.1.2.3:80/", "127.1.2.3", "127.1.2.3", true},
      {"http://[::1]:99/", "[::1]:99", "[::1]", true},
      {"http://localhost", "localhost", "localhost", true},
      {"http://127.0.0.1.example/", "127.0.0.1.example", "127.0.0.1.example", false},
  };
  for (const auto& c : cases) {
    const auto url = check_endpoint("x", c.url, InClear::anywhere);
    ASSERT_TRUE(url.ok()) << url.status().text();
    EXPECT_EQ(host_of(url.value()), c.host);
    EXPECT_EQ(name_of_host(url.value()), c.name);
    EXPECT_EQ(is_loopback(url.value()), c.loopback) << c.url;
  }
}

TEST(MetadataCredentials, AreJson) {
  EXPECT_FALSE(parse_metadata_credentials(""));
  EXPECT_FALSE(parse_metadata_credentials("[]"));
  EXPECT_FALSE(parse_metadata_credentials(R"({"Code":"Failed","AccessKeyId":"a","SecretAccessKey":"b"})"));
  EXPECT_FALSE(parse_metadata_credentials(R"({"AccessKeyId":1,"SecretAccessKey":"b"})"));
  EXPECT_FALSE(parse_metadata_credentials(R"({"AccessKeyId":"a","SecretAccessKey":"b","Token":"x\r\ny: z"})"));
}

TEST(MetadataCredentials, EndWhenTheySaySo) {
  const auto end = [](const std::string& expiration) {
    return parse_metadata_credentials(R"({"AccessKeyId":"a","SecretAccessKey":"b")" + expiration + "}");
  };
  EXPECT_EQ(end("").value().expires, std::nullopt);
  EXPECT_EQ(end(R"(,"Expiration":"2026-11-21T10:02:05Z")").value().expires, start);
  EXPECT_EQ(end(R"(,"Expiration":"2026-11-21T10:02:05+00:00")").value().expires, start);
  EXPECT_EQ(end(R"(,"Expiration":"2026-11-21T18:02:05+08:00")").value().expires, start);
  // Not for ever because of a form that is not known.
  for (const char* unreadable : {R"(,"Expiration":"")", R"(,"Expiration":"tomorrow")", R"(,"Expiration":1795255325)"}) EXPECT_FALSE(end(unreadable)) << unreadable;
}

}  // namespace
}  // namespace penstock::credentials
