// SPDX-License-Identifier: Apache-2.0
#include "check/load_cases.hpp"
#include "check/memory_watch.hpp"
#include "check/test_audio.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <random>

namespace audiosocket::app::check {
namespace {

std::string long_echo(const target& t) {
    need_echo(t);
    line l = place_call(t);
    l.send_audio(numbers());
    std::size_t same = 0;
    const auto take = [&] {
        for (const std::int16_t sample : without_silence(l.samples())) {
            expect(sample == numbered_samples::at(same), fmt::format("sample {} comes back as {}", same, sample));
            ++same;
        }
        l.forget();
    };
    const auto until = clock::now() + t.soak;
    while (clock::now() < until && l.open()) {
        l.pass(std::min<nanoseconds>(std::chrono::seconds(10), until - clock::now()), [&] { return !l.open(); });
        take();
    }
    expect(l.open(), "the server closed the call");
    expect(!l.choked(), "a frame was not taken at once");
    l.stop_audio();
    const auto sent = l.frames_sent() * frame_samples;
    for (int waits = 0; waits < 40 && same < sent; ++waits) {
        l.pass(milliseconds(100));
        take();
    }
    expect(same == sent, fmt::format("of {} samples {} came back", sent, same));
    return fmt::format("{} samples, bit exact", same);
}

std::string churn(const target& t) {
    constexpr std::size_t growth_max = 2 * 1024 * 1024; // room for pools and caches that fill first
    std::minstd_rand random(1);                         // the same sequence each time
    const auto one = [&] {
        line l = place_call(t);
        l.send_audio(numbers(random() % 100));
        l.pass(milliseconds(random() % 60));
        if (random() % 3 == 0) return l.reset();
        l.close_sending();
        l.pass(milliseconds(random() % 20), [&] { return !l.open(); });
    };
    const auto start = clock::now();
    const auto warm = start + std::min<nanoseconds>(std::chrono::minutes(1), t.soak / 4);
    std::optional<memory_watch> memory;
    std::size_t calls = 0;
    for (; clock::now() < start + t.soak; ++calls) {
        one();
        if (!memory && clock::now() > warm) memory.emplace(t);
    }
    expect_new_call_works(t, "churn");
    if (!t.pid || !memory) return fmt::format("{} calls (with --server-pid also its memory)", calls);
    memory->expect_bounded(growth_max);
    return fmt::format("{} calls, {} KiB more memory", calls, memory->grown() / 1024);
}

} // namespace

std::vector<conformance_case> endurance_cases() {
    using enum group;
    return {
        {52, load, "numbered samples for an hour", "bit exact", "clocks drift and queues overflow slowly", long_echo,
         false, true},
        {53, load, "calls one after another for an hour", "no crash, memory flat",
         "a leak of a kilobyte a call stops the server within a week", churn, false, true},
    };
}

} // namespace audiosocket::app::check
