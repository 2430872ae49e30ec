// The `file` source with follow = false, on one worker.
#pragma once
#include <map>
#include <memory>
#include <vector>

#include "bindings/source/file_input.h"
#include "bindings/source/file_source.h"
#include "bindings/source/read_turns.h"

namespace penstock {

// Reads this worker's share, each file to its end, and then is finished.
class FiniteFiles : public Source {
 public:
  // Open at a time: enough to go on while one of them is blocked, few enough that their slabs stay small.
  static constexpr std::size_t open_max = 4;
  static constexpr std::chrono::milliseconds sweep_interval{100};

  FiniteFiles(FileSourcePlan& plan, SourceContext& context);
  Status start() override;
  void resume() override { turns_.resume(); }
  void stop() override;

 private:
  void open_more();
  bool open_share(FileShare& share);
  void on_rest(FileInput& input);
  void sweep();
  void tell_total();
  void finish();

  FileSourcePlan& plan_;
  SourceContext& context_;
  const CheckpointPlace place_;
  FileInputContext inputs_context_;
  ReadTurns<FileInput> turns_;
  std::vector<FileShare> shares_;
  std::size_t next_share_ = 0;
  std::size_t reading_ = 0;
  std::uint64_t bytes_ended_ = 0;    // expected of inputs that have ended
  std::uint64_t bytes_waiting_ = 0;  // of shares not yet opened
  std::uint64_t total_told_ = 0;
  bool stopped_ = false;
  std::vector<std::unique_ptr<FileInput>> inputs_;  // reading, or with acks to come
  std::unique_ptr<Scheduled> sweeping_;
  std::unique_ptr<Scheduled> finishing_;
};

}  // namespace penstock
