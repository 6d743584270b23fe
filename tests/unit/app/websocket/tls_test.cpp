// SPDX-License-Identifier: Apache-2.0
// Which certificates clients and servers accept.
#include "certificates.hpp"
#include "websocket_pair.hpp"

#include "base/failure.hpp"

#include <fstream>

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;
using audiosocket::app::failure;

namespace {

class secure_websockets : public websockets {
  protected:
    static const certificates& files() {
        static const certificates all;
        return all;
    }

    static std::shared_ptr<ws::tls_context> server_side(bool clients_prove = false) {
        return ws::load_tls({.ca_file = clients_prove ? files().authority() : "",
                             .certificate_file = files().server(),
                             .key_file = files().server_key()});
    }

    // Returns the result of dialling: "open", or why it is not open.
    std::string dial_and_wait(const std::string& host, const ws::tls_options& tls) {
        here = {};
        auto options = to_server("wss", host);
        options.tls = ws::load_tls(tls);
        dial(options);
        EXPECT_TRUE(run_until([&] { return here.open || !here.closed.empty(); }));
        return here.open ? "open" : here.reason();
    }

    static std::string refusal(const ws::tls_options& options) {
        try {
            ws::load_tls(options);
        } catch (const failure& e) {
            EXPECT_EQ(e.code(), app::exit_code::file);
            return e.what();
        }
        return "accepted";
    }
};

bool has(const std::string& text, const std::string& what) {
    return text.find(what) != std::string::npos;
}

} // namespace

TEST_F(secure_websockets, trusted_server_with_the_right_name_opens_and_closes_in_order) {
    serve({.tls = server_side()});
    ASSERT_EQ(dial_and_wait("localhost", {.ca_file = files().authority()}), "open");
    const std::string text(300'000, 'x');
    ASSERT_TRUE(here.socket->send_text(text));
    ASSERT_TRUE(run_until([&] { return there.texts.size() == 1; }));
    EXPECT_EQ(there.texts.front(), text);
    there.socket->close(1000, "bye");
    run_out();
    EXPECT_EQ(here.code(), 1000);
    EXPECT_EQ(here.reason(), "bye");
    EXPECT_EQ(there.code(), 1000);
}

TEST_F(secure_websockets, wrong_name_is_refused) {
    serve({.tls = server_side()});
    const auto why = dial_and_wait("127.0.0.1", {.ca_file = files().authority()});
    EXPECT_TRUE(has(why, "not trusted") && has(why, "mismatch")) << why;
    EXPECT_FALSE(there.open);
}

TEST_F(secure_websockets, unknown_authority_is_refused) {
    serve({.tls = server_side()});
    const auto why = dial_and_wait("localhost", {});
    EXPECT_TRUE(has(why, "not trusted")) << why;
    EXPECT_FALSE(there.open);
    EXPECT_FALSE(has(why, "secret")) << why;
}

TEST_F(secure_websockets, anything_is_trusted_only_where_that_is_wished) {
    serve({.tls = server_side()});
    EXPECT_EQ(dial_and_wait("127.0.0.1", {.verify = false}), "open");
}

TEST_F(secure_websockets, client_proves_its_identity) {
    serve({.tls = server_side(true)});
    EXPECT_EQ(dial_and_wait("localhost", {.ca_file = files().authority(),
                                          .certificate_file = files().client(),
                                          .key_file = files().client_key()}),
              "open");
    EXPECT_NE(dial_and_wait("localhost", {.ca_file = files().authority()}), "open");
}

TEST_F(secure_websockets, server_without_tls_is_recognised) {
    dial([&] {
        auto options = to("wss://127.0.0.1:" + std::to_string(serve_raw()));
        options.tls = ws::load_tls({});
        return options;
    }());
    ASSERT_TRUE(run_until([&] { return !raw_.empty() && !raw_.front()->received.empty(); }));
    raw_.front()->send("HTTP/1.1 400 Bad Request\r\n\r\n");
    ASSERT_TRUE(run_until([&] { return !here.closed.empty(); }));
    EXPECT_TRUE(has(here.reason(), "does not speak TLS here")) << here.reason();
}

TEST_F(secure_websockets, server_that_is_silent_in_the_tls_handshake_ends_at_the_deadline) {
    auto options = to("wss://127.0.0.1:" + std::to_string(serve_raw()));
    options.tls = ws::load_tls({});
    options.bounds.connect_timeout = 50ms;
    dial(options);
    ASSERT_TRUE(run_until([&] { return !here.closed.empty(); }));
    EXPECT_TRUE(has(here.reason(), "did not come within 0.05 s")) << here.reason();
}

TEST_F(secure_websockets, client_without_tls_does_not_trouble_the_server) {
    serve({.tls = server_side()});
    auto& stream = raw_peer();
    stream.send(raw_request({}));
    ASSERT_TRUE(run_until([&] { return stream.ended; }));
    EXPECT_EQ(dial_and_wait("localhost", {.ca_file = files().authority()}), "open");
}

TEST_F(secure_websockets, files_that_cannot_be_used_are_named) {
    const auto missing = files().file("missing.pem");
    const auto no_pem = files().file("text.pem");
    std::ofstream(no_pem) << "hello\n";
    EXPECT_TRUE(has(refusal({.ca_file = missing}), missing + ": No such file"));
    EXPECT_TRUE(has(refusal({.ca_file = no_pem}), "in PEM"));
    EXPECT_TRUE(has(refusal({.certificate_file = missing, .key_file = missing}), "No such file"));
    EXPECT_TRUE(has(refusal({.certificate_file = no_pem, .key_file = no_pem}), "in PEM"));
    EXPECT_TRUE(has(refusal({.certificate_file = files().server(), .key_file = no_pem}), "private key"));
    EXPECT_TRUE(has(refusal({.certificate_file = files().server()}), "without its key"));
    EXPECT_TRUE(has(refusal({.key_file = files().server_key()}), "without its certificate"));
    EXPECT_TRUE(has(refusal({.certificate_file = files().server(), .key_file = files().client_key()}),
                    "not the key of the certificate"));
}

TEST_F(secure_websockets, server_needs_a_certificate) {
    EXPECT_THROW(serve({.tls = ws::load_tls({})}), failure);
}
