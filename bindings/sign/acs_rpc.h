// The signature of Alibaba Cloud's RPC-style APIs, such as STS (help.aliyun.com: "RPC mechanism, request signatures"):
// HMAC-SHA1 over all parameters.
#pragma once
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "bindings/sign/request.h"

namespace penstock::sign {

// `parameters` with those that every call has (Format=JSON, AccessKeyId, SignatureMethod, SignatureVersion, SignatureNonce,
// Timestamp, SecurityToken with temporary keys) and Signature: to be sent as query or form. `nonce`: never the same twice.
std::vector<NameValue> sign_acs_rpc(std::string_view method, std::vector<NameValue> parameters, const KeyPair& keys, const std::string& nonce,
                                    std::chrono::system_clock::time_point now);

// What is signed, and the signature, for parameters that are whole.
std::string acs_rpc_canonical(std::string_view method, const std::vector<NameValue>& parameters);
std::string acs_rpc_signature(std::string_view canonical, const Secret& secret);

}  // namespace penstock::sign
