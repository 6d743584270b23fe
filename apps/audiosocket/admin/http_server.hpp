#pragma once

#include "admin/message.hpp"
#include "admin/metrics.hpp"

#include <audiosocket/net/address.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <memory>

namespace audiosocket::app::admin {

/// What one who asks may use of us.
struct http_limits {
    /// Browsers open six, a scraper one. The one that has been silent for longest gives way to a new one, so holding
    /// connections keeps nobody out.
    std::size_t connections_max = 32;

    /// A browser sends half a KiB to two, with cookies of others on the same machine.
    std::size_t header_bytes_max = 8 * 1024;

    /// Nothing here takes a body.
    std::size_t body_bytes_max = 1024;

    /// From the first byte of a request to its last, and again for the response: a trickle ends here.
    std::chrono::seconds request_time{5};

    /// The threads of the calls answer within milliseconds; this is for when they do not.
    std::chrono::seconds answer_time{3};

    /// Between two requests: longer than a scraper's usual interval would only hold descriptors.
    std::chrono::seconds idle_time{20};
};

/// HTTP/1.1 for a few who look: requests without bodies, one at a time on each connection.
///
/// Lives on one io_context with one thread.
class http_server {
  public:
    using answerer = std::function<void(const request&, const own_counters&, reply)>;

    /// Throws boost::system::system_error, with the address in its text, where it cannot listen.
    http_server(boost::asio::io_context& io, const address& where, answerer answer, const http_limits& limits = {});

    /// On a socket that listens already, which is then this one's. Throws the same where it does not.
    http_server(boost::asio::io_context& io, int inherited, answerer answer, const http_limits& limits = {});
    http_server(const http_server&) = delete;
    http_server& operator=(const http_server&) = delete;
    ~http_server();

    boost::asio::ip::tcp::endpoint local_endpoint() const;

    /// The listening socket, for somebody to inherit.
    int descriptor() const;

    /// Leaves the address to another process: takes no more connections, and ends those that are there with their next
    /// response. On the thread of the io_context.
    void stop_accepting();

  private:
    class connection;
    struct impl;
    std::shared_ptr<impl> impl_; // shared with the connections
};

} // namespace audiosocket::app::admin
