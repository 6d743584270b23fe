// SPDX-License-Identifier: Apache-2.0
#include "certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <unistd.h>

#include <cstdio>
#include <memory>
#include <stdexcept>

namespace audiosocket::test {
namespace {

template <class Type, void (*Free)(Type*)>
struct freed {
    void operator()(Type* what) const { Free(what); }
};
using key = std::unique_ptr<EVP_PKEY, freed<EVP_PKEY, EVP_PKEY_free>>;
using certificate = std::unique_ptr<X509, freed<X509, X509_free>>;

void check(bool good, const char* what) {
    if (!good) throw std::runtime_error(std::string("certificates: ") + what);
}

void extend(X509* to, X509* issuer, int what, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, what, value);
    check(extension != nullptr && X509_add_ext(to, extension, -1) == 1, value);
    X509_EXTENSION_free(extension);
}

struct identity {
    key secret;
    certificate shown;
};

// Without an issuer it is a self-signed authority.
identity make(const char* name, const char* alternative, const identity* issuer, long serial) {
    constexpr long day_s = 86'400;
    identity made{key(EVP_EC_gen("P-256")), certificate(X509_new())};
    X509* const x = made.shown.get();
    check(made.secret && x != nullptr, "no key");
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial);
    X509_gmtime_adj(X509_getm_notBefore(x), -day_s);
    X509_gmtime_adj(X509_getm_notAfter(x), day_s);
    X509_set_pubkey(x, made.secret.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
    X509* const signer = issuer != nullptr ? issuer->shown.get() : x;
    X509_set_issuer_name(x, X509_get_subject_name(signer));
    if (issuer == nullptr) extend(x, signer, NID_basic_constraints, "critical,CA:TRUE");
    if (alternative != nullptr) extend(x, signer, NID_subject_alt_name, alternative);
    check(X509_sign(x, (issuer != nullptr ? issuer->secret : made.secret).get(), EVP_sha256()) > 0, "not signed");
    return made;
}

void write(const identity& what, const std::string& certificate_file, const std::string& key_file) {
    using file = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
    const file shown(std::fopen(certificate_file.c_str(), "w"), std::fclose);
    const file secret(std::fopen(key_file.c_str(), "w"), std::fclose);
    check(shown && secret, "no file");
    check(PEM_write_X509(shown.get(), what.shown.get()) == 1, "certificate not written");
    check(PEM_write_PrivateKey(secret.get(), what.secret.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
          "key not written");
}

} // namespace

certificates::certificates() {
    std::string name = (std::filesystem::temp_directory_path() / "certificates.XXXXXX").string();
    check(mkdtemp(name.data()) != nullptr, "no folder");
    folder_ = name;
    const auto ca = make("Test authority", nullptr, nullptr, 1);
    write(ca, authority(), file("ca.key"));
    write(make("localhost", "DNS:localhost", &ca, 2), server(), server_key());
    write(make("gateway", nullptr, &ca, 3), client(), client_key());
}

certificates::~certificates() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

} // namespace audiosocket::test
