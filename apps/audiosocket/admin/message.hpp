// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace audiosocket::app::admin {

/// What of an HTTP request matters here. Fields that were not sent are empty.
struct request {
    std::string method;
    std::string target;
    std::string host;
    std::string origin;
    std::string fetch_site; ///< Sec-Fetch-Site: what a browser says of who asks.
    std::string authorization;
    boost::asio::ip::tcp::endpoint peer;  ///< Who asks; a proxy, maybe.
    boost::asio::ip::tcp::endpoint local; ///< Our end of the connection.
    std::string type;                     ///< Content-Type of the body.
    std::string body;
};

struct response {
    unsigned status = 200;
    std::string type = "application/json";
    std::string body;
    std::vector<std::pair<std::string, std::string>> fields{}; ///< More header fields.
    bool slow = false; ///< Sent only after http_limits::guess_time: the request may have been a guess.
};

/// Takes the response, on the thread of the admin address, now or later.
using reply = std::function<void(response)>;

/// An error that says what is wrong: {"error": "..."}. What it quotes may be any bytes.
response error_response(unsigned status, const std::string& what);

} // namespace audiosocket::app::admin
