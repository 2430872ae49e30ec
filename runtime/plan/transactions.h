// What binds a source and a sink together so that positions and events are committed as one (delivery = "exactly_once").
#pragma once

namespace penstock {

// Made by a sink that can, given to a source that can: only the two know what is in it. Shared by the workers' threads.
class Transactions {
 public:
  virtual ~Transactions() = default;
};

}  // namespace penstock
