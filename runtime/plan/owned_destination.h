// A destination that belongs to somebody who has to let a sink in: a bucket. What `penstock destination verify` and `policy` ask of
// it.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/delivery/transport.h"
#include "runtime/loop/scheduler.h"

namespace penstock {

struct PolicyWishes {
  std::string principal;            // who is let in, as the store writes it; empty: the sink's own role, or a name to be filled in
  bool require_encryption = false;  // refuse objects that come without the header for server-side encryption
};

struct Policy {
  std::string json;                // indented, ended by a line end
  std::vector<std::string> notes;  // what has to be known to use it
};

class OwnedDestination {
 public:
  virtual ~OwnedDestination() = default;
  // For people: `s3://edge-logs/logs/edge/`.
  virtual std::string name() const = 0;
  // What makes it this destination and no other, on one line: who verified it has verified no other. No secrets.
  virtual std::string identity() const = 0;
  // Proving ownership is known for its kind of store; the sink sends nothing before that is done.
  virtual bool can_be_verified() const = 0;
  virtual bool must_be_verified() const = 0;
  // What attaching lets the sink in.
  virtual Policy policy(const PolicyWishes& wishes) const = 0;

  // The full name of a token file, s3://BUCKET/DIRECTORY/..., by the token's id (32 hexadecimal digits).
  virtual std::string token_file(const std::string& id) const = 0;
  // Work under way; destroying it gives it up.
  class Work {
   public:
    virtual ~Work() = default;
  };
  // Writes or removes that file. Calls `done` once, not from inside these; the work may be destroyed in it.
  virtual std::unique_ptr<Work> write_token(Scheduler& scheduler, const std::string& id, const std::string& text, std::function<void(Answer)> done) const = 0;
  virtual std::unique_ptr<Work> remove_token(Scheduler& scheduler, const std::string& id, std::function<void(Answer)> done) const = 0;
};

}  // namespace penstock
