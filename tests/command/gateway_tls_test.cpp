// SPDX-License-Identifier: Apache-2.0
// Back ends behind TLS: correct ones, and those with a wrong identity.
#include "gateway_test.hpp"
#include "raw_back_end.hpp"
#include "unit/app/websocket/certificates.hpp"

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class gateway_tls : public gateway_test {
  protected:
    ws::server_options behind_tls(const std::string& client_authority = {}) const {
        ws::server_options options;
        options.tls = ws::load_tls(
            {.ca_file = client_authority, .certificate_file = files.server(), .key_file = files.server_key()});
        return options;
    }

    // The back end gets no request, and the caller hears our apology.
    void expect_refused(const std::string& url, const std::string& why, std::vector<std::string> more = {}) {
        more.insert(more.begin(), {"--dialect", "pcm", "--backend", url, "--on-failure",
                                   our_sound("sorry.wav", 400).string(), "--header", "X-Key: secret"});
        gateway(std::move(more));
        expect_heard(converse(), negative(400));
        EXPECT_TRUE(server->wait_for_errors(why)) << server->err;
        EXPECT_EQ(stop(), 0) << server->err;
    }

    void expect_good(const std::string& url, std::vector<std::string> more) {
        more.insert(more.begin(), {"--dialect", "pcm", "--backend", url});
        gateway(std::move(more));
        expect_heard(converse(), numbers(800));
        EXPECT_EQ(stop(), 0) << server->err;
    }

    const certificates files;
};

} // namespace

TEST_F(gateway_tls, server_that_can_be_trusted_is_dialled) {
    scripted_back_end bot(plays(numbers(800)), behind_tls());
    expect_good(bot.url("/", "wss://localhost"), {"--ca", files.authority()});
}

TEST_F(gateway_tls, wrong_name_is_refused) {
    scripted_back_end bot(plays(numbers(800)), behind_tls());
    expect_refused(bot.url("/", "wss://127.0.0.1"), "127.0.0.1", {"--ca", files.authority()});
    EXPECT_EQ(bot.requests(), 0U);
}

TEST_F(gateway_tls, unknown_authority_is_refused) {
    scripted_back_end bot(plays(numbers(800)), behind_tls());
    expect_refused(bot.url("/", "wss://localhost"), "ertificate");
    EXPECT_EQ(bot.requests(), 0U);
}

TEST_F(gateway_tls, insecure_trusts_any_certificate_and_warns) {
    scripted_back_end bot(plays(numbers(800)), behind_tls());
    expect_good(bot.url("/", "wss://127.0.0.1"), {"--insecure"});
    EXPECT_NE(server->err.find("--insecure"), std::string::npos) << server->err;
}

TEST_F(gateway_tls, certificate_of_ours_is_shown_where_it_is_asked_for) {
    scripted_back_end bot(plays(numbers(800)), behind_tls(files.authority()));
    expect_good(bot.url("/", "wss://localhost"),
                {"--ca", files.authority(), "--certificate", files.client(), "--certificate-key", files.client_key()});
    expect_refused(bot.url("/", "wss://localhost"), "back end wss://localhost", {"--ca", files.authority()});
}

TEST_F(gateway_tls, server_without_tls_is_refused) {
    scripted_back_end bot(plays(numbers(800)));
    expect_refused(bot.url("/", "wss://localhost"), "TLS", {"--ca", files.authority()});
}

TEST_F(gateway_tls, server_that_is_silent_in_the_handshake_is_given_up) {
    raw_back_end mute([](raw_back_end::visit& one) { one.peer.receive_all(); });
    auto url = mute.url();
    url.replace(0, 2, "wss");
    expect_refused(url, "the end of the TLS handshake did not come within 0.3 s",
                   {"--ca", files.authority(), "--connect-timeout", "0.3"});
}
