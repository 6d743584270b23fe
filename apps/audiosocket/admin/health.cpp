// SPDX-License-Identifier: Apache-2.0
#include "admin/health.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace audiosocket::app::admin {
namespace {

std::vector<boost::asio::io_context*> threads_of(server_view& server) {
    const auto calls = server.call_contexts();
    std::vector<boost::asio::io_context*> all(calls.begin(), calls.end());
    if (std::ranges::count(all, &server.main_context()) == 0) all.push_back(&server.main_context());
    return all;
}

} // namespace

health::health(server_view& server) : call_threads_(server.call_contexts().size()), threads_(threads_of(server)) {}

response health::verdict() const {
    constexpr auto plain_text = "text/plain; charset=utf-8";
    const auto [thread, looks] = threads_.longest();
    if (looks < stuck_after) return {200, plain_text, "ok\n"};
    const auto who = thread < call_threads_ ? fmt::format("thread {} of {} of the calls", thread + 1, call_threads_)
                                            : std::string("the main thread");
    return {503, plain_text,
            fmt::format("stuck: for {} s, {} has not answered, and no call on it was served\n",
                        static_cast<std::int64_t>(looks) * interval.count(), who)};
}

} // namespace audiosocket::app::admin
