#include "bindings/object/bucket_policy.h"

#include "runtime/event/value_json.h"

namespace penstock::object {

namespace {

constexpr const char* aws_placeholder = "arn:aws:iam::ACCOUNT-ID:user/USER-NAME";

// China and GovCloud have namespaces of their own.
std::string partition_of(const std::string& region) {
  if (region.starts_with("cn-")) return "aws-cn";
  return region.starts_with("us-gov-") ? "aws-us-gov" : "aws";
}

std::string aws_principal(const ObjectSinkOptions& options, const PolicyWishes& wishes, Policy& policy) {
  if (!wishes.principal.empty()) return wishes.principal;
  if (!options.aws.role.arn.empty()) return options.aws.role.arn;
  policy.notes.push_back(std::string("put the user or role whose keys the sink has in the place of ") + aws_placeholder + " (or give it by --principal)");
  return aws_placeholder;
}

ValueMap equals(const char* comparison, const char* key, const std::string& value) { return {{comparison, ValueMap{{key, value}}}}; }

ValueMap deny(const char* name, const std::string& resource, ValueMap condition) {
  return {{"Sid", name}, {"Effect", "Deny"}, {"Principal", "*"}, {"Action", "s3:PutObject"}, {"Resource", resource}, {"Condition", std::move(condition)}};
}

Policy s3_policy(const ObjectSinkOptions& options, const PolicyWishes& wishes) {
  constexpr const char* header = "s3:x-amz-server-side-encryption";
  Policy policy;
  const std::string resource = "arn:" + partition_of(options.place.region) + ":s3:::" + options.place.bucket + "/" + options.upload.key.directory() + "*";
  const ValueMap principal{{"AWS", aws_principal(options, wishes, policy)}};
  std::string encryption(encryption_of(options));
  if (encryption.empty() && wishes.require_encryption) {
    encryption = "AES256";
    policy.notes.emplace_back("the sink would be refused: add encryption = { type = \"AES256\" } to it");
  }

  ValueMap write{{"Sid", "PenstockWrites"}, {"Effect", "Allow"}, {"Principal", principal}, {"Action", "s3:PutObject"}, {"Resource", resource}};
  if (!encryption.empty()) write["Condition"] = equals("StringEquals", header, encryption);
  ValueList statements{write, ValueMap{{"Sid", "PenstockAborts"}, {"Effect", "Allow"}, {"Principal", principal}, {"Action", "s3:AbortMultipartUpload"}, {"Resource", resource}}};
  if (wishes.require_encryption) {
    statements.push_back(deny("DenyOtherEncryption", resource, equals("StringNotEquals", header, encryption)));
    statements.push_back(deny("DenyNoEncryption", resource, equals("Null", header, "true")));
  }
  if (!options.place.endpoint.empty()) policy.notes.emplace_back("stores that speak S3's protocol do not all know bucket policies, or every condition: see your store's manual");
  policy.json = indented_json_of_value(ValueMap{{"Version", "2012-10-17"}, {"Statement", statements}});
  return policy;
}

Policy oss_policy(const ObjectSinkOptions& options, const PolicyWishes& wishes) {
  Policy policy;
  ValueMap write{{"Effect", "Allow"},
                 {"Action", ValueList{"oss:PutObject", "oss:AbortMultipartUpload"}},
                 {"Resource", ValueList{"acs:oss:*:*:" + options.place.bucket + "/" + options.upload.key.directory() + "*"}}};
  if (wishes.principal.empty()) {
    policy.notes.emplace_back("a RAM policy: attach it to the RAM user or role whose keys the sink has (--principal UID makes a bucket policy of it)");
  } else {
    write["Principal"] = ValueList{wishes.principal};
  }
  if (wishes.require_encryption) policy.notes.emplace_back("OSS encrypts by the bucket's own setting (server-side encryption): the policy has no condition for it");
  policy.json = indented_json_of_value(ValueMap{{"Version", "1"}, {"Statement", ValueList{write}}});
  return policy;
}

}  // namespace

Policy bucket_policy(const ObjectSinkOptions& options, const PolicyWishes& wishes) {
  return options.place.vendor == Vendor::oss ? oss_policy(options, wishes) : s3_policy(options, wishes);
}

}  // namespace penstock::object
