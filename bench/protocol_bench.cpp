// SPDX-License-Identifier: Apache-2.0
// Decodes and encodes one 20 ms message at 8 kHz: 323 bytes. Beside the time: allocations a message, and bytes of
// payload copied a message. The addresses of the views show the copies.
#include "counted_allocations.hpp"

#include <audiosocket/protocol.hpp>

#include <benchmark/benchmark.h>

#include <vector>

namespace {

using namespace audiosocket;

constexpr std::size_t payload_bytes = 320;
constexpr std::size_t message_bytes = header_bytes + payload_bytes;

std::vector<std::byte> stream_of(std::size_t messages) {
    const std::vector<std::byte> pcm(payload_bytes, std::byte{1});
    std::vector<std::byte> stream;
    for (std::size_t i = 0; i < messages; ++i) {
        error_code error;
        const auto one = slin_message(pcm, error).to_bytes();
        stream.insert(stream.end(), one.begin(), one.end());
    }
    return stream;
}

void report(benchmark::State& state, std::uint64_t messages, std::uint64_t allocated, std::uint64_t copied) {
    const auto per_message = [&](std::uint64_t count) {
        return static_cast<double>(count) / static_cast<double>(messages);
    };
    state.SetItemsProcessed(static_cast<std::int64_t>(messages));
    state.SetBytesProcessed(static_cast<std::int64_t>(messages * message_bytes));
    state.counters["allocations/message"] = per_message(allocated);
    state.counters["copied_bytes/message"] = per_message(copied);
    state.counters["time/message"] =
        benchmark::Counter(static_cast<double>(messages), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// Feeds `chunk` bytes at a time, as reads from a socket do. A payload at another address was copied.
void decode(benchmark::State& state) {
    const auto stream = stream_of(1000);
    const auto chunk = static_cast<std::size_t>(state.range(0));
    decoder d;
    std::uint64_t messages = 0;
    std::uint64_t copied = 0;
    const auto run = [&] {
        for (std::size_t at = 0; at < stream.size(); at += chunk) {
            d.feed(std::span(stream).subspan(at, std::min(chunk, stream.size() - at)));
            while (const auto m = d.next()) {
                ++messages;
                const auto* where = m->payload.data();
                if (where < stream.data() || where >= stream.data() + stream.size()) copied += m->payload.size();
                benchmark::DoNotOptimize(where);
            }
        }
    };
    run(); // warm: the store for messages that are cut apart has grown
    messages = copied = 0;
    const auto before = allocations.load();
    for (auto _ : state)
        run();
    report(state, messages, allocations - before, copied);
}
BENCHMARK(decode)->ArgName("chunk")->Arg(message_bytes)->Arg(4096)->Arg(65'536)->Arg(100);

void encode(benchmark::State& state) {
    const std::vector<std::byte> pcm(payload_bytes, std::byte{1});
    std::uint64_t messages = 0;
    std::uint64_t copied = 0;
    const auto before = allocations.load();
    for (auto _ : state) {
        error_code error;
        const auto m = slin_message(pcm, error);
        if (m.payload().data() != pcm.data()) copied += m.payload().size();
        benchmark::DoNotOptimize(m);
        ++messages;
    }
    report(state, messages, allocations - before, copied);
}
BENCHMARK(encode);

} // namespace

BENCHMARK_MAIN();
