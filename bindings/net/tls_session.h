// What a TLS connection turned out to be: for people who look at why one fails, or soon will.
#pragma once
#include <openssl/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace penstock::net {

// Whether the peer's certificate is to be trusted (RFC 5280 section 6) for the name that was asked for (RFC 6125).
enum class CertificateTrust : std::uint8_t {
  trusted,
  expired,
  not_yet_valid,
  wrong_name,
  self_signed,
  unknown_issuer,  // no authority that is trusted here has signed it, or the chain has a hole
  other,
};

struct TlsSession {
  std::string version;             // TLSv1.3
  std::string subject;             // CN=logs.example.com,O=Example; empty: the peer showed no certificate
  std::string issuer;
  std::vector<std::string> names;  // that it is for: DNS names and IP addresses; at most 8
  std::chrono::system_clock::time_point begins, expires;
  CertificateTrust trust = CertificateTrust::other;
  std::string distrust;            // OpenSSL's words for why it is not to be trusted; empty when it is
};

// Of a connection whose handshake is done. The trust is looked at whether or not the connection asks for it.
TlsSession session_of(const SSL* ssl);

}  // namespace penstock::net
