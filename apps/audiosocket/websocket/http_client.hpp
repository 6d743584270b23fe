// SPDX-License-Identifier: Apache-2.0
#pragma once

// Part of the unit of Beast and OpenSSL: included by websocket.cpp alone.

#include "websocket/dialer.hpp"
#include "websocket/http_post.hpp"

#include <audiosocket/version.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <optional>
#include <stdexcept>

namespace audiosocket::app::websocket {

/// One request and its answer, in one connection, before one deadline.
class http_client final : public http_exchange, public std::enable_shared_from_this<http_client> {
  public:
    using handler = std::function<void(const post_answer&)>;

    http_client(const asio::any_io_executor& executor, post_request what, handler on_answer)
        : link_(executor), timer_(executor), asked_(std::move(what)), on_answer_(std::move(on_answer)),
          dialer_(link_, asked_.url, asked_.tls, asked_.timeout, nullptr) {}

    void start() {
        dialer_.start(shared_from_this(), [this](const std::string& what) { dialled(what); });
    }

    void cancel() override {
        on_answer_ = nullptr;
        end();
    }

  private:
    // More than the header of an answer may have (8 KiB, the default of Beast). The body goes into a string.
    static constexpr std::size_t buffer_bytes_max = 64 * 1024;

    void end() {
        dialer_.stop();
        timer_.cancel();
        link_.drop();
    }

    void finish(const post_answer& answer) {
        end();
        if (const auto then = std::exchange(on_answer_, nullptr)) then(answer);
    }

    void fail(const std::string& what) { finish({0, {}, without_secrets(asked_.url) + ": " + what}); }

    void dialled(const std::string& what) {
        if (!on_answer_) return;
        if (!what.empty()) return fail(what);
        timer_.expires_at(dialer_.until());
        timer_.async_wait([self = shared_from_this()](const error_code& error) {
            if (!error && self->on_answer_)
                self->fail("the answer did not come within " + in_seconds(self->asked_.timeout));
        });
        write();
    }

    void write() {
        request_.method(beast::http::verb::post);
        request_.target(asked_.url.target);
        request_.version(11);
        request_.set(beast::http::field::host, host_and_port(asked_.url));
        request_.set(beast::http::field::user_agent, "audiosocket/" + std::string(version));
        request_.set(beast::http::field::content_type, asked_.content_type);
        for (const auto& [name, value] : asked_.headers)
            request_.set(name, value);
        request_.keep_alive(false);
        request_.body() = std::move(asked_.body);
        request_.prepare_payload();
        beast::http::async_write(link_, request_, [self = shared_from_this()](const error_code& error, std::size_t) {
            if (!self->on_answer_) return;
            if (error) return self->fail(words(error));
            self->read();
        });
    }

    void read() {
        answer_.emplace();
        answer_->body_limit(asked_.answer_bytes_max);
        beast::http::async_read(
            link_, in_, *answer_,
            [self = shared_from_this()](const error_code& error, std::size_t) { self->answered(error); });
    }

    void answered(const error_code& error) {
        if (!on_answer_) return;
        if (error == beast::http::error::body_limit)
            return fail("the answer is longer than " + std::to_string(asked_.answer_bytes_max) + " bytes");
        if (error) return fail(words(error));
        const auto& answer = answer_->get();
        if (answer.result_int() < 200) return read(); // the answer proper follows
        finish({answer.result_int(), answer.body(), {}});
    }

    static std::string words(const error_code& error) {
        if (error == beast::http::error::end_of_stream || error == asio::error::eof)
            return "the server closed the connection without an answer";
        if (error == beast::http::error::partial_message || error == asio::ssl::error::stream_truncated)
            return "the server closed the connection within its answer";
        if (error == asio::error::connection_reset) return "the server reset the connection";
        if (error.category() == make_error_code(beast::http::error::bad_version).category())
            return "the answer is not that of a web server: " + error.message();
        return error.message();
    }

    link link_;
    asio::steady_timer timer_;
    post_request asked_;
    handler on_answer_;
    dialer dialer_;
    beast::http::request<beast::http::string_body> request_;
    beast::flat_buffer in_{buffer_bytes_max};
    std::optional<beast::http::response_parser<beast::http::string_body>> answer_;
};

inline std::shared_ptr<http_exchange> post_over_http(const asio::any_io_executor& executor, post_request what,
                                                     http_client::handler on_answer) {
    if (what.url.tls && !what.tls) throw std::logic_error("websocket::post: https without a tls_context");
    auto one = std::make_shared<http_client>(executor, std::move(what), std::move(on_answer));
    one->start();
    return one;
}

inline std::string hmac_sha256_digits(std::string_view key, std::string_view text) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int bytes = 0;
    if (!HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
              reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &bytes))
        throw std::runtime_error("OpenSSL cannot make an HMAC-SHA256");
    std::string digits;
    for (unsigned int i = 0; i < bytes; ++i)
        digits += fmt::format("{:02x}", digest[i]);
    return digits;
}

} // namespace audiosocket::app::websocket
