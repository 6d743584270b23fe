// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace audiosocket::detail {

/// An open call, as its io_context knows it.
class resident {
  public:
    virtual ~resident() = default;

    /// Hangs up. Called on the io_context.
    virtual void hang_up() = 0;

    /// Called when the io_context is being destroyed: must end at once and release everything that may keep it alive.
    virtual void forget() noexcept = 0;

    /// Returns a pointer that keeps it alive, or null if it is being destroyed.
    virtual std::shared_ptr<resident> self() noexcept = 0;

  private:
    friend class io_home;
    std::uint64_t place_ = 0; // in the order of its home; 0: not entered
};

/// Shared by an io_context and its calls, and outlives the io_context: knows whether the io_context still exists, and
/// which calls are open. So the handle of a call may be used and destroyed after the io_context. Safe from any thread.
class io_home {
  public:
    explicit io_home(boost::asio::io_context& context) : context_(&context) {}

    /// Returns whether this thread runs the io_context.
    bool is_here() const noexcept;

    /// Runs the function that `make()` returns on the io_context, later. Returns false, without calling `make()`, if
    /// the io_context was destroyed.
    template <class Make>
    bool post(Make make);

    /// Adds an open call. Returns false if the io_context was destroyed.
    bool enter(resident& who);

    /// Removes a call, if it is there. A call does that before it is destroyed.
    void leave(resident& who) noexcept;

    /// Hangs up all calls, and each later call (is_ending). Call it on the io_context.
    void hang_up_all();
    bool is_ending() const;

    /// Waits until no call is open, or until this time. Returns whether no call is open.
    bool wait_until_empty(std::chrono::steady_clock::time_point until);

    /// Takes note that the io_context is being destroyed. Waits for posts in progress.
    void close() noexcept;

    /// Removes and returns an open call, or null if there is none.
    std::shared_ptr<resident> take_one() noexcept;

    /// Keeps the io_context running while it exists, as an executor_work_guard does, but may outlive the io_context.
    class work {
      public:
        explicit work(std::shared_ptr<io_home> home) : home_(std::move(home)) { home_->count_work(true); }
        work(const work&) = delete;
        work& operator=(const work&) = delete;
        ~work() { home_->count_work(false); }

      private:
        const std::shared_ptr<io_home> home_;
    };

    /// Marks this thread as running the io_context while it exists, so that is_here() needs no lock.
    class running {
      public:
        explicit running(const io_home& here) noexcept : before_(std::exchange(running_here, &here)) {}
        running(const running&) = delete;
        running& operator=(const running&) = delete;
        ~running() { running_here = before_; }

      private:
        const io_home* before_;
    };

  private:
    std::shared_ptr<resident> take_next(std::uint64_t& last);
    void count_work(bool more) noexcept;
    void end_post() noexcept;

    static thread_local const io_home* running_here;

    mutable std::mutex sharing_;              // protects the next members
    boost::asio::io_context* context_;        // null after it was destroyed
    std::map<std::uint64_t, resident*> open_; // in the order in which they were entered
    std::uint64_t entered_ = 0;
    bool ending_ = false;
    std::size_t posting_ = 0; // posts in progress, which keep the io_context
    std::condition_variable emptied_;
    std::condition_variable posted_;
};

template <class Make>
bool io_home::post(Make make) {
    {
        const std::lock_guard lock(sharing_);
        if (context_ == nullptr) return false;
        ++posting_; // the io_context is not destroyed before this is done
    }
    // Without the lock: if there is no memory, the function is destroyed, and may own the last handle of a call.
    struct guard {
        explicit guard(io_home& of) noexcept : home(of) {}
        guard(const guard&) = delete;
        guard& operator=(const guard&) = delete;
        ~guard() { home.end_post(); }
        io_home& home;
    } const posting(*this);
    boost::asio::post(context_->get_executor(), make());
    return true;
}

} // namespace audiosocket::detail
