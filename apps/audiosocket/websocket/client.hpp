// SPDX-License-Identifier: Apache-2.0
#pragma once

// Part of the unit of Beast and OpenSSL: included by websocket.cpp alone.

#include "base/printable.hpp"
#include "websocket/connection.hpp"
#include "websocket/dialer.hpp"

#include <audiosocket/version.hpp>

#include <boost/beast/http/rfc7230.hpp>

#include <netinet/tcp.h>

#include <stdexcept>

namespace audiosocket::app::websocket {

/// Dials: the addresses of the host one after the other, then TLS, then the handshake, all before one deadline. Text
/// for people names the host and never the query, and hides what was sent in headers.
class client final : public connection {
  public:
    client(const asio::any_io_executor& executor, const client_options& options)
        : connection(executor, options.bounds), options_(options),
          dialer_(below(), options.url, options.tls, options.bounds.connect_timeout, options.names) {}

    void start(handlers on) {
        set_handlers(std::move(on));
        if (const auto wrong = wrong_field())
            asio::post(below().get_executor(), [self = self(), wrong] { self->fail(*wrong); });
        else
            dialer_.start(shared_from_this(), [this](const std::string& what) { dialled(what); });
    }

  private:
    // Servers take 8 to 64 KiB of header, and Beast throws for a field of 64 KiB.
    static constexpr std::size_t field_bytes_max = 32 * 1024;

    // What the kernel may hold that it has not sent yet. By itself it takes up to 4 MiB, which is minutes of a call:
    // the peer would hear all that after a stall, and nothing here would notice that it does not read.
    static constexpr int unsent_bytes_max = 16 * 1024;
    using unsent_max = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>;

    std::shared_ptr<client> self() { return std::static_pointer_cast<client>(shared_from_this()); }

    void fail(const std::string& what, unsigned http_status = 0) {
        if (is_opening()) end({1006, without_secrets(options_.url) + ": " + what, http_status});
    }

    // A line end in a value would add fields to the request. Values may come from a caller.
    std::optional<std::string> wrong_field() const {
        const auto controls = [](std::string_view text) {
            return std::ranges::any_of(text, [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
        };
        for (const auto& [name, value] : options_.headers) {
            const auto token = [](char c) { return beast::http::detail::is_token_char(c); };
            if (name.empty() || !std::ranges::all_of(name, token)) return printable(name) + ": not a name of a header";
            if (controls(value)) return "header " + name + ": the value has a control character";
            if (name.size() + value.size() > field_bytes_max)
                return "a header is longer than " + std::to_string(field_bytes_max) +
                       " bytes: " + printable(name.substr(0, 64));
        }
        if (controls(options_.subprotocol)) return "the subprotocol has a control character";
        return std::nullopt;
    }

    void opening_late() override {
        fail("the answer to the WebSocket handshake did not come within " + in_seconds(bounds().connect_timeout));
    }

    void gone() override { dialer_.stop(); }

    void dialled(const std::string& what) {
        if (!is_opening()) return;
        if (!what.empty()) return fail(what);
        below().socket().set_option(unsent_max(unsent_bytes_max));
        set_deadline(dialer_.until());
        begin_handshake();
    }

    // --- The handshake ---

    void begin_handshake() {
        stream().set_option(beast::websocket::stream_base::decorator([this](beast::websocket::request_type& request) {
            request.set(beast::http::field::user_agent, "audiosocket/" + std::string(version));
            if (!options_.subprotocol.empty())
                request.set(beast::http::field::sec_websocket_protocol, options_.subprotocol);
            for (const auto& [name, value] : options_.headers)
                request.set(name, value);
        }));
        stream().async_handshake(response_, host_and_port(options_.url), options_.url.target,
                                 [self = self()](const error_code& error) { self->shaken(error); });
    }

    void shaken(const error_code& error) {
        if (!is_opening()) return;
        if (error) return fail(words(error), error == beast::websocket::error::upgrade_declined ? status() : 0);
        // RFC 6455 section 4.1. Beast lets it pass, and would take the first compressed message for a broken one.
        if (const auto extensions = response_[beast::http::field::sec_websocket_extensions]; !extensions.empty())
            return fail("the server chose an extension that was not offered: " +
                        printable({extensions.data(), extensions.size()}));
        const auto chosen = response_.find(beast::http::field::sec_websocket_protocol);
        if (chosen == response_.end()) return opened({});
        const auto name = chosen->value();
        if (!beast::http::token_list(options_.subprotocol).exists(name))
            return fail("the server chose a subprotocol that was not offered: " +
                        printable({name.data(), name.size()}));
        opened({name.data(), name.size()});
    }

    unsigned status() const { return response_.result_int(); }

    std::string words(const error_code& error) const {
        if (error == beast::websocket::error::upgrade_declined) return "refused: " + refusal();
        if (error == beast::http::error::end_of_stream || error == beast::http::error::partial_message ||
            error == asio::error::eof || error == asio::ssl::error::stream_truncated)
            return "the server closed the connection without an answer to the handshake";
        if (error == asio::error::connection_reset) return "the server reset the connection during the handshake";
        if (error.category() == make_error_code(beast::http::error::bad_version).category())
            return "the answer is not that of a WebSocket server: " + error.message();
        return error.message();
    }

    // The status, and what the server says about it: services say there what is wrong with a key or a model.
    std::string refusal() const {
        constexpr std::size_t looked_at_max = 4096;
        constexpr std::size_t shown_max = 300;
        const auto reason = response_.reason();
        std::string text = "HTTP " + std::to_string(status()) + ' ' + std::string(reason.data(), reason.size());
        std::string body = response_.body().substr(0, looked_at_max);
        for (const auto& secret : secrets())
            for (std::size_t at = 0; (at = body.find(secret, at)) != std::string::npos; at += 3)
                body.replace(at, secret.size(), "***");
        std::string line;
        for (const char c : body.substr(0, shown_max)) {
            if (c != ' ' && c != '\n' && c != '\r' && c != '\t')
                line += c;
            else if (!line.empty() && line.back() != ' ')
                line += ' ';
        }
        return printable(line.empty() ? text : text + ": " + line);
    }

    // What was sent and may be secret: values of headers, their words, and the values of the query.
    std::vector<std::string> secrets() const {
        constexpr std::size_t short_max = 5; // "1", "json" and "v1" are no secrets
        std::vector<std::string> all;
        const auto add = [&](std::string_view text, std::string_view separators) {
            while (!text.empty()) {
                const auto end = std::min(text.find_first_of(separators), text.size());
                if (end > short_max) all.emplace_back(text.substr(0, end));
                text.remove_prefix(std::min(end + 1, text.size()));
            }
        };
        for (const auto& [name, value] : options_.headers)
            add(value, " ,;");
        const std::string_view target = options_.url.target;
        if (const auto query = target.find('?'); query != std::string_view::npos) add(target.substr(query + 1), "&=");
        return all;
    }

    const client_options options_;
    dialer dialer_;
    beast::websocket::response_type response_;
};

} // namespace audiosocket::app::websocket
