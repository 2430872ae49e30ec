// The checksums of a body or a part of one, made on a thread of the process's pool: a part of 8 MiB takes 20 ms, which nothing
// else on the worker should wait for.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "runtime/base/bytes.h"
#include "runtime/loop/scheduler.h"

namespace penstock::object {

struct Digests {
  std::string md5_base64;  // Content-MD5; empty when not asked for, or where the system forbids MD5
  std::string crc32c_base64;  // x-amz-checksum-crc32c: of the big-endian bytes; empty when not asked for
  std::string sha256_hex;  // empty when not asked for
};

struct DigestKinds {
  bool md5 = false;
  bool crc32c = false;
  bool sha256 = false;
};

// The scheduler's thread makes and destroys it.
class BodyDigest {
 public:
  // Calls `done` once, not from inside the constructor; this may be destroyed in that call. `body` stays until the call came or
  // this is destroyed, which waits (a few milliseconds at most) for the thread that reads it.
  BodyDigest(Scheduler& scheduler, ByteView body, DigestKinds kinds, std::function<void(Digests)> done);
  ~BodyDigest();
  BodyDigest(const BodyDigest&) = delete;
  BodyDigest& operator=(const BodyDigest&) = delete;

 private:
  struct Work;
  std::shared_ptr<Work> work_;
  std::unique_ptr<Scheduled> scheduled_;
};

}  // namespace penstock::object
