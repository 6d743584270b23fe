// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "live/finding_counts.hpp"
#include "live/recording_counts.hpp"

#include <audiosocket/net/listener.hpp>

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <span>

namespace audiosocket::app::admin {

/// The state of a server.
struct server_status {
    listener_statistics listening;
    std::size_t calls_max = 0;
    std::size_t handshakes_max = 0;
    bool stopping = false; ///< It accepts no more calls: it drains, or hangs up.
    recording_counts recordings{};
    finding_counts findings{};
    boost::asio::ip::tcp::endpoint calls_endpoint{}; ///< Where it listens for calls.
    bool leaving = false; ///< It accepts calls and announcements, but is to get no more: it stops soon.
};

/// The server as the admin address sees it.
class server_view {
  public:
    virtual ~server_view() = default;

    /// Called on the thread of main_context() only.
    virtual server_status status_now() const = 0;

    /// Returns the context of the listener.
    virtual boost::asio::io_context& main_context() noexcept = 0;

    /// Returns the contexts of the calls: the main context, or those of the shards.
    virtual std::span<boost::asio::io_context* const> call_contexts() = 0;

    /// Called when a client at `by` hangs up `calls` calls of this id. On any thread.
    virtual void hung_up_by(const boost::asio::ip::tcp::endpoint& by, const uuid& id, std::size_t calls) = 0;

    /// Called when a request from `by` had a wrong token. On any thread.
    virtual void wrong_token(const boost::asio::ip::tcp::endpoint& by) = 0;

    /// Called when answering has failed, most likely because of too little memory. On any thread.
    virtual void answering_failed(const char* why) noexcept = 0;

  protected:
    server_view() = default;
    server_view(const server_view&) = default;
    server_view& operator=(const server_view&) = default;
};

} // namespace audiosocket::app::admin
