// What a server answers: any status, Retry-After and body gives a text that is bounded, of one line, and without the secret.
// Input: two bytes of status, Retry-After, a NUL, Location, a NUL, the body.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "bindings/sink/http_answer.h"

using namespace penstock;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  http::Reply reply;
  reply.status = data[0] << 8 | data[1];
  std::string_view input(reinterpret_cast<const char*>(data + 2), size - 2);
  for (const char* name : {"retry-after", "location"}) {
    const std::size_t end = std::min(input.find('\0'), input.size());
    reply.headers.emplace_back(name, input.substr(0, end));
    input.remove_prefix(std::min(end + 1, input.size()));
  }
  reply.body = input;
  const HttpDestination destination{"https://logs.example.com/in", {{}, {"a", "b"}, "0"}, {"s3cr3t"}};
  const Answer answer = judge(reply, destination, std::chrono::system_clock::from_time_t(784111777));
  const std::string excerpt = body_excerpt(reply.body, destination.secrets);
  if (excerpt.size() > 1000 || excerpt.find("s3cr3t") != std::string::npos || excerpt.find('\n') != std::string::npos) std::abort();
  if (answer.retry_after && answer.retry_after->count() < 0) std::abort();
  return 0;
}
