// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/session_driver.hpp"

#include <deque>
#include <functional>
#include <optional>

/// \file
/// Two sessions, a server and a caller, joined by a simulated network on a virtual clock.
///
/// The network behaves as TCP does. Bytes arrive in order, cut anywhere, and late. A stalled sender waits. A FIN comes
/// behind the data. A closed end answers data with a reset.

namespace audiosocket::test {

/// How the network behaves. Default: at once and whole.
struct network {
    clock::duration delay_min{};
    clock::duration delay_max{};
    double cut_chance = 0;                   ///< of a message to arrive in pieces
    double stall_chance = 0;                 ///< of a message to be taken only after a while
    clock::duration stall_max{};             ///< that while
    time_point fails_at = time_point::max(); ///< both ends lose the connection, and the data on its way
};

/// One end: a session, its application, its socket.
struct endpoint {
    explicit endpoint(session rules) : s(std::move(rules)) {}

    session s;

    // The application.
    clock::duration takes_events_every{}; ///< 0: at once
    time_point takes_events_at = time_point::min();
    std::vector<event> events; ///< without their audio
    std::vector<std::int16_t> heard;
    std::string digits;
    std::vector<int> heard_rates_hz; ///< each rate once in a row
    int ends = 0;
    ended_event end;
    std::function<void(endpoint&, const audio_event&)> on_audio;

    // The socket.
    std::vector<sent_message> sent;
    bool keep_sent = true;
    std::uint64_t messages_sent = 0;
    bytes in_flight;
    time_point begun_at{};    ///< when the message in flight was begun
    time_point taken_at{};    ///< when the network takes it
    clock::duration waited{}; ///< how long messages were in flight, in sum
    bool fin_sent = false;
    time_point fails_at = time_point::max();

    // Data on its way to this end.
    struct parcel {
        time_point at;
        bytes data; // empty: FIN
    };
    std::deque<parcel> arriving;
    time_point arrives_last = time_point::min();
    std::uint64_t bytes_delivered = 0;
    time_point audio_since = time_point::max(); ///< when the first audio arrived
};

class simulated_call {
  public:
    simulated_call(session server_rules, session caller_rules, const network& net, unsigned seed)
        : server(std::move(server_rules)), caller(std::move(caller_rules)), random(seed), net_(net) {
        server.fails_at = caller.fails_at = net.fails_at;
        serve();
    }

    endpoint server;
    endpoint caller;
    time_point now = epoch;
    std::mt19937 random;

    bool over() const { return server.s.closed() && caller.s.closed(); }

    /// Runs until there is nothing left to do, or until this time.
    void run_until(time_point end) {
        while (!over() || !server.arriving.empty() || !caller.arriving.empty()) {
            const time_point next = std::max(now, std::min(wake(server), wake(caller)));
            if (next > end) break;
            idle_rounds_ = next > now ? 0 : idle_rounds_ + 1;
            ASSERT_LT(idle_rounds_, 10'000) << "time stands still";
            now = next;
            serve();
        }
        now = std::max(now, end);
    }

    /// Lets the application of one end do something.
    template <class Action>
    void act(endpoint& who, Action action) {
        action(who.s);
        serve();
    }

    clock::duration up_to(clock::duration longest) {
        return clock::duration(std::uniform_int_distribution<clock::rep>(0, longest.count())(random));
    }
    bool chance(double p) { return std::bernoulli_distribution(p)(random); }

    /// Takes the remaining events.
    void take_rest() {
        for (endpoint* e : {&server, &caller}) {
            e->takes_events_at = time_point::min();
            take_events(*e);
        }
    }

  private:
    endpoint& other(const endpoint& e) { return &e == &server ? caller : server; }

    static time_point wake(const endpoint& e) {
        time_point at = std::min(e.s.deadline(), e.s.closed() ? time_point::max() : e.fails_at);
        if (!e.in_flight.empty()) at = std::min(at, e.taken_at);
        if (!e.arriving.empty()) at = std::min(at, e.arriving.front().at);
        return at;
    }

    void serve() {
        for (endpoint* e : {&server, &caller}) {
            if (now >= e->fails_at && !e->s.closed()) {
                e->arriving.clear();
                e->s.connection_failed(std::make_error_code(std::errc::connection_reset), now);
            }
            deliver(*e);
            e->s.advance(now);
            send(*e);
            take_events(*e);
        }
    }

    void deliver(endpoint& e) {
        while (!e.arriving.empty() && e.arriving.front().at <= now) {
            const auto parcel = std::move(e.arriving.front());
            e.arriving.pop_front();
            if (e.s.closed()) { // the end has closed: the kernel resets
                if (!parcel.data.empty()) other(e).fails_at = std::min(other(e).fails_at, now + up_to(net_.delay_max));
            } else if (parcel.data.empty()) {
                e.s.receive_end(now);
            } else {
                e.bytes_delivered += parcel.data.size();
                e.s.receive(parcel.data, now);
                if (e.s.statistics().frames_received > 0) e.audio_since = std::min(e.audio_since, now);
            }
            send(e);
        }
    }

    void send(endpoint& e) {
        while (!e.s.closed()) {
            const auto view = e.s.transmit();
            if (view.empty()) break;
            if (e.in_flight.empty()) {
                e.in_flight.assign(view.begin(), view.end());
                e.begun_at = now;
                e.taken_at = now + (chance(net_.stall_chance) ? up_to(net_.stall_max) : 0ns);
            }
            EXPECT_TRUE(std::ranges::equal(view, e.in_flight)) << "a message changed while it was being sent";
            if (e.taken_at > now) break;
            post(e, e.in_flight);
            ++e.messages_sent;
            if (e.keep_sent) e.sent.push_back({now, e.in_flight});
            end_flight(e);
            e.s.transmitted(now);
        }
        if (e.s.closed() && !e.in_flight.empty()) end_flight(e);
        if (e.s.sending_done() && !std::exchange(e.fin_sent, true)) post(e, {});
    }

    void end_flight(endpoint& e) const {
        e.waited += now - e.begun_at;
        e.in_flight.clear();
    }

    // Sends a message to the other end, in one piece or several; an empty one is the FIN.
    void post(endpoint& from, std::span<const std::byte> data) {
        endpoint& to = other(from);
        do {
            std::size_t n = data.size();
            if (n > 1 && chance(net_.cut_chance)) n = 1 + random() % n;
            const auto arrives = now + net_.delay_min + up_to(net_.delay_max - net_.delay_min);
            to.arrives_last = std::max(to.arrives_last, arrives);
            to.arriving.push_back({to.arrives_last, {data.begin(), data.begin() + static_cast<std::ptrdiff_t>(n)}});
            data = data.subspan(n);
        } while (!data.empty());
    }

    void take_events(endpoint& e) {
        if (now < e.takes_events_at) return;
        if (e.takes_events_every > 0ns) e.takes_events_at = now + up_to(e.takes_events_every);
        while (auto next = e.s.next_event()) {
            EXPECT_EQ(e.ends, 0) << "after the end: " << describe(*next);
            if (const auto* audio = std::get_if<audio_event>(&*next)) {
                if (e.heard_rates_hz.empty() || e.heard_rates_hz.back() != audio->rate_hz)
                    e.heard_rates_hz.push_back(audio->rate_hz);
                if (e.on_audio)
                    e.on_audio(e, *audio);
                else
                    e.heard.insert(e.heard.end(), audio->samples.begin(), audio->samples.end());
                continue;
            }
            if (const auto* digit = std::get_if<dtmf_event>(&*next)) e.digits += digit->digit;
            if (const auto* end = std::get_if<ended_event>(&*next)) {
                ++e.ends;
                e.end = *end;
            }
            e.events.push_back(std::move(*next));
        }
    }

    network net_;
    int idle_rounds_ = 0;
};

} // namespace audiosocket::test
