#include "common/http/tls.h"

#include <openssl/x509v3.h>

#include <boost/asio/buffer.hpp>
#include <memory>

#include "absl/strings/str_cat.h"

namespace storeops::http {
namespace {

namespace ssl = boost::asio::ssl;

std::string FirstDnsName(X509* certificate) {
  std::string result;
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(names) && result.empty(); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_DNS) continue;
    result.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                  ASN1_STRING_length(name->d.dNSName));
  }
  GENERAL_NAMES_free(names);
  return result;
}

std::string CommonName(X509* certificate) {
  char text[256];
  const int length = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text, sizeof(text));
  return length > 0 ? std::string(text, length) : "";
}

}  // namespace

absl::Status SetUpTls(const Server::Options& options, ssl::context& context) {
  boost::system::error_code error;
  context.set_options(ssl::context::default_workarounds | ssl::context::no_sslv2 | ssl::context::no_sslv3 |
                      ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
  context.use_certificate_chain(boost::asio::buffer(options.certificate_chain), error);
  if (error) return absl::InvalidArgumentError(absl::StrCat("TLS certificate: ", error.message()));
  context.use_private_key(boost::asio::buffer(options.private_key), ssl::context::pem, error);
  if (error) return absl::InvalidArgumentError(absl::StrCat("TLS private key: ", error.message()));
  if (SSL_CTX_check_private_key(context.native_handle()) != 1) {
    return absl::InvalidArgumentError("the TLS private key does not fit the certificate");
  }
  constexpr unsigned char kSessions[] = "storeops";
  SSL_CTX_set_session_id_context(context.native_handle(), kSessions, sizeof(kSessions) - 1);
  if (options.client_ca.empty()) return absl::OkStatus();
  context.add_certificate_authority(boost::asio::buffer(options.client_ca), error);
  if (error) return absl::InvalidArgumentError(absl::StrCat("TLS client CA: ", error.message()));
  context.set_verify_mode(ssl::verify_peer | ssl::verify_fail_if_no_peer_cert);
  return absl::OkStatus();
}

std::string ClientCertificateName(SSL* ssl) {
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(ssl), &X509_free);
  if (certificate == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) return "";
  const std::string name = FirstDnsName(certificate.get());
  return name.empty() ? CommonName(certificate.get()) : name;
}

}  // namespace storeops::http
