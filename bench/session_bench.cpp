// SPDX-License-Identifier: Apache-2.0
// A session without sockets. echo_turn is one turn of a whole call: 20 ms of audio arrives, the application echoes it,
// a frame goes out. echo_turn_polled is the same with a driver that uses session::poll. The hostile benchmarks show the
// highest cost of 64 KiB of received bytes, by content: one read from a peer that attacks our processor time.
#include "counted_allocations.hpp"

#include <audiosocket/audio/tone.hpp>
#include <audiosocket/call/session.hpp>
#include <audiosocket/protocol.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <ctime>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace audiosocket;

void echo(const event& e, session& s) {
    if (const auto* audio = std::get_if<audio_event>(&e)) s.play(audio->samples, audio->rate_hz);
}

// Each of these functions does everything that the session must do at this time.

void drive_by_members(session& s, time_point now) {
    while (const auto e = s.next_event())
        echo(*e, s);
    s.advance(now);
    while (!s.transmit().empty())
        s.transmitted(now);
}

void drive_by_poll(session& s, time_point now) {
    for (;;) {
        const auto next = s.poll(now);
        switch (next.what) {
        case session_action::type::deliver: echo(*next.event, s); break;
        case session_action::type::transmit: s.transmitted(now); break;
        case session_action::type::shut_down: break;
        case session_action::type::wait:
        case session_action::type::close: return;
        }
    }
}

template <class Drive>
void echo_turns(benchmark::State& state, Drive drive) {
    using namespace std::chrono_literals;
    constexpr auto ptime = 20ms;
    time_point now{};
    session s(role::server, {}, now);
    s.receive(id_message(uuid::random()).to_bytes(), now);

    std::vector<std::int16_t> samples(160);
    tone(440, 8000).fill(samples);
    std::vector<std::byte> pcm(320);
    encode(encoding::slin, samples, pcm);
    error_code error;
    const auto message = slin_message(pcm, error).to_bytes();

    const auto turn = [&] {
        now += ptime;
        s.receive(message, now);
        drive(s, now);
    };
    for (int i = 0; i < 100; ++i)
        turn();
    const auto before = allocations.load();
    for (auto _ : state)
        turn();
    state.SetItemsProcessed(state.iterations());
    state.counters["allocations/turn"] =
        benchmark::Counter(static_cast<double>(allocations - before), benchmark::Counter::kAvgIterations);
}

void echo_turn(benchmark::State& state) {
    echo_turns(state, drive_by_members);
}
BENCHMARK(echo_turn);

void echo_turn_polled(benchmark::State& state) {
    echo_turns(state, drive_by_poll);
}
BENCHMARK(echo_turn_polled);

// --- 64 KiB of a hostile peer ---

using bytes = std::vector<std::byte>;

struct pattern {
    const char* name;
    bytes (*repeated)(int n); // the messages of the n-th repetition
    bytes (*before)() = [] { return bytes{}; };
};

bytes message_of(kind k, std::span<const std::byte> payload) {
    error_code error;
    return outgoing_message::with_payload(k, payload, error).to_bytes();
}

bytes zeros(kind k, std::size_t payload_bytes) {
    return message_of(k, bytes(payload_bytes));
}

bytes joined(bytes a, const bytes& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

bytes digit(int n) {
    return message_of(kind::dtmf, bytes{static_cast<std::byte>('0' + n % 10)});
}

// Bytes that help the detector least: half of them point to one encoding, half to the other.
bytes undecided(int n, std::size_t payload_bytes) {
    bytes payload(payload_bytes);
    auto state = static_cast<std::uint32_t>(n) * 2'654'435'761U + 1;
    for (auto& b : payload) {
        state = state * 1'664'525U + 1'013'904'223U;
        b = static_cast<std::byte>(state >> 24);
    }
    return message_of(kind::slin, payload);
}

// A tone of few different bytes. The detector never weighs it, but guesses each time.
bytes poor(std::size_t payload_bytes) {
    bytes payload(payload_bytes);
    for (std::size_t i = 0; i < payload_bytes; ++i)
        payload[i] = static_cast<std::byte>(i % 16 * 5 + 40);
    return message_of(kind::slin, payload);
}

const pattern patterns[]{
    {"empty_audio", [](int) { return zeros(kind::slin, 0); }},
    {"half_samples", [](int) { return zeros(kind::slin, 1); }},
    {"single_samples", [](int) { return zeros(kind::slin, 2); }},
    {"single_samples_192k", [](int) { return zeros(kind::slin192, 2); }},
    {"unknown_kinds", [](int) { return zeros(static_cast<kind>(0x42), 0); }},
    {"digits", [](int n) { return digit(n); }},
    {"no_digits", [](int) { return zeros(kind::dtmf, 0); }},
    {"samples_and_digits", [](int n) { return joined(zeros(kind::slin, 2), digit(n)); }},
    {"frames_and_digits", [](int n) { return joined(zeros(kind::slin, 320), digit(n)); }},
    {"frames", [](int) { return zeros(kind::slin, 320); }},
    {"long_messages", [](int) { return zeros(kind::slin, 65'530); }},
    {"undecided_16_bytes", [](int n) { return undecided(n, 16); }},
    {"undecided_32_bytes", [](int n) { return undecided(n, 32); }},
    {"undecided_320_bytes", [](int n) { return undecided(n, 320); }},
    {"poor_16_bytes", [](int) { return poor(16); }},
    {"poor_32_bytes", [](int) { return poor(32); }},
    {"poor_320_bytes", [](int) { return poor(320); }},
    {"single_samples_8k_to_192k", [](int) { return zeros(kind::slin, 2); }, [] { return zeros(kind::slin192, 2); }},
    {"single_samples_192k_to_8k", [](int) { return zeros(kind::slin192, 2); }, [] { return zeros(kind::slin, 2); }},
    {"single_samples_44k_to_8k", [](int) { return zeros(kind::slin44, 2); }, [] { return zeros(kind::slin, 2); }},
    {"alternating_192k_8k", [](int n) { return zeros(n % 2 == 0 ? kind::slin192 : kind::slin, 2); },
     [] { return zeros(kind::slin192, 2); }},
    {"alternating_8k_192k", [](int n) { return zeros(n % 2 == 0 ? kind::slin : kind::slin192, 2); },
     [] { return zeros(kind::slin, 2); }},
    {"all_kinds_to_192k", [](int n) { return zeros(static_cast<kind>(0x10 + n % 9), 2); },
     [] { return zeros(kind::slin192, 2); }},
    {"frames_8k_to_192k", [](int) { return zeros(kind::slin, 320); }, [] { return zeros(kind::slin192, 2); }},
    {"long_8k_to_192k", [](int) { return zeros(kind::slin, 65'530); }, [] { return zeros(kind::slin192, 2); }},
    {"long_44k_to_192k", [](int) { return zeros(kind::slin44, 65'530); }, [] { return zeros(kind::slin192, 2); }},
    {"long_192k_to_8k", [](int) { return zeros(kind::slin192, 65'530); }, [] { return zeros(kind::slin, 2); }},
    {"long_192k_to_44k", [](int) { return zeros(kind::slin192, 65'530); }, [] { return zeros(kind::slin44, 2); }},
};

// What a call of this thread costs in processor time.
template <class Action>
double cpu_seconds(Action action) {
    const auto now = [] {
        timespec t{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
    };
    const double before = now();
    action();
    return now() - before;
}

// Each round is another call, whose application is stalled. It gets 64 KiB at once, and another 64 KiB a second later,
// when the queue is as full as this pattern makes it. The more expensive of the two counts.
void hostile(benchmark::State& state, const pattern& what) {
    using namespace std::chrono_literals;
    bytes stream;
    for (int n = 0; stream.size() < 65'536; ++n)
        stream = joined(std::move(stream), what.repeated(n));
    double lowest_ms = 1e9;
    for (auto _ : state) {
        time_point now{};
        session s(role::server, {}, now);
        s.receive(joined(id_message(uuid::random()).to_bytes(), what.before()), now);
        const double first = cpu_seconds([&] { s.receive(stream, now); });
        now += 1s;
        const double second = cpu_seconds([&] { s.receive(stream, now); });
        state.SetIterationTime(std::max(first, second));
        lowest_ms = std::min(lowest_ms, std::max(first, second) * 1000);
    }
    state.counters["lowest_ms"] = lowest_ms;
}

const int registered = [] {
    for (const pattern& what : patterns)
        benchmark::RegisterBenchmark((std::string("hostile/") + what.name).c_str(),
                                     [&what](benchmark::State& state) { hostile(state, what); })
            ->Unit(benchmark::kMillisecond)
            ->UseManualTime()
            ->Iterations(20);
    return 0;
}();

} // namespace

BENCHMARK_MAIN();
