// What stores, STS, the machine's metadata and shared files say: any bytes give a value or nothing, and what is shown is bounded.
#include <cstdlib>

#include "bindings/credentials/aliyun_credentials.h"
#include "bindings/credentials/ini_file.h"
#include "bindings/credentials/metadata.h"
#include "bindings/credentials/sts.h"
#include "bindings/codec/event_time.h"
#include "bindings/object/store_xml.h"
#include "bindings/object/upload_ledger.h"
#include "bindings/object/verdict.h"
#include "bindings/sign/http_date.h"
#include "runtime/base/timestamp.h"

using namespace penstock;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_verdict(std::string_view input) {
  http::Reply reply;
  reply.status = 403;
  reply.body = input;
  reply.headers = {{"retry-after", std::string(input)}, {"x-amz-bucket-region", ""}};
  const object::StoreVerdict verdict = object::judge(reply, {"PUT", "s3://b/k", "us-east-1", true}, {});
  require(verdict.answer.text.size() < 4096);
  require(verdict.answer.text.find('\n') == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (const auto error = object::parse_error(input)) require(!error->code.empty() && error->message.size() <= 512);
  if (const auto id = object::parse_upload_id(input)) require(!id->empty());
  if (const auto etag = object::parse_completion(input)) require(!etag->empty());
  if (const auto page = object::parse_listing(input)) {
    for (const object::ListedObject& listed : page->objects) require(!listed.key.empty());
  }
  (void)object::parse_ledger(input);
  (void)object::parse_upload_list(input, "k");
  check_verdict(input);
  if (const auto found = credentials::parse_assumed_role(input)) require(found->expires.has_value());
  if (const auto found = credentials::parse_metadata_credentials(input)) require(!found->keys.id.empty());
  if (const auto found = credentials::parse_aliyun_answer(input)) require(found->expires.has_value());
  for (const auto& [name, section] : credentials::parse_ini(input)) {
    for (const auto& [key, value] : section) require(!key.empty() && value.find('\n') == std::string::npos);
  }
  (void)parse_rfc3339(input);
  (void)parse_event_time(input);
  if (const auto time = sign::parse_http_date(input)) require(sign::parse_http_date(sign::http_date(*time)) == time);
  return 0;
}
