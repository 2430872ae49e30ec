#include "bindings/object/owned_bucket.h"

#include "bindings/object/bucket_policy.h"
#include "bindings/object/single_object.h"
#include "bindings/object/store_access.h"

namespace penstock::object {

namespace {

using std::chrono::milliseconds;

// The token's file being written or removed.
class TokenWork final : public OwnedDestination::Work {
 public:
  using Begin = void (SingleObject::*)(SingleObject::Done);

  TokenWork(const ObjectSinkOptions& options, Scheduler& scheduler, std::string key, const std::string& text, Begin begin, std::function<void(Answer)> done)
      : done_(std::move(done)) {
    step_ = scheduler.after(milliseconds(0), [this, &options, &scheduler, key = std::move(key), text, begin] {
      Result<std::unique_ptr<StoreAccess>> access = StoreAccess::open(options, scheduler);
      if (!access.ok()) return finish({Outcome::configuration, access.status().text(), {}});
      access_ = *std::move(access);
      store_ = std::make_unique<ObjectStore>(options.place, options.signature, access_->parts(nullptr));
      UploadSettings settings = options.upload;
      settings.only_if_absent = false;  // a new token takes the place of the old one
      object_ = std::make_unique<SingleObject>(scheduler, *store_, std::move(settings), key, package_of(text));
      (*object_.*begin)([this](const ObjectReply& reply) { finish(reply.verdict.answer); });
    });
  }

 private:
  static Package package_of(const std::string& text) {
    Package package;
    package.body.append(text + "\n");
    package.form.content_type = "text/plain";
    package.form.compression = "none";
    return package;
  }
  void finish(Answer answer) {
    const auto done = std::move(done_);
    done(std::move(answer));  // *this may be gone now
  }

  std::function<void(Answer)> done_;
  // Each stands on those before it.
  std::unique_ptr<StoreAccess> access_;
  std::unique_ptr<ObjectStore> store_;
  std::unique_ptr<SingleObject> object_;
  std::unique_ptr<Scheduled> step_;
};

class OwnedBucket final : public OwnedDestination {
 public:
  OwnedBucket(std::shared_ptr<const ObjectSinkOptions> options, bool must_be_verified) : options_(std::move(options)), must_be_verified_(must_be_verified) {}

  std::string name() const override {
    return object_name(options_->place, directory()) + (options_->place.endpoint.empty() ? "" : " at " + options_->place.endpoint);
  }
  std::string identity() const override {
    // A bucket's name is one in all regions of AWS, but for China's and the government's.
    const std::string& endpoint = options_->place.endpoint;
    return "s3 " + (endpoint.empty() ? vendor_endpoint(Vendor::s3, partition()) : normal(endpoint)) + " " + options_->place.bucket + " " + directory();
  }
  bool can_be_verified() const override { return options_->place.vendor == Vendor::s3; }
  bool must_be_verified() const override { return must_be_verified_; }
  Policy policy(const PolicyWishes& wishes) const override { return bucket_policy(*options_, wishes); }

  std::string token_file(const std::string& id) const override { return object_name(options_->place, token_key(id)); }
  std::unique_ptr<Work> write_token(Scheduler& scheduler, const std::string& id, const std::string& text, std::function<void(Answer)> done) const override {
    return std::make_unique<TokenWork>(*options_, scheduler, token_key(id), text, &SingleObject::put, std::move(done));
  }
  std::unique_ptr<Work> remove_token(Scheduler& scheduler, const std::string& id, std::function<void(Answer)> done) const override {
    return std::make_unique<TokenWork>(*options_, scheduler, token_key(id), "", &SingleObject::remove, std::move(done));
  }

 private:
  std::string directory() const { return options_->upload.key.directory(); }
  std::string token_key(const std::string& id) const { return directory() + "penstock-ownership-" + id + ".txt"; }
  std::string partition() const {
    const std::string& region = options_->place.region;
    return region.starts_with("cn-") ? "cn-north-1" : region.starts_with("us-gov-") ? "us-gov-west-1" : "us-east-1";
  }
  // Letter case and a slash at the end make no other endpoint.
  static std::string normal(std::string endpoint) {
    while (endpoint.ends_with('/')) endpoint.pop_back();
    for (char& c : endpoint)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return endpoint;
  }

  const std::shared_ptr<const ObjectSinkOptions> options_;
  const bool must_be_verified_;
};

}  // namespace

std::unique_ptr<OwnedDestination> owned_bucket(std::shared_ptr<const ObjectSinkOptions> options, bool must_be_verified) {
  return std::make_unique<OwnedBucket>(std::move(options), must_be_verified);
}

}  // namespace penstock::object
