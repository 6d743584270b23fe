// SPDX-License-Identifier: Apache-2.0
#include "check/line.hpp"
#include "check/test_audio.hpp"

#include <gtest/gtest.h>

#include <sys/socket.h>

#include <string_view>
#include <thread>

namespace audiosocket::app::check {
namespace {

using namespace std::chrono_literals;

struct pair {
    file_descriptor ours;
    file_descriptor theirs;
};

pair connected() {
    int files[2] = {-1, -1};
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, files), 0);
    return {file_descriptor(files[0]), file_descriptor(files[1])};
}

bool send_all(const file_descriptor& to, std::span<const std::byte> what) {
    while (!what.empty()) {
        const auto sent = ::send(to.get(), what.data(), what.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        what = what.subspan(static_cast<std::size_t>(sent));
    }
    return true;
}

// One-sample audio messages at full speed cost 4.5 GB: each message took thirty times its five bytes.
TEST(line, flood_of_short_messages_ends_it) {
    auto [ours, theirs] = connected();
    line l(std::move(ours));
    std::jthread flood([to = std::move(theirs)] {
        bytes many;
        const std::vector<std::int16_t> sample{1};
        for (int i = 0; i < 10'000; ++i)
            for (const std::byte b : audio(sample))
                many.push_back(b);
        while (send_all(to, many)) {
        }
    });
    l.pass(10min, [&] { return !l.open(); });
    EXPECT_EQ(l.end(), ending::flooded);
    EXPECT_LE(l.received().size() * sizeof(received_message), line::kept_bytes_max);
    EXPECT_GT(l.received().size(), 10'000U) << "less than it may keep";
}

TEST(line, message_of_another_protocol_is_named) {
    auto [ours, theirs] = connected();
    line l(std::move(ours));
    constexpr std::string_view request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    ASSERT_TRUE(send_all(theirs, std::as_bytes(std::span(request))));
    l.pass(10min, [&] { return l.bytes_received() == request.size(); });
    ASSERT_TRUE(l.something_else());
    EXPECT_EQ(l.something_else()->code, diagnosis::code::other_protocol);
}

TEST(line, message_in_order_is_nothing_else) {
    auto [ours, theirs] = connected();
    line l(std::move(ours));
    const auto one = audio(numbers().take(160));
    ASSERT_TRUE(send_all(theirs, one));
    l.pass(10min, [&] { return l.frames() == 1; });
    EXPECT_FALSE(l.something_else());
}

} // namespace
} // namespace audiosocket::app::check
