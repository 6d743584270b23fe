// SPDX-License-Identifier: Apache-2.0
#include "call/playout_queue.hpp"
#include "support/session_driver.hpp"

#include <gtest/gtest.h>

#include <numeric>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

// Pulls frames of 20 ms out of a queue and records the results.
struct puller {
    playout_queue queue;
    int rate_hz = 8000;
    std::vector<std::int16_t> out;
    std::vector<std::string> reports;
    std::vector<std::string> cleared;

    std::size_t pull(std::size_t samples) {
        std::vector<std::int16_t> frame(samples);
        std::vector<played_event> reached;
        const std::size_t n = queue.pull(frame, rate_hz, reached);
        out.insert(out.end(), frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(n));
        for (const auto& r : reached)
            reports.push_back(r.mark + " " + std::to_string(r.sent.count()));
        return n;
    }
    std::size_t pull() { return pull(static_cast<std::size_t>(rate_hz / 50)); }
    void pull_all() {
        for (int i = 0; i < 100'000 && !queue.empty(); ++i)
            pull();
        EXPECT_TRUE(queue.empty());
    }
    void clear() {
        std::vector<cleared_event> cut;
        queue.clear(cut);
        for (const auto& c : cut)
            cleared.push_back(c.mark + " " + std::to_string(c.sent.count()) + "/" + std::to_string(c.cut.count()));
    }
};

using words = std::vector<std::string>;

// Returns what one converter makes of the whole sound.
std::vector<std::int16_t> converted(std::span<const std::int16_t> in, int from_hz, int to_hz) {
    resampler r(from_hz, to_hz);
    std::vector<std::int16_t> out(r.output_samples_max(in.size()) + 1000);
    std::size_t n = r.process(in, out).produced;
    while (const std::size_t more = r.flush(std::span(out).subspan(n)))
        n += more;
    out.resize(n);
    return out;
}

} // namespace

TEST(playout_queue, samples_of_the_calls_rate_come_out_bit_exact_however_they_went_in_and_out) {
    const auto samples = count_up(5000);
    for (unsigned seed = 1; seed <= 20; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        puller p;
        std::span<const std::int16_t> rest = samples;
        while (!rest.empty() || !p.queue.empty()) {
            const std::size_t n = std::min<std::size_t>(rest.size(), random() % 900);
            if (random() % 2 == 0)
                p.queue.append(rest.first(n), 8000);
            else
                p.queue.append(clip({rest.begin(), rest.begin() + static_cast<std::ptrdiff_t>(n)}, 8000));
            rest = rest.subspan(n);
            p.pull(1 + random() % 400);
        }
        EXPECT_EQ(p.out, samples);
        EXPECT_EQ(p.queue.queued(), 0ns);
    }
}

TEST(playout_queue, appending_nothing_changes_nothing) {
    puller p;
    p.queue.append(std::span<const std::int16_t>{}, 8000);
    p.queue.append(clip({}, 8000));
    EXPECT_TRUE(p.queue.empty());
    EXPECT_TRUE(p.queue.ends_here());
    EXPECT_EQ(p.pull(), 0U);
}

TEST(playout_queue, a_mark_at_each_position_is_reached_in_the_frame_that_ends_at_or_behind_it) {
    for (std::size_t before = 0; before <= 400; ++before) {
        puller p;
        p.queue.append(count_up(before), 8000);
        p.queue.append_mark("m");
        p.queue.append(count_up(400), 8000);
        p.queue.append_mark("end");
        const std::size_t frames = (before + 159) / 160;
        for (std::size_t i = 0; i + 1 < frames; ++i) {
            p.pull();
            EXPECT_TRUE(p.reports.empty()) << before;
        }
        p.pull(); // frame number `frames`; a mark with nothing before it comes with the first one
        ASSERT_EQ(p.reports.size(), 1U) << before;
        p.pull_all();
        const auto sent = std::chrono::round<std::chrono::milliseconds>(before * 125us);
        EXPECT_EQ(p.reports, (words{"m " + std::to_string(sent.count()), "end 50"})) << before;
    }
}

TEST(playout_queue, marks_in_a_row_are_reported_in_order_and_only_the_first_has_audio) {
    puller p;
    p.queue.append(count_up(80), 8000);
    for (const char* name : {"a", "b", "c"})
        p.queue.append_mark(name);
    EXPECT_EQ(p.queue.marks(), 3U);
    p.pull();
    EXPECT_EQ(p.reports, (words{"a 10", "b 0", "c 0"}));
    EXPECT_EQ(p.queue.marks(), 0U);
}

TEST(playout_queue, at_every_rate_the_ledger_is_exact_and_the_audio_that_of_one_converter) {
    for (const int from : {4000, 8000, 11'025, 12'000, 16'000, 22'050, 24'000, 32'000, 44'100, 48'000, 96'000, 192'000})
        for (const int to : slin_rates_hz) {
            SCOPED_TRACE(std::to_string(from) + " to " + std::to_string(to));
            puller p;
            p.rate_hz = to;
            const auto samples = tone(static_cast<std::size_t>(from), from); // one second
            const auto first = static_cast<std::size_t>(from) * 2 / 5;       // 400 ms
            p.queue.append(std::span(samples).first(first), from);
            p.queue.append_mark("inside");
            p.queue.append(std::span(samples).subspan(first), from);
            p.queue.append_mark("end");
            EXPECT_EQ(p.queue.queued(), 1s);
            p.pull_all();
            EXPECT_EQ(p.reports, (words{"inside 400", "end 600"}));
            EXPECT_EQ(p.queue.queued(), 0ns);
            EXPECT_EQ(p.out, converted(samples, from, to)); // the mark is not audible
            EXPECT_EQ(p.out.size(), static_cast<std::size_t>(to));
        }
}

TEST(playout_queue, the_mark_behind_resampled_audio_comes_with_its_last_frame_and_no_later) {
    // The end was reported a frame late when the audio ended at the end of a frame, as whole milliseconds do.
    for (const int from : {8000, 16'000, 24'000, 44'100, 48'000})
        for (const int to : slin_rates_hz) {
            puller p;
            p.rate_hz = to;
            p.queue.append(tone(static_cast<std::size_t>(from) / 10, from), from); // five frames
            p.queue.append_mark("end");
            for (int i = 0; i < 4; ++i)
                p.pull();
            EXPECT_TRUE(p.reports.empty());
            EXPECT_EQ(p.pull(), static_cast<std::size_t>(to) / 50);
            EXPECT_EQ(p.reports, words{"end 100"}) << from << " to " << to;
            EXPECT_TRUE(p.queue.empty());
        }
}

TEST(playout_queue, audio_appended_while_the_tail_of_a_stream_comes_out_begins_behind_it) {
    // The end of the stream already contained silence. Continuing with it made a gap and cut the end off.
    const auto samples = tone(24'000, 24'000);
    puller p;
    std::vector<std::int16_t> expected;
    std::size_t at = 0;
    while (at < samples.size() || !p.queue.empty()) {
        // A frame and a bit, then whole frames: each is full, and a part of the tail remains.
        const std::size_t n = std::min<std::size_t>(samples.size() - at, at == 0 ? 540 : 480);
        const auto piece = std::span(samples).subspan(at, n);
        p.queue.append(piece, 24'000);
        if (n > 0) {
            const auto alone = converted(piece, 24'000, 8000);
            expected.insert(expected.end(), alone.begin(), alone.end());
        }
        at += n;
        p.pull();
    }
    EXPECT_EQ(p.out, expected);
    EXPECT_EQ(p.out.size(), 8000U);
    EXPECT_EQ(p.queue.queued(), 0ns);
}

TEST(playout_queue, the_mark_behind_resampled_audio_waits_for_the_tail_that_did_not_fit) {
    puller p;
    p.queue.append(tone(540, 24'000), 24'000); // a frame and 2.5 ms
    p.queue.append_mark("end");
    EXPECT_EQ(p.pull(), 160U);
    EXPECT_TRUE(p.reports.empty());
    EXPECT_FALSE(p.queue.empty());
    EXPECT_EQ(p.pull(), 20U);
    EXPECT_EQ(p.reports, words{"end 22"});
    EXPECT_TRUE(p.queue.empty());
}

TEST(playout_queue, resampled_audio_of_any_length_comes_out_to_its_last_sample) {
    for (std::size_t length = 1; length < 1000; length += 7)
        for (const int from : {11'025, 24'000, 44'100}) {
            puller p;
            const auto samples = tone(length, from);
            p.queue.append(samples, from);
            p.pull_all();
            ASSERT_EQ(p.out, converted(samples, from, 8000)) << length << " at " << from;
        }
}

TEST(playout_queue, stretches_of_several_rates_come_out_in_order_and_full_length) {
    puller p;
    p.rate_hz = 16'000;
    std::size_t expected = 0;
    for (const int rate : {8000, 16'000, 24'000, 24'000, 44'100, 8000}) {
        p.queue.append(tone(static_cast<std::size_t>(rate) / 10, rate), rate);
        p.queue.append_mark(std::to_string(rate));
        expected += 1600;
    }
    p.pull_all();
    EXPECT_EQ(p.out.size(), expected);
    EXPECT_EQ(p.reports, (words{"8000 100", "16000 100", "24000 100", "24000 100", "44100 100", "8000 100"}));
}

TEST(playout_queue, the_calls_rate_changes_with_audio_queued_and_the_rest_plays_at_the_right_speed) {
    for (const int from : {8000, 24'000}) {
        puller p;
        p.queue.append(tone(static_cast<std::size_t>(from), from), from);
        p.queue.append_mark("end");
        for (int i = 0; i < 10; ++i)
            EXPECT_EQ(p.pull(), 160U);
        p.rate_hz = 16'000;
        p.out.clear();
        p.pull_all();
        EXPECT_NEAR(static_cast<double>(p.out.size()), 0.8 * 16'000, 0.006 * 16'000);
        EXPECT_EQ(p.reports, words{"end 1000"});
    }
}

TEST(playout_queue, small_appends_are_merged_and_lose_nothing) {
    puller p;
    const auto samples = count_up(8000);
    for (std::size_t i = 0; i < samples.size(); i += 10)
        p.queue.append(std::span(samples).subspan(i, 10), 8000);
    EXPECT_LE(p.queue.size(), 10U);
    EXPECT_EQ(p.queue.queued(), 1s);
    p.pull_all();
    EXPECT_EQ(p.out, samples);
}

TEST(playout_queue, appends_of_parts_of_a_millisecond_add_up_exactly) {
    puller p;
    const auto samples = count_up(44'100);
    for (std::size_t i = 0; i < samples.size(); i += 7)
        p.queue.append(std::span(samples).subspan(i, 7), 44'100);
    p.queue.append_mark("end");
    EXPECT_LE(std::chrono::abs(p.queue.queued() - 1s), 1us);
    p.pull_all();
    EXPECT_EQ(p.reports, words{"end 1000"});
}

TEST(playout_queue, a_clip_is_shared_and_let_go_of_when_it_has_played) {
    const clip sound(count_up(800), 8000);
    puller p;
    const std::size_t capacity = 100;
    for (std::size_t i = 0; i < capacity; ++i)
        p.queue.append(sound);
    EXPECT_EQ(p.queue.queued(), 10s);
    EXPECT_EQ(p.queue.size(), capacity);
    p.pull_all();
    EXPECT_EQ(p.out.size(), 80'000U);
    for (std::size_t i = 0; i < p.out.size(); ++i)
        ASSERT_EQ(p.out[i], sound.samples()[i % 800]);
}

TEST(playout_queue, clear_tells_of_each_mark_what_was_sent_and_what_was_cut) {
    puller p;
    p.queue.append(count_up(800), 8000); // 100 ms
    p.queue.append_mark("a");
    p.queue.append(count_up(1600), 8000); // 200 ms
    p.queue.append_mark("b");
    p.queue.append_mark("c");
    p.queue.append(count_up(2400), 8000); // 300 ms
    for (int i = 0; i < 8; ++i)
        p.pull(); // 160 ms
    EXPECT_EQ(p.reports, words{"a 100"});
    p.clear();
    EXPECT_EQ(p.cleared, (words{"b 60/140", "c 0/0", " 0/300"}));
    EXPECT_TRUE(p.queue.empty());
    EXPECT_EQ(p.queue.queued(), 0ns);
    EXPECT_EQ(p.queue.marks(), 0U);
    EXPECT_EQ(p.pull(), 0U);
}

TEST(playout_queue, clear_of_what_has_no_mark_tells_of_it_without_a_name) {
    puller p;
    p.queue.append(count_up(800), 8000);
    p.pull();
    p.clear();
    EXPECT_EQ(p.cleared, words{" 20/80"});
}

TEST(playout_queue, clear_of_an_empty_queue_tells_nothing) {
    puller p;
    p.clear();
    EXPECT_TRUE(p.cleared.empty());
    p.queue.append(count_up(160), 8000);
    p.pull();
    p.clear();
    EXPECT_TRUE(p.cleared.empty());
    p.queue.append(count_up(160), 8000); // what was sent before the clear is not part of the next mark
    p.queue.append_mark("m");
    p.pull();
    EXPECT_EQ(p.reports, words{"m 20"});
}

TEST(playout_queue, clear_in_the_middle_of_resampled_audio_counts_what_came_out_not_what_went_in) {
    // The converter looks 5 ms ahead. Of 1 s, with 200 ms played, 205 were reported as sent and 795 as cut.
    for (const int from : {16'000, 24'000, 44'100, 48'000})
        for (const int to : {8000, 12'000, 192'000}) {
            puller p;
            p.rate_hz = to;
            p.queue.append(tone(static_cast<std::size_t>(from), from), from);
            p.queue.append_mark("m");
            for (int i = 0; i < 10; ++i)
                p.pull();
            p.clear();
            EXPECT_EQ(p.cleared, words{"m 200/800"}) << from << " to " << to;
        }
}

TEST(playout_queue, after_a_clear_nothing_of_the_old_audio_is_left_in_the_converter) {
    puller p;
    p.queue.append(tone(24'000, 24'000), 24'000);
    p.pull();
    p.clear();
    p.out.clear();
    p.queue.append(std::vector<std::int16_t>(4800), 24'000); // silence
    p.pull_all();
    EXPECT_EQ(p.out, std::vector<std::int16_t>(1600));
}

TEST(playout_queue, a_burst_leaves_no_more_memory_behind_than_a_second_of_frames) {
    puller p;
    for (int i = 0; i < 5000; ++i)
        p.queue.append(count_up(960), 48'000); // 100 s in pieces of 20 ms: 5,000 entries
    EXPECT_EQ(p.queue.size(), 5000U);
    p.pull_all();
    EXPECT_EQ(p.queue.queued(), 0ns);
    p.queue.append(count_up(480), 8000);
    p.pull_all();
    EXPECT_EQ(p.out.size(), 800'000U + 480U);
}

TEST(playout_queue, pulling_nothing_reaches_only_marks_with_nothing_before_them) {
    puller p;
    p.queue.append_mark("a");
    p.queue.append(count_up(10), 8000);
    p.queue.append_mark("b");
    EXPECT_EQ(p.pull(0), 0U);
    EXPECT_EQ(p.reports, words{"a 0"});
}

TEST(playout_queue, holds_asks_for_more_where_a_converter_has_to_be_filled_first) {
    puller p;
    p.queue.append(tone(480, 24'000), 24'000);
    EXPECT_FALSE(p.queue.holds(20ms, 8000));
    EXPECT_TRUE(p.queue.holds(20ms, 24'000));
    p.queue.append(tone(240, 24'000), 24'000);
    EXPECT_TRUE(p.queue.holds(20ms, 8000));
    EXPECT_EQ(p.pull(), 160U);
}

TEST(playout_queue, holds_looks_past_marks_for_the_rate_of_the_audio) {
    puller p;
    p.queue.append_mark("m");
    p.queue.append(count_up(160), 8000);
    EXPECT_TRUE(p.queue.holds(20ms, 8000));
}

TEST(playout_queue, ends_here_says_whether_more_is_expected) {
    playout_queue q;
    EXPECT_TRUE(q.ends_here());
    q.append(count_up(10), 8000);
    EXPECT_FALSE(q.ends_here());
    q.append_mark("m");
    EXPECT_TRUE(q.ends_here());
    q.append(count_up(10), 8000);
    EXPECT_FALSE(q.ends_here());
    q.append(clip(count_up(10), 8000));
    EXPECT_TRUE(q.ends_here());
    q.append(count_up(10), 8000);
    q.end_here();
    EXPECT_TRUE(q.ends_here());
}

TEST(playout_queue, any_program_gets_its_whole_ledger_back) {
    const std::vector<int> rates{8000, 16'000, 24'000, 44'100, 48'000};
    for (unsigned seed = 1; seed <= 300; ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        std::mt19937 random(seed);
        playout_queue queue;
        std::chrono::milliseconds played{};
        std::chrono::milliseconds accounted{};
        long marks = 0;
        long reported = 0;
        long roundings = 0;
        int rate = 8000;
        const auto collect = [&](std::vector<played_event>& reached) {
            for (const auto& r : reached)
                accounted += r.sent;
            reported += static_cast<long>(reached.size());
            roundings += static_cast<long>(reached.size());
            reached.clear();
        };
        const auto clear = [&] {
            std::vector<cleared_event> cut;
            queue.clear(cut);
            for (const auto& c : cut) {
                accounted += c.sent + c.cut;
                reported += c.mark.empty() ? 0 : 1;
                roundings += 2;
            }
        };
        std::vector<played_event> reached;
        for (int i = 0; i < 200; ++i) {
            const int from = rates[random() % rates.size()];
            const auto ms = static_cast<int>(random() % 10) * 10;
            switch (random() % 12) {
            case 0: clear(); break;
            case 1: rate = slin_rates_hz[random() % slin_rates_hz.size()]; break;
            case 2:
            case 3:
                queue.append(tone(static_cast<std::size_t>(from * ms / 1000), from), from);
                queue.append_mark("m");
                played += std::chrono::milliseconds(ms);
                ++marks;
                break;
            case 4:
                queue.append(clip(tone(static_cast<std::size_t>(from * ms / 1000), from), from));
                queue.append_mark("c");
                played += std::chrono::milliseconds(ms);
                ++marks;
                break;
            case 5:
                queue.append_mark("alone");
                ++marks;
                break;
            default: {
                std::vector<std::int16_t> out(static_cast<std::size_t>(rate / 50));
                ASSERT_LE(queue.pull(out, rate, reached), out.size());
                collect(reached);
            }
            }
            ASSERT_GE(queue.queued(), -1us);
        }
        clear();
        EXPECT_EQ(reported, marks);
        EXPECT_LE(std::abs((played - accounted).count()) * 2, roundings) << played.count();
    }
}
