// SPDX-License-Identifier: Apache-2.0
#include "base/failure.hpp"
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

// Returns a caller's stream after extraction.
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

TEST(audio_extraction, existing_file_is_not_replaced_and_a_link_not_followed) {
    const test::scratch scratch;
    test::write_file(scratch / "a.wav", test::raw("mine"));
    std::filesystem::create_symlink(scratch / "nowhere", scratch / "link.wav");
    for (const std::string name : {"a.wav", "link.wav"}) {
        observers tell;
        tell.push_back(std::make_unique<audio_extraction>(scratch / name, false, std::nullopt, nullptr));
        EXPECT_THROW(extract(short_call(), tell), sound_file_exists) << name;
    }
    EXPECT_EQ(std::filesystem::file_size(scratch / "a.wav"), 4U);
    EXPECT_FALSE(std::filesystem::exists(scratch / "nowhere"));

    const std::string id = "30313233-3435-3637-3839-616263646566";
    std::filesystem::create_symlink(scratch / "nowhere", scratch / (id + ".caller.wav"));
    test::write_file(scratch / (id + "-2.server.wav"), test::raw("mine"));
    observers tell;
    tell.push_back(std::make_unique<audio_extraction>(scratch / "", true, std::nullopt, nullptr));
    extract(short_call(), tell);
    EXPECT_FALSE(std::filesystem::exists(scratch / "nowhere"));
    EXPECT_EQ(sound_reader(scratch / (id + "-3.caller.wav")).duration(), 60ms);
    const auto mode = std::filesystem::status(scratch / (id + "-3.caller.wav")).permissions();
    EXPECT_EQ(mode & std::filesystem::perms::others_all, std::filesystem::perms::none);
}

// The files of thousands of calls were open at the same time. The limit of open files ended the command midway.
TEST(audio_extraction, files_of_open_calls_are_not_open) {
    const auto open_files = [] {
        const std::filesystem::directory_iterator all("/proc/self/fd");
        return std::distance(begin(all), end(all));
    };
    const test::scratch scratch;
    observers tell;
    tell.push_back(std::make_unique<audio_extraction>(scratch / "", true, std::nullopt, nullptr));
    const auto before = open_files();
    std::vector<std::unique_ptr<call_inspector>> calls;
    for (std::size_t number = 1; number <= 50; ++number) {
        call_label label;
        label.number = number;
        calls.push_back(std::make_unique<call_inspector>(label, tell));
        calls.back()->data(side::caller, id_frame(), 0us);
        for (int i = 0; i < 150; ++i)
            calls.back()->data(side::caller, audio_frame(), 0us);
    }
    EXPECT_EQ(open_files(), before);
    for (const auto& call : calls)
        call->finish(0us);
    const std::string id = "30313233-3435-3637-3839-616263646566";
    EXPECT_EQ(sound_reader(scratch / (id + ".caller.wav")).duration(), 3s);
    EXPECT_EQ(sound_reader(scratch / (id + "-50.caller.wav")).duration(), 3s);
}

TEST(growing_wav, file_that_was_replaced_meanwhile_is_not_written) {
    const test::scratch scratch;
    const std::vector<std::int16_t> samples(8000, 100);
    growing_wav wav(scratch / "a.wav", 8000);
    wav.add(samples);
    EXPECT_EQ(sound_reader(scratch / "a.wav").duration(), 1s); // readable before its end
    std::filesystem::rename(scratch / "a.wav", scratch / "b.wav");
    test::write_file(scratch / "a.wav", test::raw("another"));
    EXPECT_THROW(wav.add(samples), failure);
    std::filesystem::remove(scratch / "a.wav");
    std::filesystem::create_symlink(scratch / "b.wav", scratch / "a.wav");
    EXPECT_THROW(wav.complete(), failure);
    EXPECT_EQ(sound_reader(scratch / "b.wav").duration(), 1s);
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
