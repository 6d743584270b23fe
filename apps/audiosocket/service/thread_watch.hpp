// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace audiosocket::app {

/// Distinguishes a thread that is stuck from a thread that is busy.
///
/// How it works: a thread shows that it is alive in two ways. It answers a question that is posted to it, or it gives a
/// call its turn (turns_taken). At each look(), a thread that has done neither since the last look counts as silent.
/// The owner calls look() at regular times, and decides how many silent looks in a row make a thread stuck.
///
/// Looks are counted, not time: if the process was stopped for a minute, or the owner was late itself, there was only
/// one look in that time. So the owner's own delay never counts against another thread.
///
/// Used on one thread. The io_contexts must outlive it.
class thread_watch {
  public:
    explicit thread_watch(std::span<boost::asio::io_context* const> threads);

    /// Counts what each thread has done since the last look, and posts a new question to threads that have answered.
    void look();

    /// A thread, and for how many looks in a row it has been silent.
    struct silence {
        std::size_t thread; ///< Its place in the list.
        std::size_t looks;  ///< 0: it showed that it is alive between the last two looks.
    };

    /// Returns the thread that has been silent for longest. Before the second look, each thread counts as silent for 0
    /// looks.
    silence longest() const noexcept;

    std::size_t threads() const noexcept { return watched_.size(); }

  private:
    struct watched {
        boost::asio::io_context* context;
        std::shared_ptr<std::atomic<bool>> answered; // shared with the question, which may live longer
        std::uint64_t turns = 0;
        std::size_t silent_looks = 0;
    };

    static void ask(watched& w);

    std::vector<watched> watched_;
    bool asked_ = false;
};

} // namespace audiosocket::app
