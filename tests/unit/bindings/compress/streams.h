// Verbs for the tests of this folder.
#pragma once
#include <random>
#include <string>
#include <vector>

#include "bindings/compress/compressor.h"
#include "bindings/compress/decompressor.h"

namespace penstock::testing {

inline constexpr Compression member_formats[] = {Compression::gzip, Compression::snappy, Compression::zstd, Compression::lz4};
inline constexpr Compression all_formats[] = {Compression::gzip, Compression::zlib, Compression::snappy, Compression::zstd,
                                              Compression::lz4};

// Lines that compress about as logs do.
inline std::string log_text(std::size_t size, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::string text;
  while (text.size() < size) {
    text += R"({"time":17000)" + std::to_string(random() % 100000) + R"(,"status":)" + std::to_string(200 + random() % 5 * 100) +
            R"(,"path":"/api/v1/items/)" + std::to_string(random() % 1000) + "\"}\n";
  }
  text.resize(size);
  return text;
}

inline std::string noise(std::size_t size, unsigned seed = 1) {
  std::mt19937 random(seed);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

inline std::string member_of(Compression format, ByteView data, std::optional<int> level = {}) {
  Buffer out;
  const int checked = check_level(format, level).value();
  if (format == Compression::zlib) {
    ZlibStream stream(checked);
    if (!stream.append(data, out).ok()) return "failed";
    stream.commit();
    if (!stream.finish(out).ok()) return "failed";
  } else if (!make_compressor(format, checked)->compress(data, out).ok()) {
    return "failed";
  }
  return std::string(out.view());
}

struct Decoded {
  std::string data;
  std::string error;  // empty: none
  bool clean_end = false;
  std::uint64_t members = 0;
};

// Feeds `bytes` in pieces of `in_size` and takes the result in pieces of `out_size`.
inline Decoded decode(Compression format, ByteView bytes, std::size_t in_size = 1 << 16, std::size_t out_size = 1 << 16) {
  Decoded decoded;
  auto decompressor = make_decompressor(format);
  std::vector<char> out(out_size);
  std::size_t at = 0;
  for (;;) {
    const ByteView in = bytes.substr(at, in_size);
    Result<Progress> progress = decompressor->step(in, out);
    if (!progress.ok()) {
      decoded.error = progress.status().text();
      break;
    }
    decoded.data.append(out.data(), progress->produced);
    at += progress->consumed;
    if (in.empty() && progress->produced == 0 && !progress->member_ended) break;
  }
  decoded.clean_end = decompressor->at_clean_end();
  decoded.members = decompressor->members();
  return decoded;
}

}  // namespace penstock::testing
