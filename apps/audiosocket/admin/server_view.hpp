// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "live/finding_counts.hpp"
#include "live/recording_counts.hpp"

#include <audiosocket/net/listener.hpp>

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <span>

namespace audiosocket::app::admin {

/// What a server says of itself when somebody asks.
struct server_status {
    listener_statistics listening;
    std::size_t calls_max = 0;
    std::size_t handshakes_max = 0;
    bool stopping = false; ///< It takes no more calls: it is draining, or hanging up.
    recording_counts recordings{};
    finding_counts findings{};
    boost::asio::ip::tcp::endpoint calls_endpoint{}; ///< Where it listens for calls.
};

/// What the admin address has to know of the server behind it.
class server_view {
  public:
    virtual ~server_view() = default;

    /// On the thread of main_context() only.
    virtual server_status status_now() const = 0;

    /// Where the listener lives.
    virtual boost::asio::io_context& main_context() noexcept = 0;

    /// Where the calls live: the main one, or those of the shards.
    virtual std::span<boost::asio::io_context* const> call_contexts() = 0;

    /// Whoever asked from `by` hangs up so many calls of this id. On any thread.
    virtual void hung_up_by(const boost::asio::ip::tcp::endpoint& by, const uuid& id, std::size_t calls) = 0;

    /// A request from `by` had a token, and not the right one. On any thread.
    virtual void wrong_token(const boost::asio::ip::tcp::endpoint& by) = 0;

    /// Answering has failed, as it should never: for want of memory, most likely. On any thread.
    virtual void answering_failed(const char* why) noexcept = 0;

  protected:
    server_view() = default;
    server_view(const server_view&) = default;
    server_view& operator=(const server_view&) = default;
};

} // namespace audiosocket::app::admin
