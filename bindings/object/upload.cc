#include "bindings/object/upload.h"

#include <algorithm>

#include "bindings/compress/compression.h"
#include "bindings/object/event_time.h"
#include "bindings/sink/http_options.h"

namespace penstock::object {

namespace {

constexpr std::size_t hash_digits = 16;

// Of a package that waited in the spool under another compression, or another format.
std::string extension_of_form(const UploadSettings& settings, const PackageForm& form) {
  std::string extension = form.content_type == settings.format_type ? settings.writer.extension : "data";
  if (const auto compression = compression_of_name(form.compression)) extension += extension_of(*compression);
  return extension;
}

}  // namespace

std::string key_of(const UploadSettings& settings, const Package& package, std::string_view hash) {
  KeyWriter writer = settings.writer;
  writer.extension = extension_of_form(settings, package.form);
  auto time = package.made;
  if (settings.time_field) time = first_event_time(package, *settings.time_field).value_or(time);
  return settings.key.expand({time, package.id, hash.substr(0, hash_digits)}, writer);
}

std::vector<sign::NameValue> properties_of(const UploadSettings& settings, const Package& package) {
  std::vector<sign::NameValue> headers{{"Content-Type", package.form.content_type}};
  if (const std::string_view coding = content_encoding_of(package.form.compression); !coding.empty()) headers.emplace_back("Content-Encoding", coding);
  headers.insert(headers.end(), settings.properties.begin(), settings.properties.end());
  return headers;
}

namespace {

void add_checksums(ObjectRequest& request, const Digests& digests) {
  if (!digests.md5_base64.empty()) request.headers.emplace_back("Content-MD5", digests.md5_base64);
  if (!digests.crc32c_base64.empty()) request.headers.emplace_back("x-amz-checksum-crc32c", digests.crc32c_base64);
}

}  // namespace

DigestKinds digests_wanted(const UploadSettings& settings) {
  return {.md5 = settings.checksum == Checksum::md5, .crc32c = settings.checksum == Checksum::crc32c, .sha256 = settings.sign_body};
}

ObjectRequest put_request(const UploadSettings& settings, const Package& package, std::string key, const Digests& digests) {
  ObjectRequest request{"PUT", std::move(key), {}, properties_of(settings, package), package.body.view(), digests.sha256_hex, settings.only_if_absent};
  add_checksums(request, digests);
  return request;
}

// A part that is being hashed or sent.
struct Upload::Part {
  int number = 0;
  std::string crc32c_base64;
  std::unique_ptr<BodyDigest> digest;
  std::unique_ptr<Exchange> exchange;
};

Upload::Upload(UploadSite site, const Package& package, MultipartProgress& progress, std::function<void(Answer)> done)
    : site_(site), package_(package), progress_(progress), done_(std::move(done)) {
  if (!site_.settings.key.needs_hash()) {
    with_key(key_of(site_.settings, package_, ""));
    return;
  }
  digest_ = std::make_unique<BodyDigest>(site_.scheduler, package_.body.view(), DigestKinds{.sha256 = true}, [this](const Digests& digests) {
    with_key(key_of(site_.settings, package_, digests.sha256_hex));
  });
}

Upload::~Upload() = default;

void Upload::with_key(std::string key) {
  key_ = std::move(key);
  const std::uint64_t size = package_.body.size();
  if (size <= site_.settings.multipart_above) return put();
  part_bytes_ = std::max({site_.settings.part_bytes, part_bytes_min, (size + parts_max - 1) / parts_max});
  parts_ = static_cast<int>((size + part_bytes_ - 1) / part_bytes_);
  if (progress_.upload_id.empty()) {
    begin_multipart();
  } else {
    // Not at once: all its parts may be there, so that it ends with the first answer.
    resume_ = site_.scheduler.after(std::chrono::milliseconds(0), [this] { pump(); });
  }
}

void Upload::put() {
  digest_ = std::make_unique<BodyDigest>(site_.scheduler, package_.body.view(), digests_wanted(site_.settings), [this](const Digests& digests) {
    exchange_ = site_.store.send(put_request(site_.settings, package_, key_, digests), [this](const ObjectReply& reply) { on_put(reply); });
  });
}

void Upload::on_put(const ObjectReply& reply) {
  if (reply.verdict.there) return look_for_object(nothing_there(reply), [this](Answer answer) { finish(std::move(answer)); });
  if (reply.verdict.answer.outcome == Outcome::delivered && reply.http.header("etag").empty()) {
    return finish({Outcome::configuration,
                   asked("PUT") + ": HTTP " + std::to_string(reply.http.status) + " without an ETag: what answers is no object store (hint: check endpoint)", {}});
  }
  finish(reply.verdict.answer);
}

// When the store says that an object is there, and none of ours is.
Answer Upload::nothing_there(const ObjectReply& reply) const {
  return {Outcome::configuration, asked("PUT") + ": HTTP " + std::to_string(reply.http.status) + " " + reply.verdict.code + ", but no object of this size is there", {}};
}

std::string Upload::asked(const char* method) const { return std::string(method) + " " + object_name(site_.store.place(), key_); }

void Upload::begin_multipart() {
  ObjectRequest request{"POST", key_, {{"uploads", ""}}, properties_of(site_.settings, package_), {}, "", false};
  if (site_.settings.checksum == Checksum::crc32c) request.headers.emplace_back("x-amz-checksum-algorithm", "CRC32C");
  if (site_.settings.sign_body) request.sha256_hex = sign::hex(sign::view(sign::sha256("")));
  const std::string bucket = site_.store.place().bucket;
  if (site_.ledger) site_.ledger->begins(bucket, key_);
  exchange_ = site_.store.send(std::move(request), [this, bucket](const ObjectReply& reply) {
    // Without an answer, or with an error of the store's own, it may have begun.
    if (site_.ledger && reply.http.status >= 400 && reply.http.status < 500) site_.ledger->ended({"", bucket, key_});
    if (reply.verdict.answer.outcome != Outcome::delivered) return fail(reply.verdict);
    const auto id = parse_upload_id(reply.http.body);
    if (!id) return finish({Outcome::transient, asked("POST") + ": the answer has no UploadId", {}});
    progress_ = {key_, *id, {}};
    if (site_.ledger) site_.ledger->begun({*id, bucket, key_});
    exchange_.reset();
    pump();
  });
}

ByteView Upload::part_body(int number) const {
  return package_.body.view().substr(static_cast<std::size_t>(number - 1) * part_bytes_, part_bytes_);
}

// Begins parts as far as they may be under way; completes when all are there.
void Upload::pump() {
  while (!failure_ && next_part_ <= parts_ && in_flight_.size() < static_cast<std::size_t>(site_.settings.parts_at_once)) {
    const int number = next_part_++;
    if (progress_.parts.contains(number)) continue;
    Part& part = *in_flight_.emplace_back(std::make_unique<Part>());
    part.number = number;
    part.digest = std::make_unique<BodyDigest>(site_.scheduler, part_body(number), digests_wanted(site_.settings), [this, &part](Digests digests) {
      send_part(part, std::move(digests));
    });
  }
  if (!in_flight_.empty()) return;
  if (failure_) return fail(*failure_);
  complete();
}

void Upload::send_part(Part& part, Digests digests) {
  ObjectRequest request{"PUT", key_, {{"partNumber", std::to_string(part.number)}, {"uploadId", progress_.upload_id}}, {}, part_body(part.number), digests.sha256_hex, false};
  add_checksums(request, digests);
  part.crc32c_base64 = std::move(digests.crc32c_base64);
  part.exchange = site_.store.send(std::move(request), [this, &part](const ObjectReply& reply) { on_part(part, reply); });
}

void Upload::on_part(Part& part, const ObjectReply& reply) {
  const std::string etag(reply.http.header("etag"));
  if (reply.verdict.answer.outcome == Outcome::delivered && !etag.empty()) {
    progress_.parts[part.number] = {part.number, etag, part.crc32c_base64};
  } else if (!failure_) {
    failure_ = std::make_unique<StoreVerdict>(reply.verdict);
    if (failure_->answer.outcome == Outcome::delivered) {
      failure_->answer = {Outcome::transient, asked("PUT") + ": the answer has no ETag", {}};
    }
  }
  std::erase_if(in_flight_, [&](const std::unique_ptr<Part>& one) { return one.get() == &part; });
  pump();
}

void Upload::complete() {
  std::vector<UploadedPart> parts;
  for (const auto& [number, part] : progress_.parts) parts.push_back(part);
  completion_ = completion_document(parts);
  ObjectRequest request{"POST", key_, {{"uploadId", progress_.upload_id}}, {{"Content-Type", "application/xml"}}, completion_, "", site_.settings.only_if_absent};
  if (site_.settings.sign_body) request.sha256_hex = sign::hex(sign::view(sign::sha256(completion_)));
  exchange_ = site_.store.send(std::move(request), [this](const ObjectReply& reply) { on_completed(reply); });
}

void Upload::on_completed(const ObjectReply& reply) {
  const StoreVerdict& verdict = reply.verdict;
  // The upload is gone, perhaps because it was completed and we never heard of it; or the object was there before, by an earlier try.
  if (verdict.remedy == Remedy::restart_upload) {
    forget_upload();
    return look_for_object(verdict.answer, [this](Answer answer) { finish(std::move(answer)); });
  }
  if (verdict.there) return look_for_object(nothing_there(reply), [this](Answer answer) { abort_upload(std::move(answer)); });
  if (verdict.answer.outcome != Outcome::delivered) return fail(verdict);
  if (!parse_completion(reply.http.body)) {
    return finish({Outcome::transient, asked("POST") + ": HTTP " + std::to_string(reply.http.status) + " without a result; the object may not be there", {}});
  }
  forget_upload();
  finish({});
}

// Delivered when it is there, with our size; else `otherwise`. Keys that may write only are not told, and have the store's word.
void Upload::look_for_object(Answer otherwise, std::function<void(Answer)> then) {
  const bool told = otherwise.outcome == Outcome::configuration;
  ObjectRequest request{"HEAD", key_, {}, {}, {}, "", false};
  if (site_.settings.sign_body) request.sha256_hex = sign::hex(sign::view(sign::sha256("")));
  exchange_ = site_.store.send(std::move(request), [this, told, answer = std::move(otherwise), then = std::move(then)](const ObjectReply& reply) {
    const bool there = reply.http.status == 200 && reply.http.header("content-length") == std::to_string(package_.body.size());
    if (reply.verdict.answer.outcome == Outcome::transient) return then(reply.verdict.answer);
    then(there || (told && reply.http.status == 403) ? Answer{} : answer);
  });
}

// Then ends with `answer`, whatever comes of that: what stays behind is in the ledger.
void Upload::abort_upload(Answer answer) {
  ObjectRequest request{"DELETE", key_, {{"uploadId", progress_.upload_id}}, {}, {}, "", false};
  if (site_.settings.sign_body) request.sha256_hex = sign::hex(sign::view(sign::sha256("")));
  exchange_ = site_.store.send(std::move(request), [this, end = std::move(answer)](const ObjectReply& reply) {
    if (reply.verdict.answer.outcome == Outcome::delivered || reply.verdict.code == "NoSuchUpload") forget_upload();
    progress_ = {};
    finish(end);
  });
}

void Upload::forget_upload() {
  if (site_.ledger) site_.ledger->ended({progress_.upload_id, site_.store.place().bucket, key_});
  progress_ = {};
}

void Upload::fail(const StoreVerdict& verdict) {
  const bool begun = !progress_.upload_id.empty();
  if (begun && verdict.remedy == Remedy::restart_upload) forget_upload();
  // Its halves will be uploads of their own.
  const bool of_no_use = verdict.remedy == Remedy::discard_upload || verdict.answer.outcome == Outcome::data;
  if (begun && of_no_use) return abort_upload(verdict.answer);
  finish(verdict.answer);
}

void Upload::finish(Answer answer) {
  const std::function<void(Answer)> call = std::move(done_);
  call(std::move(answer));
}

}  // namespace penstock::object
