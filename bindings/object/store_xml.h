// The XML that object stores answer with (Amazon S3 API reference; OSS uses the same names), and the one document that they are
// sent. Parsed by pugixml: no document type is obeyed, so nothing is fetched or expanded. Every parser takes any bytes.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::object {

// <Error>. What is not there is empty.
struct StoreError {
  std::string code;        // NoSuchBucket
  std::string message;
  std::string region;      // where the bucket is, when the region was wrong
  std::string endpoint;    // the host to use instead
  std::string request_id;
};

// Nothing when `body` is no <Error> with a Code. Texts are bounded (512 bytes each) and on one line.
std::optional<StoreError> parse_error(std::string_view body);

// <InitiateMultipartUploadResult>: its UploadId.
std::optional<std::string> parse_upload_id(std::string_view body);

// <CompleteMultipartUploadResult>: its ETag. Stores begin to answer 200 before they know: a body with an <Error>, or none, is a
// failure whatever the status says.
std::optional<std::string> parse_completion(std::string_view body);

// <ListMultipartUploadsResult>: the ids of the uploads of exactly this key (a list goes by prefix), of its first page. Nothing when it
// is something else, or cut off.
std::optional<std::vector<std::string>> parse_upload_list(std::string_view body, std::string_view key);

// An object as a list has it.
struct ListedObject {
  std::string key;
  std::string etag;      // with its quotes, as it came
  std::uint64_t size = 0;
  std::chrono::system_clock::time_point modified;  // in whole seconds
};
struct ListingPage {
  std::vector<ListedObject> objects;  // as they came: stores list in the order of the keys' bytes
  std::string next;                   // the continuation token; empty: this was the last page
};
// <ListBucketResult> of ListObjectsV2. Keys are decoded when it says that they are encoded (EncodingType url, where `+` is a
// space). Nothing when it is no such document, an entry has no key, ETag,
// time or size, or there is more and no token for it.
std::optional<ListingPage> parse_listing(std::string_view body);

struct UploadedPart {
  int number = 0;     // from 1
  std::string etag;   // as it came, with its quotes
  std::string crc32c_base64;  // empty: without
};
// <CompleteMultipartUpload>; `parts` in ascending order.
std::string completion_document(const std::vector<UploadedPart>& parts);

}  // namespace penstock::object
