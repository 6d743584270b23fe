// SPDX-License-Identifier: Apache-2.0
// Each allocation of a session with many sounds and marks fails once. Its driver drops the exception and continues.
// Still each one that was accepted is reported once, in order, and the end is the last event. A failure in the middle
// of several reports lost the rest of them, or reported marks twice and without their names.
#include "faults/library/failing_allocations.hpp"

#include <audiosocket/audio/clip.hpp>
#include <audiosocket/call/session.hpp>
#include <audiosocket/protocol/encoder.hpp>

#include <gtest/gtest.h>

#include <new>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace audiosocket::test {
namespace {

using namespace std::chrono_literals;

// Longer than what a string holds without an allocation.
std::string long_name(std::size_t number) {
    return "a mark with a long name, number " + std::to_string(number);
}

class marked_call {
  public:
    marked_call() {
        marks_.accepted.reserve(100);
        marks_.reported.reserve(100);
        sounds_.accepted.reserve(100);
        sounds_.reported.reserve(100);
    }

    void live() {
        step([&] { s_.receive(id_, now_); });
        // The application takes no events meanwhile, so the queue of events grows in each part.
        queue_sounds(5);
        pass(6); // one mark each frame
        queue_marks(5);
        pass(1); // all in one frame
        queue_sounds(3);
        queue_sounds(3);
        pass(2);
        try_until_done([&] { static_cast<void>(s_.clear()); });
        queue_sounds(9);
        pass(2);
        step([&] { static_cast<void>(s_.hang_up()); });
        pass(2);
        step([&] { s_.receive_end(now_); });
        while (!s_.closed())
            pass(1);
        take_events();
    }

    // Hangs up with sounds in the queue, while there is no memory. Returns how long the call took to end.
    std::chrono::nanoseconds end_without_memory() {
        s_.receive(id_, now_);
        queue_sounds(5);
        pass(2);
        const auto begin = now_;
        fail_all_allocations(true);
        step([&] { static_cast<void>(s_.hang_up()); });
        for (; !s_.closed() && now_ < begin + 1min; now_ += 20ms)
            step([&] { send_due(); });
        EXPECT_TRUE(has_failed_allocation());
        fail_all_allocations(false);
        take_events();
        EXPECT_EQ(ends_, 1);
        EXPECT_TRUE(is_end_last_);
        return now_ - begin;
    }

    void check(std::size_t failing) const {
        EXPECT_EQ(marks_.reported, marks_.accepted) << "after the failure of allocation " << failing;
        EXPECT_EQ(sounds_.reported, sounds_.accepted) << "after the failure of allocation " << failing;
        EXPECT_EQ(ends_, 1) << "after the failure of allocation " << failing;
        EXPECT_LE(hangups_, 1) << "after the failure of allocation " << failing;
        EXPECT_EQ(shut_downs_, 1) << "after the failure of allocation " << failing;
        EXPECT_TRUE(is_end_last_) << "after the failure of allocation " << failing;
    }
    int hangups() const { return hangups_; }
    std::size_t marks() const { return marks_.accepted.size(); }
    std::size_t sounds() const { return sounds_.accepted.size(); }

  private:
    template <class Name>
    struct account {
        std::vector<Name> accepted;
        std::vector<Name> reported;
    };

    template <class What>
    bool step(What what) try {
        what();
        return true;
    } catch (const std::bad_alloc&) {
        return false;
    }

    template <class What>
    void try_until_done(What what) {
        while (!step(what)) {
        }
    }

    void queue_sounds(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            const auto queued = s_.queued();
            const bool played = step([&] {
                const play_ticket ticket{sounds_.accepted.size()};
                if (!s_.play(sound_, ticket)) sounds_.accepted.push_back(ticket);
            });
            EXPECT_TRUE(played || s_.queued() == queued) << "it failed, and is queued all the same";
            queue_marks(1);
        }
    }

    void queue_marks(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i)
            step([&] {
                std::string name = long_name(marks_.accepted.size());
                std::string copy = name;
                if (!s_.mark(std::move(name))) marks_.accepted.push_back(std::move(copy));
            });
    }

    // Sends what is due in this many frame times.
    void pass(int frames) {
        for (int i = 0; i < frames; ++i, now_ += 20ms)
            while (!step([&] { send_due(); })) {
            }
    }

    void send_due() {
        for (;;) {
            const auto next = s_.poll(now_, {.transmit = true, .events = false});
            if (next.what == session_action::type::transmit) {
                if (next.bytes.size() == header_bytes) ++hangups_;
                s_.transmitted(now_);
            }
            if (next.what == session_action::type::shut_down) ++shut_downs_;
            if (next.what == session_action::type::wait || next.what == session_action::type::close) return;
        }
    }

    void take_events() {
        while (auto e = s_.next_event()) {
            is_end_last_ = std::holds_alternative<ended_event>(*e);
            ends_ += is_end_last_ ? 1 : 0;
            if (auto* mark = std::get_if<played_event>(&*e)) marks_.reported.push_back(std::move(mark->mark));
            // Audio behind the last mark has no name.
            if (auto* mark = std::get_if<cleared_event>(&*e); mark && !mark->mark.empty())
                marks_.reported.push_back(std::move(mark->mark));
        }
        while (const auto report = s_.take_report())
            sounds_.reported.push_back(report->ticket);
    }

    const std::vector<std::byte> id_ = id_message(uuid{}).to_bytes();
    time_point now_{1h};
    session s_{role::server, {}, now_};
    const clip sound_{std::vector<std::int16_t>(160, 1), 8000};
    account<std::string> marks_;
    account<play_ticket> sounds_;
    int hangups_ = 0;
    int shut_downs_ = 0;
    int ends_ = 0;
    bool is_end_last_ = false;
};

TEST(failing_allocations, session_reports_each_sound_and_mark_once_and_its_end) {
    int without_hangup = 0;
    for (std::size_t number = 1;; ++number) {
        marked_call one;
        fail_allocation(number);
        one.live();
        const bool failed = has_failed_allocation();
        one.check(number);
        without_hangup += 1 - one.hangups();
        if (HasFailure()) return;
        if (failed) continue;
        EXPECT_GT(number, 50U);
        EXPECT_EQ(one.marks(), 25U);
        EXPECT_EQ(one.sounds(), 20U);
        EXPECT_LE(without_hangup, 1); // its own allocation
        return;
    }
}

// It waited for memory for ever, to report the marks that were not heard.
TEST(failing_allocations, session_ends_without_memory) {
    marked_call one;
    EXPECT_LE(one.end_without_memory(), call_options{}.hangup_timeout + 20ms);
}

} // namespace
} // namespace audiosocket::test
