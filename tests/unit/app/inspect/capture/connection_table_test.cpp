// SPDX-License-Identifier: Apache-2.0
#include "inspect/capture/connection_table.hpp"

#include "inspect/wording.hpp"

#include "unit/app/inspect/capture/capture_test.hpp"
#include "unit/app/inspect/capture/pcapng.hpp"
#include "unit/app/inspect/capture/wrappings.hpp"

#include <algorithm>

namespace audiosocket::app::inspect {
namespace {

using test::audio_frame;
using test::bytes;
using test::conversation;
using test::frame;
using test::id_frame;
using connections = test::capture_test;
using enum conversation::who;

constexpr int ack = conversation::ack, syn = conversation::syn, fin = conversation::fin, rst = conversation::rst;

std::int64_t largest_hole(const stream_findings& s) {
    const auto found = s.remarks.all().find(fault::capture_hole);
    return found == s.remarks.all().end() ? 0 : found->second.worst;
}

TEST_F(connections, every_link_layer_and_tunnel_gives_the_same_call) {
    conversation c;
    c.talk(5);
    for (const auto& w : test::wrappings()) {
        SCOPED_TRACE(w.name);
        read(c.pcap(w.link_type, w.wrap));
        expect_sound(5);
        EXPECT_TRUE(calls.at(0).label.from_start);
        EXPECT_TRUE(calls.at(0).server.remarks.all().empty());
    }
}

TEST_F(connections, interfaces_of_different_link_types_give_one_call_each) {
    conversation c, d;
    c.talk(5);
    d.talk(5);
    test::pcapng file;
    file.interface(1, 0);
    file.interface(229, 0);
    for (std::size_t i = 0; i < c.packets.size(); ++i) {
        const auto at = static_cast<std::uint64_t>(c.packets[i].at * 1e6);
        file.packet(0, at, test::ethernet(0x0800, c.packets[i].content));
        file.packet(1, at, test::ip_v6_of(c.packets[i].content));
    }
    read(file.content);
    ASSERT_EQ(calls.size(), 2U);
    for (const auto& call : calls)
        EXPECT_EQ(call.server.kinds.at(kind::slin).messages, 5U);
    EXPECT_EQ(totals.calls_with_findings, 0U);
}

// Two interfaces captured the same traffic; one of them kept only the first bytes of each packet.
TEST_F(connections, packet_cut_off_and_captured_again_whole_is_whole) {
    conversation c;
    c.talk(50);
    test::pcapng file;
    file.interface(101, 0);
    file.interface(101, 60);
    for (const auto& p : c.packets) {
        const auto at = static_cast<std::uint64_t>(p.at * 1e6);
        const bytes cut(p.content.begin(),
                        p.content.begin() + 40 + std::min<std::ptrdiff_t>(2, std::ssize(p.content) - 40));
        file.packet(1, at, cut, p.content.size());
        file.packet(0, at, p.content);
    }
    read(file.content);
    expect_sound(50);
    EXPECT_TRUE(calls.at(0).caller.remarks.all().empty());
    EXPECT_TRUE(calls.at(0).server.remarks.all().empty());
}

TEST_F(connections, handshake_in_any_order_and_with_any_packet_lost_begins_at_the_first_byte) {
    conversation whole;
    whole.talk(20);
    std::vector<std::vector<std::size_t>> starts{{0},          {1},          {2},         {0, 1},    {0, 2},
                                                 {1, 2},       {1, 0},       {1, 0, 2},   {2, 1, 0}, {0, 2, 1},
                                                 {0, 0, 1, 2}, {0, 1, 1, 2}, {0, 1, 0, 2}};
    for (const auto& start : starts) {
        SCOPED_TRACE(testing::PrintToString(start));
        conversation c = whole;
        c.packets.erase(c.packets.begin(), c.packets.begin() + 3);
        for (auto i = start.rbegin(); i != start.rend(); ++i)
            c.packets.insert(c.packets.begin(), whole.packets[*i]);
        read(c.pcap());
        expect_sound(20);
        ASSERT_EQ(calls.size(), 1U);
        EXPECT_TRUE(calls[0].label.from_start);
        EXPECT_TRUE(calls[0].caller.id.has_value());
        EXPECT_EQ(calls[0].label.server, "10.0.0.2:9092");
        EXPECT_EQ(calls[0].server.end, ending::hangup);
        EXPECT_EQ(largest_hole(calls[0].caller) + largest_hole(calls[0].server), 0);
    }
}

TEST_F(connections, syn_behind_the_first_data_is_of_the_same_call) {
    conversation c;
    c.talk(20);
    std::swap(c.packets[0].content, c.packets[3].content); // the id comes first
    std::swap(c.packets[0].content, c.packets[2].content);
    read(c.pcap());
    expect_sound(20);
    EXPECT_TRUE(calls.at(0).caller.id.has_value());
}

TEST_F(connections, addresses_used_again_without_an_end_make_two_calls) {
    conversation c;
    c.talk(20);
    std::erase_if(c.packets, [](const auto& p) { return (p.content[33] & std::byte{fin}) != std::byte{0}; });
    conversation again;
    again.packets.clear();
    again.set_sequence(client, 3'000'000'000);
    again.set_sequence(server, 77);
    again.send(0, client, syn);
    again.send(0.0001, server, syn | ack);
    again.send(0.0002, client, ack);
    again.talk(30);
    for (auto p : again.packets) {
        p.at += 3;
        c.packets.push_back(p);
    }
    read(c.pcap());
    ASSERT_EQ(calls.size(), 2U);
    EXPECT_EQ(calls[0].caller.kinds.at(kind::slin).messages, 20U);
    EXPECT_EQ(calls[1].caller.kinds.at(kind::slin).messages, 30U);
    EXPECT_EQ(totals.calls_with_findings, 0U);
}

TEST_F(connections, addresses_used_again_without_a_syn_in_the_capture_make_two_calls) {
    conversation c;
    c.say(0.001, client, id_frame());
    for (int i = 1; i < 20; ++i)
        c.say(i * 0.02, client, audio_frame());
    c.set_sequence(client, 3'000'000'000);
    for (int i = 1; i < 20; ++i)
        c.say(5 + i * 0.02, client, audio_frame());
    read(c.pcap());
    ASSERT_EQ(calls.size(), 2U);
    EXPECT_EQ(calls[0].caller.kinds.at(kind::slin).messages, 19U);
    EXPECT_GE(calls[1].caller.kinds.at(kind::slin).messages, 15U); // the packets that showed it are gone
    EXPECT_FALSE(calls[1].label.from_start);
    EXPECT_EQ(largest_hole(calls[0].caller) + largest_hole(calls[1].caller), 0);
}

TEST_F(connections, stray_segment_makes_no_hole) {
    for (const std::uint32_t away : {0x4000'0000U, 0x8000'0000U, 0xc000'0000U}) {
        conversation c;
        c.talk(50);
        conversation other;
        other.set_sequence(client, 1000 + away);
        other.say(0.5, client, audio_frame());
        c.packets.insert(c.packets.begin() + 50, other.packets.back());
        read(c.pcap());
        expect_sound(50);
        EXPECT_EQ(largest_hole(calls.at(0).caller), 0);
    }
}

TEST_F(connections, sequence_numbers_wrap_in_any_message) {
    for (std::uint32_t before = 0; before < 700; before += 53) {
        conversation c;
        c.packets.clear();
        for (const auto who : {client, server})
            c.set_sequence(who, 0U - before);
        c.send(0, client, syn);
        c.send(0, server, syn | ack);
        c.talk(10);
        read(c.pcap());
        expect_sound(10);
        EXPECT_TRUE(calls.at(0).caller.remarks.all().empty());
    }
}

TEST_F(connections, hole_is_named_with_its_length) {
    conversation c;
    c.talk(50);
    c.packets.erase(c.packets.begin() + 20);
    read(c.pcap());
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_EQ(largest_hole(calls[0].caller) + largest_hole(calls[0].server), 323);
}

TEST_F(connections, end_lost_from_the_capture_is_not_a_hole) {
    conversation c;
    c.say(0.001, client, id_frame());
    c.say(0.02, server, audio_frame());
    c.send(0.03, client, fin | ack);
    c.packets.pop_back();
    c.send(0.04, client, ack); // one further, because the FIN counts
    read(c.pcap());
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_EQ(calls[0].caller.end, ending::open);
    EXPECT_TRUE(calls[0].caller.remarks.all().empty());
}

TEST_F(connections, keep_alive_is_not_a_packet_sent_again) {
    conversation c;
    c.talk(20);
    for (const std::size_t length : {0U, 1U}) {
        conversation probe(9092, false);
        probe.set_sequence(client, 1001 + 19 + 5 * 323 - 1); // at packet 14
        probe.say(0.105, client, bytes(length));
        c.packets.insert(c.packets.begin() + 14, probe.packets.back());
    }
    read(c.pcap());
    expect_sound(20);
    EXPECT_TRUE(calls.at(0).caller.remarks.all().empty());
}

TEST_F(connections, reset_far_outside_the_window_does_not_end_a_call) {
    conversation c;
    c.talk(20);
    conversation blind(9092, false);
    blind.set_sequence(server, 0x7000'0000);
    blind.send(0.1, server, rst);
    c.packets.insert(c.packets.begin() + 14, blind.packets.back());
    read(c.pcap());
    expect_sound(20);
}

TEST_F(connections, call_cut_into_any_two_captures_never_stops_the_program) {
    conversation c;
    c.talk(10);
    for (std::size_t at = 0; at < c.packets.size(); ++at) {
        conversation second = c;
        second.packets.erase(second.packets.begin(), second.packets.begin() + static_cast<std::ptrdiff_t>(at));
        read(second.pcap());
        for (const auto& call : calls) {
            EXPECT_LT(largest_hole(call.caller), 1000) << at;
            EXPECT_FALSE(call.server.remarks.costs_call()) << at;
        }
    }
}

// A million connections took 2.8 GB.
TEST_F(connections, flood_of_syns_is_counted_and_takes_little_memory) {
    constexpr std::uint32_t syns = connection_table::connections_max + 1000;
    conversation c;
    const bytes first = c.packets.front().content;
    c.talk(5);
    const auto call = c.packets;
    c.packets.clear();
    for (std::uint32_t i = 0; i < syns; ++i) {
        bytes packet = first;
        packet[12] = std::byte{11}; // 11.x.x.x
        for (int b = 0; b < 3; ++b)
            packet[static_cast<std::size_t>(13 + b)] = static_cast<std::byte>(i >> (8 * b) & 0xff);
        c.packets.push_back({0, packet});
        if (i % (syns / call.size()) == 0 && i / (syns / call.size()) < call.size())
            c.packets.push_back(call[i / (syns / call.size())]);
    }
    std::uint64_t kept = 0;
    const std::string path = folder / "flood.pcap";
    test::write_file(path, c.pcap());
    observers tell;
    capture_input input(path);
    read_capture(input, {std::nullopt, tell, totals});
    kept = totals.unanswered;
    EXPECT_EQ(kept, syns);
    EXPECT_EQ(totals.calls, 1U);
    EXPECT_EQ(totals.calls_with_findings, 0U);
    EXPECT_EQ(totals.given_up, 0U);
    EXPECT_EQ(capture_notes(totals).at(0), "21,000 TCP connections without an answer.");
}

TEST_F(connections, more_calls_open_than_the_table_holds_are_reported_as_they_stand) {
    conversation c;
    const bytes handshake = c.packets[0].content;
    c.say(0, client, id_frame());
    const bytes id = c.packets.back().content;
    c.packets.clear();
    for (std::uint32_t i = 0; i < connection_table::connections_max + 5; ++i) {
        for (bytes packet : {handshake, id}) {
            packet[12] = std::byte{11};
            for (int b = 0; b < 3; ++b)
                packet[static_cast<std::size_t>(13 + b)] = static_cast<std::byte>(i >> (8 * b) & 0xff);
            c.packets.push_back({0, packet});
        }
    }
    read(c.pcap());
    EXPECT_EQ(calls.size(), connection_table::connections_max + 5);
    EXPECT_EQ(totals.given_up, 5U);
    EXPECT_NE(capture_notes(totals).at(0).find("5 TCP connections reported as they stood"), std::string::npos);
}

TEST_F(connections, capture_without_a_call_says_what_is_in_it) {
    conversation c;
    c.talk(5);
    read(c.pcap(101, [](const bytes& ip) { return test::ip_v4(50, ip); }));
    EXPECT_EQ(describe_no_call(totals),
              "no TCP in its 17 packets: 17 ESP (encrypted); capture with: tcpdump -i any -s 0 "
              "-w FILE port 9092");
    read(c.pcap(1, [n = 0](const bytes& ip) mutable {
        return n++ < 4 ? test::ethernet(0x0806, ip) : test::ethernet(0x0800, test::udp(5060, ip));
    }));
    EXPECT_NE(describe_no_call(totals).find("17 packets: 13 UDP 5060 (SIP), 4 ARP;"), std::string::npos);
    for (auto& p : c.packets)
        p.kept = 54;
    read(c.pcap(1, [](const bytes& ip) { return test::ethernet(0x0800, ip); }), std::uint16_t{5000});
    EXPECT_NE(describe_no_call(totals).find("17 packets, 12 of them cut off at 54 bytes: capture with -s 0"),
              std::string::npos)
        << describe_no_call(totals);
    c.packets.clear();
    read(c.pcap());
    EXPECT_NE(describe_no_call(totals).find("no packet in it"), std::string::npos);
    conversation alone;
    alone.packets.resize(1);
    read(alone.pcap());
    EXPECT_EQ(describe_no_call(totals), "1 TCP connection without an answer; is the server running?");
}

TEST_F(connections, cut_packets_are_named_beside_a_call_with_holes) {
    conversation c;
    c.talk(20);
    for (auto& p : c.packets)
        p.kept = 96;
    read(c.pcap());
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_EQ(capture_notes(totals).at(0), "40 of 47 packets are cut off at 96 bytes: capture with -s 0.");
}

TEST_F(connections, packets_without_a_time_take_that_of_the_packet_before) {
    conversation c;
    c.talk(5);
    test::pcapng file;
    file.interface(101, 0, {{9, test::raw({0})}});
    for (const auto& p : c.packets)
        file.packet(0, std::uint64_t{1} << 40, p.content);
    read(file.content);
    expect_sound(5);
    EXPECT_NE(capture_notes(totals).at(0).find("have no time"), std::string::npos);
}

// Nanoseconds since 1970 overflow in 2262.
TEST_F(connections, clock_that_jumps_through_all_years_is_read) {
    conversation c;
    c.talk(50);
    test::pcapng file;
    file.interface(101, 0, {{9, test::raw({0})}});
    for (std::size_t i = 0; i < c.packets.size(); ++i)
        file.packet(0, i % 7 == 3 ? 9'223'372'030 : i, c.packets[i].content);
    read(file.content);
    ASSERT_FALSE(calls.empty());
}

// All audio of a server may be in the hole. The call is not quiet because of a gap in the capture.
TEST_F(connections, hole_is_not_held_against_the_server) {
    conversation c;
    c.talk(300);
    std::erase_if(c.packets, [](const auto& p) { return p.at > 1 && p.at < 4; });
    read(c.pcap());
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_EQ(calls[0].server.remarks.all().size(), 1U);
    EXPECT_EQ(largest_hole(calls[0].server), 150 * 323);
    for (auto& p : c.packets)
        if (p.content[15] != c.packets[0].content[15]) p.kept = 40;
    read(c.pcap());
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_EQ(calls[0].server.remarks.all().size(), 1U);
    EXPECT_FALSE(calls[0].server.remarks.all().contains(fault::no_audio));
}

} // namespace
} // namespace audiosocket::app::inspect
