// SPDX-License-Identifier: Apache-2.0
// What real Asterisk does when a server breaks a rule of the protocol. The tests show that the library must keep each
// rule. Each case has its own call. The server is a bare socket.

#include "asterisk_test.hpp"

#include "support/busy_machine.hpp"
#include "support/raw_peer.hpp"

#include <functional>

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;

namespace {

class asterisk_dangers : public asterisk_both_ways {
  protected:
    void SetUp() override {
        asterisk_both_ways::SetUp();
        if (IsSkipped()) return;
        expect_complaints();
        start_asterisk("127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()));
    }

    // A call whose id has arrived.
    struct line {
        raw_peer peer;
        std::string id;
    };

    line next_call(const std::string& deed = "quiet") {
        asterisk->originate(way(), deed);
        return answer();
    }

    line answer() {
        raw_peer peer = next_connection(acceptor_);
        const auto greeting = messages_in(peer.receive_bytes(19));
        if (greeting.size() != 1 || greeting.front().payload.size() != uuid::size_bytes)
            throw std::runtime_error("Asterisk does not send an id");
        const std::span payload(greeting.front().payload);
        return {std::move(peer), to_string(uuid::from_bytes(payload.first<uuid::size_bytes>()))};
    }

    static raw_peer next_connection(raw_peer::tcp::acceptor& acceptor) {
        pollfd file{acceptor.native_handle(), POLLIN, 0};
        if (::poll(&file, 1, 60'000) != 1) throw std::runtime_error("Asterisk does not connect");
        return raw_peer(acceptor);
    }

    // Sends good audio until Asterisk closes. False after 1.5 s; the application ends for other reasons after 2 s.
    static bool is_dropped(raw_peer& peer) {
        const auto limit = clock::now() + 1500ms;
        while (clock::now() < limit) {
            peer.send(good);
            char byte = 0;
            const auto n = ::recv(peer.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
            if (n == 0 || (n < 0 && errno != EAGAIN)) return true;
            if (n > 0) peer.receive();
            std::this_thread::sleep_for(20ms);
        }
        return false;
    }

    bool went_on(const std::string& id) const {
        EXPECT_TRUE(asterisk->wait_for_log(id + ": the caller is gone"));
        return asterisk->log().find(id + ": the dialplan goes on") != std::string::npos;
    }

    // A failed call ends the dialplan of the application. After Dial() the dialplan always goes on, because for Dial()
    // the other side has hung up. There only the closed connection shows the failure.
    void expect_failure(const std::string& id) const {
        if (way() == "application") {
            EXPECT_FALSE(went_on(id));
        }
    }

    // Sends good audio, these pieces, and good audio again. Returns whether the call fails.
    bool is_dropped_after(const std::vector<bytes>& pieces, clock::duration pause = 0ms) {
        auto [peer, id] = next_call();
        peer.send(good);
        for (const bytes& piece : pieces) {
            peer.send(piece);
            std::this_thread::sleep_for(pause);
        }
        const bool dropped = is_dropped(peer);
        asterisk->hang_up_all();
        if (dropped) expect_failure(id);
        return dropped;
    }

    static inline const bytes good = frame(kind::slin, bytes(320));

    boost::asio::io_context io_;
    raw_peer::tcp::acceptor acceptor_{io_, {boost::asio::ip::address_v4::loopback(), 0}};
};

INSTANTIATE_TEST_SUITE_P(way, asterisk_dangers, both_ways(), name_of_way);

} // namespace

TEST_P(asterisk_dangers, good_audio_keeps_the_call) { // the other tests need this as their opposite
    auto [peer, id] = next_call();
    EXPECT_FALSE(is_dropped(peer));
    peer.send(frame(kind::hangup));
    EXPECT_TRUE(went_on(id));
    EXPECT_EQ(asterisk->complaints(), "");
}

TEST_P(asterisk_dangers, other_kinds_and_empty_audio_drop_the_call) {
    EXPECT_TRUE(is_dropped_after({frame(kind::slin)})) << "empty audio";
    EXPECT_TRUE(is_dropped_after({frame(0x01, bytes(16))})) << "an id";
    EXPECT_TRUE(is_dropped_after({frame(0x02)})) << "silence";
    EXPECT_TRUE(is_dropped_after({frame(0x03, raw("1"))})) << "a digit";
    EXPECT_TRUE(is_dropped_after({frame(0x19, bytes(320))})) << "a kind after the last";
    EXPECT_TRUE(is_dropped_after({frame(0xff, raw({4}))})) << "an error";
}

TEST_P(asterisk_dangers, pause_inside_a_payload_drops_the_call) {
    const std::vector<bytes> pieces = {bytes(good.begin(), good.begin() + 100), bytes(good.begin() + 100, good.end())};
    // Asterisk allows 5 ms. The pause is longer, because a late Asterisk finds the rest already there.
    EXPECT_TRUE(is_dropped_after(pieces, 300ms));
}

TEST_P(asterisk_dangers, hangup_message_and_fin_let_the_dialplan_go_on) {
    const std::vector<std::pair<std::string, std::function<void(raw_peer&)>>> ends = {
        {"hangup", [](raw_peer& p) { p.send(frame(kind::hangup)); }},
        {"hangup with a payload", [](raw_peer& p) { p.send(frame(kind::hangup, bytes(5))); }},
        {"FIN", [](raw_peer& p) { p.finish(); }},
    };
    for (const auto& [what, end] : ends) {
        SCOPED_TRACE(what);
        auto [peer, id] = next_call();
        peer.send(good);
        end(peer);
        EXPECT_TRUE(went_on(id));
    }
}

TEST_P(asterisk_dangers, reset_is_a_failure) {
    auto [peer, id] = next_call();
    peer.send(good);
    peer.reset();
    ASSERT_TRUE(asterisk->wait_for_log(id + ": the caller is gone"));
    expect_failure(id);
}

TEST_P(asterisk_dangers, server_and_caller_silent_on_the_wire_for_two_seconds_end_the_application) {
    auto [peer, id] = next_call();
    const auto begin = clock::now();
    if (way() == "channel") { // it has no such limit
        pollfd file{peer.socket().native_handle(), POLLIN, 0};
        EXPECT_EQ(::poll(&file, 1, 4000), 0);
        return;
    }
    EXPECT_TRUE(peer.receive_all().all.empty());
    const auto took = clock::now() - begin;
    EXPECT_GT(took, 1500ms);
    EXPECT_FALSE(went_on(id));
}

TEST_P(asterisk_dangers, realtime_burst_of_a_second_reaches_the_caller_as_a_burst) {
    const busy_machine machine;
    // The phone is a server as well, so that the test sees when its audio arrives.
    raw_peer::tcp::acceptor phones(io_, {boost::asio::ip::address_v4::loopback(), 0});
    asterisk->originate_from("127.0.0.1:" + std::to_string(phones.local_endpoint().port()), "slin", way());
    raw_peer phone = next_connection(phones);
    phone.receive_bytes(19);
    line us = answer();

    bytes all;
    const auto has_come = [&](const bytes& what) {
        const auto piece = phone.receive();
        if (piece) all.insert(all.end(), piece->begin(), piece->end());
        return !piece || piece->empty() || std::search(all.begin(), all.end(), what.begin(), what.end()) != all.end();
    };
    // Wait until both are joined: Dial() drops what arrives before.
    for (pollfd file{phone.socket().native_handle(), POLLIN, 0}; ::poll(&file, 1, 20) == 0;)
        us.peer.send(good);

    bytes burst;
    for (int i = 0; i < 50; ++i)
        burst = burst + frame(kind::slin, numbered(160, static_cast<std::uint64_t>(i) * 160));
    const bytes last(burst.end() - 320, burst.end());
    const auto begin = clock::now();
    us.peer.send(burst);
    while (!has_come(last)) {
    }
    const auto took = clock::now() - begin;
    EXPECT_NE(std::search(all.begin(), all.end(), burst.begin(), burst.end()), all.end()) << "some of it was lost";
    in_real_time(machine, [&] { EXPECT_LT(took, 500ms) << "a second of audio took about a second: it was paced"; });
}
