// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/evp.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

/// \file
/// Logins of NATS as its tool `nsc` makes them: keys in base 32 with a checksum, and tokens (JWT) that the key above
/// has signed: operator, account, user.

namespace audiosocket::test {

/// A key of NATS (https://docs.nats.io/using-nats/developer/connecting/nkey).
class nats_key {
  public:
    enum class kind : std::uint8_t { account = 0, operator_ = 14 << 3, user = 20 << 3 };

    explicit nats_key(kind what) : kind_(what), key_(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_PKEY_free) {
        if (!key_) throw std::runtime_error("OpenSSL has no Ed25519");
    }

    std::string name() const {
        bytes raw{static_cast<std::uint8_t>(kind_)};
        append(raw, EVP_PKEY_get_raw_public_key);
        return base32(with_checksum(std::move(raw)));
    }

    std::string seed() const {
        const auto prefix = static_cast<unsigned>(kind_);
        bytes raw{static_cast<std::uint8_t>(18U << 3U | prefix >> 5U), static_cast<std::uint8_t>((prefix & 31U) << 3U)};
        append(raw, EVP_PKEY_get_raw_private_key);
        return base32(with_checksum(std::move(raw)));
    }

    /// Returns a token that says this of another key.
    std::string sign(const std::string& subject, const boost::json::object& nats) const {
        const boost::json::object head{{"typ", "JWT"}, {"alg", "ed25519-nkey"}};
        const boost::json::object claims{{"jti", "1"},     {"iat", 1},       {"iss", name()},
                                         {"name", "test"}, {"sub", subject}, {"nats", nats}};
        const auto text = base64(boost::json::serialize(head)) + '.' + base64(boost::json::serialize(claims));
        std::array<unsigned char, 64> signature{};
        auto size = signature.size();
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> with(EVP_MD_CTX_new(), EVP_MD_CTX_free);
        EVP_DigestSignInit(with.get(), nullptr, nullptr, nullptr, key_.get());
        EVP_DigestSign(with.get(), signature.data(), &size, reinterpret_cast<const unsigned char*>(text.data()),
                       text.size());
        return text + '.' + base64({reinterpret_cast<const char*>(signature.data()), size});
    }

  private:
    using bytes = std::vector<std::uint8_t>;

    template <class Get>
    void append(bytes& to, Get get) const {
        std::array<unsigned char, 32> part{};
        auto size = part.size();
        get(key_.get(), part.data(), &size);
        to.insert(to.end(), part.begin(), part.end());
    }

    // CRC-16/XMODEM, the low byte first.
    static bytes with_checksum(bytes raw) {
        unsigned crc = 0;
        for (const auto b : raw) {
            crc ^= static_cast<unsigned>(b) << 8U;
            for (int bit = 0; bit < 8; ++bit)
                crc = (crc << 1U ^ ((crc & 0x8000U) != 0 ? 0x1021U : 0U)) & 0xffffU;
        }
        raw.push_back(static_cast<std::uint8_t>(crc & 0xffU));
        raw.push_back(static_cast<std::uint8_t>(crc >> 8U));
        return raw;
    }

    template <class Bytes>
    static std::string in_base(unsigned bits, std::string_view digits, const Bytes& raw) {
        std::string text;
        unsigned waiting = 0;
        unsigned count = 0;
        for (const auto b : raw) {
            waiting = (waiting << 8U | static_cast<std::uint8_t>(b)) & 0xffffU;
            for (count += 8; count >= bits; count -= bits)
                text += digits[waiting >> (count - bits) & ((1U << bits) - 1)];
        }
        if (count > 0) text += digits[waiting << (bits - count) & ((1U << bits) - 1)];
        return text;
    }
    static std::string base32(const bytes& raw) { return in_base(5, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", raw); }
    static std::string base64(std::string_view raw) {
        return in_base(6, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", raw);
    }

    kind kind_;
    std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

/// An operator with an account for servers that use JetStream.
class nats_operator {
  public:
    /// Returns the configuration of a nats-server that accepts users of this account only.
    std::string configuration() const {
        const boost::json::object limits{{"subs", -1},        {"data", -1},         {"payload", -1}, {"imports", -1},
                                         {"exports", -1},     {"wildcards", true},  {"conn", -1},    {"leaf", -1},
                                         {"mem_storage", -1}, {"disk_storage", -1}, {"streams", -1}, {"consumer", -1}};
        const auto token_of = [&](const nats_key& account, bool has_limits) {
            boost::json::object nats{{"type", "account"}, {"version", 2}};
            if (has_limits) nats["limits"] = limits;
            return account.name() + ": " + key_.sign(account.name(), nats) + "\n";
        };
        return "operator: " + key_.sign(key_.name(), {{"type", "operator"}, {"version", 2}}) +
               "\nsystem_account: " + system_.name() + "\nresolver: MEMORY\nresolver_preload: {\n" +
               token_of(account_, true) + token_of(system_, false) + "}\n";
    }

    /// Returns the credentials file of a new user.
    std::string credentials() const {
        const nats_key user(nats_key::kind::user);
        const boost::json::object nats{{"pub", boost::json::object()},
                                       {"sub", boost::json::object()},
                                       {"subs", -1},
                                       {"data", -1},
                                       {"payload", -1},
                                       {"type", "user"},
                                       {"version", 2}};
        return "-----BEGIN NATS USER JWT-----\n" + account_.sign(user.name(), nats) +
               "\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n" + user.seed() +
               "\n------END USER NKEY SEED------\n";
    }

  private:
    nats_key key_{nats_key::kind::operator_};
    nats_key account_{nats_key::kind::account};
    nats_key system_{nats_key::kind::account};
};

} // namespace audiosocket::test
