// SPDX-License-Identifier: Apache-2.0
#include "inspect/audio_track.hpp"
#include "inspect/call_inspector.hpp"

#include <audiosocket/audio/sound_reader.hpp>

#include "unit/app/inspect/captures.hpp"

#include <gtest/gtest.h>

namespace audiosocket::app::inspect {
namespace {

using namespace std::chrono_literals;
using test::audio_frame;
using test::bytes;
using test::frame;
using test::id_frame;
using test::operator+;

bytes short_call() {
    return id_frame() + audio_frame() + audio_frame() + audio_frame() + frame(kind::hangup);
}

// A caller's stream, extracted.
void extract(const bytes& stream, const observers& tell, std::size_t number = 1) {
    call_label label;
    label.number = number;
    call_inspector call(label, tell);
    call.data(side::caller, stream, 0us);
    call.finish(0us);
}

TEST(audio_extraction, sound_of_a_cut_stream_is_what_is_there) {
    const test::scratch scratch;
    bytes stream = id_frame() + audio_frame() + audio_frame() + audio_frame() + audio_frame();
    stream.resize(stream.size() - 10);
    observers tell;
    tell.push_back(std::make_unique<audio_extraction>(scratch / "a.wav", false, std::nullopt, nullptr));
    extract(stream, tell);
    sound_reader sound(scratch / "a.wav");
    EXPECT_EQ(sound.file_rate_hz(), 8000);
    EXPECT_EQ(sound.duration(), 60ms);
}

TEST(audio_extraction, two_calls_of_one_id_get_files_of_their_own) {
    const test::scratch scratch;
    observers tell;
    tell.push_back(std::make_unique<audio_extraction>(scratch / "", true, std::nullopt, nullptr));
    for (const std::size_t number : {1U, 2U})
        extract(short_call(), tell, number);
    const std::string id = "30313233-3435-3637-3839-616263646566";
    EXPECT_TRUE(std::filesystem::exists(scratch / (id + ".caller.wav")));
    EXPECT_TRUE(std::filesystem::exists(scratch / (id + "-2.caller.wav")));
}

TEST(audio_track, forced_encoding_is_used_and_other_rates_are_converted) {
    int rate = 0;
    std::size_t samples = 0;
    audio_track track(encoding::alaw, [&](int rate_hz) {
        rate = rate_hz;
        return [&](std::span<const std::int16_t> s) { samples += s.size(); };
    });
    const bytes payload(160);
    track.add({kind::slin, payload});
    EXPECT_EQ(samples, 160U);
    const bytes wide(6400); // 200 ms at 16 kHz
    track.add({kind::slin16, wide});
    track.finish();
    EXPECT_EQ(rate, 8000);
    EXPECT_NEAR(static_cast<double>(samples), 160 + 1600, 80);
}

} // namespace
} // namespace audiosocket::app::inspect
