// What the signatures of version 4 (AWS, OSS, SLS) derive their keys by. Internal to this folder.
#pragma once
#include <chrono>
#include <ctime>
#include <initializer_list>
#include <string>

#include "bindings/sign/digest.h"

namespace penstock::sign {

// 20260314T150926Z
inline std::string compact_utc(std::chrono::system_clock::time_point time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &utc)};
}

// HMAC over HMAC: `start` is the key for the first step, each result the key for the next one.
inline Sha256 day_key(std::string start, std::initializer_list<std::string_view> steps) {
  Sha256 key{};
  ByteView current = start;
  for (const std::string_view step : steps) {
    key = hmac_sha256(current, step);
    current = view(key);
  }
  return key;
}

}  // namespace penstock::sign
