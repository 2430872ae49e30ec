#include "bindings/object/store_options.h"

namespace penstock::object {

namespace {

constexpr std::chrono::hours slowest_body{1};

Status wrong(const std::string& text) { return Status(Code::invalid, text); }

// cn-hangzhou of oss-cn-hangzhou.aliyuncs.com and its like; empty for other hosts.
std::string oss_region_of(const std::string& endpoint) {
  const std::size_t at = endpoint.find("oss-");
  if (at == std::string::npos || endpoint.find(".aliyuncs.com") == std::string::npos) return "";
  std::string region = endpoint.substr(at + 4, endpoint.find('.', at) - at - 4);
  if (region.ends_with("-internal")) region.resize(region.size() - 9);
  return region.starts_with("accelerate") ? "" : region;
}

Status read_region(Vendor vendor, const Value& options, const credentials::Machine& machine, StoreOptions& into) {
  Place& place = into.place;
  place.region = options.string_or("region", "");
  if (vendor == Vendor::oss) {
    if (place.region.starts_with("oss-")) place.region.erase(0, 4);
    if (place.region.empty()) place.region = oss_region_of(place.endpoint);
    if (place.region.empty() && (place.endpoint.empty() || into.signature == Signature::oss_v4))
      return wrong("option 'region' is missing (hint: region = \"cn-hangzhou\")");
    return {};
  }
  if (place.region.empty()) {
    credentials::ProfileOptions profile;
    const Value& given = options["credentials"];
    profile.name = given.string_or("profile", "");
    profile.credentials_path = given.string_or("credentials_path", "");
    profile.config_path = given.string_or("config_path", "");
    place.region = credentials::aws_region(machine, profile).value_or("us-east-1");
  }
  return {};
}

Status read_place(Vendor vendor, const Value& options, const credentials::Machine& machine, StoreOptions& into) {
  Place& place = into.place;
  place.vendor = vendor;
  place.bucket = options.string_or("bucket", "");
  if (Status status = check_bucket(place.bucket); !status.ok()) return status;
  place.endpoint = options.string_or("endpoint", "");
  if (!place.endpoint.empty()) {
    if (Status status = check_endpoint(place.endpoint); !status.ok()) return status;
  }
  if (vendor == Vendor::oss) into.signature = options.string_or("signature", "v4") == "v1" ? Signature::oss_v1 : Signature::oss_v4;
  if (Status status = read_region(vendor, options, machine, into); !status.ok()) return status;
  const std::string addressing = options.string_or("addressing", "auto");
  place.addressing = addressing == "virtual" ? Addressing::virtual_host
                     : addressing == "path"  ? Addressing::path
                     : addressing == "domain" ? Addressing::domain
                                              : usual_addressing(place);
  if (place.addressing == Addressing::domain && place.endpoint.empty()) return wrong("addressing \"domain\" is that of an endpoint: give endpoint");
  return {};
}

Status read_credentials(Vendor vendor, const Value& options, StoreOptions& into) {
  if (vendor == Vendor::oss) {
    Result<credentials::AliyunCredentialOptions> aliyun = credentials::parse_aliyun_credentials(options);
    if (!aliyun.ok()) return aliyun.take_status();
    into.aliyun = *std::move(aliyun);
    return {};
  }
  Result<credentials::AwsCredentialOptions> aws = credentials::parse_aws_credentials(options, into.place.region);
  if (!aws.ok()) return aws.take_status();
  into.aws = *std::move(aws);
  return {};
}

Status read_client(const Value& options, StoreOptions& into) {
  using std::chrono::milliseconds;
  // A body may be as slow as the line is, as long as it moves.
  const milliseconds timeout(options.integer_or("timeout_ms", 60'000));
  into.client.stall = std::chrono::ceil<std::chrono::seconds>(timeout);
  into.client.timeout = std::max<milliseconds>(timeout, slowest_body);
  into.client.connect_timeout = milliseconds(options.integer_or("connect_timeout_ms", 10'000));
  into.client.tls = {options.string_or("tls_ca", ""), options.string_or("tls_cert", ""), options.string_or("tls_key", ""), options.bool_or("tls_verify", true)};
  return http::check_files(into.client.tls);
}

}  // namespace

Result<StoreOptions> StoreOptions::from(Vendor vendor, const Value& options, const credentials::Machine& machine) {
  StoreOptions into;
  if (Status status = read_place(vendor, options, machine, into); !status.ok()) return status;
  if (Status status = read_credentials(vendor, options["credentials"], into); !status.ok()) return status;
  if (Status status = read_client(options, into); !status.ok()) return status;
  return into;
}

std::string StoreOptions::describe_objects(const std::string& keys) const {
  return object_name(place, keys) + (place.endpoint.empty() ? " (" + place.region + ")" : " at " + place.endpoint);
}

}  // namespace penstock::object
