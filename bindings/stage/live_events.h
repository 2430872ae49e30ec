// Goes over a batch's live events and takes some out.
#pragma once
#include "runtime/event/batch.h"

namespace penstock {

// Calls keep(index, event) for each live event, in order; those for which it returns false are live no more.
template <class Keep>
void keep_live(Batch& batch, Keep&& keep) {
  std::size_t kept = 0;
  for (const std::uint32_t index : batch.live) {
    batch.live[kept] = index;
    kept += keep(index, batch[index]) ? 1 : 0;
  }
  batch.live.resize(kept);
}

}  // namespace penstock
