// AWS Signature Version 4 (docs.aws.amazon.com: "Signature Version 4 signing process", "Authenticating Requests" of the
// Amazon S3 API reference), for S3 and for services called at the path `/` (STS).
//
// Nothing is normalised: `//`, `.` and `..` in a path are signed as they are, so they have to be sent as they are.
#pragma once
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "bindings/sign/digest.h"
#include "bindings/sign/request.h"

namespace penstock::sign {

// In place of a body's SHA-256 where the body is not to be signed: only over TLS.
inline constexpr std::string_view unsigned_payload = "UNSIGNED-PAYLOAD";

struct SigV4Scope {
  std::string region;         // eu-central-1
  std::string service = "s3";  // or sts
};

// What was signed, for tests and for comparing with what a server says it has seen. Holds no secret.
struct SigV4Trace {
  std::string canonical_request;
  std::string string_to_sign;
  std::string signature;
};

// One signer for each destination. Keeps the key derived for the day; not thread-safe.
class SigV4 {
 public:
  explicit SigV4(SigV4Scope scope) : scope_(std::move(scope)) {}

  // The headers to add to the request, which must have its Host: X-Amz-Date, for S3 X-Amz-Content-Sha256, with temporary keys
  // X-Amz-Security-Token, and Authorization. Every header of the request is signed: give those that nobody changes on the way
  // (host, content-type, content-md5, x-amz-*). `payload_hash`: the body's SHA-256 in lower-case hexadecimal digits, or
  // unsigned_payload.
  std::vector<NameValue> sign(const Request& request, const KeyPair& keys, std::string_view payload_hash,
                              std::chrono::system_clock::time_point now, SigV4Trace* trace = nullptr);

  // A presigned URL's query, `X-Amz-Algorithm=...&X-Amz-Signature=...`, the request's own parameters among them. Whoever uses
  // the URL has to send the request's headers (Host, x-amz-server-side-encryption) as they are here. Requires
  // 1 s <= `lifetime` <= 7 days. The text is a credential: it must not be logged.
  std::string presign(const Request& request, const KeyPair& keys, std::chrono::seconds lifetime, std::chrono::system_clock::time_point now,
                      SigV4Trace* trace = nullptr);

  const SigV4Scope& scope() const { return scope_; }

 private:
  struct Stamp;
  std::string finish(const Request& request, const Stamp& stamp, const KeyPair& keys, std::string_view payload_hash, std::string& signed_names,
                     SigV4Trace* trace);
  const Sha256& signing_key(const Secret& secret, const std::string& day);

  SigV4Scope scope_;
  Secret key_secret_;    // what key_ was derived from
  std::string key_day_;
  Sha256 key_{};
};

}  // namespace penstock::sign
