// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "websocket/websocket.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace audiosocket::app::websocket {

/// What is posted to a web server.
struct post_request {
    websocket_url url; ///< For url_use::http.
    std::vector<std::pair<std::string, std::string>> headers{};
    std::string content_type = "application/json";
    std::string body{};
    std::shared_ptr<tls_context> tls{}; ///< For https.

    /// From the dialling to the end of the answer, all together.
    std::chrono::milliseconds timeout{10'000};

    /// A longer answer is a failure.
    std::size_t answer_bytes_max = 64 * 1024;
};

/// What came back.
struct post_answer {
    unsigned status = 0;   ///< Of HTTP; 0: there was no answer.
    std::string body{};    ///< As it came.
    std::string failure{}; ///< Why there was no answer, as one line for people.

    bool is_good() const noexcept { return status >= 200 && status < 300; }
};

/// A request in progress. Dropping the handle changes nothing.
class http_exchange {
  public:
    http_exchange() = default;
    http_exchange(const http_exchange&) = delete;
    http_exchange& operator=(const http_exchange&) = delete;
    virtual ~http_exchange() = default;

    /// Drops the connection. The handler is not called. On the executor.
    virtual void cancel() = 0;
};

/// Posts it, in a connection of its own. Redirections are not followed: they are answers. `on_answer` is called once,
/// on `executor`, which is that of one thread and of the caller. It is never called within this function.
std::shared_ptr<http_exchange> post(const boost::asio::any_io_executor& executor, post_request what,
                                    std::function<void(const post_answer&)> on_answer);

/// Returns the HMAC-SHA256 (RFC 2104) of this text, in lower-case hexadecimal digits.
std::string hmac_sha256(std::string_view key, std::string_view text);

} // namespace audiosocket::app::websocket
