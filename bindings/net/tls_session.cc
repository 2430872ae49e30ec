#include "bindings/net/tls_session.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>

namespace penstock::net {

namespace {

constexpr std::size_t names_max = 8;

struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};

std::string text_of(const X509_NAME* name) {
  const std::unique_ptr<BIO, FreeBio> out(BIO_new(BIO_s_mem()));
  // Escapes everything that is no printable character: it comes from the peer.
  if (!out || X509_NAME_print_ex(out.get(), name, 0, XN_FLAG_RFC2253) < 0) return "";
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::chrono::system_clock::time_point time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

std::string printable(const unsigned char* data, int size) {
  std::string text;
  for (int i = 0; i < size; ++i) text += data[i] > 0x20 && data[i] < 0x7f ? static_cast<char>(data[i]) : '?';
  return text;
}

std::string text_of(const GENERAL_NAME& name) {
  if (name.type == GEN_DNS) return printable(ASN1_STRING_get0_data(name.d.dNSName), ASN1_STRING_length(name.d.dNSName));
  if (name.type != GEN_IPADD) return "";
  const int size = ASN1_STRING_length(name.d.iPAddress);
  char text[INET6_ADDRSTRLEN] = "";
  if (size == 4 || size == 16) inet_ntop(size == 4 ? AF_INET : AF_INET6, ASN1_STRING_get0_data(name.d.iPAddress), text, sizeof text);
  return text;
}

std::vector<std::string> names_of(const X509* certificate) {
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> out;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()) && out.size() < names_max; ++i) {
    if (std::string text = text_of(*sk_GENERAL_NAME_value(names.get(), i)); !text.empty()) out.push_back(std::move(text));
  }
  return out;
}

CertificateTrust trust_of(long verified) {
  switch (verified) {
    case X509_V_OK: return CertificateTrust::trusted;
    case X509_V_ERR_CERT_HAS_EXPIRED: return CertificateTrust::expired;
    case X509_V_ERR_CERT_NOT_YET_VALID: return CertificateTrust::not_yet_valid;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return CertificateTrust::wrong_name;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: return CertificateTrust::self_signed;
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE: return CertificateTrust::unknown_issuer;
    default: return CertificateTrust::other;
  }
}

}  // namespace

TlsSession session_of(const SSL* ssl) {
  TlsSession session;
  session.version = SSL_get_version(ssl);
  const long verified = SSL_get_verify_result(ssl);
  const std::unique_ptr<X509, FreeCertificate> certificate(SSL_get1_peer_certificate(ssl));
  if (!certificate) {
    session.distrust = "the peer shows no certificate";
    return session;
  }
  session.subject = text_of(X509_get_subject_name(certificate.get()));
  session.issuer = text_of(X509_get_issuer_name(certificate.get()));
  session.names = names_of(certificate.get());
  session.begins = time_of(X509_get0_notBefore(certificate.get()));
  session.expires = time_of(X509_get0_notAfter(certificate.get()));
  session.trust = trust_of(verified);
  if (verified != X509_V_OK) session.distrust = X509_verify_cert_error_string(verified);
  return session;
}

}  // namespace penstock::net
