#include "bindings/object/object_store.h"

#include "bindings/sign/oss_v1.h"

namespace penstock::object {

namespace {

unsigned bit_of(Remedy remedy) { return 1u << static_cast<unsigned>(remedy); }

// What it means that there are no keys to sign with.
StoreVerdict without_keys(const Status& status, const Asked& asked) {
  StoreVerdict verdict;
  verdict.answer.outcome = status.code() == Code::retryable ? Outcome::transient : Outcome::configuration;
  verdict.answer.text = asked.method + " " + asked.object + ": " + status.text();
  return verdict;
}

}  // namespace

// Waits for keys, sends, and sends again when what was wrong could be mended.
class ObjectStore::Sending final : public Exchange {
 public:
  Sending(ObjectStore& store, ObjectRequest request, std::function<void(ObjectReply)> done)
      : store_(store), request_(std::move(request)), done_(std::move(done)) {
    begin();
  }

 private:
  Asked asked() const { return {request_.method, object_name(store_.place_, request_.key), store_.place_.region, with_condition()}; }
  bool with_condition() const { return request_.only_if_absent && store_.knows_conditions_ && !without_condition_; }

  void begin() {
    if (const sign::KeyPair* keys = store_.parts_.credentials.usable()) {
      post(*keys);
      return;
    }
    wait_ = store_.parts_.credentials.want([this](const Result<sign::KeyPair>& keys) {
      if (keys.ok()) {
        post(keys.value());
      } else {
        finish({{}, without_keys(keys.status(), asked())});
      }
    });
  }

  void post(const sign::KeyPair& keys) {
    used_ = {keys, store_.place_.region, store_.clock_offset()};
    const Address address = address_of(store_.place_, request_.key);
    sign::Request signed_request{request_.method, address.path, request_.query, request_.headers};
    signed_request.headers.emplace_back("Host", address.host);
    if (with_condition()) signed_request.headers.push_back(condition());

    http::Sending sending;
    sending.method = request_.method;
    sending.url = address.url;
    if (!request_.query.empty()) sending.url += "?" + sign::query_text(request_.query);
    sending.body = request_.body;
    sending.answer_kept = request_.answer_kept;
    bool typed = false;
    for (const auto& [name, value] : signed_request.headers) {
      if (name != "Host") sending.headers.push_back(name + ": " + value);
      typed = typed || name == "Content-Type";
    }
    sending.headers.emplace_back("User-Agent: penstock/" PENSTOCK_VERSION);
    // libcurl would put in one of its own, which is not what was signed.
    if (!typed) sending.headers.push_back("Content-Type:");
    for (const auto& [name, value] : store_.signature_of(signed_request, request_, keys)) sending.headers.push_back(name + ": " + value);
    asked_ = asked();
    transfer_ = store_.parts_.client.send(sending, [this](http::Reply reply) { take(std::move(reply)); });
  }

  sign::NameValue condition() const {
    if (store_.place_.vendor == Vendor::oss) return {"x-oss-forbid-overwrite", "true"};
    return {"If-None-Match", "*"};
  }

  void take(http::Reply reply) {
    ObjectReply got{std::move(reply), {}};
    got.verdict = judge(got.http, asked_, store_.parts_.credentials.clock().now());
    const Remedy remedy = got.verdict.remedy;
    const bool new_remedy = remedy != Remedy::none && (tried_ & bit_of(remedy)) == 0;
    tried_ |= bit_of(remedy);
    if (remedy == Remedy::no_condition) without_condition_ = true;
    // It was the condition, and not something else that the store does not know.
    if (without_condition_ && got.verdict.answer.outcome == Outcome::delivered) store_.knows_conditions_ = false;
    if (new_remedy && store_.mend(remedy, got, used_)) {
      begin();
    } else {
      finish(std::move(got));
    }
  }

  void finish(ObjectReply reply) {
    const std::function<void(ObjectReply)> call = std::move(done_);
    call(std::move(reply));
  }

  ObjectStore& store_;
  const ObjectRequest request_;
  std::function<void(ObjectReply)> done_;
  Asked asked_;
  Used used_;
  unsigned tried_ = 0;   // remedies
  bool without_condition_ = false;
  std::unique_ptr<credentials::CredentialCache::Wait> wait_;
  std::unique_ptr<http::Transfer> transfer_;
};

ObjectStore::ObjectStore(Place place, Signature signature, StoreParts parts)
    : place_(std::move(place)),
      signature_(signature),
      parts_(std::move(parts)),
      sigv4_({place_.region, "s3"}),
      oss_v4_(place_.region, place_.bucket) {}

std::unique_ptr<Exchange> ObjectStore::send(ObjectRequest request, std::function<void(ObjectReply)> done) {
  return std::make_unique<Sending>(*this, std::move(request), std::move(done));
}

std::vector<sign::NameValue> ObjectStore::signature_of(const sign::Request& request, const ObjectRequest& what, const sign::KeyPair& keys) {
  const auto now = parts_.credentials.clock().now();
  if (signature_ == Signature::sigv4) {
    return sigv4_.sign(request, keys, what.sha256_hex.empty() ? std::string(sign::unsigned_payload) : what.sha256_hex, now);
  }
  // OSS signs the bucket and the key, wherever the bucket stands in the URL.
  sign::Request without_bucket = request;
  without_bucket.path = "/" + what.key;
  return signature_ == Signature::oss_v4 ? oss_v4_.sign(without_bucket, keys, now) : sign::sign_oss_v1(without_bucket, place_.bucket, keys, now);
}

// A request that was under way at the same time may have mended it already.
bool ObjectStore::mend(Remedy remedy, const ObjectReply& reply, const Used& used) {
  switch (remedy) {
    case Remedy::clock: return clock_offset() != used.clock_offset || set_clock(reply.http);
    case Remedy::region: return place_.region != used.region || move_to(reply.verdict.region);
    case Remedy::keys: return parts_.credentials.reject(used.keys);
    case Remedy::no_condition: return true;
    case Remedy::none:
    case Remedy::restart_upload:
    case Remedy::discard_upload: return false;
  }
  return false;
}

bool ObjectStore::set_clock(const http::Reply& reply) {
  const auto told = parts_.credentials.clock().correct(reply.header("date"), "the store");
  if (told && parts_.on_message) parts_.on_message(*told);
  return told.has_value();
}

// An endpoint that the script gives stays; only what is signed changes then.
bool ObjectStore::move_to(const std::string& region) {
  if (region.empty() || region == place_.region) return false;
  if (parts_.on_message) parts_.on_message("bucket " + place_.bucket + " is in " + region + ", not in " + place_.region + ": set region = \"" + region + "\"");
  place_.region = region;
  sigv4_ = sign::SigV4({region, "s3"});
  oss_v4_ = sign::OssV4(region, place_.bucket);
  return true;
}

}  // namespace penstock::object
