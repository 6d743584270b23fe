// SPDX-License-Identifier: Apache-2.0
#pragma once

// Part of the unit of Beast and OpenSSL: included by websocket.cpp alone.

#include "base/failure.hpp"
#include "websocket/link.hpp"
#include "websocket/name_lookup.hpp"
#include "websocket/websocket_url.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace audiosocket::app::websocket {

using clock = std::chrono::steady_clock;

/// "0.5 s"
inline std::string in_seconds(std::chrono::milliseconds time) {
    return fmt::format("{} s", std::chrono::duration<double>(time).count());
}

/// Opens a link to a server: the addresses of its host one after the other, then TLS, all before one deadline.
///
/// Part of an owner, which every operation keeps alive. All on the executor of the link.
class dialer {
  public:
    using tcp = asio::ip::tcp;

    /// Gets what failed, as text for people; empty: the link is open.
    using handler = std::function<void(const std::string& what)>;

    /// `names` may be null: then those of the executor are used (shared_names).
    dialer(link& below, websocket_url url, std::shared_ptr<tls_context> tls, std::chrono::milliseconds timeout,
           std::shared_ptr<name_lookup> names)
        : below_(below), url_(std::move(url)), tls_(std::move(tls)), timeout_(timeout), until_(clock::now() + timeout),
          names_(std::move(names)), timer_(below.get_executor()) {}

    /// When it is all to be over.
    clock::time_point until() const noexcept { return until_; }

    /// Calls `done` once, in no function of the owner. It must not hold the owner: `owner` does.
    void start(const std::shared_ptr<void>& owner, handler done) {
        done_ = std::move(done);
        error_code no_address;
        const auto ip = asio::ip::make_address(url_.host, no_address);
        if (no_address) return look_up(owner);
        addresses_.emplace_back(ip, url_.port);
        connect(owner);
    }

    /// Nothing is called from now on. The owner drops the link.
    void stop() {
        done_ = nullptr;
        timer_.cancel();
    }

  private:
    using keeper = std::shared_ptr<void>;

    // Long enough for a SYN that is sent again after a second. An address that does not answer, as IPv6 often does
    // not, must not take the time of those behind it.
    static constexpr std::chrono::milliseconds address_max{1500};

    void finish(const std::string& what) {
        const auto done = std::exchange(done_, nullptr);
        stop();
        if (done) done(what);
    }

    void set_deadline(const keeper& owner, clock::time_point when) {
        deadline_ = when;
        timer_.expires_at(when);
        timer_.async_wait([this, owner](const error_code& error) {
            if (!error && done_ && clock::now() >= deadline_) late();
        });
    }

    void late() {
        if (clock::now() < until_) return below_.drop(); // its attempt fails, and the next one begins
        finish(std::string(waiting_for_) + " did not come within " + in_seconds(timeout_));
    }

    void look_up(const keeper& owner) {
        waiting_for_ = "the address of the host";
        set_deadline(owner, until_);
        const auto names = names_ ? names_ : shared_names(below_.get_executor());
        names->find(url_.host, url_.port, [this, owner](const error_code& error, const name_lookup::addresses& found) {
            if (!done_) return;
            if (error) return finish("no such host: " + error.message());
            addresses_ = found;
            connect(owner);
        });
    }

    void connect(const keeper& owner) {
        waiting_for_ = "the TCP connection";
        const bool last = next_address_ + 1 >= addresses_.size();
        set_deadline(owner, last ? until_ : std::min(until_, clock::now() + address_max));
        below_.opening().async_connect(addresses_[next_address_],
                                       [this, owner](const error_code& error) { connected(owner, error); });
    }

    void connected(const keeper& owner, error_code error) {
        if (!done_) return;
        const bool too_late = !below_.opening().is_open(); // late() came between the connection and this
        if (!error && !too_late) error = below_.open();
        if (error || too_late) {
            below_.drop();
            const auto& tried = addresses_[next_address_];
            if (++next_address_ < addresses_.size()) return connect(owner);
            const error_code why = error ? error : error_code(asio::error::timed_out);
            return finish("no connection to " + tried.address().to_string() + ": " + why.message());
        }
        if (!url_.tls) return finish({});
        set_deadline(owner, until_);
        begin_tls(owner);
    }

    void begin_tls(const keeper& owner) {
        waiting_for_ = "the end of the TLS handshake";
        auto& tls = below_.start_tls(*tls_);
        try {
            tls_->expect_server(tls, url_.host);
        } catch (const failure& e) {
            return finish(e.what());
        }
        tls.async_handshake(asio::ssl::stream_base::client, [this, owner](const error_code& error) {
            if (done_) finish(error ? tls_words(*below_.tls(), error) : std::string());
        });
    }

    link& below_;
    const websocket_url url_;
    const std::shared_ptr<tls_context> tls_;
    const std::chrono::milliseconds timeout_;
    const clock::time_point until_;
    const std::shared_ptr<name_lookup> names_;
    asio::steady_timer timer_;
    clock::time_point deadline_{};
    handler done_;
    std::vector<tcp::endpoint> addresses_;
    std::size_t next_address_ = 0;
    std::string_view waiting_for_ = "the TCP connection";
};

} // namespace audiosocket::app::websocket
