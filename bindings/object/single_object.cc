#include "bindings/object/single_object.h"

namespace penstock::object {

SingleObject::SingleObject(Scheduler& scheduler, ObjectStore& store, UploadSettings settings, std::string key, Package package)
    : scheduler_(scheduler), store_(store), settings_(std::move(settings)), key_(std::move(key)), package_(std::move(package)) {}

void SingleObject::put(Done done) {
  digest_ = std::make_unique<BodyDigest>(scheduler_, package_.body.view(), digests_wanted(settings_), [this, call = std::move(done)](const Digests& digests) {
    exchange_ = store_.send(put_request(settings_, package_, key_, digests), call);
  });
}

void SingleObject::remove(Done done) {
  ObjectRequest request{"DELETE", key_, {}, {}, {}, "", false};
  if (settings_.sign_body) request.sha256_hex = sign::hex(sign::view(sign::sha256("")));
  exchange_ = store_.send(std::move(request), std::move(done));
}

}  // namespace penstock::object
