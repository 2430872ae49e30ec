#include "bindings/object/verdict.h"

#include <algorithm>

#include "bindings/http/retry_after.h"

namespace penstock::object {

namespace {

struct Row {
  std::string_view code;
  Outcome outcome;
  Remedy remedy;
  Concern concern;
  std::string_view hint;  // what to do; empty: nothing, it passes
};

constexpr Row rows[] = {
    // It passes.
    {"SlowDown", Outcome::transient, Remedy::none, Concern::service, ""},
    {"ServiceUnavailable", Outcome::transient, Remedy::none, Concern::service, ""},
    {"InternalError", Outcome::transient, Remedy::none, Concern::service, ""},
    {"RequestTimeout", Outcome::transient, Remedy::none, Concern::service, ""},
    {"OperationAborted", Outcome::transient, Remedy::none, Concern::service, ""},
    {"ConditionalRequestConflict", Outcome::transient, Remedy::discard_upload, Concern::service, ""},
    {"Throttling", Outcome::transient, Remedy::none, Concern::service, ""},
    {"ThrottlingException", Outcome::transient, Remedy::none, Concern::service, ""},
    {"RequestThrottled", Outcome::transient, Remedy::none, Concern::service, ""},
    {"KMS.ThrottlingException", Outcome::transient, Remedy::none, Concern::service, ""},
    {"TooManyRequests", Outcome::transient, Remedy::none, Concern::service, ""},
    {"RequestLimitExceeded", Outcome::transient, Remedy::none, Concern::service, ""},
    {"BadDigest", Outcome::transient, Remedy::none, Concern::service, ""},
    {"InvalidDigest", Outcome::transient, Remedy::none, Concern::service, ""},
    {"IncompleteBody", Outcome::transient, Remedy::none, Concern::service, ""},
    {"XAmzContentSHA256Mismatch", Outcome::transient, Remedy::none, Concern::service, ""},
    {"NoSuchUpload", Outcome::transient, Remedy::restart_upload, Concern::service, ""},
    {"InvalidPart", Outcome::transient, Remedy::discard_upload, Concern::service, ""},
    // It can be mended here.
    {"RequestTimeTooSkewed", Outcome::transient, Remedy::clock, Concern::signature, "set this machine's clock"},
    {"ExpiredToken", Outcome::configuration, Remedy::keys, Concern::signature, "the session token has expired: give new keys"},
    {"ExpiredTokenException", Outcome::configuration, Remedy::keys, Concern::signature, "the session token has expired: give new keys"},
    {"SecurityTokenExpired", Outcome::configuration, Remedy::keys, Concern::signature, "the session token has expired: give new keys"},
    {"AuthorizationHeaderMalformed", Outcome::configuration, Remedy::region, Concern::signature, "check region"},
    {"PermanentRedirect", Outcome::configuration, Remedy::region, Concern::bucket, "check region and endpoint"},
    {"TemporaryRedirect", Outcome::transient, Remedy::region, Concern::bucket, ""},
    // A person has to mend it.
    {"AccessDenied", Outcome::configuration, Remedy::none, Concern::permission,
     "the key may not write there: allow s3:PutObject (OSS: oss:PutObject) on the bucket's objects, and see whether its policy asks for encryption"},
    {"AllAccessDisabled", Outcome::configuration, Remedy::none, Concern::permission, "the bucket's owner has disabled it"},
    // Keys may have been changed where they came from since they were read.
    {"InvalidAccessKeyId", Outcome::configuration, Remedy::keys, Concern::signature, "no such access key: check the key pair's id"},
    {"SignatureDoesNotMatch", Outcome::configuration, Remedy::keys, Concern::signature,
     "the secret is not this access key's: check it, also for line ends and spaces"},
    {"InvalidToken", Outcome::configuration, Remedy::keys, Concern::signature, "the session token is not valid"},
    {"TokenRefreshRequired", Outcome::configuration, Remedy::keys, Concern::signature, "the session token is not valid any more"},
    {"NoSuchBucket", Outcome::configuration, Remedy::none, Concern::bucket, "there is no such bucket: check bucket, and endpoint and region"},
    {"InvalidBucketName", Outcome::configuration, Remedy::none, Concern::bucket, "check bucket"},
    {"SecondLevelDomainForbidden", Outcome::configuration, Remedy::none, Concern::bucket, "set addressing = \"virtual\""},
    {"NotImplemented", Outcome::configuration, Remedy::none, Concern::object,
     "the store does not know something that was asked of it: leave out storage_class and encryption"},
    {"InvalidStorageClass", Outcome::configuration, Remedy::none, Concern::object, "check storage_class"},
    {"KMS.NotFoundException", Outcome::configuration, Remedy::none, Concern::object, "check encryption.key_id"},
    {"KMS.DisabledException", Outcome::configuration, Remedy::none, Concern::object, "the encryption key is disabled"},
    {"KeyTooLongError", Outcome::configuration, Remedy::none, Concern::object, "make key shorter"},
    {"QuotaExceeded", Outcome::configuration, Remedy::none, Concern::bucket, "the bucket is full"},
    // The events' fault.
    {"EntityTooLarge", Outcome::data, Remedy::none, Concern::object, "make batch.bytes smaller"},
    {"MaxMessageLengthExceeded", Outcome::data, Remedy::none, Concern::object, "make batch.bytes smaller"},
    // One object's, when reading.
    {"InvalidObjectState", Outcome::configuration, Remedy::none, Concern::object, "it is archived: restore it, and copy it to where it is read"},
};

constexpr std::string_view read_denied_hint =
    "the key may not read there: allow s3:ListBucket on the bucket and s3:GetObject on its objects (OSS: oss:ListObjects and oss:GetObject)";

const Row* find_row(std::string_view code) {
  const auto* found = std::find_if(std::begin(rows), std::end(rows), [&](const Row& row) { return row.code == code; });
  return found == std::end(rows) ? nullptr : found;
}

Outcome outcome_of_status(int status) {
  if (status >= 500 || status == 408 || status == 425 || status == 429) return Outcome::transient;
  if (status == 413) return Outcome::data;
  // Halving a batch changes neither its signature nor its key: what else a store refuses is for a person.
  return Outcome::configuration;
}

Concern concern_of_status(int status) {
  if (status == 401) return Concern::signature;
  if (status == 403) return Concern::permission;
  if (status == 404 || (status >= 300 && status < 400)) return Concern::bucket;
  return status >= 500 || status == 429 ? Concern::service : Concern::object;
}

// What the server says goes into a host's name: nothing but a region's letters may.
std::string as_region(std::string_view text) {
  if (text.starts_with("dualstack.")) text.remove_prefix(std::string_view("dualstack.").size());
  const bool plain = text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
  return plain ? std::string(text) : "";
}

// Of AWS's (bucket.s3.eu-west-1.amazonaws.com, bucket.s3-eu-west-1.amazonaws.com) or OSS's host (oss-cn-shanghai.aliyuncs.com).
std::string_view region_in_host(std::string_view host) {
  if (const std::size_t oss = host.find("oss-"); oss != std::string_view::npos && host.ends_with(".aliyuncs.com")) {
    host = host.substr(oss + 4, host.find('.', oss) - oss - 4);
    return host.ends_with("-internal") ? host.substr(0, host.size() - 9) : host;
  }
  const std::size_t domain = host.rfind(".amazonaws.com");
  if (domain == std::string_view::npos) return "";
  host = host.substr(0, domain);
  const std::size_t s3 = host.rfind("s3");
  return s3 == std::string_view::npos || host.size() < s3 + 4 ? "" : host.substr(s3 + 3);
}

// Where the bucket is, as far as the server tells: a header, or the document's Region or Endpoint.
std::string right_region(const http::Reply& reply, const StoreError& error) {
  if (const std::string_view region = reply.header("x-amz-bucket-region"); !region.empty()) return as_region(region);
  return as_region(!error.region.empty() ? std::string_view(error.region) : region_in_host(error.endpoint));
}

std::string store_says(const StoreError& error) {
  std::string text;
  if (!error.code.empty()) text += " " + error.code;
  if (!error.message.empty()) text += ": \"" + error.message + "\"";
  if (!error.request_id.empty()) text += " (request " + error.request_id + ")";
  return text;
}

// An object is there already, under a name that only this package has. A 412 of somebody on the way has no such code.
bool says_there(const http::Reply& reply, std::string_view code, const Asked& asked) {
  return asked.condition && (code == "PreconditionFailed" || code == "FileAlreadyExists" || reply.status == 304);
}

StoreVerdict of_trouble(const http::Reply& reply, const Asked& asked) {
  StoreVerdict verdict;
  verdict.answer.outcome = reply.trouble == http::Trouble::setup ? Outcome::configuration : Outcome::transient;
  verdict.answer.text = asked.method + " " + asked.object + ": " + reply.text;
  return verdict;
}

}  // namespace

StoreVerdict judge(const http::Reply& reply, const Asked& asked, std::chrono::system_clock::time_point now) {
  if (reply.trouble != http::Trouble::none) return of_trouble(reply, asked);
  StoreVerdict verdict;
  const bool reads = asked.method == "GET" || asked.method == "HEAD";
  // What was asked to be read is the body: it may be anything, an <Error> too.
  if (reads && reply.status >= 200 && reply.status < 300) return verdict;
  const StoreError error = parse_error(reply.body).value_or(StoreError{});
  verdict.code = error.code;
  if (reply.status >= 200 && reply.status < 300 && error.code.empty()) return verdict;
  if (says_there(reply, error.code, asked)) {
    verdict.there = true;
    return verdict;
  }

  const Row* row = find_row(error.code);
  verdict.answer.outcome = row ? row->outcome : outcome_of_status(reply.status);
  verdict.answer.retry_after = http::parse_retry_after(reply.header("retry-after"), now);
  verdict.concern = row ? row->concern : concern_of_status(reply.status);
  if (row) verdict.remedy = row->remedy;
  if (asked.condition && (reply.status == 501 || error.code == "NotImplemented")) verdict.remedy = Remedy::no_condition;
  std::string hint = row ? std::string(row->hint) : "";
  if (reads && error.code == "AccessDenied") hint = read_denied_hint;
  const std::string region = right_region(reply, error);
  if (!region.empty() && region != asked.region) {
    verdict.remedy = Remedy::region;
    verdict.region = region;
    hint = "the bucket is in " + region + ": set region = \"" + region + "\"";
  } else if (verdict.remedy == Remedy::region) {
    verdict.remedy = Remedy::none;
  }
  // Not followed: what was signed is for this host alone.
  if (const std::string_view elsewhere = reply.header("location"); hint.empty() && reply.status / 100 == 3 && !elsewhere.empty()) {
    hint = "it sends us to " + std::string(elsewhere.substr(0, elsewhere.find('?'))) + ": check endpoint";
  }
  verdict.answer.text = asked.method + " " + asked.object + ": HTTP " + std::to_string(reply.status) + store_says(error);
  if (!hint.empty()) verdict.answer.text += " (hint: " + hint + ")";
  return verdict;
}

}  // namespace penstock::object
