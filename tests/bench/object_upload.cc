// How fast objects go to a store: 1 GiB as packages of 64 MiB through the s3 sink's transport, 4 at a time, in parts of 8 MiB.
// To be held against one `curl -T` of the same bytes to the same store (with a presigned URL).
//
//   AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=... bench_object_upload http://127.0.0.1:7070 BUCKET REGION [put] [unsigned]
//
// put: whole objects instead of parts; unsigned: without the body's SHA-256, as over TLS (what curl does as well).
#include <sys/resource.h>

#include <cstdio>
#include <string>
#include <vector>

#include "bindings/object/object_transport.h"
#include "runtime/delivery/package_id.h"
#include "runtime/event/slot_table.h"
#include "runtime/loop/loop.h"

using namespace penstock;

namespace {

constexpr std::size_t package_bytes = 64 << 20;
constexpr int packages = 16;
constexpr int at_once = 4;

Package make_package() {
  Package package;
  package.id = new_package_id();
  package.form.compression = "none";
  package.form.content_type = "application/x-ndjson";
  package.made = std::chrono::system_clock::now();
  package.body.reserve(package_bytes);
  while (package.body.size() < package_bytes) package.body.append("{\"EdgeStartTimestamp\":\"2026-11-21T10:02:05Z\",\"EdgeResponseStatusCode\":200}\n");
  return package;
}

struct Run {
  Loop& loop;
  Transport& transport;
  std::vector<Package> content;   // of the requests under way
  std::vector<std::unique_ptr<Transport::Request>> requests;
  int begun = 0, ended = 0, failed = 0;

  void begin(std::size_t place) {
    content[place].id = new_package_id();
    ++begun;
    requests[place] = transport.send(content[place], [this, place](const Answer& answer) {
      if (answer.outcome != Outcome::delivered) {
        std::fprintf(stderr, "%s\n", answer.text.c_str());
        ++failed;
      }
      if (++ended == packages) return loop.stop();
      if (begun < packages) loop.post([this, place] { begin(place); });
    });
  }
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return std::fprintf(stderr, "usage: bench_object_upload ENDPOINT BUCKET REGION [put] [unsigned]\n"), 2;
  bool put = false, unsigned_body = false;
  for (int i = 4; i < argc; ++i) {
    put = put || std::string_view(argv[i]) == "put";
    unsigned_body = unsigned_body || std::string_view(argv[i]) == "unsigned";
  }
  Result<std::unique_ptr<Loop>> loop = Loop::open();
  if (!loop.ok()) return 1;
  const Value options(ValueMap{{"endpoint", argv[1]}, {"bucket", argv[2]}, {"region", argv[3]}, {"compression", "none"}, {"prefix", "bench"}, {"concurrency", at_once},
                                {"sign_body", !unsigned_body}, {"multipart_above_bytes", static_cast<std::int64_t>(put ? package_bytes : 16 << 20)}});
  Result<object::ObjectSinkOptions> checked = object::ObjectSinkOptions::from(object::Vendor::s3, options, Framing(), credentials::this_machine());
  if (!checked.ok()) return std::fprintf(stderr, "%s\n", checked.status().text().c_str()), 2;

  SlotTable slots;
  SinkContext context(**loop, slots);
  context.pipeline = "bench";
  context.on_message = [](const std::string& text) { std::fprintf(stderr, "%s\n", text.c_str()); };
  int failed = 0;
  {
    const auto transport = object::open_object_transport(*checked, context, "");
    if (Status status = transport->open(); !status.ok()) return 1;
    Run run{**loop, *transport, {}, {}};
    for (int i = 0; i < at_once; ++i) run.content.push_back(make_package());
    run.requests.resize(at_once);
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t place = 0; place < at_once; ++place) run.begin(place);
    (*loop)->run();
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    std::printf("%.0f MB/s, %.1f s of CPU, %ld MB of memory at most, %d failed\n", packages * (package_bytes / 1e6) / seconds,
                static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6,
                usage.ru_maxrss / 1024, run.failed);
    run.requests.clear();
    failed = run.failed;
  }
  return failed == 0 ? 0 : 1;
}
