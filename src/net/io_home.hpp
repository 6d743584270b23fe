// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

namespace audiosocket::detail {

/// An open call, as its io_context knows it.
class resident {
  public:
    virtual ~resident() = default;

    /// Hangs up, in order. On the io_context.
    virtual void hang_up() = 0;

    /// The io_context goes: end at once, and let go of everything that may keep it.
    virtual void forget() noexcept = 0;

    /// Returns what keeps it alive; null if it is being destroyed.
    virtual std::shared_ptr<resident> self() noexcept = 0;
};

/// What calls share with the io_context on which they live, and what outlives it: whether it still exists, and which
/// calls are open. A handle on a call may so be used, and destroyed, after the io_context. Safe from any thread.
class io_home {
  public:
    explicit io_home(boost::asio::io_context& context) : context_(&context) {}

    /// Returns whether this thread runs the io_context.
    bool is_here() const noexcept;

    /// Runs what `make()` returns on the io_context, later. Returns false, and makes nothing, if that is gone.
    template <class Make>
    bool post(Make make);

    /// Adds an open call. Returns false if the io_context is gone.
    bool enter(resident& who);

    /// Removes it, if it is there. A call does that before it is destroyed.
    void leave(resident& who) noexcept;

    /// Hangs up all calls, and each that comes from now on (is_ending). On the io_context.
    void hang_up_all();
    bool is_ending() const;

    /// Waits until no call is open, or until then. Returns whether none is.
    bool wait_until_empty(std::chrono::steady_clock::time_point until);

    /// The io_context goes.
    void close() noexcept;

    /// Takes one of the open calls out; null if none is left.
    std::shared_ptr<resident> take_one() noexcept;

    /// While it exists, the io_context has work to do, as with an executor_work_guard; but it may outlive the
    /// io_context.
    class work {
      public:
        explicit work(std::shared_ptr<io_home> home) : home_(std::move(home)) { home_->count_work(true); }
        work(const work&) = delete;
        work& operator=(const work&) = delete;
        ~work() { home_->count_work(false); }

      private:
        const std::shared_ptr<io_home> home_;
    };

    /// While it exists, this thread is known to run the io_context: is_here() costs no lock.
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
    void count_work(bool more) noexcept;

    static thread_local const io_home* running_here;

    mutable std::mutex sharing_;       // of these:
    boost::asio::io_context* context_; // null when it is gone
    std::set<resident*> open_;
    bool ending_ = false;
    std::condition_variable emptied_;
};

template <class Make>
bool io_home::post(Make make) {
    const std::lock_guard lock(sharing_); // the io_context waits with its end until this is done
    if (context_ == nullptr) return false;
    boost::asio::post(context_->get_executor(), make());
    return true;
}

} // namespace audiosocket::detail
