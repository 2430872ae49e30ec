// A request as the signers of this folder see it: in plain text, nothing percent-encoded.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/value.h"

namespace penstock::sign {

using NameValue = std::pair<std::string, std::string>;

// What requests are signed with. The token comes with temporary keys; empty otherwise.
struct KeyPair {
  std::string id;
  Secret secret;
  Secret token;
  bool operator==(const KeyPair&) const = default;
};

struct Request {
  std::string method = "GET";
  std::string path = "/";              // with its leading slash; the bytes as they are, so `a b`, not `a%20b`
  std::vector<NameValue> query = {};    // in any order
  std::vector<NameValue> headers = {};  // names in any case
};

// `a=1&b=` for the URL, names and values percent-encoded, in the order given; without `?`.
std::string query_text(const std::vector<NameValue>& query);

}  // namespace penstock::sign
