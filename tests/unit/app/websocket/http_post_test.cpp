// SPDX-License-Identifier: Apache-2.0
// Requests to web servers, and their results.
#include "certificates.hpp"
#include "websocket_pair.hpp"

#include "websocket/http_post.hpp"

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;

namespace {

bool has(const std::string& text, const std::string& what) {
    return text.find(what) != std::string::npos;
}

class http_posts : public websockets {
  protected:
    static ws::post_request request(const std::string& scheme, const std::string& host, std::uint16_t port) {
        ws::post_request what{.url = ws::parse_url(scheme + "://" + host + ':' + std::to_string(port) + "/x?key=secret",
                                                   ws::url_use::http)};
        what.body = R"({"a":1})";
        what.timeout = patience; // a busy machine is not a failure
        return what;
    }

    void post(ws::post_request what) {
        exchange = ws::post(io_.get_executor(), std::move(what), [this](const auto& a) { answers.push_back(a); });
        EXPECT_TRUE(answers.empty()) << "called within post()";
    }

    // Posts to a raw server. Returns its connection when the whole request has arrived.
    raw_stream& post_raw(std::chrono::milliseconds timeout = patience) {
        auto what = request("http", "127.0.0.1", serve_raw());
        what.headers.emplace_back("X-Signature", "abc");
        what.timeout = timeout;
        post(std::move(what));
        auto& server = requested();
        EXPECT_TRUE(run_until([&] { return server.received.ends_with(R"({"a":1})"); }));
        return server;
    }

    const ws::post_answer& answer() {
        static const ws::post_answer none;
        EXPECT_TRUE(run_until([this] { return !answers.empty(); }));
        return answers.empty() ? none : answers.front();
    }

    // Returns the report for a server that answers this.
    const ws::post_answer& answer_to(const std::string& said, bool and_closes = false) {
        auto& server = post_raw();
        constexpr std::size_t piece = 8192; // the kernel's buffer has room for it
        for (std::size_t at = 0; at < said.size(); at += piece) {
            server.send(std::string_view(said).substr(at, piece));
            io_.restart();
            io_.poll();
        }
        if (and_closes) server.finish();
        return answer();
    }

    std::string failure() { return answer().failure; }

    std::shared_ptr<ws::http_exchange> exchange;
    std::vector<ws::post_answer> answers;
};

} // namespace

TEST_F(http_posts, request_is_whole) {
    auto& server = post_raw();
    EXPECT_TRUE(server.received.starts_with("POST /x?key=secret HTTP/1.1\r\n")) << server.received;
    const auto host = "\r\nHost: 127.0.0.1:" + std::to_string(acceptor_->local_endpoint().port()) + "\r\n";
    for (const auto& line : {host, std::string("\r\nContent-Type: application/json\r\n"),
                             std::string("\r\nContent-Length: 7\r\n"), std::string("\r\nConnection: close\r\n"),
                             std::string("\r\nX-Signature: abc\r\n"), std::string("\r\nUser-Agent: audiosocket/")})
        EXPECT_TRUE(has(server.received, line)) << line << server.received;
    server.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    EXPECT_EQ(answer().status, 200U);
    EXPECT_TRUE(answer().is_good());
    EXPECT_EQ(answer().body, "hi");
    EXPECT_EQ(answer().failure, "");
    EXPECT_TRUE(run_until([&] { return server.ended; })); // the connection is not kept
    run_out();
    EXPECT_EQ(answers.size(), 1U);
}

TEST_F(http_posts, answer_may_come_byte_by_byte_and_end_with_the_connection) {
    auto& server = post_raw();
    for (const char c : std::string("HTTP/1.1 201 Created\r\n\r\nhello")) {
        server.send(std::string(1, c));
        io_.restart();
        io_.poll();
    }
    server.finish();
    EXPECT_EQ(answer().status, 201U);
    EXPECT_EQ(answer().body, "hello");
}

TEST_F(http_posts, answer_may_come_in_chunks) {
    EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").body,
              "abcde");
}

TEST_F(http_posts, interim_answer_is_not_the_answer) {
    EXPECT_EQ(answer_to("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n").status, 204U);
}

TEST_F(http_posts, redirection_is_an_answer_and_is_not_followed) {
    EXPECT_EQ(answer_to("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n").status,
              302U);
    EXPECT_FALSE(answers.front().is_good());
}

TEST_F(http_posts, long_answer_is_a_failure) {
    EXPECT_TRUE(has(answer_to("HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n").failure,
                    "the answer is longer than 65536 bytes"))
        << failure();
    EXPECT_EQ(answers.front().status, 0U);
}

TEST_F(http_posts, long_answer_without_a_length_is_a_failure) {
    EXPECT_TRUE(has(answer_to("HTTP/1.1 200 OK\r\n\r\n" + std::string(65'537, 'x')).failure, "longer than 65536 bytes"))
        << failure();
}

TEST_F(http_posts, answer_of_the_largest_size_is_taken) {
    EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n" + std::string(65'536, 'x')).body.size(),
              65'536U)
        << failure();
}

TEST_F(http_posts, server_that_closes_without_an_answer_is_a_failure) {
    EXPECT_TRUE(has(answer_to("", true).failure, "closed the connection without an answer")) << failure();
    EXPECT_TRUE(failure().starts_with("http://127.0.0.1:")) << failure();
    EXPECT_FALSE(has(failure(), "secret")) << failure();
}

TEST_F(http_posts, half_an_answer_is_a_failure) {
    EXPECT_TRUE(has(answer_to("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", true).failure, "within its answer"))
        << failure();
}

TEST_F(http_posts, other_protocol_is_a_failure) {
    EXPECT_TRUE(has(answer_to("SSH-2.0-OpenSSH_9.2\r\n").failure, "not that of a web server")) << failure();
}

TEST_F(http_posts, silent_server_is_a_failure_at_the_deadline) {
    auto what = request("http", "127.0.0.1", serve_raw());
    what.timeout = 50ms;
    post(std::move(what));
    EXPECT_TRUE(has(failure(), "did not come within 0.05 s")) << failure();
}

TEST_F(http_posts, cancelled_request_is_not_reported_and_closes_its_connection) {
    auto& server = post_raw();
    exchange->cancel();
    EXPECT_TRUE(run_until([&] { return server.ended; }));
    run_out();
    EXPECT_TRUE(answers.empty());
}

TEST_F(http_posts, port_without_a_server_is_a_failure) {
    const auto port = serve_raw();
    acceptor_.reset();
    post(request("http", "127.0.0.1", port));
    EXPECT_TRUE(has(failure(), "no connection to 127.0.0.1: Connection refused")) << failure();
}

TEST_F(http_posts, certificate_is_verified) {
    const certificates files;
    serve({.tls = ws::load_tls({.certificate_file = files.server(), .key_file = files.server_key()})});
    const auto outcome = [&](const std::string& host, const ws::tls_options& tls) {
        answers.clear();
        auto what = request("https", host, server_->local_endpoint().port());
        what.tls = ws::load_tls(tls);
        post(std::move(what));
        return answer();
    };
    // A WebSocket server refuses it: the request came through TLS.
    EXPECT_GE(outcome("localhost", {.ca_file = files.authority()}).status, 400U) << failure();
    EXPECT_TRUE(has(outcome("127.0.0.1", {.ca_file = files.authority()}).failure, "certificate is not trusted"))
        << failure();
    EXPECT_TRUE(has(outcome("localhost", {}).failure, "certificate is not trusted")) << failure();
    EXPECT_GE(outcome("127.0.0.1", {.verify = false}).status, 400U) << failure();
}

TEST_F(http_posts, https_needs_certificates) {
    EXPECT_THROW(ws::post(io_.get_executor(), request("https", "localhost", 1), [](const auto&) {}), std::logic_error);
}

// RFC 4231, test cases 2 and 6.
TEST(hmac_sha256, known_answers) {
    EXPECT_EQ(ws::hmac_sha256("Jefe", "what do ya want for nothing?"),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(ws::hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}
