// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/execution/allocator.hpp>
#include <boost/asio/execution/blocking.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/require.hpp>

#include <array>
#include <cstddef>
#include <new>
#include <utility>

namespace audiosocket::detail {

/// Memory for one handler at a time, so that a handler can be posted when operator new fails. Use it on one thread, or
/// once. It must outlive the handler.
class reserved_memory {
  public:
    reserved_memory() = default;
    reserved_memory(const reserved_memory&) = delete;
    reserved_memory& operator=(const reserved_memory&) = delete;

    bool in_use() const noexcept { return in_use_; }

    /// Posts `action` to the context. Throws std::bad_alloc if another handler is here.
    template <class Action>
    void post(const boost::asio::io_context::executor_type& where, Action action) {
        static_assert(sizeof(Action) + size_of_operation <= size_bytes);
        namespace execution = boost::asio::execution;
        const auto later = boost::asio::require(where, execution::blocking.never);
        boost::asio::require(later, execution::allocator(allocator<void>(*this))).execute(std::move(action));
    }

    /// The allocator of one handler.
    template <class T>
    class allocator {
      public:
        using value_type = T;

        explicit allocator(reserved_memory& of) noexcept : of_(&of) {}
        template <class Other>
        allocator(const allocator<Other>& other) noexcept : of_(other.of_) {} // NOLINT: what an allocator has

        T* allocate(std::size_t count) {
            static_assert(alignof(T) <= alignof(std::max_align_t));
            if (of_->in_use_ || count * sizeof(T) > size_bytes) throw std::bad_alloc();
            of_->in_use_ = true;
            return reinterpret_cast<T*>(of_->room_.data());
        }
        void deallocate(T*, std::size_t) noexcept { of_->in_use_ = false; }

        template <class Other>
        bool operator==(const allocator<Other>& other) const noexcept {
            return of_ == other.of_;
        }

      private:
        template <class>
        friend class allocator;

        reserved_memory* of_;
    };

  private:
    static constexpr std::size_t size_of_operation = 16 * sizeof(void*); // what Asio adds to a handler, at most
    static constexpr std::size_t size_bytes = 2 * size_of_operation;

    alignas(std::max_align_t) std::array<std::byte, size_bytes> room_;
    bool in_use_ = false;
};

} // namespace audiosocket::detail
