// SPDX-License-Identifier: Apache-2.0
#pragma once

// Part of the unit of Beast and OpenSSL: included by websocket.cpp alone.

#include "websocket/connection.hpp"
#include "websocket/websocket_server.hpp"

#include <audiosocket/version.hpp>

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/beast/websocket/rfc6455.hpp>

#include <optional>

namespace audiosocket::app::websocket {

namespace http = beast::http;

/// A connection of a client: TLS, then its request, then the answer, all before one deadline.
class server_connection final : public connection {
  public:
    /// `place` is held for as long as the connection is there.
    server_connection(asio::ip::tcp::socket socket, std::shared_ptr<const server_options> options,
                      std::shared_ptr<const opening_handler> decide, std::shared_ptr<void> place)
        : connection(std::move(socket), options->bounds), options_(std::move(options)), decide_(std::move(decide)),
          place_(std::move(place)), unread_(options_->request_bytes_max) {}

    void start() {
        error_code gone;
        peer_ = below().opening().remote_endpoint(gone);
        set_deadline(clock::now() + bounds().connect_timeout);
        if (const auto error = below().open()) return end({1006, error.message(), 0});
        if (!options_->tls) return read_request();
        auto& tls = below().start_tls(*options_->tls);
        options_->tls->expect_client(tls);
        tls.async_handshake(asio::ssl::stream_base::server, [self = self()](const error_code& error) {
            if (!self->is_opening()) return;
            if (error) return self->end({1006, tls_words(*self->below().tls(), error), 0});
            self->read_request();
        });
    }

    /// The server has stopped. A refusal that is on its way still ends in order.
    void stop() {
        if (is_opening() && !refusing_) end({1006, "the server has stopped", 0});
    }

  private:
    std::shared_ptr<server_connection> self() {
        return std::static_pointer_cast<server_connection>(shared_from_this());
    }

    void gone() override { place_.reset(); }

    void opening_late() override { end({1006, "the client did not finish its request in time", 0}); }

    void read_request() {
        parser_.emplace();
        parser_->header_limit(static_cast<std::uint32_t>(options_->request_bytes_max));
        http::async_read_header(below(), unread_, *parser_, [self = self()](const error_code& error, std::size_t) {
            if (self->is_opening()) self->request_read(error);
        });
    }

    void request_read(const error_code& error) {
        if (error == http::error::header_limit || error == http::error::buffer_overflow)
            return refuse(431, "the request is too long");
        const bool nonsense = error.category() == make_error_code(http::error::bad_version).category() &&
                              error != http::error::end_of_stream && error != http::error::partial_message;
        if (error && nonsense) return refuse(400, error.message());
        if (error) return end({1006, error.message(), 0}); // the client has gone
        const auto& request = parser_->get();
        if (!beast::websocket::is_upgrade(request)) return refuse(426, "only WebSockets are served here");
        // A client speaks only after the answer.
        if (unread_.size() > 0) return refuse(400, "something follows the request");
        answer(request);
    }

    void answer(const http::request<http::empty_body>& request) {
        opening_request asked{{request.target().data(), request.target().size()}, {}, peer_};
        for (const auto& field : request)
            asked.headers.emplace_back(std::string(field.name_string().data(), field.name_string().size()),
                                       std::string(field.value().data(), field.value().size()));
        auto answered = (*decide_)(asked, shared_from_this());
        if (!is_opening()) return; // the handler has closed it
        if (answered.status != 101) return refuse(answered.status, answered.text);
        set_handlers(std::move(answered.on));
        chosen_ = std::move(answered.subprotocol);
        stream().set_option(beast::websocket::stream_base::decorator([this](beast::websocket::response_type& response) {
            response.set(http::field::server, server_name());
            if (!chosen_.empty()) response.set(http::field::sec_websocket_protocol, chosen_);
        }));
        stream().async_accept(request, [self = self()](const error_code& error) {
            if (!self->is_opening()) return;
            self->parser_.reset();
            if (error) return self->end({1006, error.message(), 0});
            self->opened(std::move(self->chosen_));
        });
    }

    void refuse(unsigned status, std::string text) {
        refusing_ = true;
        refusal_.version(11);
        refusal_.result(status);
        refusal_.set(http::field::server, server_name());
        refusal_.set(http::field::connection, "close");
        if (status == 426) refusal_.set(http::field::upgrade, "websocket");
        if (!text.empty()) refusal_.set(http::field::content_type, "text/plain; charset=utf-8");
        refusal_.body() = std::move(text);
        refusal_.prepare_payload();
        http::async_write(below(), refusal_, [self = self()](const error_code& error, std::size_t) {
            if (!self->is_opening()) return;
            if (error)
                self->end({1006, error.message(), 0});
            else
                self->end_in_order({1006, "refused", self->refusal_.result_int()});
        });
    }

    static std::string server_name() { return "audiosocket/" + std::string(version); }

    const std::shared_ptr<const server_options> options_;
    const std::shared_ptr<const opening_handler> decide_;
    std::shared_ptr<void> place_;
    asio::ip::tcp::endpoint peer_;
    beast::flat_buffer unread_;
    std::optional<http::request_parser<http::empty_body>> parser_;
    http::response<http::string_body> refusal_;
    std::string chosen_;
    bool refusing_ = false;
};

} // namespace audiosocket::app::websocket
