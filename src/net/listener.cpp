// SPDX-License-Identifier: Apache-2.0
#include "net/listener_impl.hpp"

#include <array>
#include <stdexcept>

namespace audiosocket {
namespace asio = boost::asio;

listener::listener(asio::io_context& io, const address& where, const listener_options& options)
    : listener(io, where, options, std::array{&io}) {}

listener::listener(asio::io_context& io, const address& where, const listener_options& options,
                   std::span<asio::io_context* const> homes)
    : listener(io, listening_socket::listen(where), options, homes) {}

listener::listener(asio::io_context& io, listening_socket socket, const listener_options& options,
                   std::span<asio::io_context* const> homes) {
    detail::validate(options);
    if (homes.empty()) throw std::invalid_argument("listener: calls need at least one io_context to live on");
    if (!socket.is_open()) throw std::invalid_argument("listener: the listening socket is closed");
    impl_ = std::make_shared<impl>(io, std::move(socket), options, homes);
    impl_->accepting.start();
}

listener::listener(listener&&) noexcept = default;

listener& listener::operator=(listener&& other) noexcept {
    if (impl_ && impl_ != other.impl_) close();
    impl_ = std::move(other.impl_);
    return *this;
}

listener::~listener() {
    if (impl_) close();
}

asio::ip::tcp::endpoint listener::local_endpoint() const {
    return impl_->endpoint;
}

listener::executor_type listener::get_executor() const noexcept {
    return impl_->executor;
}

detail::wait_source<call>& listener::waits_of(impl& on) noexcept {
    return on;
}

listener::executor_type listener::executor_of(const impl& on) noexcept {
    return on.executor;
}

void listener::start_wait(impl& on, detail::completion<call> waiter) {
    asio::dispatch(on.executor, [self = on.shared_from_this(), w = std::move(waiter)]() mutable {
        if (self->waiter) return w.complete(asio::error::in_progress, {}, false);
        if (self->is_cancelled(w.wait())) return w.complete(asio::error::operation_aborted, {}, false);
        self->waiter = std::move(w);
        self->deliver(false);
    });
}

void listener::cancel(const std::weak_ptr<impl>& waiting, detail::wait_number wait) {
    const auto self = waiting.lock();
    if (!self) return;
    self->mark_cancelled(wait);
    asio::dispatch(self->executor, [self, wait] {
        if (self->waiter && self->waiter.wait() == wait)
            self->waiter.complete(asio::error::operation_aborted, {}, false);
    });
}

void listener::close() {
    asio::dispatch(impl_->executor, [self = impl_] { self->close(); });
}

void listener::stop_accepting() {
    asio::dispatch(impl_->executor, [self = impl_] { self->stop_accepting(); });
}

void listener::hang_up_all() {
    asio::dispatch(impl_->executor, [self = impl_] { self->hang_up_all(); });
}

const listening_socket& listener::socket() const noexcept {
    return impl_->accepting.socket();
}

void listener::set_options(const listener_options& options) {
    detail::validate(options);
    asio::dispatch(impl_->executor,
                   [self = impl_, o = options]() mutable { self->admitted.set_options(std::move(o)); });
}

void listener::on_refused(refused_handler handler) {
    asio::dispatch(impl_->executor, [self = impl_, h = std::move(handler)]() mutable { self->refused = std::move(h); });
}

void listener::on_ended_early(ended_early_handler handler) {
    asio::dispatch(impl_->executor,
                   [self = impl_, h = std::move(handler)]() mutable { self->ended_early = std::move(h); });
}

void listener::on_call_closed(call_closed_handler handler) {
    asio::dispatch(impl_->executor,
                   [self = impl_, h = std::move(handler)]() mutable { self->call_closed = std::move(h); });
}

const listener_statistics& listener::statistics() const noexcept {
    return impl_->counters;
}

} // namespace audiosocket
