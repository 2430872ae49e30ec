// One package on its way to being an object: one PUT, or a multipart upload when it is large.
//
// An object appears whole or not at all, whatever ends the upload. Every try of a package makes the same key with the same bytes.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bindings/object/body_digest.h"
#include "bindings/object/key_template.h"
#include "bindings/object/object_store.h"
#include "bindings/object/store_xml.h"
#include "bindings/object/upload_ledger.h"
#include "runtime/delivery/transport.h"
#include "runtime/event/path.h"

namespace penstock::object {

// Amazon S3 user guide, "Amazon S3 multipart upload limits".
inline constexpr std::uint64_t part_bytes_min = 5 * 1024 * 1024;
inline constexpr std::uint64_t parts_max = 10'000;

// What the store compares with the body that arrived, beside the signature's SHA-256 (where the body is signed).
enum class Checksum : std::uint8_t {
  none,
  md5,     // Content-MD5: known nearly everywhere
  crc32c,  // x-amz-checksum-crc32c: costs next to nothing; AWS's own store knows it (Amazon S3 user guide, "Checking object integrity")
};

// How objects are made: the same for all of a sink.
struct UploadSettings {
  KeyTemplate key;                // with the prefix in front
  KeyWriter writer;               // its extension is the format's alone: `ndjson`
  std::string format_type;        // the content type that the extension belongs to
  std::optional<Path> time_field; // of an event: its time is the key's; nothing: when the package was begun
  std::vector<sign::NameValue> properties;  // of every object: encryption, storage class
  bool only_if_absent = true;     // If-None-Match: *, until the store says that it does not know it
  Checksum checksum = Checksum::md5;
  bool sign_body = true;          // false: only over TLS
  std::uint64_t multipart_above = 64 * 1024 * 1024;
  std::uint64_t part_bytes = 8 * 1024 * 1024;  // grows where parts_max would not do
  int parts_at_once = 4;          // of one object
};

// What is known of a package's multipart upload; outlives the tries, so that the next one goes on where the last one ended.
struct MultipartProgress {
  std::string key;
  std::string upload_id;  // empty: not begun
  std::map<int, UploadedPart> parts;  // that are there, by number from 1
};

// What uploads share; all of it outlives them.
struct UploadSite {
  Scheduler& scheduler;
  ObjectStore& store;
  const UploadSettings& settings;
  UploadLedger* ledger;  // null: nothing is kept
};

// The key of a package; `hash` when the template needs it.
std::string key_of(const UploadSettings& settings, const Package& package, std::string_view hash);
// Content-Type, Content-Encoding and the settings' properties.
std::vector<sign::NameValue> properties_of(const UploadSettings& settings, const Package& package);

// The whole package as an object of this key; its body is the package's. The digests are of what DigestKinds asked for.
DigestKinds digests_wanted(const UploadSettings& settings);
ObjectRequest put_request(const UploadSettings& settings, const Package& package, std::string key, const Digests& digests);

class Upload final : public Transport::Request {
 public:
  // Calls `done` once, not from inside the constructor; the upload may be destroyed in that call. `package` and `progress` stay
  // where they are until then. Destroying it gives up the requests under way and keeps what the progress has.
  Upload(UploadSite site, const Package& package, MultipartProgress& progress, std::function<void(Answer)> done);
  ~Upload() override;

 private:
  struct Part;
  void with_key(std::string key);
  void put();
  void begin_multipart();
  void pump();
  void send_part(Part& part, Digests digests);
  void on_part(Part& part, const ObjectReply& reply);
  void complete();
  void on_completed(const ObjectReply& reply);
  void on_put(const ObjectReply& reply);
  Answer nothing_there(const ObjectReply& reply) const;
  std::string asked(const char* method) const;
  void look_for_object(Answer otherwise, std::function<void(Answer)> then);
  void abort_upload(Answer answer);
  void forget_upload();
  void fail(const StoreVerdict& verdict);
  void finish(Answer answer);
  ByteView part_body(int number) const;

  UploadSite site_;
  const Package& package_;
  MultipartProgress& progress_;
  std::function<void(Answer)> done_;
  std::string key_;
  std::uint64_t part_bytes_ = 0;
  int parts_ = 0;
  int next_part_ = 1;
  std::vector<std::unique_ptr<Part>> in_flight_;
  std::unique_ptr<StoreVerdict> failure_;  // of the first part that failed: no more are begun
  std::string completion_;
  std::unique_ptr<BodyDigest> digest_;
  std::unique_ptr<Scheduled> resume_;
  std::unique_ptr<Exchange> exchange_;
};

}  // namespace penstock::object
