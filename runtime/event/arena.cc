#include "runtime/event/arena.h"

namespace penstock {

void Arena::refill(std::size_t size) {
  // A kept block that is large enough serves again; smaller ones in between wait for the next reset.
  while (used_blocks_ < blocks_.size()) {
    Block& block = blocks_[used_blocks_++];
    if (block.size >= size) {
      next_ = block.data.get();
      left_ = block.size;
      return;
    }
  }
  const std::size_t block_size = size > block_bytes_ ? size : block_bytes_;
  blocks_.push_back({std::unique_ptr<char[]>(new char[block_size + padding_bytes]), block_size});
  used_blocks_ = blocks_.size();
  total_bytes_ += block_size;
  next_ = blocks_.back().data.get();
  left_ = block_size;
}

void Arena::reset() {
  while (total_bytes_ > keep_bytes_ && !blocks_.empty()) {
    total_bytes_ -= blocks_.back().size;
    blocks_.pop_back();
  }
  used_blocks_ = 0;
  next_ = nullptr;
  left_ = 0;
}

}  // namespace penstock
