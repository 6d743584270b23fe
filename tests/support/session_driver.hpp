// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/bytes.hpp"

#include <audiosocket/call.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// \file
/// Drives one session with a virtual clock, as a socket would, and checks the invariants at every step.

namespace audiosocket::test {

using namespace std::chrono_literals;

/// The start of virtual time: not zero, so that a time that was never set shows.
inline const time_point epoch{std::chrono::hours{1000}};

/// A message that was sent, and when.
struct sent_message {
    time_point at;
    bytes data;

    kind what() const { return static_cast<kind>(data[0]); }
    bool is_frame() const { return is_audio(what()); }
    std::vector<std::int16_t> samples() const {
        std::vector<std::int16_t> out((data.size() - header_bytes) / 2);
        decode(encoding::slin, std::span(data).subspan(header_bytes), out);
        return out;
    }
};

/// Returns an event in words, without the audio: "started", "dtmf 5", "played hello 120", "cleared hello 20/100",
/// "ended hung up".
inline std::string describe(const event& e) {
    struct {
        std::string operator()(const started_event&) const { return "started"; }
        std::string operator()(const audio_event& a) const {
            return "audio " + std::to_string(a.samples.size()) + "@" + std::to_string(a.rate_hz);
        }
        std::string operator()(const dtmf_event& d) const { return std::string("dtmf ") + d.digit; }
        std::string operator()(const played_event& p) const {
            return "played " + p.mark + " " + std::to_string(p.sent.count());
        }
        std::string operator()(const cleared_event& c) const {
            return "cleared " + c.mark + " " + std::to_string(c.sent.count()) + "/" + std::to_string(c.cut.count());
        }
        std::string operator()(const ended_event& end) const {
            std::string text = "ended " + std::string(name(end.reason));
            if (end.error) text += ": " + end.error.message();
            if (end.peer_error != error_bits::none)
                text += " (" + std::to_string(static_cast<int>(end.peer_error)) + ")";
            return text;
        }
    } words;
    return std::visit(words, e);
}

/// How an end is described.
inline std::string ended(end_reason reason, error_code error = {}, error_bits code = error_bits::none) {
    return describe(ended_event{reason, error, code});
}

class session_driver {
  public:
    explicit session_driver(const call_options& options = {}, time_point start = epoch)
        : session_driver(session(role::server, options, start), start) {}
    explicit session_driver(session s, time_point start = epoch) : now(start), server(!s.id()), s_(std::move(s)) {
        pump();
    }

    session& operator*() { return s_; }
    session* operator->() { return &s_; }

    // --- What happens ---

    /// Receives bytes, cut in this driver's way. Each piece is in memory of exactly its size, which is freed
    /// afterwards.
    void receive(const bytes& stream) {
        cut(stream, how, random, [&](std::span<const std::byte> piece) {
            auto exact = std::make_unique<bytes>(piece.begin(), piece.end());
            s_.receive(*exact, now);
            exact.reset();
            pump();
        });
    }
    void receive_end() {
        s_.receive_end(now);
        pump();
    }
    void fail(error_code error = std::make_error_code(std::errc::connection_reset)) {
        s_.connection_failed(error, now);
        pump();
    }

    /// Lets the application do something.
    template <class Action>
    error_code act(Action action) {
        const error_code error = action(s_);
        pump();
        return error;
    }

    /// Moves the time, and keeps every deadline in it.
    void run_for(clock::duration time) { run_until(now + time); }
    void run_until(time_point end) {
        int rounds_without_progress = 0;
        while (next_wake() <= end) {
            const time_point next = std::max(now, next_wake());
            rounds_without_progress = next > now ? 0 : rounds_without_progress + 1;
            now = next;
            pump();
            if (rounds_without_progress > 10) {
                ADD_FAILURE() << "deadline() stays in the past: a driver would spin";
                return;
            }
        }
        now = end;
        pump();
    }

    /// Moves the time without polling the session.
    void stall_for(clock::duration time) { now += time; }

    /// Runs until the session is closed, or for this long.
    void run_until_closed(clock::duration longest) {
        const time_point end = now + longest;
        while (!s_.closed() && now < end)
            run_until(std::min(end, std::max(now + 1ns, next_wake())));
    }

    // --- What came of it ---

    time_point now;
    std::vector<sent_message> sent;
    std::vector<std::string> log;    ///< the events; audio that follows audio is one entry
    std::vector<std::int16_t> heard; ///< all audio of audio_events
    std::vector<int> heard_rates_hz;
    time_point fin_at = time_point::max();
    time_point closed_at = time_point::max();
    int ends = 0;

    std::vector<sent_message> frames() const {
        std::vector<sent_message> out;
        std::ranges::copy_if(sent, std::back_inserter(out), [](const auto& m) { return m.is_frame(); });
        return out;
    }

    /// All samples of all frames.
    std::vector<std::int16_t> sent_samples() const {
        std::vector<std::int16_t> out;
        for (const auto& m : frames()) {
            const auto more = m.samples();
            out.insert(out.end(), more.begin(), more.end());
        }
        return out;
    }

    // --- How ---

    split how = split::whole;
    std::mt19937 random{1};
    clock::duration send_time{}; ///< how long the network takes for each message
    bool take_events = true;     ///< the application asks for its events
    bool server;                 ///< Asterisk must accept what is sent

    /// Does what the session asks for, until it asks for nothing more.
    void pump() {
        while (perform_next()) {
        }
        EXPECT_TRUE(in_flight_.empty() || std::ranges::equal(s_.transmit(), in_flight_)) << "a message changed";
        EXPECT_TRUE(!s_.sending_done() || s_.transmit().empty()) << "sends after sending_done";
        EXPECT_EQ(s_.sending_done(), fin_at != time_point::max());
    }

    void take_all_events() {
        while (auto e = s_.next_event())
            take(*e);
    }

  private:
    time_point next_wake() const { return std::min(s_.deadline(), in_flight_.empty() ? time_point::max() : done_at_); }

    bool perform_next() {
        const bool busy = !in_flight_.empty() && now < done_at_;
        const auto next = s_.poll(now, {.transmit = !busy, .events = take_events});
        EXPECT_EQ(next.event.has_value(), next.what == session_action::type::deliver);
        EXPECT_EQ(next.bytes.empty(), next.what != session_action::type::transmit);
        switch (next.what) {
        case session_action::type::shut_down:
            EXPECT_EQ(fin_at, time_point::max()) << "a second FIN";
            fin_at = now;
            return true;
        case session_action::type::deliver: take(*next.event); return true;
        case session_action::type::transmit: send(next.bytes); return true;
        case session_action::type::wait:
            EXPECT_FALSE(s_.closed());
            EXPECT_TRUE(busy || next.until == s_.deadline());
            return false;
        case session_action::type::close:
            EXPECT_TRUE(s_.closed());
            EXPECT_EQ(s_.deadline(), time_point::max());
            EXPECT_TRUE(s_.transmit().empty());
            closed_at = std::min(closed_at, now);
            in_flight_.clear();
            return false;
        }
        return false;
    }

    void send(std::span<const std::byte> message) {
        if (in_flight_.empty()) {
            in_flight_.assign(message.begin(), message.end());
            done_at_ = now + send_time;
            if (now < done_at_) return;
        }
        EXPECT_TRUE(std::ranges::equal(message, in_flight_)) << "a message changed while it was being sent";
        check(in_flight_);
        sent.push_back({now, std::exchange(in_flight_, {})});
        s_.transmitted(now);
    }

    void take(const event& e) {
        EXPECT_EQ(ends, 0) << "after the end: " << describe(e);
        if (std::holds_alternative<ended_event>(e)) {
            EXPECT_TRUE(s_.closed());
            ++ends;
        }
        note(e);
    }

    // Towards Asterisk: only hangup and audio, audio never empty and always whole, hangup last.
    void check(const bytes& data) const {
        error_code error;
        const message m = parse_message(data, error);
        EXPECT_FALSE(error);
        EXPECT_EQ(data.size(), header_bytes + m.payload.size());
        EXPECT_TRUE(sent.empty() || sent.back().what() != kind::hangup) << "sends after the hangup";
        if (!server) return;
        EXPECT_TRUE(m.kind == kind::hangup || is_audio(m.kind)) << static_cast<int>(m.kind);
        EXPECT_TRUE(m.kind != kind::hangup || m.payload.empty());
        EXPECT_TRUE(!is_audio(m.kind) || (m.payload.size() >= 2 && m.payload.size() % 2 == 0));
    }

    void note(const event& e) {
        const auto* audio = std::get_if<audio_event>(&e);
        if (!audio) {
            log.push_back(describe(e));
            audio_in_log_ = 0;
            return;
        }
        heard.insert(heard.end(), audio->samples.begin(), audio->samples.end());
        heard_rates_hz.push_back(audio->rate_hz);
        if (audio_in_log_ > 0) log.pop_back();
        audio_in_log_ += audio->samples.size();
        log.push_back("audio " + std::to_string(audio_in_log_) + "@" + std::to_string(audio->rate_hz));
    }

    session s_;
    bytes in_flight_;
    time_point done_at_{};
    std::size_t audio_in_log_ = 0;
};

/// 16 bytes that are easy to recognise.
inline const uuid sample_id = uuid::parse("40325ec2-5efd-4bd3-805f-53576e581d13");

inline bytes id_frame() {
    return frame(kind::id, bytes(sample_id.bytes.begin(), sample_id.bytes.end()));
}

/// Little-endian bytes of samples.
inline bytes pcm(std::span<const std::int16_t> samples) {
    bytes out(samples.size() * 2);
    encode(encoding::slin, samples, out);
    return out;
}

/// Returns `count` numbered samples, starting with `first`.
inline std::vector<std::int16_t> count_up(std::size_t count, int first = 1) {
    return numbered_samples(static_cast<std::uint64_t>(first - 1)).take(count);
}

/// A sine of 400 Hz.
inline std::vector<std::int16_t> tone(std::size_t count, int rate_hz, double frequency_hz = 400) {
    std::vector<std::int16_t> out(count);
    for (std::size_t i = 0; i < count; ++i)
        out[i] = static_cast<std::int16_t>(
            8000 * std::sin(2 * 3.14159265358979 * frequency_hz * static_cast<double>(i) / rate_hz));
    return out;
}

} // namespace audiosocket::test
