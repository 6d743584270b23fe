// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/ip/tcp.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace audiosocket::app::admin {

/// The fields of an HTTP request that matter here. A field that was not sent is empty.
struct request {
    std::string method;
    std::string target;
    std::string host;
    std::string origin;
    std::string fetch_site; ///< Sec-Fetch-Site: which site made a browser send the request.
    std::string authorization;
    boost::asio::ip::tcp::endpoint peer;  ///< The client, or a proxy in front of it.
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

/// Takes the response on the thread of the admin address, at once or later.
using reply = std::function<void(response)>;

/// Returns an error response: {"error": "..."}. `what` may quote any bytes.
response error_response(unsigned status, const std::string& what);

} // namespace audiosocket::app::admin
