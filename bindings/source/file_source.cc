#include "bindings/source/file_source.h"

#include "bindings/source/finite_files.h"
#include "bindings/source/followed_files.h"

namespace penstock {

FileSourcePlan::FileSourcePlan(FileOptions options, int workers)
    : options_(std::move(options)), memory_(options_.fingerprint_bytes), owners_(workers) {}

std::unique_ptr<Source> FileSourcePlan::open(SourceContext& context) {
  if (options_.follow) return std::make_unique<FollowedFiles>(*this, context);
  return std::make_unique<FiniteFiles>(*this, context);
}

FileShares& FileSourcePlan::shares(SourceContext& context, const CheckpointPlace& place) {
  std::call_once(shared_out_, [&] {
    memory_.load(place);
    shares_ = share_out(options_, memory_, place, context.workers(), context.may_split());
    for (const FileShares::Trouble& trouble : shares_.troubles) context.on_trouble(trouble.message, trouble.bytes_lost);
  });
  return shares_;
}

CheckpointPlace checkpoint_place(SourceContext& context) {
  return {context.checkpoints(), context.pipeline(), std::to_string(context.number()) + ":file"};
}

}  // namespace penstock
