#include "bindings/object/body_digest.h"

#include <condition_variable>
#include <cstdint>
#include <mutex>

#include "bindings/compress/crc32c.h"
#include "bindings/sign/digest.h"

namespace penstock::object {

namespace {

constexpr std::size_t piece_bytes = 1024 * 1024;  // between looks at whether anybody still wants it

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
  return bytes;
}

}  // namespace

struct BodyDigest::Work {
  Work(ByteView bytes, DigestKinds wanted, std::function<void(Digests)> to_call) : body(bytes), kinds(wanted), done(std::move(to_call)) {}

  const ByteView body;
  const DigestKinds kinds;
  Digests digests;
  std::function<void(Digests)> done;

  std::mutex mutex;  // guards what follows
  std::condition_variable ended;
  bool cancelled = false;
  bool running = false;

  void run() {
    {
      const std::lock_guard lock(mutex);
      if (cancelled) return;
      running = true;
    }
    digest();
    // Told under the lock: who waits may destroy this as soon as it is free.
    const std::lock_guard lock(mutex);
    running = false;
    ended.notify_all();
  }
  void cancel() {
    std::unique_lock lock(mutex);
    cancelled = true;
    ended.wait(lock, [this] { return !running; });
  }

 private:
  bool wanted() {
    const std::lock_guard lock(mutex);
    return !cancelled;
  }
  void digest() {
    sign::StreamedDigest md5(sign::StreamedDigest::Kind::md5), sha256(sign::StreamedDigest::Kind::sha256);
    std::uint32_t crc = 0;
    for (ByteView rest = body; !rest.empty() && wanted();) {
      const ByteView piece = rest.substr(0, piece_bytes);
      if (kinds.md5) md5.add(piece);
      if (kinds.crc32c) crc = crc32c(piece, crc);
      if (kinds.sha256) sha256.add(piece);
      rest.remove_prefix(piece.size());
    }
    if (kinds.md5) digests.md5_base64 = sign::base64(md5.finish());
    if (kinds.crc32c) digests.crc32c_base64 = sign::base64(big_endian(crc));
    if (kinds.sha256) digests.sha256_hex = sign::hex(sha256.finish());
  }
};

BodyDigest::BodyDigest(Scheduler& scheduler, ByteView body, DigestKinds kinds, std::function<void(Digests)> done)
    : work_(std::make_shared<Work>(body, kinds, std::move(done))) {
  scheduled_ = scheduler.in_background([work = work_] { work->run(); }, [work = work_] {
    const std::function<void(Digests)> call = std::move(work->done);
    call(std::move(work->digests));
  });
}

BodyDigest::~BodyDigest() {
  scheduled_.reset();
  work_->cancel();
}

}  // namespace penstock::object
