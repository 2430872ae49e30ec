// What an object store's answer means: for the delivery queue (transport.h), and what can be mended without a person first.
//
// Sources: Amazon S3 API reference, "Error responses"; Alibaba Cloud OSS, "Error codes". Decided by the document's Code, then by
// the status.
#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include "bindings/http/client.h"
#include "bindings/object/store_xml.h"
#include "runtime/delivery/transport.h"

namespace penstock::object {

// What may help without a person, at once and with the same request.
enum class Remedy : std::uint8_t {
  none,
  clock,           // ours is wrong: sign with the server's time (its Date header)
  region,          // the bucket is elsewhere: see StoreVerdict::region
  keys,            // the keys have expired: fetch new ones
  no_condition,    // the store does not know If-None-Match: leave it out
  restart_upload,  // the multipart upload is gone: begin another, unless the object is there
  discard_upload,  // the multipart upload is there but of no use: abort it and begin another
};

// What a refusal is about, for people who look for what is wrong.
enum class Concern : std::uint8_t {
  service,     // the store, or the way there: it passes
  signature,   // who signs: the keys, the clock, the region that is signed for
  bucket,      // which bucket, and where it is
  permission,  // what these keys may do there
  object,      // the object itself: its size, its properties
};

struct StoreVerdict {
  Answer answer;
  Remedy remedy = Remedy::none;
  std::string region;  // with Remedy::region
  std::string code;    // the document's; empty when there was none
  Concern concern = Concern::service;  // of a refusal
  bool there = false;  // refused because an object of this key is there: whether it is ours is for the caller to find out
};

// What was asked for, for messages: `PUT s3://logs/a/b.ndjson`.
struct Asked {
  std::string method;
  std::string object;          // s3://BUCKET/KEY
  std::string region;          // that was signed for
  bool condition = false;      // with If-None-Match: * (or OSS's x-oss-forbid-overwrite)
};

// A body that came with a GET's success is not looked at. The text names what was asked, the status, the store's code and message, and what to do.
StoreVerdict judge(const http::Reply& reply, const Asked& asked, std::chrono::system_clock::time_point now);

}  // namespace penstock::object
