// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/detail/unless_memory_is_out.hpp>

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace audiosocket::app {

/// Runs it to its end. If the system has no memory for a call, that call is refused or ends early, and the others
/// continue. Counts from now on how often there is no memory, on all threads.
void run_calls(boost::asio::io_context& io);

/// Returns how often there was no memory since the last call.
std::uint64_t take_memory_failures() noexcept;

/// Memory that is kept until a lack of memory is reported, because the report needs some.
class memory_reserve {
  public:
    memory_reserve() noexcept { fill(); }

    /// Runs `report()` with the reserve freed, and fills the reserve again if that is possible.
    template <class Report>
    void lend(Report report) {
        kept_.reset();
        audiosocket::detail::unless_memory_is_out(report);
        fill();
    }

  private:
    struct give_back {
        void operator()(void* memory) const noexcept { std::free(memory); }
    };

    static constexpr std::size_t size_bytes = 64 * 1024; // some hundred lines of the log, and small enough for the heap

    // malloc, because operator new would count a failure.
    void fill() noexcept { kept_.reset(std::malloc(size_bytes)); }

    std::unique_ptr<void, give_back> kept_;
};

} // namespace audiosocket::app
