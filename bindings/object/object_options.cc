#include "bindings/object/object_options.h"

#include <unistd.h>

#include <array>

#include "bindings/compress/compressor.h"

namespace penstock::object {

namespace {

Status wrong(const std::string& text) { return Status(Code::invalid, text); }

Status read_key(const Value& options, const Framing& framing, ObjectSinkOptions& into) {
  const std::string prefix = as_directory(options.string_or("prefix", ""));
  Result<KeyTemplate> key = KeyTemplate::parse(prefix + options.string_or("key", "{yyyy}/{MM}/{dd}/{HH}/{pipeline}-{first_time}-{id}.{extension}"));
  if (!key.ok()) return key.take_status();
  into.upload.key = *std::move(key);
  into.upload.writer.extension = framing.extension;
  into.upload.format_type = framing.content_type;
  if (const std::string field = options.string_or("time_field", ""); !field.empty()) {
    Result<Path> path = parse_path(field);
    if (!path.ok()) return wrong("time_field: " + path.status().text());
    if (const std::string format = options.string_or("format", "ndjson"); format != "ndjson" && format != "json_array")
      return wrong("time_field is for the formats ndjson and json_array, not for " + format);
    into.upload.time_field = *std::move(path);
  }
  return {};
}

// The names of headers that say how an object is kept.
struct PropertyNames {
  const char *encryption, *key_id, *kms, *storage_class;
};
constexpr PropertyNames s3_names{"x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id", "aws:kms", "x-amz-storage-class"};
constexpr PropertyNames oss_names{"x-oss-server-side-encryption", "x-oss-server-side-encryption-key-id", "KMS", "x-oss-storage-class"};

Status read_properties(Vendor vendor, const Value& options, ObjectSinkOptions& into) {
  const PropertyNames& names = vendor == Vendor::oss ? oss_names : s3_names;
  const std::string encryption = options.string_or("encryption_type", "none");
  const std::string key_id = options.string_or("encryption_key_id", "");
  for (const char* name : {"encryption_key_id", "storage_class"}) {
    const std::string value = options.string_or(name, "");
    if (std::any_of(value.begin(), value.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
      return wrong(std::string(name == std::string_view("storage_class") ? name : "encryption.key_id") + " holds a control character");
  }
  if (encryption != "kms" && !key_id.empty()) return wrong("encryption.key_id is for type \"kms\"");
  if (encryption == "AES256") into.upload.properties.emplace_back(names.encryption, "AES256");
  if (encryption == "kms") into.upload.properties.emplace_back(names.encryption, names.kms);
  if (!key_id.empty()) into.upload.properties.emplace_back(names.key_id, key_id);
  if (const std::string storage_class = options.string_or("storage_class", ""); !storage_class.empty())
    into.upload.properties.emplace_back(names.storage_class, storage_class);
  return {};
}

Status read_compression(const Value& options, ObjectSinkOptions& into) {
  const std::string name = options.string_or("compression", "gzip");
  const auto compression = compression_of_name(name);
  if (!compression) return wrong("compression is none, gzip, zstd or snappy, got \"" + name + "\"");
  into.compression = *compression;
  const Value& level = options["compression_level"];
  Result<int> checked = check_level(*compression, level.is_nil() ? std::nullopt : std::optional(static_cast<int>(level.integer())));
  if (!checked.ok()) return checked.take_status();
  into.compression_level = *checked;
  return {};
}

// A signed body needs no other checksum. Of the others the cheap one where it is sure to be known.
Checksum checksum_for(const ObjectSinkOptions& options) {
  if (options.upload.sign_body) return Checksum::none;
  return options.signature == Signature::sigv4 && options.place.endpoint.empty() ? Checksum::crc32c : Checksum::md5;
}

void read_upload(const Value& options, ObjectSinkOptions& into) {
  UploadSettings& upload = into.upload;
  upload.only_if_absent = options.bool_or("only_if_absent", true);
  const std::string checksum = options.string_or("checksum", "auto");
  // Over TLS a checksum protects the body as well as a signature would, at half the work or less.
  const bool secure = into.place.endpoint.empty() || into.place.endpoint.starts_with("https:");
  upload.sign_body = into.signature == Signature::sigv4 && (options["sign_body"].is_bool() ? options["sign_body"].boolean() : !secure || checksum == "none");
  upload.checksum = checksum == "auto" ? checksum_for(into) : checksum == "md5" ? Checksum::md5 : checksum == "crc32c" ? Checksum::crc32c : Checksum::none;
  upload.multipart_above = static_cast<std::uint64_t>(options.integer_or("multipart_above_bytes", 64 << 20));
  upload.part_bytes = static_cast<std::uint64_t>(options.integer_or("multipart_part_bytes", 8 << 20));
  upload.parts_at_once = static_cast<int>(options.integer_or("multipart_at_once", 4));
  // Objects at once, and the parts of large ones.
  into.client.connections_max = static_cast<int>(options.integer_or("concurrency", 4)) * upload.parts_at_once;
}

}  // namespace

Result<ObjectSinkOptions> ObjectSinkOptions::from(Vendor vendor, const Value& options, const Framing& framing, const credentials::Machine& machine) {
  Result<StoreOptions> store = StoreOptions::from(vendor, options, machine);
  if (!store.ok()) return store.take_status();
  ObjectSinkOptions into;
  static_cast<StoreOptions&>(into) = *std::move(store);
  if (Status status = read_key(options, framing, into); !status.ok()) return status;
  if (Status status = read_properties(vendor, options, into); !status.ok()) return status;
  if (Status status = read_compression(options, into); !status.ok()) return status;
  read_upload(options, into);
  return into;
}

std::string ObjectSinkOptions::describe() const {
  return describe_objects(upload.key.text());
}

std::string_view encryption_header(Vendor vendor) { return (vendor == Vendor::oss ? oss_names : s3_names).encryption; }

std::string_view encryption_of(const ObjectSinkOptions& options) {
  for (const auto& [name, value] : options.upload.properties)
    if (name == encryption_header(options.place.vendor)) return value;
  return {};
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

}  // namespace penstock::object
