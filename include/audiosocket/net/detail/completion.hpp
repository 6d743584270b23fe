// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/recycling_allocator.hpp>
#include <boost/system/error_code.hpp>

#include <memory>
#include <utility>

namespace audiosocket::detail {

/// A completion handler of `void(error_code, Result)` that waits for its result, whatever its type: so that the
/// asynchronous operations live in compiled code. Move-only; empty once completed. The handler runs on its associated
/// executor, which is kept busy meanwhile. Its memory comes from the handler's associated allocator (by default Asio's,
/// which keeps what a thread gave back for what it asks for next) and is given back before the handler runs, so that a
/// handler that waits again costs no allocation.
template <class Result>
class completion {
  public:
    completion() = default;

    template <class Handler>
    completion(Handler handler, const boost::asio::io_context::executor_type& fallback)
        : waiter_(waiter<Handler>::make(std::move(handler), fallback)) {}
    completion(completion&& other) noexcept : waiter_(std::exchange(other.waiter_, nullptr)) {}
    completion& operator=(completion&& other) noexcept {
        std::swap(waiter_, other.waiter_);
        return *this;
    }
    ~completion() {
        if (waiter_) waiter_->drop();
    }

    explicit operator bool() const noexcept { return waiter_ != nullptr; }

    /// Runs the handler: at once if its executor allows that and `now` says so, otherwise a little later. An
    /// operation that completes within its own initiation must not run its handler at once.
    void complete(boost::system::error_code error, Result result, bool now = true) {
        std::exchange(waiter_, nullptr)->complete(error, std::move(result), now);
    }

  private:
    struct waiter_base {
        virtual void complete(boost::system::error_code error, Result result, bool now) = 0;
        virtual void drop() noexcept = 0;

      protected:
        ~waiter_base() = default;
    };

    template <class Handler>
    struct waiter final : waiter_base {
        using executor_type = boost::asio::associated_executor_t<Handler, boost::asio::io_context::executor_type>;
        using allocator_type = typename std::allocator_traits<boost::asio::associated_allocator_t<
            Handler, boost::asio::recycling_allocator<void>>>::template rebind_alloc<waiter>;

        static waiter* make(Handler handler, const boost::asio::io_context::executor_type& fallback) {
            allocator_type memory = allocator_of(handler);
            waiter* const made = std::allocator_traits<allocator_type>::allocate(memory, 1);
            return ::new (static_cast<void*>(made)) waiter(std::move(handler), fallback);
        }

        waiter(Handler h, const boost::asio::io_context::executor_type& fallback)
            : handler(std::move(h)), work(boost::asio::get_associated_executor(handler, fallback)) {}

        static allocator_type allocator_of(const Handler& handler) {
            return allocator_type(
                boost::asio::get_associated_allocator(handler, boost::asio::recycling_allocator<void>()));
        }

        void complete(boost::system::error_code error, Result result, bool now) override {
            const auto keep_busy = std::move(work);
            allocator_type memory = allocator_of(handler);
            auto run = [h = std::move(handler), error, r = std::move(result)]() mutable {
                // Here, and not earlier: a slot belongs to the handler's thread.
                if (auto slot = boost::asio::get_associated_cancellation_slot(h); slot.is_connected()) slot.clear();
                std::move(h)(error, std::move(r));
            };
            give_back(memory);
            if (now)
                boost::asio::dispatch(keep_busy.get_executor(), std::move(run));
            else
                boost::asio::post(keep_busy.get_executor(), std::move(run));
        }

        void drop() noexcept override {
            allocator_type memory = allocator_of(handler);
            give_back(memory);
        }

        void give_back(allocator_type& memory) noexcept {
            std::destroy_at(this);
            std::allocator_traits<allocator_type>::deallocate(memory, this, 1);
        }

        Handler handler;
        boost::asio::executor_work_guard<executor_type> work;
    };

    waiter_base* waiter_ = nullptr;
};

} // namespace audiosocket::detail
