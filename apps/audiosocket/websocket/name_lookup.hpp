// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace audiosocket::app::websocket {

/// How long the addresses of a name are used.
struct name_lifetimes {
    /// Taken as they are. The names of services live for 60 seconds or more.
    std::chrono::milliseconds fresh{5000};
    /// Used at once, and looked up again meanwhile.
    std::chrono::milliseconds usable{60'000};
    /// Used where looking up fails.
    std::chrono::milliseconds last_resort{600'000};
};

/// Looks names up for many connections to few names. The system looks up one name after the other for a whole thread,
/// and asks the network each time: with this a call does not wait for the lookups of all others.
///
/// Lives on its executor, which is that of one thread, for as long as a lookup takes. A name that is being looked up
/// holds up the end of the process, by the time limits of the system.
class name_lookup : public std::enable_shared_from_this<name_lookup> {
  public:
    using addresses = std::vector<boost::asio::ip::tcp::endpoint>;
    using handler = std::function<void(const boost::system::error_code&, const addresses&)>;
    using resolve = std::function<void(const std::string& host, std::uint16_t port, handler)>;

    /// Asks the system.
    explicit name_lookup(const boost::asio::any_io_executor& executor, const name_lifetimes& lifetimes = {});

    /// Asks this function instead.
    name_lookup(const boost::asio::any_io_executor& executor, const name_lifetimes& lifetimes, resolve ask);

    /// Calls `on_found` with one address at least, or an error. Not within this function.
    void find(const std::string& host, std::uint16_t port, handler on_found);

  private:
    using clock = std::chrono::steady_clock;
    using key = std::pair<std::string, std::uint16_t>;

    struct entry {
        addresses found;
        clock::time_point at; // when they were found
        std::vector<handler> waiting;
        bool asking = false;
    };

    // Back ends are few. More than these come from calls that name their own.
    static constexpr std::size_t entries_max = 1000;

    void ask(const key& what);
    void answered(const key& what, const boost::system::error_code& error, const addresses& found);
    void make_room();

    boost::asio::any_io_executor executor_;
    name_lifetimes lifetimes_;
    resolve ask_;
    std::map<key, entry> entries_;
};

/// Returns the one that all connections on this executor's io_context share.
std::shared_ptr<name_lookup> shared_names(const boost::asio::any_io_executor& executor);

} // namespace audiosocket::app::websocket
