// A delivery queue with a scripted destination, a clock that stands still and a pipeline that counts acks.
#pragma once
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/delivery/delivery_queue.h"
#include "tests/unit/support/fake_scheduler.h"
#include "tests/unit/support/faulty_file_system.h"
#include "tests/unit/support/scripted_transport.h"
#include "tests/unit/support/temporary_folder.h"

namespace penstock::testing {

// Compression that leaves bytes as they are.
class PlainBodies : public BodyCodec {
 public:
  Status decode(const std::string&, ByteView body, std::uint64_t, Buffer& plain) override {
    if (broken) return Status(Code::corrupt, "broken");
    plain = Buffer(body.size());
    plain.append(body);
    return {};
  }
  Status encode(const std::string&, ByteView plain, Buffer& body) override {
    body = Buffer(plain.size());
    body.append(plain);
    return {};
  }
  bool broken = false;
};

// Counts events by verdict.
struct Verdicts final : AckTarget {
  void settle(Verdict verdict, std::uint32_t events) override { counts[verdict] += events; }
  std::uint32_t of(Verdict verdict) const {
    const auto found = counts.find(verdict);
    return found == counts.end() ? 0 : found->second;
  }
  std::uint32_t all() const {
    std::uint32_t sum = 0;
    for (const auto& [verdict, events] : counts) sum += events;
    return sum;
  }
  std::map<Verdict, std::uint32_t> counts;
};

// A package of lines, its id made of them.
inline Package package_of(const std::vector<std::string>& lines, AckTarget* target) {
  Package package;
  std::string body;
  for (const std::string& line : lines) {
    body += line + "\n";
    package.entry_bytes.push_back(static_cast<std::uint32_t>(line.size()));
  }
  package.body = Buffer(body.size());
  package.body.append(body);
  package.plain_bytes = body.size();
  package.form = {"none", "application/x-ndjson", 0, 0, 1, true};
  package.made = std::chrono::system_clock::time_point(std::chrono::seconds(1795255200));
  std::string id;
  for (const char c : lines.front()) id += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
  package.id = (std::string(32, '0') + id).substr(id.size());
  if (target) package.acks.emplace_back(target, package.events());
  return package;
}

class QueueWorld {
 public:
  using ms = std::chrono::milliseconds;

  QueueWorld() = default;
  ~QueueWorld() {
    if (queue) queue->close();
  }

  // A spool in a folder of its own; opens the queue, or opens it again.
  Status open_spool(int worker = 0, int workers = 1) {
    spool = SpoolOptions{};
    spool->directory = folder.path("spool/edge/archive");
    spool->worker = worker;
    spool->workers = workers;
    spool->family = this;
    spool->bytes_max = spool_bytes_max;
    spool->files_max = spool_files_max;
    open();
    return opened_well();
  }
  Status opened_well() { return queue->open(); }
  // As a killed process: files stay as they are.
  void kill() {
    queue->close();
    queue.reset();
  }
  // Background work, answers and what comes of them, until nothing more happens at this moment.
  void settle() {
    do scheduler.advance(std::chrono::milliseconds{0});
    while (scheduler.finish_work() != 0);
    scheduler.advance(std::chrono::milliseconds{0});
    expect_balance();
  }
  // Time passes, and the background keeps up.
  void pass(ms time) {
    for (ms left = time; left.count() > 0;) {
      const ms step = std::min<ms>(left, std::max<ms>(time / 1000, ms{1}));
      scheduler.advance(step);
      settle();
      left -= step;
    }
  }
  std::vector<std::string> spool_files() const {
    std::vector<std::string> names;
    for (const std::string& name : folder.names()) names.push_back(name.substr(name.rfind('/') + 1));
    return names;
  }

  void open() {
    DeliveryEnvironment environment{scheduler, transport, bodies, counters, notice, [this] { ++readies; },
                                    [this](const std::string& reason, std::span<const ByteView> events) {
                                      if (burial == Verdict::undelivered) return burial;
                                      for (const ByteView event : events) letters.emplace_back(reason, event);
                                      return burial;
                                    },
                                    [this](const std::string& text) { messages.push_back(text); }, 1, spool, &files};
    queue = std::make_unique<DeliveryQueue>(options, std::move(environment));
  }
  void push(const std::vector<std::string>& lines) {
    if (!queue) open();
    queue->count_taken(static_cast<std::uint32_t>(lines.size()));
    queue->push(package_of(lines, &verdicts));
    expect_balance();
  }
  void advance(ms by) {
    scheduler.advance(by);
    expect_balance();
  }
  void close() {
    queue->close();
    expect_balance();
    queue.reset();
  }
  void expect_balance() const {
    EXPECT_EQ(counters.events.get() + counters.recovered.get(),
              counters.delivered.get() + counters.dead_lettered.get() + counters.dropped.get() + counters.undelivered.get() +
                  counters.queued_events.get() + counters.spooled_events.get());
  }

  TemporaryFolder folder;
  FaultyFileSystem files;
  std::optional<SpoolOptions> spool;
  std::uint64_t spool_bytes_max = 1 << 30;
  std::uint64_t spool_files_max = 1 << 18;
  FakeScheduler scheduler;
  ScriptedTransport transport{scheduler};
  PlainBodies bodies;
  SinkCounters counters;
  TroubleNotice notice;
  DeliveryOptions options;
  Verdicts verdicts;
  Verdict burial = Verdict::dead_lettered;
  std::vector<std::pair<std::string, std::string>> letters;
  std::vector<std::string> messages;
  int readies = 0;
  std::unique_ptr<DeliveryQueue> queue;
};

}  // namespace penstock::testing
