// SPDX-License-Identifier: Apache-2.0
#include "unit/net/recorder_test.hpp"

#include <audiosocket/audio/sound_reader.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <stdexcept>
#include <thread>

using namespace audiosocket;
using namespace std::chrono_literals;
using test::both_sides;
using test::read_stereo;
using test::samples;

namespace asio = boost::asio;

namespace {

using call_recorder_test = test::recorder_test;

TEST_F(call_recorder_test, both_sides_are_aligned_in_time) {
    record();
    const samples left = test::random_samples(24'000, 1);
    const samples right = test::random_samples(8'000, 2);
    for (int i = 0; i < 150; ++i) { // the right side speaks in the second second
        recorder->received(std::span(left).subspan(160 * static_cast<std::size_t>(i), 160), 8000, begin + i * 20ms);
        if (i >= 50 && i < 100)
            recorder->sent(std::span(right).subspan(160 * static_cast<std::size_t>(i - 50), 160), 8000,
                           begin + i * 20ms);
    }
    complete();
    const both_sides file = read_stereo(path);
    EXPECT_EQ(file.left, left);
    const auto place = std::search(file.right.begin(), file.right.end(), right.begin(), right.end());
    EXPECT_NEAR(static_cast<double>(place - file.right.begin()), 8'000, 480); // 60 ms: the start is a clock's
    EXPECT_EQ(recorder->file(), path);
    EXPECT_EQ(recorder->duration(), 3s);
    EXPECT_EQ(recorder->dropped(), 0ns);
    EXPECT_EQ(recorder->failure(), "");
    EXPECT_TRUE(failures.empty() && drops.empty());
}

TEST_F(call_recorder_test, nothing_touches_the_disk_on_the_thread_of_the_call) {
    record();
    pass(100, 1, 2);
    recorder->finish();
    EXPECT_TRUE(files().empty());
    EXPECT_EQ(recorder->file(), "");
    run_disk();
    EXPECT_EQ(files(), std::set<std::string>{"call.wav"});
}

TEST_F(call_recorder_test, file_has_the_rate_of_the_peer_or_the_one_asked_for) {
    record();
    recorder->sent(samples(160, 1), 8000, begin);
    recorder->received(samples(320, 1), 16000, begin);
    complete();
    EXPECT_EQ(sound_reader(path).file_rate_hz(), 16000);

    path = directory / "asked.wav";
    auto options = reporting();
    options.rate_hz = 24000;
    record(std::move(options));
    pass(1, 1, 1);
    complete();
    EXPECT_EQ(sound_reader(path).file_rate_hz(), 24000);
}

TEST_F(call_recorder_test, impossible_rate_is_refused) {
    call_recorder_options options;
    options.rate_hz = 5;
    EXPECT_THROW(call_recorder(disk.get_executor(), path, options), std::invalid_argument);
}

TEST_F(call_recorder_test, call_without_audio_leaves_no_file) {
    record();
    for (int i = 0; i < 100; ++i, at += 20ms)
        recorder->sent(samples(160), 8000, begin + at);
    auto done = recorder->async_finish(asio::use_future);
    run_disk();
    done.get();
    EXPECT_TRUE(files().empty());
    EXPECT_EQ(recorder->file(), "");
    EXPECT_TRUE(failures.empty());
}

TEST_F(call_recorder_test, silence_before_the_first_sound_keeps_its_length) {
    record();
    for (int i = 0; i < 200; ++i, at += 20ms)
        recorder->sent(samples(160), 8000, begin + at);
    run_disk();
    EXPECT_TRUE(files().empty());
    pass(10, 5, 6);
    complete();
    const both_sides file = read_stereo(path);
    EXPECT_NEAR(static_cast<double>(file.left.size()), 33'600, 480);
    const auto quiet = [](const samples& side) {
        return std::ranges::find_if(side, [](auto sample) { return sample != 0; }) - side.begin();
    };
    EXPECT_NEAR(static_cast<double>(quiet(file.left)), 32'000, 480);
    EXPECT_NEAR(static_cast<double>(quiet(file.right)), 32'000, 480);
}

TEST_F(call_recorder_test, order_holds_on_a_pool_of_four_threads) {
    asio::thread_pool pool(4);
    constexpr std::size_t recorders = 6;
    std::vector<std::unique_ptr<call_recorder>> all;
    std::vector<samples> said;
    begin = clock::now();
    for (std::size_t n = 0; n < recorders; ++n) {
        all.push_back(std::make_unique<call_recorder>(pool.get_executor(), directory / (std::to_string(n) + ".wav")));
        said.push_back(test::random_samples(160 * 1000, static_cast<unsigned>(n)));
    }
    for (std::size_t i = 0; i < 1000; ++i) {
        for (std::size_t n = 0; n < recorders; ++n)
            all[n]->received(std::span(said[n]).subspan(160 * i, 160), 8000, begin + i * 20ms);
        if (i % 100 == 0) std::this_thread::yield();
    }
    std::vector<std::future<void>> complete;
    for (auto& one : all)
        complete.push_back(one->async_finish(asio::use_future));
    all.clear(); // the recorder may be first
    for (std::size_t n = 0; n < recorders; ++n) {
        complete[n].get();
        EXPECT_EQ(read_stereo(directory / (std::to_string(n) + ".wav")).left, said[n]) << n;
    }
}

// A peer that sent 2,500 messages of one sample at once ended the recording for the rest of the call.
TEST_F(call_recorder_test, burst_of_tiny_messages_costs_nothing) {
    record();
    for (int i = 0; i < 2500; ++i)
        recorder->received(samples{700}, 8000, begin);
    pass(400, 500, 600);
    complete();
    const both_sides file = read_stereo(path);
    EXPECT_EQ(std::ranges::count(file.left, 700), 2500);
    EXPECT_EQ(std::ranges::count(file.left, 500), 64'000);
    EXPECT_EQ(std::ranges::count(file.right, 600), 64'000);
    EXPECT_TRUE(drops.empty());
}

TEST_F(call_recorder_test, burst_loses_only_its_excess_which_is_reported) {
    record();
    for (int i = 0; i < 500; ++i) // 10 s at once
        recorder->received(samples(160, 700), 8000, begin);
    pass(400, 500, 600);
    complete();
    const both_sides file = read_stereo(path);
    const auto kept = std::ranges::count(file.left, 700);
    EXPECT_NEAR(static_cast<double>(kept), 8'160, 480); // the capacity of stereo_recorder: a second early, and a frame
    const auto later = std::ranges::count(file.left, 500);
    EXPECT_NEAR(static_cast<double>(later), 60'000, 320); // all but the rest of the burst's half second
    EXPECT_EQ(std::ranges::count(file.right, 600), 64'000);
    const auto lost = (80'000 - kept) + (64'000 - later);
    EXPECT_NEAR(std::chrono::duration<double>(recorder->dropped()).count(), static_cast<double>(lost) / 8000, 0.001);
    EXPECT_EQ(drops, std::vector{recorder->dropped()});
    EXPECT_TRUE(failures.empty());
}

TEST_F(call_recorder_test, disk_that_does_not_answer_ends_the_recording_once) {
    record();
    pass(60 * 25 + 1, 5, 6);
    EXPECT_TRUE(failures.empty());
    pass(100, 5, 6);
    ASSERT_EQ(failures.size(), 1U);
    EXPECT_NE(failures[0].find("too slow"), std::string::npos) << failures[0];
    EXPECT_EQ(recorder->failure(), failures[0]);
    complete();
    EXPECT_EQ(failures.size(), 1U);
    EXPECT_TRUE(files().empty());
}

// Two sides at 192 kHz fill 16 MiB in less than half a minute.
TEST_F(call_recorder_test, memory_that_waits_for_the_disk_is_bounded) {
    record();
    const samples frame(3840, 5);
    std::size_t passed = 0;
    for (; failures.empty() && passed < 60 * 25; ++passed, at += 20ms) {
        recorder->received(frame, 192'000, begin + at);
        recorder->sent(frame, 192'000, begin + at);
    }
    EXPECT_NEAR(static_cast<double>(passed) * 2 * 3840 * 2, 16.0 * 1024 * 1024, 2.0 * 768'000);
}

// Two recordings whose disk does not answer, with memory for two seconds of them.
TEST_F(call_recorder_test, memory_that_is_shared_bounds_all_recordings_together) {
    const auto memory = std::make_shared<recording_memory>(100'000, 2);
    auto options = reporting();
    options.memory = memory;
    call_recorder other(disk.get_executor(), directory / "other.wav", options);
    record(options);
    for (int i = 0; i < 500; ++i, at += 20ms) {
        recorder->received(samples(160, 5), 8000, begin + at);
        recorder->sent(samples(160, 5), 8000, begin + at);
        other.received(samples(160, 5), 8000, begin + at);
        EXPECT_LE(memory->bytes(), memory->bytes_max());
    }
    EXPECT_GT(memory->bytes_refused(), 0U);
    run_disk();
    EXPECT_LT(memory->bytes(), 50'000U); // the piece that is being collected
    for (int i = 0; i < 4; ++i) {
        pass(25, 6, 6);
        run_disk();
    }
    other.finish();
    complete();
    EXPECT_EQ(memory->bytes(), 0U);
    EXPECT_TRUE(failures.empty());
    EXPECT_EQ(drops.size(), 2U);
    const both_sides file = read_stereo(path);
    EXPECT_EQ(std::ranges::count(file.left, 6), 16'000); // the recording continues, in its place
    EXPECT_NEAR(static_cast<double>(file.left.size()), 96'000, 480);
}

TEST_F(call_recorder_test, recording_that_floods_leaves_others_their_share_of_the_memory) {
    const auto memory = std::make_shared<recording_memory>(1'000'000, 3);
    auto options = reporting();
    options.memory = memory;
    record(options);
    const samples wide(3840, 5);
    for (int i = 0; i < 500; ++i, at += 20ms)
        recorder->received(wide, 192'000, begin + at);
    at = {};
    call_recorder honest(disk.get_executor(), directory / "honest.wav", options);
    for (int i = 0; i < 400; ++i, at += 20ms) // 142 kB of its part of 167 kB
        honest.received(samples(160, 5), 8000, begin + at);
    honest.finish();
    run_disk();
    EXPECT_GT(recorder->dropped(), 0ns);
    EXPECT_EQ(honest.dropped(), 0ns);
    EXPECT_EQ(read_stereo(directory / "honest.wav").left, samples(64'000, 5));
}

TEST_F(call_recorder_test, objection_ends_the_recording_before_there_is_a_file) {
    auto options = reporting();
    options.objection = [] { return "too few open files left"; };
    record(std::move(options));
    pass(100, 5, 6);
    complete();
    EXPECT_EQ(failures, std::vector{path.string() + ": too few open files left"});
    EXPECT_TRUE(files().empty());
}

TEST_F(call_recorder_test, wait_after_a_failure_completes_with_an_error) {
    path = directory / "none/call.wav";
    record();
    pass(50, 5, 6);
    auto first = recorder->async_finish(asio::use_future);
    auto second = recorder->async_finish(asio::use_future);
    run_disk();
    EXPECT_THROW(first.get(), boost::system::system_error);
    EXPECT_THROW(second.get(), boost::system::system_error);
    auto late = recorder->async_finish(asio::use_future);
    run_disk();
    EXPECT_THROW(late.get(), boost::system::system_error);
    ASSERT_EQ(failures.size(), 1U);
    EXPECT_NE(failures[0].find("does not exist"), std::string::npos) << failures[0];
}

TEST_F(call_recorder_test, handler_runs_on_its_own_executor_and_never_at_once) {
    record();
    pass(1, 5, 6);
    asio::io_context own;
    bool done = false;
    recorder->async_finish(asio::bind_executor(own, [&](boost::system::error_code error) {
        EXPECT_FALSE(error);
        done = true;
    }));
    run_disk();
    EXPECT_FALSE(done);
    own.run(); // kept busy until the file was complete
    EXPECT_TRUE(done);
    EXPECT_EQ(read_stereo(path).left.size(), 160U);
}

TEST_F(call_recorder_test, what_is_posted_after_finish_finds_the_file_complete) {
    asio::thread_pool one(1);
    for (int n = 0; n < 50; ++n) {
        const auto file = directory / (std::to_string(n) + ".wav");
        call_recorder recording(one.get_executor(), file);
        const auto start = clock::now();
        for (int i = 0; i < 200; ++i)
            recording.received(samples(160, 5), 8000, start + i * 20ms);
        recording.finish();
        const auto length = asio::post(one, asio::use_future([&] { return recording.duration(); })).get();
        ASSERT_EQ(length, 4s) << n;
    }
}

TEST_F(call_recorder_test, nothing_is_taken_after_finish) {
    record();
    pass(1, 5, 6);
    recorder->finish();
    recorder->finish();
    pass(100, 5, 6);
    complete();
    EXPECT_EQ(recorder->duration(), 20ms);
}

TEST_F(call_recorder_test, destruction_completes_the_file_in_the_background) {
    record();
    pass(10, 5, 6);
    recorder.reset();
    EXPECT_TRUE(files().empty());
    run_disk();
    EXPECT_EQ(read_stereo(path).right, samples(1600, 6));
}

TEST_F(call_recorder_test, context_that_is_destroyed_leaves_what_was_written) {
    auto own = std::make_unique<asio::io_context>();
    auto recording = std::make_unique<call_recorder>(own->get_executor(), path);
    const auto start = clock::now();
    for (int i = 0; i < 100; ++i) {
        if (i == 60) own->run(); // two pieces of half a second
        recording->received(samples(160, 5), 8000, start + i * 20ms);
        recording->sent(samples(160, 6), 8000, start + i * 20ms);
    }
    recording.reset();
    own.reset();
    EXPECT_NEAR(std::chrono::duration<double>(sound_reader(path).duration().value()).count(), 1.0, 0.04);
}

} // namespace
