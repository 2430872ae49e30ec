// Certificates for tests of TLS, made on the spot: an authority, and what it has signed.
#pragma once
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

namespace penstock::testing {

// A folder with PEM files, gone at the end:
//   ca.pem                     the authority
//   NAME.pem, NAME.key         for each sign(NAME, ...)
class Certificates {
 public:
  Certificates() : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), authority_(X509_new(), X509_free) {
    char pattern[] = "/tmp/penstock-certificates-XXXXXX";
    folder_ = mkdtemp(pattern);
    fill(authority_.get(), "test authority", key_.get(), 3600);
    add(authority_.get(), NID_basic_constraints, "critical,CA:TRUE");
    X509_sign(authority_.get(), key_.get(), EVP_sha256());
    write(path("ca.pem"), [&](std::FILE* file) { PEM_write_X509(file, authority_.get()); });
  }
  ~Certificates() { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string ca() const { return path("ca.pem"); }
  // `names`: `DNS:localhost,IP:127.0.0.1`; empty: none. `seconds`: how long it is good; negative: it was.
  // `purpose`: `clientAuth`, `serverAuth`; empty: any.
  void sign(const std::string& name, const std::string& names, long seconds = 3600, const std::string& purpose = "") const {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(X509_new(), X509_free);
    fill(certificate.get(), name, key.get(), seconds);
    if (!names.empty()) add(certificate.get(), NID_subject_alt_name, names);
    if (!purpose.empty()) add(certificate.get(), NID_ext_key_usage, purpose);
    X509_sign(certificate.get(), key_.get(), EVP_sha256());
    write(path(name + ".pem"), [&](std::FILE* file) { PEM_write_X509(file, certificate.get()); });
    write(path(name + ".key"), [&](std::FILE* file) { PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
    write(path(name + ".encrypted.key"), [&](std::FILE* file) {
      const unsigned char word[] = "word";
      PEM_write_PrivateKey(file, key.get(), EVP_aes_128_cbc(), word, 4, nullptr, nullptr);
    });
  }

 private:
  void fill(X509* certificate, const std::string& name, EVP_PKEY* key, long seconds) const {
    static long serial = 0;
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -7200);
    X509_gmtime_adj(X509_getm_notAfter(certificate), seconds);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(authority_.get()));
  }
  void add(X509* certificate, int extension, const std::string& value) const {
    X509V3_CTX context;
    X509V3_set_ctx(&context, authority_.get(), certificate, nullptr, nullptr, 0);
    X509_EXTENSION* const made = X509V3_EXT_conf_nid(nullptr, &context, extension, value.c_str());
    X509_add_ext(certificate, made, -1);
    X509_EXTENSION_free(made);
  }
  template <class Write>
  static void write(const std::string& path, Write writes) {
    std::FILE* const file = std::fopen(path.c_str(), "w");
    writes(file);
    std::fclose(file);
  }

  std::string folder_;
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::unique_ptr<X509, decltype(&X509_free)> authority_;
};

}  // namespace penstock::testing
