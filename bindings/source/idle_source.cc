#include "bindings/source/idle_source.h"

namespace penstock {

namespace {

class IdleSource final : public Source {
 public:
  explicit IdleSource(SourceContext& context) : context_(context) {}
  Status start() override {
    // Not from inside start(): the pipeline may take the source down at once.
    finishing_ = context_.scheduler().after(std::chrono::milliseconds(0), [this] { context_.on_finished(); });
    return {};
  }
  void resume() override {}
  void stop() override { finishing_.reset(); }

 private:
  SourceContext& context_;
  std::unique_ptr<Scheduled> finishing_;
};

}  // namespace

std::unique_ptr<Source> make_idle_source(SourceContext& context) { return std::make_unique<IdleSource>(context); }

}  // namespace penstock
