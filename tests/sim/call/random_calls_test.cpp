// SPDX-License-Identifier: Apache-2.0
// Calls between two sessions with random networks, applications and ends. The promises of the API must hold in all of
// them. A seed names a call (support/seed.hpp).

#include "support/seed.hpp"
#include "support/simulated_call.hpp"
#include "support/simulated_time.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

// The requests of one end's application, to compare with the events that it gets.
struct application {
    std::optional<kind> format; // of what is sent, if the options say it
    std::vector<std::string> marks;
    std::chrono::milliseconds played{};
    std::string digits;
    bool may_hang_up = true;
};

class random_call {
  public:
    explicit random_call(unsigned seed) : dice_(seed * 2654435761U + 1), call_(make(seed)) {
        const clock::duration lazy[] = {0ms, 0ms, 50ms, 500ms};
        call_.server.takes_events_every = lazy[dice_() % 4];
        call_.caller.takes_events_every = lazy[dice_() % 4];
    }

    void run() {
        const time_point stop = epoch + std::chrono::milliseconds(200 + dice_() % 2000);
        while (call_.now < stop && !call_.over()) {
            call_.run_until(call_.now + std::chrono::microseconds(dice_() % 60'000));
            const bool by_server = dice_() % 2 == 0;
            do_something(by_server ? call_.server : call_.caller, by_server ? server_ : caller_);
        }
        call_.act(dice_() % 2 == 0 ? call_.server : call_.caller, [](session& s) { s.hang_up(); });
        call_.run_until(call_.now + 20s);
        call_.take_rest();
    }

    clock::duration duration() const { return call_.now - epoch; }

    void check() const {
        EXPECT_TRUE(call_.over());
        check_end(call_.server, server_);
        check_end(call_.caller, caller_);
        check_direction(call_.server, call_.caller);
        check_direction(call_.caller, call_.server);
        EXPECT_TRUE(caller_.digits.starts_with(call_.server.digits));
        check_server_wire();
        check_caller_wire();
        check_formats();
    }

  private:
    simulated_call make(unsigned seed) {
        network net;
        net.delay_min = std::chrono::microseconds(dice_() % 2000);
        net.delay_max = net.delay_min + std::chrono::microseconds(dice_() % 3 == 0 ? dice_() % 80'000 : 500);
        net.cut_chance = dice_() % 2 == 0 ? 0.3 : 0;
        net.stall_chance = dice_() % 4 == 0 ? 0.05 : 0;
        net.stall_max = dice_() % 8 == 0 ? clock::duration(6s) : clock::duration(200ms);
        if (dice_() % 4 == 0) net.fails_at = epoch + std::chrono::microseconds(dice_() % 2'500'000);
        return {session(role::server, options(server_), epoch), session(sample_id, options(caller_), epoch), net, seed};
    }

    call_options options(application& p) {
        static constexpr std::array ptimes{10ms, 20ms, 20ms, 20ms, 30ms, 40ms, 60ms};
        call_options o;
        o.ptime = ptimes[dice_() % ptimes.size()];
        o.input = input_format::slin; // the test needs exact audio, not a good guess
        if (dice_() % 2 == 0) p.format = *slin_kind(rate());
        if (p.format) o.send_format = media_format{*p.format, encoding::slin};
        return o;
    }

    // The lower rates more often, because they are common, and quicker.
    int rate() {
        static constexpr std::array rates{8000, 8000, 8000, 16'000, 16'000, 24'000, 44'100, 48'000, 192'000};
        return rates[dice_() % rates.size()];
    }

    void do_something(endpoint& e, application& p) {
        const auto ms = std::chrono::milliseconds(10 * (1 + dice_() % 40));
        const int from = dice_() % 3 == 0 ? rate() : 8000;
        const auto samples = [&] { return count_up(static_cast<std::size_t>(from * ms.count() / 1000)); };
        call_.act(e, [&](session& s) {
            switch (dice_() % 24) {
            case 0: s.clear(); break;
            case 1: s.pause(); break;
            case 2:
            case 3: s.resume(); break;
            case 4:
                if (dice_() % 3 == 0) s.hang_up();
                break;
            case 5:
                if (dice_() % 3 == 0) s.hang_up_when_played();
                break;
            case 6:
            case 7: mark(s, p); break;
            case 8:
            case 9:
            case 10:
                if (!s.play(clip(samples(), from))) p.played += ms;
                mark(s, p);
                break;
            case 11:
            case 12:
            case 13: send_digit(s, p); break;
            case 14:
                for (auto left = ms; left > 0ms; left -= 10ms) // as it comes from a stream
                    if (!s.play(count_up(static_cast<std::size_t>(from / 100)), from)) p.played += 10ms;
                mark(s, p);
                break;
            default:
                if (!s.play(samples(), from)) p.played += ms;
                mark(s, p);
            }
        });
    }

    static void mark(session& s, application& p) {
        const auto name = std::to_string(p.marks.size());
        if (!s.mark(name)) p.marks.push_back(name);
    }

    void send_digit(session& s, application& p) {
        const char digit = "0123456789*#ABCD"[dice_() % 16];
        if (!s.send_dtmf(digit)) p.digits += digit;
    }

    // One end, as the last event; each mark once, in order; the ledger adds up.
    static void check_end(const endpoint& e, const application& p) {
        EXPECT_EQ(e.ends, 1);
        ASSERT_FALSE(e.events.empty());
        EXPECT_TRUE(std::holds_alternative<ended_event>(e.events.back()));
        std::vector<std::string> marks;
        std::chrono::milliseconds accounted{};
        long roundings = 0;
        for (std::size_t i = 0; i < e.events.size(); ++i) {
            const bool early = i == 0 || std::holds_alternative<cleared_event>(e.events[i - 1]);
            EXPECT_TRUE(early || !std::holds_alternative<started_event>(e.events[i])) << "started late or twice";
            if (const auto* played = std::get_if<played_event>(&e.events[i])) {
                marks.push_back(played->mark);
                accounted += played->sent;
                ++roundings;
            }
            if (const auto* cleared = std::get_if<cleared_event>(&e.events[i])) {
                EXPECT_FALSE(cleared->mark.empty()) << "everything that was played has a mark behind it";
                marks.push_back(cleared->mark);
                accounted += cleared->sent + cleared->cut;
                roundings += 2;
            }
        }
        EXPECT_EQ(marks, p.marks);
        EXPECT_LE(2 * std::abs((accounted - p.played).count()), roundings);
        EXPECT_EQ(e.s.queued(), 0ms);
        EXPECT_TRUE(e.end.error != protocol_errc::send_timeout || e.waited >= call_options{}.send_timeout)
            << "given up after " << e.waited / 1ms << " ms";
    }

    // The other end heard what this end sent, up to the end.
    static void check_direction(const endpoint& from, const endpoint& to) {
        std::vector<std::int16_t> sent;
        std::uint64_t frames = 0;
        std::uint64_t sent_bytes = 0;
        std::optional<kind> only;
        bool changes = false;
        for (const auto& m : from.sent) {
            sent_bytes += m.data.size();
            if (!m.is_frame()) continue;
            changes = changes || (only && *only != m.what());
            only = m.what();
            ++frames;
            const auto samples = m.samples();
            sent.insert(sent.end(), samples.begin(), samples.end());
        }
        const auto& out = from.s.statistics();
        const auto& in = to.s.statistics();
        EXPECT_EQ(out.frames_sent, frames);
        EXPECT_EQ(out.bytes_sent, sent_bytes);
        EXPECT_LE(out.silence_frames_sent, frames);
        EXPECT_EQ(in.bytes_received, to.bytes_delivered);
        EXPECT_LE(in.frames_received, frames);
        EXPECT_EQ(in.frames_dropped + in.digits_dropped, 0U);
        EXPECT_EQ(in.empty_audio + in.odd_audio + in.bad_digits + in.unknown_kinds, 0U);
        EXPECT_LE(to.heard_rates_hz.size(), 1U) << "the rate changed within the call";
        if (to.end.reason == end_reason::peer_hung_up) {
            EXPECT_EQ(in.frames_received, frames);
            EXPECT_EQ(in.bytes_received, sent_bytes);
        }
        if (changes) return;
        ASSERT_LE(to.heard.size(), sent.size());
        EXPECT_TRUE(std::equal(to.heard.begin(), to.heard.end(), sent.begin())) << "not bit exact";
        EXPECT_TRUE(to.end.reason != end_reason::peer_hung_up || to.heard.size() == sent.size());
        EXPECT_EQ(to.heard.size(), in.samples_received);
    }

    void check_server_wire() const {
        const auto& sent = call_.server.sent;
        for (std::size_t i = 0; i < sent.size(); ++i) {
            EXPECT_TRUE(sent[i].is_frame() || (sent[i].what() == kind::hangup && i + 1 == sent.size()));
            EXPECT_TRUE(!sent[i].is_frame() || (sent[i].data.size() >= 5 && sent[i].data.size() % 2 == 1));
        }
    }

    void check_caller_wire() const {
        const auto& sent = call_.caller.sent;
        std::string digits;
        for (std::size_t i = 0; i < sent.size(); ++i) {
            EXPECT_EQ(sent[i].what() == kind::id, i == 0);
            EXPECT_TRUE(i == 0 || sent[i].is_frame() || sent[i].what() == kind::dtmf);
            if (sent[i].what() == kind::dtmf) digits += static_cast<char>(sent[i].data.at(header_bytes));
        }
        EXPECT_TRUE(caller_.digits.starts_with(digits));
        // A caller that hangs up has sent all that it accepted.
        EXPECT_TRUE(call_.server.end.reason != end_reason::peer_hung_up || call_.server.digits == caller_.digits);
    }

    // Each end sends the format of its options, or 8 kHz. A server without one answers in the caller's format, from the
    // first frame that it begins after the caller's audio has arrived.
    void check_formats() const {
        const kind asked = caller_.format.value_or(kind::slin);
        const kind at_first = server_.format.value_or(kind::slin);
        const kind learned = server_.format.value_or(asked);
        for (const auto& m : call_.caller.sent)
            EXPECT_TRUE(!m.is_frame() || m.what() == asked);
        int others = 0;
        for (const auto& m : call_.server.sent) {
            if (!m.is_frame()) continue;
            const bool right = (m.what() == at_first && m.at <= call_.server.audio_since) ||
                               (m.what() == learned && m.at >= call_.server.audio_since);
            others += right ? 0 : 1;
        }
        EXPECT_LE(others, server_.format ? 0 : 1) << "more than the frame that was in flight";
    }

    std::mt19937 dice_;
    application server_;
    application caller_;
    simulated_call call_;
};

} // namespace

TEST(simulation, random_calls_keep_every_promise) {
    simulated_time simulated;
    for_each_seed(2000, [&](unsigned seed) {
        SCOPED_TRACE(replay(seed));
        random_call call(seed);
        call.run();
        call.check();
        simulated.add(call.duration());
        return !testing::Test::HasFailure();
    });
}
