// URLs that keys travel to, or what keys are given for: checked before anything is sent there.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "bindings/http/url.h"

namespace penstock::credentials {

// Where requests may go without TLS.
enum class InClear : std::uint8_t { to_loopback, anywhere };

// https://HOST[:PORT][/PATH], or http where `in_clear` lets it. Code::invalid: the text begins with `name` (of the option or
// variable) and repeats nothing of a URL that holds a user or password.
Result<http::Url> check_endpoint(const std::string& name, std::string_view url, InClear in_clear);

// HOST[:PORT] as requests name it: without the scheme's own port.
std::string host_of(const http::Url& url);
// HOST alone; addresses of IPv6 in brackets.
std::string name_of_host(const http::Url& url);
bool is_loopback(const http::Url& url);

}  // namespace penstock::credentials
