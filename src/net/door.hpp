#pragma once

#include <audiosocket/net/listener_options.hpp>

#include <cstddef>
#include <map>
#include <optional>

namespace audiosocket::detail {

/// Throws std::invalid_argument for options that make no sense.
void validate(const listener_options& options);

/// Decides who comes in, and counts who is in from where. A host is in the count from the time it is let in until it
/// has left as often: so there are never more of them than connections.
class door {
  public:
    explicit door(listener_options options) : options_(std::move(options)) {}

    const listener_options& options() const noexcept { return options_; }
    /// Those who are in already stay.
    void set_options(listener_options options) { options_ = std::move(options); }

    /// Why this one may not come in; nothing if it may. `calls_up` is how many there are of everybody.
    std::optional<refusal> refuses(const boost::asio::ip::address& peer, std::size_t calls_up) const;

    void enter(const host_key& host) { ++inside_[host]; }
    void leave(const host_key& host);

  private:
    bool allowed(const boost::asio::ip::address& peer) const noexcept;

    listener_options options_;
    std::map<host_key, std::size_t> inside_; // a tree: nobody can choose addresses that are slow to find in it
};

} // namespace audiosocket::detail
