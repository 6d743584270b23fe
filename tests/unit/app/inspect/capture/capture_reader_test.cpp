// SPDX-License-Identifier: Apache-2.0
#include "base/failure.hpp"

#include "unit/app/inspect/capture/capture_test.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace audiosocket::app::inspect {
namespace {

using test::audio_frame;
using test::bytes;
using test::conversation;
using test::frame;
using test::id_frame;
using capture = test::capture_test;

bool has(const stream_findings& s, fault f) {
    return s.remarks.all().contains(f);
}

TEST_F(capture, call_is_read_in_both_directions) {
    conversation c;
    c.talk(50);
    read(c.pcap());
    expect_sound(50);
    EXPECT_EQ(calls[0].label.caller, "10.0.0.1:40000");
    EXPECT_EQ(calls[0].label.server, "10.0.0.2:9092");
    EXPECT_TRUE(calls[0].label.from_start);
    EXPECT_EQ(calls[0].caller.end, ending::closed);
    EXPECT_EQ(calls[0].server.end, ending::hangup);
    EXPECT_TRUE(calls[0].server.remarks.all().empty());
}

TEST_F(capture, call_on_another_port_is_known_by_its_id) {
    conversation c(5000);
    c.talk(5);
    read(c.pcap());
    expect_sound(5);
}

TEST_F(capture, other_tcp_is_skipped_and_counted) {
    conversation c(80);
    c.say(0.1, conversation::client, test::raw("GET / HTTP/1.0\r\n\r\n"));
    c.say(0.2, conversation::server, test::raw("HTTP/1.0 200 OK\r\n\r\n"));
    read(c.pcap());
    EXPECT_EQ(totals.calls, 0U);
    EXPECT_EQ(totals.streams_skipped, 1U);
}

TEST_F(capture, port_given_takes_that_port_only) {
    conversation c(5000);
    c.talk(5);
    read(c.pcap(), std::uint16_t{9092});
    EXPECT_EQ(totals.calls, 0U);
    read(c.pcap(), std::uint16_t{5000});
    EXPECT_EQ(totals.calls, 1U);
}

TEST_F(capture, packets_out_of_order_and_sent_again_change_nothing) {
    conversation c;
    c.talk(50);
    std::swap(c.packets[10].content, c.packets[12].content);
    c.packets.insert(c.packets.begin() + 30, c.packets[28]);
    read(c.pcap());
    expect_sound(50);
    EXPECT_TRUE(has(calls[0].caller, fault::capture_reordered));
}

TEST_F(capture, packet_missed_by_the_capture_costs_only_its_own_messages) {
    conversation c;
    c.talk(400); // long enough that the reader gives up the hole before the end
    c.packets.erase(c.packets.begin() + 20);
    read(c.pcap());
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_EQ(calls[0].caller.kinds.at(kind::slin).messages, 399U);
    EXPECT_EQ(calls[0].server.kinds.at(kind::slin).messages, 400U);
    EXPECT_TRUE(has(calls[0].caller, fault::capture_hole));
    EXPECT_FALSE(has(calls[0].server, fault::capture_hole));
}

TEST_F(capture, packets_cut_short_by_a_snap_length_keep_every_message) {
    conversation c;
    c.talk(200);
    for (auto& p : c.packets)
        p.kept = 96;
    read(c.pcap());
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_EQ(calls[0].server.kinds.at(kind::slin).messages, 200U);
    EXPECT_EQ(calls[0].server.end, ending::hangup);
    // A hole in the capture does not count against the server.
    EXPECT_EQ(calls[0].server.remarks.all().size(), 1U);
}

TEST_F(capture, call_that_began_before_the_capture_has_no_id_and_no_blame) {
    conversation c;
    c.talk(50);
    c.packets.erase(c.packets.begin(), c.packets.begin() + 11);
    read(c.pcap());
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_FALSE(calls[0].label.from_start);
    EXPECT_FALSE(calls[0].caller.id.has_value());
    EXPECT_EQ(calls[0].label.server, "10.0.0.2:9092");
    EXPECT_EQ(totals.calls_with_findings, 0U);
}

TEST_F(capture, file_cut_at_any_byte_of_a_packet_is_read_up_to_there) {
    conversation c;
    c.talk(3);
    const bytes whole = c.pcap();
    for (std::size_t size = whole.size() - 60; size < whole.size(); ++size) {
        read(bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
        ASSERT_EQ(calls.size(), 1U);
        const bool between_packets = size == whole.size() - 56;
        EXPECT_EQ(totals.capture_failure.empty(), between_packets) << whole.size() - size;
    }
}

TEST_F(capture, one_direction_alone_is_not_a_silent_server) {
    conversation c;
    c.talk(50);
    const bytes from_client = c.packets[0].content;
    std::erase_if(c.packets, [&](const auto& p) { return p.content[15] != from_client[15]; });
    read(c.pcap());
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_EQ(calls[0].server.end, ending::absent);
    EXPECT_EQ(totals.calls_with_findings, 0U);
}

TEST_F(capture, server_that_resets_is_reported_and_the_caller_is_torn) {
    conversation c;
    c.say(0.001, conversation::client, id_frame());
    c.say(0.02, conversation::server, audio_frame());
    c.send(0.03, conversation::server, conversation::rst);
    read(c.pcap());
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_TRUE(has(calls[0].server, fault::reset));
    EXPECT_EQ(calls[0].caller.end, ending::torn);
}

TEST_F(capture, call_quiet_for_two_seconds_is_reported) {
    conversation c;
    c.say(0.001, conversation::client, id_frame());
    c.say(0.02, conversation::server, audio_frame());
    c.say(2.03, conversation::server, audio_frame());
    read(c.pcap());
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_TRUE(has(calls[0].server, fault::quiet_call));
    EXPECT_EQ(calls[0].server.end, ending::open);
}

TEST_F(capture, segment_sent_again_after_the_end_is_not_a_call_of_its_own) {
    conversation c;
    c.talk(5);
    auto again = c.packets[4];
    again.at = 1;
    c.packets.push_back(again);
    read(c.pcap());
    expect_sound(5);
}

TEST_F(capture, noise_in_packets_never_stops_the_program) {
    std::mt19937 random(11);
    for (int run = 0; run < 300; ++run) {
        conversation c;
        c.talk(20);
        bytes pcap = c.pcap();
        for (int i = 0; i < 20; ++i) {
            const auto at = std::uniform_int_distribution<std::size_t>(24, pcap.size() - 1)(random);
            pcap[at] = static_cast<std::byte>(random() & 0xff);
        }
        read(pcap);
    }
}

TEST_F(capture, link_type_that_is_not_known_is_refused_as_a_file) {
    conversation c;
    c.talk(1);
    for (const std::uint32_t link_type : {147U, 8'781'825U}) {
        try {
            read(c.pcap(link_type));
            ADD_FAILURE() << link_type;
        } catch (const failure& e) {
            EXPECT_EQ(e.code(), exit_code::file) << e.what();
        }
    }
}

TEST_F(capture, file_that_is_not_a_capture_is_refused_as_a_file) {
    try {
        read(test::raw({0xd4, 0xc3, 0xb2, 0xa1, 0, 0}));
        FAIL();
    } catch (const failure& e) {
        EXPECT_EQ(e.code(), exit_code::file);
    }
}

} // namespace
} // namespace audiosocket::app::inspect
