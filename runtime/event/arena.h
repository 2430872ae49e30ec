// Memory for values made while a batch is worked on (unescaped strings, edited fields). Given back all at once.
#pragma once
#include <memory>
#include <vector>

#include "runtime/base/bytes.h"

namespace penstock {

// Blocks are kept over reset() up to `keep_bytes`, so a steady flow allocates nothing.
class Arena {
 public:
  explicit Arena(std::size_t block_bytes = 64 * 1024, std::size_t keep_bytes = 1024 * 1024)
      : block_bytes_(block_bytes), keep_bytes_(keep_bytes) {}

  // Uninitialised bytes, valid until reset(). Followed by padding that may be read (not written). Not aligned.
  char* allocate(std::size_t size) {
    if (size > left_) refill(size);
    char* out = next_;
    next_ += size;
    left_ -= size;
    return out;
  }
  // Gives back the tail of the latest allocation: it shrinks from `had` to `used` bytes.
  void trim(std::size_t had, std::size_t used) {
    next_ -= had - used;
    left_ += had - used;
  }
  ByteView copy(ByteView bytes) {
    char* out = allocate(bytes.size());
    if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
    return {out, bytes.size()};
  }
  // An uninitialised array of T (trivial), aligned.
  template <class T>
  T* allocate_array(std::size_t count) {
    char* raw = allocate(count * sizeof(T) + alignof(T));
    const auto at = reinterpret_cast<std::uintptr_t>(raw);
    return reinterpret_cast<T*>(raw + (alignof(T) - at % alignof(T)) % alignof(T));
  }

  // Everything allocated becomes invalid.
  void reset();
  std::size_t bytes() const { return total_bytes_; }

 private:
  struct Block {
    std::unique_ptr<char[]> data;
    std::size_t size;
  };
  void refill(std::size_t size);

  std::size_t block_bytes_;
  std::size_t keep_bytes_;
  std::vector<Block> blocks_;
  std::size_t used_blocks_ = 0;
  std::size_t total_bytes_ = 0;
  char* next_ = nullptr;
  std::size_t left_ = 0;
};

}  // namespace penstock
