// One turn of a whole call, without sockets: 20 ms of audio arrives, the program echoes it, a frame goes out.
#include "counted_allocations.hpp"

#include <audiosocket/audio/tone.hpp>
#include <audiosocket/call/session.hpp>
#include <audiosocket/protocol.hpp>

#include <benchmark/benchmark.h>

#include <vector>

namespace {

using namespace audiosocket;

void echo_turn(benchmark::State& state) {
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
        while (const auto e = s.next_event())
            if (const auto* audio = std::get_if<audio_event>(&*e)) s.play(audio->samples, audio->rate_hz);
        s.advance(now);
        while (!s.transmit().empty())
            s.transmitted(now);
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
BENCHMARK(echo_turn);

} // namespace

BENCHMARK_MAIN();
