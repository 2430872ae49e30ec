// A role that is assumed at a security token service: what AWS's and Alibaba Cloud's have in common.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bindings/credentials/credential_source.h"
#include "bindings/http/url.h"

namespace penstock::credentials {

struct StsRequest {
  std::vector<std::string> headers;
  std::string body;
};

struct StsError {
  std::string code;     // `AccessDenied`; empty when the answer is no such error
  std::string message;
};

// How one vendor's service is asked to let a role be assumed.
class StsCall {
 public:
  virtual ~StsCall() = default;
  // Signed with `keys` as of `now`; unsigned when they are empty.
  virtual StsRequest request(const sign::KeyPair& keys, std::chrono::system_clock::time_point now) const = 0;
  // Nothing when the body holds no keys with an end.
  virtual std::optional<Credentials> credentials_in(std::string_view body) const = 0;
  virtual StsError error_in(std::string_view body) const = 0;

  std::string arn;      // of the role
  http::Url endpoint;
  Secret token;         // that stands for keys; empty: keys sign
};

// The fetch fails with Code::retryable when the service is away or asks to wait, Code::io when its host is unknown or its certificate
// is bad, Code::denied when it refuses. A refusal while
// this machine's clock is off is tried once more by the service's clock. What is told never holds the keys or the token, even
// when the service repeats them.
//
// `with`: whose keys sign; null: none. It outlives the fetch.
std::unique_ptr<Fetch> assume(World& world, std::unique_ptr<StsCall> call, CredentialSource* with, Done done);

}  // namespace penstock::credentials
