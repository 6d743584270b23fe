// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pbx.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/json.hpp>

#include <stdexcept>
#include <string>

namespace audiosocket::test {

/// An application of Asterisk's REST interface (ARI), named "bots": requests, and the events of its channels.
class ari {
  public:
    struct answer {
        int status = 0;
        boost::json::value body;
    };

    explicit ari(const pbx& asterisk) : address_(asterisk.address()) {
        events_.next_layer().connect({boost::asio::ip::make_address(address_), 8088});
        events_.handshake(address_, "/ari/events?app=bots&" + user);
    }

    ari(const ari&) = delete;
    ari& operator=(const ari&) = delete;

    ~ari() {
        boost::system::error_code ignored;
        events_.close(boost::beast::websocket::close_code::normal, ignored);
    }

    /// Sends a request such as ("POST", "/bridges?type=mixing") and returns the answer.
    answer request(const std::string& method, const std::string& target) const {
        boost::asio::ip::tcp::iostream http;
        http.expires_after(process::patience_usual);
        http.connect(address_, "8088");
        http << method << " /ari" << target << (target.find('?') == target.npos ? '?' : '&') << user
             << " HTTP/1.1\r\nHost: asterisk\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
             << std::flush;
        std::string version;
        answer out;
        http >> version >> out.status;
        for (std::string line; std::getline(http, line) && line != "\r";) {
        }
        const std::string body(std::istreambuf_iterator<char>(http), {});
        if (out.status == 0) throw std::runtime_error("ARI: " + http.error().message());
        if (!body.empty()) out.body = boost::json::parse(body);
        return out;
    }

    /// Returns the next event of this type, and drops the events before it.
    boost::json::value wait_for_event(const std::string& type) {
        for (;;) {
            auto event = next();
            if (event.at("type").as_string() == type) return event;
        }
    }

  private:
    boost::json::value next() {
        boost::beast::flat_buffer buffer;
        bool arrived = false;
        events_.async_read(buffer, [&](boost::system::error_code error, std::size_t) {
            if (error) throw boost::system::system_error(error);
            arrived = true;
        });
        io_.restart();
        io_.run_for(process::patience_usual);
        if (!arrived) {
            boost::system::error_code ignored;
            events_.next_layer().close(ignored);
            io_.run(); // the handler refers to this stack
            throw std::runtime_error("ARI: no event");
        }
        return boost::json::parse(std::string_view(static_cast<const char*>(buffer.data().data()), buffer.size()));
    }

    static inline const std::string user = "api_key=bots:secret";

    std::string address_;
    boost::asio::io_context io_;
    boost::beast::websocket::stream<boost::asio::ip::tcp::socket> events_{io_};
};

} // namespace audiosocket::test
