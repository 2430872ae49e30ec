// The structured data of RFC 5424 section 6.3, as JSON.
#pragma once
#include <string>
#include <vector>

#include "runtime/base/bytes.h"

namespace penstock {

// Reads `[id name="value" ...][...]`. Keeps its working memory from one message to the next.
class StructuredDataReader {
 public:
  // More parameters than this in one message are refused.
  static constexpr std::size_t params_max = 256;

  // Reads the elements at the front of `text` (which starts with `[`), appends them to `json` as one object of objects, and
  // sets `size` to what they took. False: `what` was expected at byte `size`; `json` is then worth nothing.
  bool read(ByteView text, Buffer& json, std::size_t& size, const char*& what);

 private:
  struct Param {
    ByteView name;
    ByteView value;      // as written
    bool escaped;
    bool written;
  };
  bool read_element(ByteView text, std::size_t& at, const char*& what);
  bool read_value(ByteView text, std::size_t& at, Param& param, const char*& what);
  void write_element(Buffer& json);
  void write_value(const Param& param, Buffer& json);

  std::vector<ByteView> ids_;
  std::vector<Param> params_;
  std::size_t params_seen_ = 0;
  Buffer unescaped_;
};

}  // namespace penstock
