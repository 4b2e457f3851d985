// Certificate authorities for tests of TLS, made when they are needed.
#ifndef STOREOPS_TESTS_SUPPORT_CERTIFICATES_H_
#define STOREOPS_TESTS_SUPPORT_CERTIFICATES_H_

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

namespace storeops::testing {

struct KeyPair {
  std::string certificate;  // PEM
  std::string private_key;  // PEM
};

// Signs certificates with P-256 keys, valid for an hour.
class CertificateAuthority {
 public:
  explicit CertificateAuthority(const std::string& name)
      : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), certificate_(Make(name, "", key_.get(), nullptr), X509_free) {}

  std::string certificate() const { return CertificatePem(certificate_.get()); }

  // `alternative_names` as in OpenSSL's configuration, "DNS:a.example,IP:127.0.0.1"; may be empty. A negative
  // `valid_seconds` makes a certificate that has expired.
  KeyPair Issue(const std::string& common_name, const std::string& alternative_names, long valid_seconds = 3600) const {
    const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<X509, void (*)(X509*)> certificate(
        Make(common_name, alternative_names, key.get(), this, valid_seconds), X509_free);
    return {CertificatePem(certificate.get()), KeyPem(key.get())};
  }

 private:
  static X509* Make(const std::string& common_name, const std::string& alternative_names, EVP_PKEY* key,
                    const CertificateAuthority* issuer, long valid_seconds = 3600) {
    static long serial = 0;
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);  // counted from 0: version 3
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -7200);
    X509_gmtime_adj(X509_getm_notAfter(certificate), valid_seconds);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(common_name.c_str()), -1, -1, 0);
    X509* signer = issuer == nullptr ? certificate : issuer->certificate_.get();
    X509_set_issuer_name(certificate, X509_get_subject_name(signer));
    AddExtension(certificate, signer, NID_basic_constraints, issuer == nullptr ? "critical,CA:TRUE" : "CA:FALSE");
    if (!alternative_names.empty()) AddExtension(certificate, signer, NID_subject_alt_name, alternative_names);
    X509_sign(certificate, issuer == nullptr ? key : issuer->key_.get(), EVP_sha256());
    return certificate;
  }

  static void AddExtension(X509* certificate, X509* signer, int id, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, signer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
  }

  static std::string Text(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<size_t>(size)};
  }
  static std::string CertificatePem(X509* certificate) {
    const std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_X509(bio.get(), certificate);
    return Text(bio.get());
  }
  static std::string KeyPem(EVP_PKEY* key) {
    const std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    return Text(bio.get());
  }

  std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
  std::unique_ptr<X509, void (*)(X509*)> certificate_;
};

}  // namespace storeops::testing

#endif  // STOREOPS_TESTS_SUPPORT_CERTIFICATES_H_
