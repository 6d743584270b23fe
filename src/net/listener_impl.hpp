// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/acceptor.hpp"
#include "net/admission.hpp"
#include "net/connection.hpp"
#include "net/pending_connections.hpp"
#include "net/refusal_log.hpp"
#include "net/retry.hpp"

#include <audiosocket/net/listener.hpp>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <vector>

// The states of a connection: accepted (acceptor) -> admitted (admission) or refused -> pending until its id has
// arrived (pending_connections) -> a call on one of the homes -> ready until the application waits for it -> handed
// over.
//
// Invariant: `admitted` counts a host from accepted() until its connection has ended, as pending or as a call.

namespace audiosocket {

struct listener::impl final : std::enable_shared_from_this<impl>,
                              detail::wait_source<call>,
                              detail::acceptor::owner,
                              detail::pending_connections::owner {
    // An io_context that runs calls.
    struct home {
        boost::asio::io_context* context;
        std::size_t calls = 0;
    };

    struct end_notice;

    impl(boost::asio::io_context& io, listening_socket socket, const listener_options& options,
         std::span<boost::asio::io_context* const> contexts)
        : executor(io.get_executor()), endpoint(socket.local_endpoint()), accepting(io, std::move(socket), *this),
          admitted(options), pending(executor, *this), report_timer(executor), hang_up_again(executor) {
        for (auto* c : contexts) {
            homes.push_back({c});
            boost::asio::use_service<detail::turn_table>(*c); // has its descriptors now, and not with the first call
        }
    }

    std::shared_ptr<void> keep_alive() override { return shared_from_this(); }
    void accepted(detail::accepted_socket peer) override;
    void accept_failed() override { ++counters.accept_errors; }
    bool named(detail::pending_connection& c) override;
    void settled(detail::pending_connection& c, detail::handshake::state now) override;
    void take_back(call unheard) override;

    void refuse(const boost::asio::ip::tcp::endpoint& peer, refusal why, std::string detail = {});
    void report_refusals(time_point now);
    void make_room();
    void admit(detail::accepted_socket peer, bool behind_proxy);
    home& home_for(const uuid& id);
    void start_call(detail::pending_connection& c);
    std::optional<session> choose_rules(detail::pending_connection& c, call_options& rules);
    void deliver(bool now);
    void stop_accepting();
    void stop_if_idle(bool now);
    void close();
    void hang_up_all();
    void hang_up_until(std::uint64_t last);

    // Returns how many calls count towards calls_max. Calls that ended before the application waited for them count
    // too.
    std::size_t taken() const noexcept { return std::max(counters.calls_up, ready.size()); }

    const detail::io_executor executor;
    std::vector<home> homes;
    const boost::asio::ip::tcp::endpoint endpoint; // the address on which it listens
    listener_statistics counters;
    detail::acceptor accepting;
    detail::admission admitted;
    detail::pending_connections pending;
    std::deque<std::shared_ptr<detail::connection>> ready; // calls in progress that are not handed over yet
    std::map<std::uint64_t, std::weak_ptr<detail::connection>> in_progress; // by number, so in the order of their start
    detail::completion<call> waiter;
    ended_early_handler ended_early;
    refused_handler refused;
    call_closed_handler call_closed;
    detail::refusal_log refused_lately{counters};
    detail::io_timer report_timer; // for the next report of refusals
    bool report_scheduled = false;
    detail::retry hang_up_again;
    bool closed = false; // calls that are not handed over yet are hung up
};

} // namespace audiosocket
