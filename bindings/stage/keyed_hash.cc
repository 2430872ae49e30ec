#include "bindings/stage/keyed_hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

namespace penstock {

namespace {

constexpr std::size_t shown_bytes = 8;

struct FreeContext {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeContext>;

}  // namespace

// A context that has taken in the key: copied for each value, so the key is prepared once.
struct KeyedHash::State {
  MacContext keyed;
};

KeyedHash::KeyedHash(std::unique_ptr<State> state) : state_(std::move(state)) {}
KeyedHash::~KeyedHash() = default;

Result<std::unique_ptr<KeyedHash>> KeyedHash::make(ByteView key) {
  const auto unavailable = [] { return Status(Code::unsupported, "HMAC-SHA-256 is not available in this OpenSSL"); };
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  if (!mac) return unavailable();
  MacContext context(EVP_MAC_CTX_new(mac));
  EVP_MAC_free(mac);
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  if (!context || EVP_MAC_init(context.get(), reinterpret_cast<const unsigned char*>(key.data()), key.size(), params) != 1)
    return unavailable();
  return std::unique_ptr<KeyedHash>(new KeyedHash(std::make_unique<State>(State{std::move(context)})));
}

std::string KeyedHash::hex(ByteView value) const {
  static constexpr char digits[] = "0123456789abcdef";
  unsigned char bytes[EVP_MAX_MD_SIZE] = {};
  std::size_t size = 0;
  const MacContext context(EVP_MAC_CTX_dup(state_->keyed.get()));
  // Fails only without memory; then the zeros stand, which give nothing away.
  if (context && EVP_MAC_update(context.get(), reinterpret_cast<const unsigned char*>(value.data()), value.size()) == 1)
    EVP_MAC_final(context.get(), bytes, &size, sizeof bytes);
  std::string out;
  for (std::size_t i = 0; i < shown_bytes; ++i) {
    out += digits[bytes[i] >> 4];
    out += digits[bytes[i] & 15];
  }
  return out;
}

}  // namespace penstock
