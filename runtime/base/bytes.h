// Bytes that belong to somebody else (ByteView) and bytes that grow (Buffer).
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace penstock {

// A view of bytes; not text, may hold anything. Never owns.
using ByteView = std::string_view;

// Vector instructions and simdjson read past the end of what they scan by at most this many bytes.
// Every Buffer keeps that much allocated (not initialised) after its capacity.
inline constexpr std::size_t padding_bytes = 64;

// A growable run of bytes. Unlike std::string it never writes bytes that nobody asked for: growing does not clear.
class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(std::size_t capacity) { reserve(capacity); }
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    swap(other);
    return *this;
  }

  char* data() { return data_.get(); }
  const char* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  bool empty() const { return size_ == 0; }
  ByteView view() const { return {data_.get(), size_}; }
  char* end() { return data_.get() + size_; }

  void clear() { size_ = 0; }
  // Sets the size; bytes between the old and the new size hold whatever was there. Requires size <= capacity().
  void set_size(std::size_t size) { size_ = size; }

  // Makes room for `capacity` bytes in all. Keeps the content.
  void reserve(std::size_t capacity) {
    if (capacity > capacity_) grow(capacity);
  }
  // Makes room for `more` bytes after size(); returns where they go. Follow with add_size(written).
  char* room(std::size_t more) {
    if (size_ + more > capacity_) grow(size_ + more);
    return data_.get() + size_;
  }
  void add_size(std::size_t written) { size_ += written; }

  void append(ByteView bytes) {
    char* to = room(bytes.size());
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void append(char byte) {
    *room(1) = byte;
    ++size_;
  }
  // Removes the first `count` bytes; the rest moves to the front.
  void drop_front(std::size_t count) {
    size_ -= count;
    if (size_ != 0 && count != 0) std::memmove(data_.get(), data_.get() + count, size_);
  }
  // Gives the memory back when it grew past `keep` bytes. Requires an empty buffer.
  void shrink(std::size_t keep) {
    if (capacity_ <= keep) return;
    data_.reset();
    capacity_ = 0;
    reserve(keep);
  }
  void swap(Buffer& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

 private:
  void grow(std::size_t least) {
    std::size_t capacity = capacity_ + capacity_ / 2;
    if (capacity < least) capacity = least;
    if (capacity < 256) capacity = 256;
    std::unique_ptr<char[]> bigger(new char[capacity + padding_bytes]);
    if (size_ != 0) std::memcpy(bigger.get(), data_.get(), size_);
    data_ = std::move(bigger);
    capacity_ = capacity;
  }

  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace penstock
