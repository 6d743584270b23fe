// SPDX-License-Identifier: Apache-2.0
#include "check/conformance_case.hpp"
#include "check/reference_call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace audiosocket::app::check {
namespace {

// No more than usual callers: a server that is slow, but shares its time fairly, passes.
constexpr std::size_t hostile_callers_max = 40;

// Keeps room for the ordinary call, and for calls of other cases that are still ending.
constexpr std::size_t calls_left_free = 5;

constexpr milliseconds attack_time{3000};

// Twice the bandwidth of a call at 8 kHz.
constexpr std::size_t stream_bytes = 640;

constexpr std::size_t burst_bytes = 65'536;
constexpr milliseconds burst_interval{500};

// Returns audio at 8 and 192 kHz alternately, in messages of `samples` samples, about `size_bytes` in all.
bytes flipping_rates(std::size_t samples, std::size_t size_bytes) {
    bytes all;
    const std::vector<std::int16_t> few(samples, 1);
    for (bool high = false; all.size() < size_bytes; high = !high) {
        error_code none;
        const auto m = audio_message(high ? kind::slin192 : kind::slin, std::as_bytes(std::span(few)), none).to_bytes();
        all.insert(all.end(), m.begin(), m.end());
    }
    return all;
}

// Hostile callers, each of which sends the same bytes once in an interval; the sendings are spread over the interval.
class hostile_callers {
  public:
    hostile_callers(const target& t, bytes what, milliseconds interval) : what_(std::move(what)), interval_(interval) {
        const std::size_t room = t.calls_max.value_or(hostile_callers_max + calls_left_free);
        if (room <= calls_left_free) throw not_applicable("needs a server that accepts more calls: --max-calls");
        const std::size_t count = std::min(hostile_callers_max, room - calls_left_free);
        for (std::size_t i = 0; i < count; ++i)
            lines_.push_back(place_call(t));
    }

    // Ends them at once. Bytes that the server has not read are lost.
    ~hostile_callers() {
        for (line& l : lines_)
            l.reset();
    }
    hostile_callers(const hostile_callers&) = delete;
    hostile_callers& operator=(const hostile_callers&) = delete;

    void send_for(nanoseconds time, line& reference) {
        std::vector<line*> all{&reference};
        for (line& l : lines_)
            all.push_back(&l);
        const auto from = clock::now();
        for (std::size_t sent = 0; clock::now() < from + time; ++sent) {
            lines_[sent % lines_.size()].send_at_once(what_); // the server may refuse bytes
            lines_[sent % lines_.size()].forget();
            const auto due = from + interval_ * static_cast<std::int64_t>(sent + 1) / lines_.size();
            line::pass(all, std::max<nanoseconds>(due - clock::now(), nanoseconds(0)));
        }
    }

    std::size_t count() const noexcept { return lines_.size(); }

  private:
    const bytes what_;
    const milliseconds interval_;
    std::vector<line> lines_;
};

std::string beside(const target& t, std::size_t samples, std::size_t size_bytes, milliseconds interval) {
    need_audio(t);
    line l = place_reference_call(t);
    std::string seen;
    {
        hostile_callers hostile(t, flipping_rates(samples, size_bytes), interval);
        const auto from = clock::now();
        hostile.send_for(attack_time, l);
        seen = fmt::format("beside {} hostile callers {}", hostile.count(), expect_served(t, l, from));
    }
    std::this_thread::sleep_for(soon); // closing takes a moment
    return seen;
}

std::string rates_that_flip(const target& t) {
    return beside(t, 1, stream_bytes, frame_time);
}

std::string bursts(const target& t) {
    return beside(t, 16, burst_bytes, burst_interval);
}

} // namespace

std::vector<conformance_case> hostile_cases() {
    using enum group;
    return {
        {59, hostile, "callers whose rate flips", "every frame for the others",
         "a message of one sample is cheap, but the change of the rate before it is expensive", rates_that_flip, false,
         false, course::alone},
        {60, hostile, "callers that send 64 KiB at once", "every frame for the others",
         "a limit for each call protects the others only with a limit for all calls together", bursts, false, false,
         course::alone},
    };
}

} // namespace audiosocket::app::check
