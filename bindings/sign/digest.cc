#include "bindings/sign/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdio>
#include <cstdlib>

namespace penstock::sign {

namespace {

const unsigned char* bytes_of(ByteView view) { return reinterpret_cast<const unsigned char*>(view.data()); }

void require(bool worked, const char* what) {
  if (worked) return;
  std::fprintf(stderr, "penstock: OpenSSL cannot compute %s\n", what);
  std::abort();
}

}  // namespace

Sha256 sha256(ByteView bytes) {
  Sha256 out;
  require(EVP_Digest(bytes.data(), bytes.size(), out.data(), nullptr, EVP_sha256(), nullptr) == 1, "SHA-256");
  return out;
}

Sha256 hmac_sha256(ByteView key, ByteView message) {
  Sha256 out;
  require(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(message), message.size(), out.data(), nullptr) != nullptr,
          "HMAC-SHA-256");
  return out;
}

Sha1 hmac_sha1(ByteView key, ByteView message) {
  Sha1 out;
  require(HMAC(EVP_sha1(), key.data(), static_cast<int>(key.size()), bytes_of(message), message.size(), out.data(), nullptr) != nullptr,
          "HMAC-SHA-1");
  return out;
}

std::optional<Md5> md5(ByteView bytes) {
  Md5 out;
  if (EVP_Digest(bytes.data(), bytes.size(), out.data(), nullptr, EVP_md5(), nullptr) != 1) return std::nullopt;
  return out;
}

struct StreamedDigest::State {
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context;  // null: forbidden
};

StreamedDigest::StreamedDigest(Kind kind) : state_(std::make_unique<State>()) {
  state_->context.reset(EVP_MD_CTX_new());
  require(state_->context != nullptr, "digests");
  const bool made = EVP_DigestInit_ex(state_->context.get(), kind == Kind::md5 ? EVP_md5() : EVP_sha256(), nullptr) == 1;
  if (kind == Kind::sha256) require(made, "SHA-256");
  if (!made) state_->context.reset();
}

StreamedDigest::~StreamedDigest() = default;

void StreamedDigest::add(ByteView piece) {
  if (state_->context) require(EVP_DigestUpdate(state_->context.get(), piece.data(), piece.size()) == 1, "digests");
}

std::string StreamedDigest::finish() {
  if (!state_->context) return "";
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  require(EVP_DigestFinal_ex(state_->context.get(), bytes, &size) == 1, "digests");
  return {reinterpret_cast<const char*>(bytes), size};
}

std::string hex(ByteView bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const unsigned char byte : bytes) {
    out += digits[byte >> 4];
    out += digits[byte & 15];
  }
  return out;
}

std::string base64(ByteView bytes) {
  std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // OpenSSL ends it with a zero
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(bytes), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

}  // namespace penstock::sign
