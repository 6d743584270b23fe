// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/server/call_server.hpp>

#include "net/retry.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace audiosocket {
namespace {

namespace asio = boost::asio;

// How soon to try again what found no memory.
constexpr std::chrono::milliseconds try_again{1};

} // namespace

// Everything here happens on the thread that runs `io`, except what is atomic.
struct call_server::impl final : std::enable_shared_from_this<impl>, detail::wait_source<drain_report> {
    impl(asio::io_context& own, call_handler handler, const call_server_options& options)
        : io(own), on_call(std::move(handler)), again(own.get_executor()), timeout(own),
          timeout_again(own.get_executor()) {
        if (!on_call) throw std::invalid_argument("call_server: calls need a handler");
        if (options.threads > 0) threads.emplace(options.threads);
        homes = {&own};
        if (threads) homes.assign(threads->contexts().begin(), threads->contexts().end());
    }

    void begin();
    void accept();
    void count();
    void drain(std::chrono::nanoseconds limit, detail::completion<drain_report> wait);
    void wait_for_timeout();
    void hang_up_all();
    void report_if_drained(bool now);

    // Nothing to keep: the next wait reports the same, because nothing is left to drain.
    void take_back(drain_report) override {}

    using work_guard = asio::executor_work_guard<asio::io_context::executor_type>;

    asio::io_context& io;
    const call_handler on_call;
    std::optional<shards> threads;
    std::vector<asio::io_context*> homes;
    std::optional<listener> calls; // after `threads`, which run its calls
    bool accepting = true;         // a call may still come
    detail::retry again;           // when there is no memory for the next wait
    std::atomic<std::size_t> in_progress = 0;

    // A drain.
    asio::steady_timer timeout;
    detail::retry timeout_again; // when there is no memory for the wait
    detail::completion<drain_report> waiter;
    std::optional<work_guard> busy; // keeps `io` running, because calls on other threads do not
    std::size_t taken_before = 0;   // calls that had ended when it began
    std::size_t hung_up = 0;
};

void call_server::impl::begin() {
    calls->on_call_closed([weak = weak_from_this()] {
        if (const auto self = weak.lock()) {
            self->count();
            self->report_if_drained(true);
        }
    });
    try {
        accept();
    } catch (const std::bad_alloc&) { // it is repeated
    }
}

// The wait has only a weak reference, so that it does not keep a server that is destroyed while it accepts. If there is
// no memory for the wait, the server tries again a little later.
void call_server::impl::accept() try {
    calls->async_accept([weak = weak_from_this()](boost::system::error_code error, call c) {
        const auto self = weak.lock();
        if (!self) return;
        if (error) { // the listener is closed, and no connection is left that could become a call
            self->accepting = false;
            return self->report_if_drained(true);
        }
        self->count();
        self->accept(); // first, because the handler may throw
        self->on_call(std::move(c));
    });
} catch (const std::bad_alloc&) {
    again.after(try_again, [self = shared_from_this()] { self->accept(); });
    throw;
}

void call_server::impl::count() {
    in_progress = calls->statistics().calls_up;
}

void call_server::impl::drain(std::chrono::nanoseconds limit, detail::completion<drain_report> wait) {
    if (waiter) return wait.complete(asio::error::in_progress, {}, false);
    waiter = std::move(wait);
    busy.emplace(io.get_executor());
    const auto& s = calls->statistics();
    taken_before = static_cast<std::size_t>(s.calls) - s.calls_up;
    hung_up = 0;
    if (limit != std::chrono::nanoseconds::max()) {
        timeout.expires_after(std::min<std::chrono::nanoseconds>(limit, std::chrono::hours(24 * 365)));
        wait_for_timeout();
    }
    calls->stop_accepting();
    report_if_drained(false);
}

// If there is no memory for the wait, tries again a little later.
void call_server::impl::wait_for_timeout() {
    try {
        timeout.async_wait([weak = weak_from_this()](boost::system::error_code error) {
            const auto self = weak.lock();
            if (!error && self) self->hang_up_all();
        });
    } catch (const std::bad_alloc&) {
        timeout_again.after(try_again, [self = shared_from_this()] {
            if (self->waiter) self->wait_for_timeout();
        });
    }
}

void call_server::impl::hang_up_all() {
    hung_up = std::max(hung_up, calls->statistics().calls_up);
    calls->hang_up_all();
}

void call_server::impl::report_if_drained(bool now) {
    const auto& s = calls->statistics();
    if (!waiter || accepting || s.calls_up > 0) return;
    timeout.cancel();
    busy.reset();
    const auto ended = static_cast<std::size_t>(s.calls) - taken_before;
    waiter.complete({}, {ended - std::min(hung_up, ended), std::min(hung_up, ended)}, now);
}

call_server::call_server(asio::io_context& io, const address& where, call_handler on_call,
                         const call_server_options& options)
    : impl_(std::make_shared<impl>(io, std::move(on_call), options)) {
    impl_->calls.emplace(io, where, options.listener, impl_->homes);
    impl_->begin();
}

call_server::call_server(asio::io_context& io, listening_socket inherited, call_handler on_call,
                         const listener_options& options, std::span<asio::io_context* const> homes)
    : impl_(std::make_shared<impl>(io, std::move(on_call), call_server_options{})) {
    impl_->homes.assign(homes.begin(), homes.end());
    impl_->calls.emplace(io, std::move(inherited), options, impl_->homes);
    impl_->begin();
}

call_server::call_server(asio::io_context& io, listening_socket inherited, call_handler on_call,
                         const call_server_options& options)
    : impl_(std::make_shared<impl>(io, std::move(on_call), options)) {
    impl_->calls.emplace(io, std::move(inherited), options.listener, impl_->homes);
    impl_->begin();
}

call_server::~call_server() {
    impl_->calls->on_call_closed(nullptr);
    impl_->calls->close();
}

asio::ip::tcp::endpoint call_server::local_endpoint() const {
    return impl_->calls->local_endpoint();
}

listener& call_server::listening() noexcept {
    return *impl_->calls;
}

const listener& call_server::listening() const noexcept {
    return *impl_->calls;
}

std::span<asio::io_context* const> call_server::contexts() const noexcept {
    return impl_->homes;
}

std::size_t call_server::calls_in_progress() const noexcept {
    return impl_->in_progress;
}

asio::io_context::executor_type call_server::executor_of(const impl& server) noexcept {
    return server.io.get_executor();
}

detail::wait_source<drain_report>& call_server::waits_of(impl& server) noexcept {
    return server;
}

void call_server::start_drain(impl& server, std::chrono::nanoseconds timeout, detail::completion<drain_report> waiter) {
    asio::dispatch(server.io, [self = server.shared_from_this(), timeout, w = std::move(waiter)]() mutable {
        self->drain(timeout, std::move(w));
    });
}

void call_server::cancel(const std::weak_ptr<impl>& waiting, detail::wait_number wait) {
    const auto self = waiting.lock();
    if (!self) return;
    self->mark_cancelled(wait);
    asio::dispatch(self->io, [self, wait] {
        if (!self->waiter || self->waiter.wait() != wait) return;
        self->waiter.complete(asio::error::operation_aborted, {}, false);
        self->busy.reset();
    });
}

void call_server::hang_up_all() {
    asio::dispatch(impl_->io, [self = impl_] { self->hang_up_all(); });
}

} // namespace audiosocket
