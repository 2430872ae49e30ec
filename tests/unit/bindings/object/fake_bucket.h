// A bucket in memory that answers as S3 does: lists, ranges, If-Match.
#pragma once
#include <algorithm>
#include <functional>
#include <map>
#include <string>

#include "bindings/sign/http_date.h"
#include "runtime/base/clock.h"
#include "tests/unit/support/fake_http_client.h"

namespace penstock::object {

class FakeBucket {
 public:
  using Seen = testing::FakeHttpClient::Seen;
  using Time = std::chrono::system_clock::time_point;
  struct Object {
    std::string bytes, etag, encoding;
    Time modified;
  };

  std::map<std::string, Object> objects;  // keys of plain characters
  std::size_t page_max = 1000;
  bool knows_if_match = true;
  Time now{std::chrono::hours(497'000)};
  int lists = 0, gets = 0;

  void put(const std::string& key, std::string bytes, std::string encoding = "") {
    const std::string etag = "\"" + std::to_string(++versions_) + "\"";
    objects[key] = {std::move(bytes), etag, std::move(encoding), now};
  }

  http::Reply answer(const Seen& seen) {
    const std::string path = seen.url.substr(seen.url.find('/', 8) + 1);
    http::Reply reply = path.empty() || path[0] == '?' ? list(path) : get(path, seen);
    reply.headers.emplace_back("date", sign::http_date(now));
    return reply;
  }

 private:
  static std::string parameter(const std::string& query, const std::string& name) {
    const std::size_t at = query.find(name + "=");
    if (at == std::string::npos) return "";
    std::string value = query.substr(at + name.size() + 1, query.find('&', at) - at - name.size() - 1);
    for (std::size_t slash; (slash = value.find("%2F")) != std::string::npos;) value.replace(slash, 3, "/");
    return value;
  }
  static http::Reply error(int status, const std::string& code) { return testing::FakeHttpClient::reply(status, "<Error><Code>" + code + "</Code></Error>"); }

  http::Reply list(const std::string& query) {
    ++lists;
    const std::string token = parameter(query, "continuation-token"), after = token.empty() ? parameter(query, "start-after") : token;
    const std::string prefix = parameter(query, "prefix");
    std::string entries, last;
    std::size_t count = 0;
    bool more = false;
    for (auto at = objects.upper_bound(after); at != objects.end() && !more; ++at) {
      if (!at->first.starts_with(prefix)) continue;
      more = count == page_max;
      if (more) break;
      ++count;
      last = at->first;
      entries += "<Contents><Key>" + at->first + "</Key><LastModified>" + format_utc(at->second.modified) + "</LastModified><ETag>" + at->second.etag +
                 "</ETag><Size>" + std::to_string(at->second.bytes.size()) + "</Size></Contents>";
    }
    return testing::FakeHttpClient::reply(200, "<ListBucketResult><IsTruncated>" + std::string(more ? "true" : "false") + "</IsTruncated>" +
                                                   (more ? "<NextContinuationToken>" + last + "</NextContinuationToken>" : "") + entries + "</ListBucketResult>");
  }

  http::Reply get(const std::string& key, const Seen& seen) {
    ++gets;
    const auto found = objects.find(key);
    if (found == objects.end()) return error(404, "NoSuchKey");
    const Object& object = found->second;
    if (const std::string wanted = seen.header("if-match"); knows_if_match && wanted != "(none)" && wanted != object.etag) return error(412, "PreconditionFailed");
    http::Reply reply = testing::FakeHttpClient::reply(200, object.bytes, {{"etag", object.etag}, {"last-modified", sign::http_date(object.modified)}});
    if (!object.encoding.empty()) reply.headers.emplace_back("content-encoding", object.encoding);
    reply.headers.emplace_back("content-length", std::to_string(object.bytes.size()));
    const std::string range = seen.header("range");
    if (range == "(none)") return reply;
    const std::size_t first = std::stoul(range.substr(6)), last = std::stoul(range.substr(range.find('-') + 1));
    if (first >= object.bytes.size()) return error(416, "InvalidRange");
    reply.status = 206;
    reply.body = object.bytes.substr(first, last - first + 1);
    reply.headers.emplace_back("content-range", "bytes " + std::to_string(first) + "-" + std::to_string(first + reply.body.size() - 1) + "/" +
                                                    std::to_string(object.bytes.size()));
    return reply;
  }

  int versions_ = 0;
};

}  // namespace penstock::object
