// SPDX-License-Identifier: Apache-2.0
#include "daemon/memory_watch.hpp"

#include <audiosocket/net/detail/run_context.hpp>

#include <atomic>
#include <new>

namespace audiosocket::app {
namespace {

std::atomic<std::uint64_t> failures;

} // namespace

std::uint64_t take_memory_failures() noexcept {
    return failures.exchange(0);
}

void run_calls(boost::asio::io_context& io) {
    std::set_new_handler([] {
        ++failures;
        throw std::bad_alloc();
    });
    detail::run_to_the_end(io);
}

} // namespace audiosocket::app
