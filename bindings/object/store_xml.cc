#include "bindings/object/store_xml.h"

#include <pugixml.hpp>

#include <charconv>

#include "bindings/codec/event_time.h"

namespace penstock::object {

namespace {

constexpr std::size_t text_bytes_max = 512;

// The root element when it has this name: namespaces' prefixes do not occur in these documents.
pugi::xml_node root(const pugi::xml_document& document, const char* name) { return document.child(name); }

bool load(pugi::xml_document& document, std::string_view body) {
  return static_cast<bool>(document.load_buffer(body.data(), body.size(), pugi::parse_default, pugi::encoding_utf8));
}

// On one line, at most text_bytes_max: what goes into messages for people.
std::string short_text(const pugi::xml_node& parent, const char* name) {
  std::string text = parent.child(name).text().as_string();
  if (text.size() > text_bytes_max) text.resize(text_bytes_max);
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// As forms are encoded; what is no encoding stays.
std::string form_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::optional<ListedObject> parse_listed(const pugi::xml_node& entry, bool encoded) {
  const std::string_view key = entry.child("Key").text().as_string();
  const std::string_view size = entry.child("Size").text().as_string();
  const auto modified = parse_event_time(entry.child("LastModified").text().as_string());
  ListedObject object;
  const auto number = std::from_chars(size.data(), size.data() + size.size(), object.size);
  object.etag = entry.child("ETag").text().as_string();
  if (key.empty() || object.etag.empty() || !modified || size.empty() || number.ec != std::errc() || number.ptr != size.data() + size.size()) return std::nullopt;
  object.key = encoded ? form_decoded(key) : std::string(key);
  object.modified = std::chrono::floor<std::chrono::seconds>(*modified);
  return object;
}

}  // namespace

std::optional<StoreError> parse_error(std::string_view body) {
  pugi::xml_document document;
  if (!load(document, body)) return std::nullopt;
  const pugi::xml_node error = root(document, "Error");
  StoreError found;
  found.code = short_text(error, "Code");
  if (found.code.empty()) return std::nullopt;
  found.message = short_text(error, "Message");
  found.region = short_text(error, "Region");
  found.endpoint = short_text(error, "Endpoint");
  found.request_id = short_text(error, "RequestId");
  return found;
}

std::optional<std::string> parse_upload_id(std::string_view body) {
  pugi::xml_document document;
  if (!load(document, body)) return std::nullopt;
  std::string id = root(document, "InitiateMultipartUploadResult").child("UploadId").text().as_string();
  if (id.empty()) return std::nullopt;
  return id;
}

std::optional<std::string> parse_completion(std::string_view body) {
  pugi::xml_document document;
  if (!load(document, body)) return std::nullopt;
  std::string etag = root(document, "CompleteMultipartUploadResult").child("ETag").text().as_string();
  if (etag.empty()) return std::nullopt;
  return etag;
}

std::optional<std::vector<std::string>> parse_upload_list(std::string_view body, std::string_view key) {
  pugi::xml_document document;
  if (!load(document, body)) return std::nullopt;
  const pugi::xml_node list = root(document, "ListMultipartUploadsResult");
  if (!list) return std::nullopt;
  std::vector<std::string> ids;
  for (const pugi::xml_node& upload : list.children("Upload")) {
    if (upload.child("Key").text().as_string() == key) ids.emplace_back(upload.child("UploadId").text().as_string());
  }
  return ids;
}

std::optional<ListingPage> parse_listing(std::string_view body) {
  pugi::xml_document document;
  if (!load(document, body)) return std::nullopt;
  const pugi::xml_node list = root(document, "ListBucketResult");
  if (!list) return std::nullopt;
  const bool encoded = std::string_view(list.child("EncodingType").text().as_string()) == "url";
  ListingPage page;
  for (const pugi::xml_node& entry : list.children("Contents")) {
    std::optional<ListedObject> object = parse_listed(entry, encoded);
    if (!object) return std::nullopt;
    page.objects.push_back(*std::move(object));
  }
  if (!list.child("IsTruncated").text().as_bool()) return page;
  page.next = list.child("NextContinuationToken").text().as_string();
  return page.next.empty() ? std::nullopt : std::optional(std::move(page));
}

std::string completion_document(const std::vector<UploadedPart>& parts) {
  std::string text = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (const UploadedPart& part : parts) {
    text += "<Part>";
    if (!part.crc32c_base64.empty()) text += "<ChecksumCRC32C>" + part.crc32c_base64 + "</ChecksumCRC32C>";
    text += "<ETag>" + escaped(part.etag) + "</ETag><PartNumber>" + std::to_string(part.number) + "</PartNumber></Part>";
  }
  return text + "</CompleteMultipartUpload>";
}

}  // namespace penstock::object
