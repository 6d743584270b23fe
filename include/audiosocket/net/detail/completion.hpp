// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/execution/allocator.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>
#include <boost/asio/recycling_allocator.hpp>
#include <boost/asio/require.hpp>
#include <boost/system/error_code.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace audiosocket::detail {

/// The number of a wait of one object, so that a late cancellation does not hit the next wait. 0 is a wait that cannot
/// be cancelled.
using wait_number = std::uint64_t;

/// Base of an object that can be waited for with a completion of `void(error_code, Result)`. It knows whether a wait
/// was cancelled while its result was posted to the handler's executor, and takes such a result back. So a cancelled
/// wait loses nothing. All members are safe from any thread.
template <class Result>
class wait_source {
  public:
    wait_source() = default;
    wait_source(const wait_source&) = delete;
    wait_source& operator=(const wait_source&) = delete;

    wait_number new_wait() noexcept { return waits_.fetch_add(1, std::memory_order_relaxed) + 1; }

    /// Marks a wait as cancelled. Forgets the last cancelled wait, because there is one wait at a time.
    void mark_cancelled(wait_number wait) noexcept { cancelled_.store(wait, std::memory_order_relaxed); }
    bool is_cancelled(wait_number wait) const noexcept {
        return wait != 0 && cancelled_.load(std::memory_order_relaxed) == wait;
    }

    /// Takes back the result of a cancelled wait, so that the next wait gets it first.
    virtual void take_back(Result result) = 0;

  protected:
    ~wait_source() = default;

  private:
    std::atomic<wait_number> waits_{0};
    std::atomic<wait_number> cancelled_{0};
};

/// Holds a completion handler of `void(error_code, Result)` of any type, so that the asynchronous operations can be in
/// compiled code. Move-only; empty after it completed.
///
/// The handler runs on its associated executor. A work guard keeps that executor running, unless it is the fallback,
/// where the operation itself is work.
///
/// Memory comes from the handler's associated allocator, by default Asio's, which reuses the memory that a thread freed
/// last. It is freed before the handler runs, so a handler that waits again causes no allocation. On an io_context, a
/// completion needs no memory of its own.
template <class Result>
class completion {
  public:
    completion() = default;

    /// Takes the handler. `wait` is the number of the wait if it can be cancelled.
    template <class Handler>
    completion(Handler handler, const boost::asio::io_context::executor_type& fallback, wait_number wait = 0)
        : waiter_(waiter<Handler>::make(std::move(handler), fallback)), wait_(wait) {}
    completion(completion&& other) noexcept : waiter_(std::exchange(other.waiter_, nullptr)), wait_(other.wait_) {}
    completion& operator=(completion&& other) noexcept {
        std::swap(waiter_, other.waiter_);
        std::swap(wait_, other.wait_);
        return *this;
    }
    ~completion() {
        if (waiter_) waiter_->drop();
    }

    explicit operator bool() const noexcept { return waiter_ != nullptr; }

    /// Returns the number of the wait; 0 if it cannot be cancelled.
    wait_number wait() const noexcept { return wait_; }

    /// Runs the handler: at once if `now` is true and its executor allows that, otherwise later. Pass false in an
    /// operation that completes within its own initiation, because its handler must not run at once.
    void complete(boost::system::error_code error, Result result, bool now = true) {
        give(error, std::move(result), nullptr, now);
    }

    /// Runs the handler with a result that must not be lost. If the wait has been cancelled when the handler is about
    /// to run, the result goes back to `source`, and the handler gets `operation_aborted`.
    void complete(Result result, std::shared_ptr<wait_source<Result>> source, bool now = true) {
        give({}, std::move(result), std::move(source), now);
    }

    /// Ends the wait because the fallback executor is being destroyed. A handler with its own executor gets this error
    /// there. Any other handler is destroyed, because it has no executor to run on.
    void give_up(boost::system::error_code error) { std::exchange(waiter_, nullptr)->give_up(error); }

  private:
    using source_pointer = std::shared_ptr<wait_source<Result>>;

    struct waiter_base {
        virtual void complete(boost::system::error_code error, Result result, source_pointer source, wait_number wait,
                              bool now) = 0;
        virtual void give_up(boost::system::error_code error) = 0;
        virtual void drop() noexcept = 0;

      protected:
        ~waiter_base() = default;
    };

    // What runs when the wait is over.
    template <class Handler>
    struct outcome {
        Handler handler;
        boost::system::error_code error;
        Result result;
        source_pointer source;
        wait_number wait;

        using allocator_type = boost::asio::associated_allocator_t<Handler, boost::asio::recycling_allocator<void>>;
        allocator_type get_allocator() const noexcept {
            return boost::asio::get_associated_allocator(handler, boost::asio::recycling_allocator<void>());
        }

        void operator()() {
            // Not earlier, because a slot belongs to the handler's thread.
            if (auto slot = boost::asio::get_associated_cancellation_slot(handler); slot.is_connected()) slot.clear();
            if (source && source->is_cancelled(wait)) {
                source->take_back(std::move(result));
                result = Result();
                error = boost::asio::error::operation_aborted;
            }
            source.reset(); // the handler may outlive all other objects
            std::move(handler)(error, std::move(result));
        }
    };

    // The waiter is in a block of memory that also has room for Asio's operation with the outcome. So completing a wait
    // on an io_context needs no memory, and cannot fail.
    template <class Handler>
    struct waiter final : waiter_base {
        using fallback_type = boost::asio::io_context::executor_type;
        using executor_type = boost::asio::associated_executor_t<Handler, fallback_type>;
        struct block;
        using allocator_type =
            typename std::allocator_traits<typename outcome<Handler>::allocator_type>::template rebind_alloc<block>;

        static waiter* make(Handler handler, const fallback_type& fallback) {
            allocator_type memory = allocator_of(handler);
            block* const made = std::allocator_traits<allocator_type>::allocate(memory, 1);
            return ::new (static_cast<void*>(made)) waiter(std::move(handler), fallback);
        }

        waiter(Handler h, const fallback_type& fallback)
            : handler(std::move(h)), executor(boost::asio::get_associated_executor(handler, fallback)) {
            if constexpr (is_on_io_context)
                if (executor == fallback) return;
            work.emplace(executor);
        }

        static allocator_type allocator_of(const Handler& handler) {
            return allocator_type(
                boost::asio::get_associated_allocator(handler, boost::asio::recycling_allocator<void>()));
        }

        void complete(boost::system::error_code error, Result result, source_pointer source, wait_number wait,
                      bool now) override {
            const auto keep_busy = std::move(work);
            const executor_type where = executor;
            allocator_type memory = allocator_of(handler);
            outcome<Handler> out{std::move(handler), error, std::move(result), std::move(source), wait};
            block* const own = leave_block();
            if constexpr (is_on_io_context) {
                namespace execution = boost::asio::execution;
                if (!now || !runs_at_once(where)) {
                    bool taken = false;
                    const unused_block rest{memory, own, taken};
                    // Not boost::asio::post() with an allocator: it would use the allocator a second time when the
                    // operation runs, if running_in_this_thread() is false there. It is in another shared library.
                    const auto later = boost::asio::require(where, execution::blocking.never);
                    const auto in_block = execution::allocator(block_allocator<void>(memory, own, taken));
                    return boost::asio::require(later, in_block).execute(std::move(out));
                }
            }
            std::allocator_traits<allocator_type>::deallocate(memory, own, 1);
            if (now)
                boost::asio::dispatch(where, std::move(out));
            else
                boost::asio::post(where, std::move(out));
        }

        static bool runs_at_once(const fallback_type& where) noexcept {
            return where.running_in_this_thread() && boost::asio::query(where, boost::asio::execution::blocking) !=
                                                         boost::asio::execution::blocking.never;
        }

        void give_up(boost::system::error_code error) override {
            if (work)
                complete(error, {}, nullptr, 0, false);
            else
                drop();
        }

        void drop() noexcept override {
            allocator_type memory = allocator_of(handler);
            std::allocator_traits<allocator_type>::deallocate(memory, leave_block(), 1);
        }

        // Destroys the waiter, and returns its memory.
        block* leave_block() noexcept {
            std::destroy_at(this);
            return reinterpret_cast<block*>(this);
        }

        // Gives the block to the first allocation that fits, which is that of the operation. `taken` must live until
        // then, that is until the operation is posted.
        template <class T>
        class block_allocator {
          public:
            using value_type = T;

            block_allocator(const allocator_type& memory, block* own, bool& taken) noexcept
                : memory_(memory), own_(own), taken_(&taken) {}
            template <class Other>
            block_allocator(const block_allocator<Other>& other) noexcept // NOLINT: what an allocator has
                : memory_(other.memory_), own_(other.own_), taken_(other.taken_) {}

            T* allocate(std::size_t count) {
                static_assert(alignof(T) <= alignof(std::max_align_t));
                if (count * sizeof(T) <= sizeof(block) && !std::exchange(*taken_, true))
                    return reinterpret_cast<T*>(own_);
                elsewhere<T> memory(memory_);
                return std::allocator_traits<elsewhere<T>>::allocate(memory, count);
            }
            void deallocate(T* from, std::size_t count) noexcept {
                if (reinterpret_cast<block*>(from) == own_) {
                    std::allocator_traits<allocator_type>::deallocate(memory_, own_, 1);
                } else {
                    elsewhere<T> memory(memory_);
                    std::allocator_traits<elsewhere<T>>::deallocate(memory, from, count);
                }
            }

            template <class Other>
            bool operator==(const block_allocator<Other>& other) const noexcept {
                return own_ == other.own_;
            }

          private:
            template <class>
            friend class block_allocator;
            template <class Of>
            using elsewhere = typename std::allocator_traits<allocator_type>::template rebind_alloc<Of>;

            allocator_type memory_;
            block* own_;
            bool* taken_;
        };

        // Returns a block that no operation has taken.
        struct unused_block {
            allocator_type& memory;
            block* own;
            const bool& taken;
            ~unused_block() {
                if (!taken) std::allocator_traits<allocator_type>::deallocate(memory, own, 1);
            }
        };

        static constexpr bool is_on_io_context = std::is_same_v<executor_type, fallback_type>;

        Handler handler;
        executor_type executor;
        std::optional<boost::asio::executor_work_guard<executor_type>> work; // none on the fallback
    };

    void give(boost::system::error_code error, Result result, source_pointer source, bool now) {
        std::exchange(waiter_, nullptr)->complete(error, std::move(result), std::move(source), wait_, now);
    }

    waiter_base* waiter_ = nullptr;
    wait_number wait_ = 0;
};

template <class Result>
template <class Handler>
struct completion<Result>::waiter<Handler>::block {
    // What Asio's operation has beside the outcome: three pointers, and the allocator.
    static constexpr std::size_t of_operation = 16 * sizeof(void*);

    alignas(
        std::max_align_t) std::array<std::byte, std::max(sizeof(waiter), sizeof(outcome<Handler>) + of_operation)> room;
};

/// Connects the handler's cancellation slot, if it has one, to `cancel(number)`. Returns the number of the wait, from
/// `source`.
template <class Handler, class Result, class Cancel>
wait_number connect_slot(const Handler& handler, wait_source<Result>& source, Cancel cancel) {
    auto slot = boost::asio::get_associated_cancellation_slot(handler);
    if (!slot.is_connected()) return 0;
    const wait_number wait = source.new_wait();
    slot.assign([cancel = std::move(cancel), wait](boost::asio::cancellation_type) { cancel(wait); });
    return wait;
}

} // namespace audiosocket::detail
