// One bucket: requests to it, signed, and what its answers mean. What can be mended without a person is mended here, once for each
// request: a clock that is wrong, keys that have expired, the bucket's real region, a store that does not know a condition.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bindings/credentials/credential_cache.h"
#include "bindings/http/client.h"
#include "bindings/object/address.h"
#include "bindings/object/verdict.h"
#include "bindings/sign/oss_v4.h"
#include "bindings/sign/sigv4.h"

namespace penstock::object {

enum class Signature : std::uint8_t {
  sigv4,   // of AWS
  oss_v4,
  oss_v1,
};

// A request as the store's API has it.
struct ObjectRequest {
  std::string method;
  std::string key;
  std::vector<sign::NameValue> query;    // plain text
  std::vector<sign::NameValue> headers;  // signed; not Host
  ByteView body;                         // stays until the reply came or the exchange is gone
  std::string sha256_hex;                // of the body; empty: the body is not signed
  bool only_if_absent = false;           // refused when the object is there, which counts as delivered
  std::size_t answer_kept = http::body_kept_max;  // bytes of the answer's body that are for the reply
};

struct ObjectReply {
  http::Reply http;
  StoreVerdict verdict;
};

// A request under way; destroying it gives it up.
class Exchange {
 public:
  virtual ~Exchange() = default;
};

struct StoreParts {
  Scheduler& scheduler;
  http::Client& client;
  credentials::CredentialCache& credentials;
  // Something to tell the user, once for each change: the bucket is in another region.
  std::function<void(const std::string&)> on_message;
};

// One thread: the scheduler's. What it is made of outlives it, and it outlives its exchanges.
class ObjectStore {
 public:
  ObjectStore(Place place, Signature signature, StoreParts parts);

  // Calls `done` once, not from inside send(); the exchange may be destroyed in that call.
  std::unique_ptr<Exchange> send(ObjectRequest request, std::function<void(ObjectReply)> done);

  const Place& place() const { return place_; }
  // False once the store said that it does not know If-None-Match.
  bool knows_conditions() const { return knows_conditions_; }
  // Of the servers' clock, as far as one complained about ours.
  std::chrono::seconds clock_offset() const { return parts_.credentials.clock().offset(); }

 private:
  class Sending;
  std::vector<sign::NameValue> signature_of(const sign::Request& request, const ObjectRequest& what, const sign::KeyPair& keys);
  // What a request was signed with.
  struct Used {
    sign::KeyPair keys;
    std::string region;
    std::chrono::seconds clock_offset{0};
  };
  bool mend(Remedy remedy, const ObjectReply& reply, const Used& used);
  bool move_to(const std::string& region);
  bool set_clock(const http::Reply& reply);

  Place place_;
  const Signature signature_;
  StoreParts parts_;
  sign::SigV4 sigv4_;
  sign::OssV4 oss_v4_;
  bool knows_conditions_ = true;
};

}  // namespace penstock::object
