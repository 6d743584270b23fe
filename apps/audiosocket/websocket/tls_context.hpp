// SPDX-License-Identifier: Apache-2.0
#pragma once

// Part of the unit of Beast and OpenSSL: included by websocket.cpp alone.

#include "base/failure.hpp"
#include "websocket/turn_socket.hpp"
#include "websocket/websocket.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <string>

namespace audiosocket::app::websocket {

namespace asio = boost::asio;
using boost::system::error_code;
using tls_stream = asio::ssl::stream<turn_socket&>;

class tls_context {
  public:
    explicit tls_context(const tls_options& options) : verify_(options.verify), has_ca_(!options.ca_file.empty()) {
        // TLS 1.0 and 1.1 are deprecated by RFC 8996.
        SSL_CTX_set_min_proto_version(context_.native_handle(), TLS1_2_VERSION);
        // An idle connection keeps no buffers of 2 x 17 KiB.
        SSL_CTX_set_mode(context_.native_handle(), SSL_MODE_RELEASE_BUFFERS);
        // The default asks the terminal for the password of a key, and waits for it.
        context_.set_password_callback([](std::size_t, asio::ssl::context::password_purpose) { return std::string(); });
        load_authorities(options);
        load_own(options);
    }

    asio::ssl::context& native() noexcept { return context_; }

    /// The other side has to be `host`, where options.verify wants that. An IP address has to be in the certificate
    /// as one.
    void expect_server(tls_stream& stream, const std::string& host) const {
        SSL* const ssl = stream.native_handle();
        error_code no_address;
        asio::ip::make_address(host, no_address);
        // RFC 6066: names only. The macro for it has a cast that our warnings refuse.
        if (no_address)
            SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(host.c_str()));
        if (!verify_) return;
        X509_VERIFY_PARAM* const wanted = SSL_get0_param(ssl);
        X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        const bool set = no_address ? X509_VERIFY_PARAM_set1_host(wanted, host.c_str(), host.size()) == 1
                                    : X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1;
        // An expectation that was not set would not be checked.
        if (!set) throw failure(exit_code::network, host + ": not a name that a certificate can have");
        SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
    }

    /// The other side, a client, has to have a certificate of the authorities in options.ca_file, where there is one.
    void expect_client(tls_stream& stream) const {
        if (has_ca_) SSL_set_verify(stream.native_handle(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }

    bool has_certificate() const noexcept { return has_certificate_; }

  private:
    static failure cannot_use(const std::string& file, const std::string& why) {
        return {exit_code::file, file + ": " + why};
    }

    void load_authorities(const tls_options& options) {
        error_code error;
        if (!has_ca_) {
            context_.set_default_verify_paths(error);
            if (error) throw cannot_use("the system's authorities", error.message());
            return;
        }
        context_.load_verify_file(options.ca_file, error);
        if (error) throw cannot_use(options.ca_file, words(error, "certificates of authorities"));
    }

    void load_own(const tls_options& options) {
        if (options.certificate_file.empty() && options.key_file.empty()) return;
        if (options.certificate_file.empty())
            throw cannot_use(options.key_file, "a key is given without its certificate");
        if (options.key_file.empty())
            throw cannot_use(options.certificate_file, "a certificate is given without its key");
        error_code error;
        context_.use_certificate_chain_file(options.certificate_file, error);
        if (error) throw cannot_use(options.certificate_file, words(error, "a certificate"));
        context_.use_private_key_file(options.key_file, asio::ssl::context::pem, error);
        const auto code = static_cast<unsigned long>(error.value());
        if (error && ERR_GET_LIB(code) == ERR_LIB_X509 && ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH)
            throw cannot_use(options.key_file, "not the key of the certificate in " + options.certificate_file);
        if (error) throw cannot_use(options.key_file, words(error, "a private key without a password"));
        has_certificate_ = true;
    }

    // OpenSSL says "system lib" or "no start line" where people want to know whether there is a file at all.
    static std::string words(const error_code& error, const std::string& expected) {
        if (error.category() == asio::error::get_ssl_category() &&
            ERR_GET_LIB(static_cast<unsigned long>(error.value())) == ERR_LIB_SYS)
            return error.message();
        return error.message() + "; expected " + expected + " in PEM";
    }

    asio::ssl::context context_{asio::ssl::context::tls};
    bool verify_;
    bool has_ca_;
    bool has_certificate_ = false;
};

/// What failed in a TLS handshake, for people.
inline std::string tls_words(tls_stream& stream, const error_code& error) {
    const long verdict = SSL_get_verify_result(stream.native_handle());
    const auto reason = error.category() == asio::error::get_ssl_category()
                            ? ERR_GET_REASON(static_cast<unsigned long>(error.value()))
                            : 0;
    if (verdict != X509_V_OK && reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
        return std::string("the certificate is not trusted: ") + X509_verify_cert_error_string(verdict);
    if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST)
        return "the other side does not speak TLS here (" + error.message() + ")";
    if (error == asio::error::eof || error == asio::ssl::error::stream_truncated)
        return "the other side closed the connection during the TLS handshake";
    return "TLS handshake: " + error.message();
}

} // namespace audiosocket::app::websocket
