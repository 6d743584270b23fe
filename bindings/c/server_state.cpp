// SPDX-License-Identifier: Apache-2.0
#include "server_state.hpp"

#include "error.hpp"

#include <exception>
#include <list>
#include <new>
#include <utility>

namespace audiosocket::c {

void server_state::answer(boost::asio::io_context& home, std::span<boost::asio::io_context* const> homes,
                          listening_socket socket, const option_set& options) {
    options_ = options;
    server_.emplace(
        home, std::move(socket),
        [weak = weak_from_this()](call line) {
            if (const auto self = weak.lock()) self->on_call(std::move(line));
        },
        options.listener, homes);
}

// An exception here would end the thread of all calls. Without memory the call is hung up.
void server_state::on_call(call line) {
    try {
        const auto state =
            std::make_shared<call_state>(where_, role::server, line.id(), options_.listener.call, options_.audio);
        pending_event event;
        event.fresh = std::make_unique<audiosocket_call>(state);
        event.what.type = AUDIOSOCKET_EVENT_CALL;
        event.server = shared_from_this();
        state->attach(std::move(line));
        state->push(std::move(event));
        state->take_events();
    } catch (const std::exception&) {
    }
}

void server_state::drain(std::chrono::nanoseconds timeout) {
    if (draining_.exchange(true)) throw failure(AUDIOSOCKET_BAD_ARGUMENT, "a drain is in progress already");
    try {
        auto on_end = [self = shared_from_this(), one = std::list<pending_event>(1)](boost::system::error_code error,
                                                                                     drain_report report) mutable {
            self->draining_ = false;
            if (error) return;
            one.front().what.type = AUDIOSOCKET_EVENT_DRAINED;
            one.front().what.hung_up = report.hung_up;
            one.front().server = self;
            self->where_.queue->push(one);
        };
        server_->async_drain(timeout, std::move(on_end));
    } catch (const std::bad_alloc&) { // it has not begun
        draining_ = false;
        throw;
    }
}

} // namespace audiosocket::c
