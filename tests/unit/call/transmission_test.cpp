// SPDX-License-Identifier: Apache-2.0
#include "call/transmission.hpp"

#include "support/bytes.hpp"

#include <gtest/gtest.h>

#include <algorithm>

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;

namespace {

const time_point epoch{std::chrono::hours{1000}};

struct counting_monitor final : call_monitor {
    void received(std::span<const std::int16_t>, int, time_point) override {}
    void sent(std::span<const std::int16_t> samples, int rate_hz, time_point at) override {
        ++frames;
        last_samples = samples.size();
        last_rate_hz = rate_hz;
        last_due = at;
    }
    int frames = 0;
    std::size_t last_samples = 0;
    int last_rate_hz = 0;
    time_point last_due;
};

struct sending {
    explicit sending(bool with_frames = true) {
        if (with_frames) output.frames().start(epoch);
    }

    bytes next(time_point now) {
        const auto message = output.message(now, &monitor);
        return {message.begin(), message.end()};
    }
    kind next_kind(time_point now) { return static_cast<kind>(next(now).at(0)); }

    call_statistics counters;
    counting_monitor monitor;
    transmission output{call_options{}, counters};
};

outgoing_message digit(char d) {
    error_code error;
    return dtmf_message(d, error);
}

} // namespace

TEST(transmission, without_frames_and_messages_there_is_nothing_to_send) {
    sending s(false);
    EXPECT_TRUE(s.next(epoch + 1h).empty());
    EXPECT_TRUE(s.output.idle());
    EXPECT_FALSE(s.output.in_flight());
    EXPECT_EQ(s.output.deadline(), time_point::max());
}

TEST(transmission, messages_without_audio_go_first_and_in_order) {
    sending s;
    s.output.push(digit('1'));
    s.output.push(digit('2'));
    EXPECT_EQ(s.output.queued(), 2U);
    EXPECT_EQ(s.next(epoch), digit('1').to_bytes());
    EXPECT_EQ(s.output.queued(), 1U);
    EXPECT_FALSE(s.output.sent(epoch));
    EXPECT_EQ(s.next(epoch), digit('2').to_bytes());
    EXPECT_FALSE(s.output.sent(epoch));
    EXPECT_EQ(s.next_kind(epoch), kind::slin);
    EXPECT_TRUE(s.output.sent(epoch)) << "a frame";
    EXPECT_TRUE(s.next(epoch).empty()) << "the next one is due in 20 ms";
    EXPECT_EQ(s.next_kind(epoch + 20ms), kind::slin);
}

TEST(transmission, the_message_in_flight_stays_the_same_until_it_is_sent) {
    sending s;
    const bytes first = s.next(epoch);
    s.output.push(digit('1'));
    EXPECT_EQ(s.next(epoch + 50ms), first);
    EXPECT_FALSE(s.output.idle());
    EXPECT_EQ(s.monitor.frames, 1) << "the monitor hears a frame once";
    s.output.sent(epoch + 50ms);
    EXPECT_EQ(s.next(epoch + 50ms), digit('1').to_bytes());
}

TEST(transmission, a_message_has_its_time_from_when_it_is_composed) {
    sending s;
    const auto timeout = call_options{}.send_timeout;
    s.next(epoch + 3ms);
    EXPECT_EQ(s.output.deadline(), epoch + 3ms + timeout / 10) << "the first look";
    s.next(epoch + 10ms);
    EXPECT_EQ(s.output.deadline(), epoch + 3ms + timeout / 10);
    for (int look = 1; look < 10; ++look)
        EXPECT_FALSE(s.output.too_slow(s.output.deadline())) << look;
    EXPECT_EQ(s.output.deadline(), epoch + 3ms + timeout);
    EXPECT_TRUE(s.output.too_slow(s.output.deadline()));
    s.output.abandon();
    EXPECT_EQ(s.output.deadline(), time_point::max());
}

TEST(transmission, a_message_that_was_sent_has_no_deadline) {
    sending s;
    s.next(epoch);
    s.output.sent(epoch);
    EXPECT_EQ(s.output.deadline(), time_point::max());
    EXPECT_FALSE(s.output.too_slow(epoch + 1h));
}

TEST(transmission, counts_what_has_been_sent) {
    sending s;
    s.output.push(digit('1'));
    s.next(epoch);
    EXPECT_EQ(s.counters.bytes_sent, 0U);
    s.output.sent(epoch);
    EXPECT_EQ(s.counters.bytes_sent, 4U);
    EXPECT_EQ(s.counters.frames_sent, 0U);
    s.next(epoch);
    s.output.sent(epoch);
    EXPECT_EQ(s.counters.bytes_sent, 4U + 323U);
    EXPECT_EQ(s.counters.frames_sent, 1U);
    EXPECT_EQ(s.counters.silence_frames_sent, 1U);
}

TEST(transmission, the_kind_changes_with_the_next_frame_and_not_the_one_in_flight) {
    sending s;
    EXPECT_EQ(s.next_kind(epoch), kind::slin);
    s.output.change_kind(kind::slin16);
    EXPECT_EQ(s.next_kind(epoch), kind::slin);
    EXPECT_EQ(s.monitor.last_rate_hz, 8000);
    s.output.sent(epoch);
    EXPECT_EQ(s.next_kind(epoch + 20ms), kind::slin16);
    EXPECT_EQ(s.next(epoch + 20ms).size(), 3U + 640U);
    EXPECT_EQ(s.monitor.last_rate_hz, 16'000);
    EXPECT_EQ(s.monitor.last_samples, 320U);
    EXPECT_EQ(s.monitor.last_due, epoch + 20ms);
}

TEST(transmission, frames_end_when_they_are_stopped_and_messages_still_go) {
    sending s;
    s.output.frames().stop();
    s.output.push(hangup_message());
    EXPECT_EQ(s.next(epoch + 1h), hangup_message().to_bytes());
    s.output.sent(epoch + 1h);
    EXPECT_TRUE(s.next(epoch + 2h).empty());
    EXPECT_TRUE(s.output.idle());
}

TEST(transmission, dropping_what_is_queued_leaves_the_message_in_flight) {
    sending s(false);
    s.output.push(digit('1'));
    s.output.push(digit('2'));
    s.next(epoch);
    s.output.drop_queued();
    EXPECT_EQ(s.next(epoch), digit('1').to_bytes());
    s.output.sent(epoch);
    EXPECT_TRUE(s.next(epoch).empty());
}

TEST(transmission, a_lost_connection_takes_everything_with_it) {
    sending s(false);
    s.output.push(digit('1'));
    s.output.push(digit('2'));
    s.next(epoch);
    s.output.abandon();
    EXPECT_TRUE(s.output.idle());
    EXPECT_FALSE(s.output.in_flight());
    EXPECT_EQ(s.output.deadline(), time_point::max());
    EXPECT_TRUE(s.next(epoch + 1s).empty());
    EXPECT_EQ(s.counters.bytes_sent, 0U);
}
