// SPDX-License-Identifier: Apache-2.0
#include "call_state.hpp"
#include "error.hpp"

#include <audiosocket/audio/sound_reader.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

/// A clip behind the C interface.
struct audiosocket_clip {
    audiosocket::clip sound;
};

namespace {

using namespace audiosocket;
using namespace audiosocket::c;

// Calls `what` with the state of a call, and returns the code that it returns.
template <class What>
int with(audiosocket_call* call, What what) {
    return guarded_code(nullptr, [&] { return static_cast<int>(what(*given(call, "call")->state)); });
}

// Calls `what` with an audiosocket::call, and returns the code of its error.
template <class What>
int act(audiosocket_call* call, What what) {
    return with(call, [&](call_state& state) { return state.act(what); });
}

std::span<const std::int16_t> samples_of(const std::int16_t* samples, std::size_t count) {
    if (count > 0) given(samples, "samples");
    return {samples, count};
}

void need_rate(int rate_hz) {
    if (!resampler::takes(rate_hz)) throw failure(AUDIOSOCKET_BAD_RATE, audiosocket_code_text(AUDIOSOCKET_BAD_RATE));
}

clip copy_of(const std::int16_t* samples, std::size_t count, int rate_hz) {
    need_rate(rate_hz);
    const auto all = samples_of(samples, count);
    return {std::vector<std::int16_t>(all.begin(), all.end()), rate_hz};
}

template <class Time>
std::uint64_t microseconds_of(Time time) {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(time).count());
}

} // namespace

extern "C" {

void audiosocket_call_free(audiosocket_call* call) {
    delete call;
}

void audiosocket_call_set_user(audiosocket_call* call, void* user) {
    if (call) call->state->set_user(user);
}

const char* audiosocket_call_id(const audiosocket_call* call) {
    return call ? call->state->id().c_str() : "";
}

const char* audiosocket_call_peer(const audiosocket_call* call) {
    return call ? call->state->peer().c_str() : "";
}

int audiosocket_call_set_audio(audiosocket_call* call, int rate_hz, int event_ms) {
    return with(call, [&](call_state& state) {
        state.set_audio({rate_hz, event_ms});
        return AUDIOSOCKET_OK;
    });
}

size_t audiosocket_call_read(audiosocket_call* call, int16_t* samples, size_t count) {
    return call && samples ? call->state->read({samples, count}) : 0;
}

size_t audiosocket_call_available(const audiosocket_call* call) {
    return call ? call->state->available() : 0;
}

int audiosocket_call_audio_rate(const audiosocket_call* call) {
    return call ? call->state->audio_rate_hz() : 0;
}

int audiosocket_call_send_rate(const audiosocket_call* call) {
    return call ? call->state->send_rate_hz() : 0;
}

int audiosocket_call_play(audiosocket_call* call, const int16_t* samples, size_t count, int rate_hz, uint64_t ticket) {
    if (ticket == 0)
        return act(call, [&](audiosocket::call& line) { return line.play(samples_of(samples, count), rate_hz); });
    return with(call, [&](call_state& state) { return state.play(copy_of(samples, count, rate_hz), ticket); });
}

int audiosocket_call_play_clip(audiosocket_call* call, const audiosocket_clip* clip, uint64_t ticket) {
    return with(call, [&](call_state& state) { return state.play(given(clip, "clip")->sound, ticket); });
}

int audiosocket_call_write(audiosocket_call* call, const int16_t* samples, size_t count, int rate_hz, uint64_t ticket) {
    return with(call, [&](call_state& state) { return state.write(samples_of(samples, count), rate_hz, ticket); });
}

int audiosocket_call_finish(audiosocket_call* call, uint64_t ticket) {
    return with(call, [&](call_state& state) { return state.finish(ticket); });
}

int audiosocket_call_mark(audiosocket_call* call, uint64_t ticket) {
    return with(call, [&](call_state& state) {
        if (ticket == 0) throw failure(AUDIOSOCKET_BAD_ARGUMENT, "the ticket of a mark is 0");
        return state.mark(ticket);
    });
}

int audiosocket_call_clear(audiosocket_call* call) {
    return with(call, [](call_state& state) { return state.clear(); });
}

int audiosocket_call_pause(audiosocket_call* call) {
    return act(call, [](audiosocket::call& line) { return line.pause(); });
}

int audiosocket_call_resume(audiosocket_call* call) {
    return act(call, [](audiosocket::call& line) { return line.resume(); });
}

int64_t audiosocket_call_queued_ms(const audiosocket_call* call) {
    return call ? call->state->queued_ms() : 0;
}

int audiosocket_call_send_dtmf(audiosocket_call* call, char digit) {
    return with(call, [&](call_state& state) { return state.send_dtmf(digit); });
}

int audiosocket_call_record(audiosocket_call* call, const char* path, audiosocket_error* error) {
    return guarded_code(error, [&] {
        given(call, "call")->state->record(given(path, "path"));
        return static_cast<int>(AUDIOSOCKET_OK);
    });
}

int audiosocket_call_hang_up(audiosocket_call* call) {
    return with(call, [](call_state& state) { return state.hang_up(); });
}

int audiosocket_call_hang_up_when_played(audiosocket_call* call) {
    return act(call, [](audiosocket::call& line) { return line.hang_up_when_played(); });
}

int audiosocket_call_statistics(const audiosocket_call* call, audiosocket_statistics* statistics) {
    return guarded_code(nullptr, [&] {
        // The first version ended with this member.
        constexpr auto smallest = offsetof(audiosocket_statistics, samples_unread_lost) + sizeof(std::uint64_t);
        const auto size = given(statistics, "statistics")->struct_bytes;
        if (size < smallest) throw failure(AUDIOSOCKET_BAD_ARGUMENT, "struct_bytes is not the size of the structure");
        const auto [counted, lost] = given(call, "call")->state->statistics();
        audiosocket_statistics all{};
        all.struct_bytes = size;
        all.frames_received = counted.frames_received;
        all.frames_dropped = counted.frames_dropped;
        all.digits_received = counted.digits_received;
        all.frames_sent = counted.frames_sent;
        all.silence_frames_sent = counted.silence_frames_sent;
        all.underruns = counted.underruns;
        all.late_frames = counted.late_frames;
        all.skipped_frames = counted.skipped_frames;
        all.lateness_max_us = microseconds_of(counted.lateness_max);
        all.arrival_jitter_us = microseconds_of(counted.arrival_jitter);
        all.samples_unread_lost = lost;
        std::memset(statistics, 0, size); // members of a newer version
        std::memcpy(statistics, &all, std::min(size, sizeof all));
        return static_cast<int>(AUDIOSOCKET_OK);
    });
}

audiosocket_clip* audiosocket_clip_load(const char* path, int rate_hz, audiosocket_error* error) {
    return guarded<audiosocket_clip*>(error, nullptr, [&] {
        if (rate_hz != 0) need_rate(rate_hz);
        sound_reader reader(given(path, "path"), rate_hz);
        return new audiosocket_clip{clip::load(reader)};
    });
}

audiosocket_clip* audiosocket_clip_new(const int16_t* samples, size_t count, int rate_hz, audiosocket_error* error) {
    return guarded<audiosocket_clip*>(error, nullptr,
                                      [&] { return new audiosocket_clip{copy_of(samples, count, rate_hz)}; });
}

int64_t audiosocket_clip_duration_ms(const audiosocket_clip* clip) {
    return clip ? std::chrono::duration_cast<std::chrono::milliseconds>(clip->sound.duration()).count() : 0;
}

void audiosocket_clip_free(audiosocket_clip* clip) {
    delete clip;
}

} // extern "C"
