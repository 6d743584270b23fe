// SPDX-License-Identifier: Apache-2.0
#include "admin/http_server.hpp"

#include "support/raw_peer.hpp"

#include <audiosocket/net/io_thread.hpp>

#include <gtest/gtest.h>

#include <boost/asio/post.hpp>

#include <atomic>
#include <future>
#include <list>

using namespace audiosocket;
using namespace audiosocket::app::admin;
using namespace audiosocket::test;

namespace {

// A server on its own thread. It answers with the request, and does not answer /never.
class admin_http : public testing::Test {
  protected:
    ~admin_http() override {
        on_thread([this] { server_.reset(); });
    }

    void serve(const http_limits& limits = {}) {
        auto answer = [this](const request& r, const own_counters&, const reply& tell) {
            if (r.target == "/never")
                unanswered_.push_back(tell);
            else if (r.target == "/guess")
                tell({.status = 401, .body = "wrong", .slow = true});
            else
                tell({200, "text/plain",
                      r.method + " " + r.target + (r.body.empty() ? "" : " " + r.type + ":" + r.body)});
        };
        on_thread([&] {
            server_ = std::make_unique<http_server>(thread_.context(), listening_socket::listen({"127.0.0.1", 0}),
                                                    answer, limits);
        });
    }

    raw_peer connect() const { return raw_peer(server_->local_endpoint()); }

    static void say(raw_peer& peer, const std::string& text) { peer.send(raw(text)); }

    static std::string text(const bytes& b) { return {reinterpret_cast<const char*>(b.data()), b.size()}; }

    // Returns everything that arrives until the server closes.
    std::string last_words(const std::string& said) const {
        auto peer = connect();
        say(peer, said);
        return text(peer.receive_all().all);
    }

    // Returns the next response. Its body has `length` bytes.
    static std::string response_of(raw_peer& peer) { return text(peer.receive().value_or(bytes{})); }

    template <class Action>
    void on_thread(Action action) {
        std::promise<void> done;
        boost::asio::post(thread_.context(), [&] {
            action();
            done.set_value();
        });
        done.get_future().wait();
    }

  private:
    io_thread thread_;
    std::vector<reply> unanswered_;
    std::unique_ptr<http_server> server_;
};

const std::string get = "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n";

} // namespace

TEST_F(admin_http, request_byte_by_byte_is_answered) {
    serve();
    auto peer = connect();
    for (const char c : get)
        say(peer, std::string(1, c));
    EXPECT_NE(response_of(peer).find("GET /x"), std::string::npos);
}

TEST_F(admin_http, requests_that_come_together_are_answered_in_order) {
    serve();
    auto peer = connect();
    say(peer, get + "GET /y HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    const auto all = text(peer.receive_all().all);
    EXPECT_LT(all.find("GET /x"), all.find("GET /y"));
    EXPECT_NE(all.find("GET /y"), std::string::npos);
}

TEST_F(admin_http, head_has_the_length_and_not_the_body) {
    serve();
    const auto all = last_words("HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_NE(all.find("Content-Length: 7"), std::string::npos) << all;
    EXPECT_TRUE(all.ends_with("\r\n\r\n")) << all;
}

TEST_F(admin_http, garbage_gets_an_error_and_is_closed) {
    serve();
    EXPECT_NE(last_words("\x01\x02\xff garbage\r\n\r\n").find(" 400 "), std::string::npos);
    EXPECT_NE(last_words("GET / HTTP/1.1\r\nbroken header\r\n\r\n").find(" 400 "), std::string::npos);
    EXPECT_NE(last_words("GET / HTTP/9.9\r\n\r\n").find(" 400 "), std::string::npos);
}

TEST_F(admin_http, header_that_is_too_long_gets_an_error) {
    serve();
    EXPECT_NE(last_words("GET / HTTP/1.1\r\nX: " + std::string(100'000, 'a')).find(" 431 "), std::string::npos);
    EXPECT_NE(last_words("GET /" + std::string(100'000, 'a')).find(" 431 "), std::string::npos);
}

TEST_F(admin_http, body_that_is_too_long_gets_an_error) {
    serve();
    EXPECT_NE(
        last_words("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n" + std::string(2000, 'a')).find(" 413 "),
        std::string::npos);
    EXPECT_NE(last_words("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 18446744073709551615\r\n\r\n").find(" 413 "),
              std::string::npos);
}

// curl does this for long bodies.
TEST_F(admin_http, body_that_is_announced_is_waited_for_and_refused_at_once_if_too_long) {
    serve();
    const auto asks = [](const std::string& expects, int length) {
        return "POST /x HTTP/1.1\r\nHost: a\r\nExpect: " + expects + "\r\nContent-Length: " + std::to_string(length) +
               "\r\n\r\n";
    };
    EXPECT_TRUE(last_words(asks("100-continue", 2000)).starts_with("HTTP/1.1 413 "));
    EXPECT_TRUE(last_words(asks("miracles", 5)).starts_with("HTTP/1.1 417 "));
    auto peer = connect();
    say(peer, asks("100-Continue", 5));
    EXPECT_EQ(response_of(peer), "HTTP/1.1 100 Continue\r\n\r\n");
    say(peer, "hello");
    EXPECT_NE(response_of(peer).find("POST /x :hello"), std::string::npos);
    say(peer, "GET /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n"); // and has none
    EXPECT_NE(response_of(peer).find(" 200 "), std::string::npos);
    say(peer, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    EXPECT_NE(response_of(peer).find("POST /x :hello"), std::string::npos);
}

TEST_F(admin_http, body_is_taken_wherever_it_is_split) {
    serve();
    auto peer = connect();
    for (const std::string request :
         {"PUT /x HTTP/1.1\r\nHost: a\r\nContent-Type: text/x\r\nContent-Length: 5\r\n\r\nhello",
          "PUT /x HTTP/1.1\r\nHost: a\r\nContent-Type: text/x\r\nTransfer-Encoding: chunked\r\n\r\n"
          "2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n"}) {
        for (std::size_t split = 1; split < request.size(); ++split) {
            say(peer, request.substr(0, split));
            say(peer, request.substr(split));
            EXPECT_TRUE(response_of(peer).ends_with("\r\n\r\nPUT /x text/x:hello")) << split;
        }
        for (const char c : request)
            say(peer, std::string(1, c));
        EXPECT_TRUE(response_of(peer).ends_with("\r\n\r\nPUT /x text/x:hello"));
    }
}

TEST_F(admin_http, chunks_that_are_too_long_together_are_refused) {
    serve({.body_bytes_max = 10});
    const std::string head = "PUT /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    EXPECT_TRUE(last_words(head + "6\r\nhello \r\n6\r\nworld!\r\n0\r\n\r\n").starts_with("HTTP/1.1 413 "));
    EXPECT_TRUE(last_words(head + "fffffff0\r\nhello").starts_with("HTTP/1.1 413 "));
    EXPECT_TRUE(last_words(head + "x\r\nhello").starts_with("HTTP/1.1 400 "));
    auto peer = connect();
    say(peer, head + "a\r\n0123456789\r\n0\r\n\r\n");
    EXPECT_TRUE(response_of(peer).ends_with("PUT /x :0123456789"));
}

TEST_F(admin_http, body_that_stays_away_is_cut_off) {
    serve({.request_time = std::chrono::seconds(1)});
    auto peer = connect();
    say(peer, "PUT /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell");
    const auto end = peer.receive();
    EXPECT_TRUE(end && end->empty()) << "answered, or never closed";
}

TEST_F(admin_http, whole_address_is_taken_for_its_path) {
    serve();
    auto peer = connect();
    say(peer, "GET http://localhost:9093/x HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_NE(response_of(peer).find("\r\n\r\nGET /x"), std::string::npos);
}

TEST_F(admin_http, two_hosts_are_refused) {
    serve();
    EXPECT_NE(last_words("GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n").find(" 400 "),
              std::string::npos);
}

// The server took "xchunked" for a request without a body, and the body for the next request.
TEST_F(admin_http, request_whose_length_is_not_clear_is_refused_and_nothing_behind_it_is_read) {
    serve();
    for (const char* fields :
         {"Transfer-Encoding: xchunked", "Transfer-Encoding: identity", "Transfer-Encoding: gzip, chunked",
          "Transfer-Encoding: chunked, chunked", "Transfer-Encoding: ", "Transfer-Encoding: \"chunked\"",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked\r\nContent-Length: 0",
          "Content-Length: 0\r\nTransfer-Encoding: chunked", "Content-Length: 0\r\nContent-Length: 0",
          "Content-Length: 0\r\nContent-Length: 5", "Content-Length: +0", "Content-Length: 0, 0"}) {
        const auto all = last_words("GET /x HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n\r\n0\r\n\r\n" + get);
        EXPECT_TRUE(all.starts_with("HTTP/1.1 400 ")) << fields << '\n' << all;
        EXPECT_EQ(all.find("GET /x"), std::string::npos) << fields << '\n' << all;
    }
    auto peer = connect();
    say(peer, "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    EXPECT_NE(response_of(peer).find("POST /x"), std::string::npos);
}

TEST_F(admin_http, guess_is_answered_late_and_its_connection_gives_way_to_a_new_one) {
    serve({.connections_max = 4, .guess_time = std::chrono::milliseconds(50)});
    auto peer = connect();
    const auto begin = std::chrono::steady_clock::now();
    say(peer, "GET /guess HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_NE(response_of(peer).find(" 401 "), std::string::npos);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(50));
    say(peer, get);
    EXPECT_NE(response_of(peer).find(" 200 "), std::string::npos);
    serve({.connections_max = 4, .guess_time = std::chrono::hours(1)});
    std::list<raw_peer> guessing;
    for (int n = 0; n < 40; ++n) {
        guessing.push_back(connect());
        say(guessing.back(), "GET /guess HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    auto other = connect();
    say(other, get);
    EXPECT_NE(response_of(other).find(" 200 "), std::string::npos);
}

TEST_F(admin_http, request_that_trickles_is_cut_off) {
    serve({.request_time = std::chrono::seconds(1)});
    auto peer = connect();
    const auto begin = std::chrono::steady_clock::now();
    const auto cut_off = [&] {
        pollfd file{peer.native_handle(), POLLIN, 0};
        return ::poll(&file, 1, 100) == 1;
    };
    say(peer, "GET / HTTP/1.1\r\nX: ");
    while (!cut_off() && std::chrono::steady_clock::now() - begin < raw_peer::patience)
        say(peer, "a"); // ten times a second
    EXPECT_LT(std::chrono::steady_clock::now() - begin, raw_peer::patience);
    const auto end = peer.receive();
    EXPECT_TRUE(!end || end->empty()) << "answered"; // closed, or reset because of a byte that came later
}

TEST_F(admin_http, connection_without_a_request_is_closed) {
    serve({.idle_time = std::chrono::seconds(1)});
    EXPECT_TRUE(connect().receive_all().orderly);
    auto peer = connect();
    say(peer, get);
    EXPECT_NE(response_of(peer).find(" 200 "), std::string::npos);
    EXPECT_TRUE(peer.receive_all().orderly);
}

TEST_F(admin_http, question_without_an_answer_gets_an_error) {
    serve({.answer_time = std::chrono::seconds(1)});
    auto peer = connect();
    say(peer, "GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_NE(response_of(peer).find(" 503 "), std::string::npos);
    say(peer, get);
    EXPECT_NE(response_of(peer).find(" 200 "), std::string::npos);
}

// Answers that never came kept the connections of clients that had given up. In the end no client could connect.
TEST_F(admin_http, questions_without_an_answer_keep_no_connections) {
    serve({.connections_max = 4, .answer_time = std::chrono::seconds(1)});
    for (int n = 0; n < 10; ++n) {
        auto peer = connect();
        say(peer, "GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    int answered = 0;
    while (answered < 5 && std::chrono::steady_clock::now() < limit) {
        auto peer = connect();
        // There is no room while the questions have no answer.
        EXPECT_NO_THROW(say(peer, get));
        answered = response_of(peer).find(" 200 ") != std::string::npos ? answered + 1 : 0;
        if (answered == 0) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    EXPECT_EQ(answered, 5);
}

TEST_F(admin_http, peer_that_holds_connections_keeps_no_other_out) {
    serve({.connections_max = 4, .request_time = std::chrono::seconds(60)});
    std::list<raw_peer> silent;
    for (int n = 0; n < 40; ++n) {
        silent.push_back(connect());
        say(silent.back(), "GET / HTTP/1.1\r\n");
    }
    auto peer = connect();
    say(peer, get);
    EXPECT_NE(response_of(peer).find(" 200 "), std::string::npos);
    EXPECT_NE(silent.front().receive(), std::nullopt); // closed to make room: its timeout is longer than this wait
}

TEST_F(admin_http, peer_that_goes_in_the_middle_harms_no_other) {
    serve();
    for (int n = 0; n < 50; ++n) {
        auto peer = connect();
        say(peer, get.substr(0, static_cast<std::size_t>(n) % get.size()));
        if (n % 2 == 0) peer.reset();
    }
    auto peer = connect();
    say(peer, get);
    EXPECT_NE(response_of(peer).find(" 200 "), std::string::npos);
}
