// SPDX-License-Identifier: Apache-2.0
// Random peers, good and bad, byte by byte. A model says what the application must learn from each of them, and when.
// A seed names a peer (support/seed.hpp).

#include "support/seed.hpp"
#include "support/session_driver.hpp"
#include "support/simulated_time.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

// A server's call with a peer that follows no rules, and what must come of it.
class any_peer {
  public:
    explicit any_peer(unsigned seed) : dice_(seed * 2654435761U + 7), driver_(options()) {
        driver_.random.seed(seed);
        driver_.how = all_splits[dice_() % all_splits.size()];
    }

    void run() {
        wait();
        begin();
        for (int n = 3 + pick(30); n > 0 && !over_; --n)
            do_something();
        if (!over_) hang_up();
        arrives_after_the_end();
        driver_.run_for(20s);
    }

    void check() {
        log_.push_back(end_);
        EXPECT_EQ(driver_.log, log_);
        EXPECT_EQ(driver_.heard, heard_);
        const auto& s = driver_->statistics();
        EXPECT_EQ(s.unknown_kinds, unknown_kinds_);
        EXPECT_EQ(s.empty_audio, empty_audio_);
        EXPECT_EQ(s.odd_audio, odd_audio_);
        EXPECT_EQ(s.bad_digits, bad_digits_);
        EXPECT_EQ(s.fragments, fragments_);
        EXPECT_EQ(s.frames_received, frames_);
        EXPECT_EQ(s.bytes_received, bytes_);
        check_times();
    }

    clock::duration simulated() const { return driver_.now - epoch; }

  private:
    int pick(int count) { return static_cast<int>(dice_() % static_cast<unsigned>(count)); }
    bool chance(int one_in) { return pick(one_in) == 0; }

    call_options options() {
        call_options o;
        o.input = input_format::slin;
        o.idle_timeout = idle_ = chance(3) ? 2s : 0s;
        return o;
    }

    // --- The peer ---

    // Frames are sent every 20 ms after the id. So that no event is at the same time as one of them, the times of
    // events end in an odd number of microseconds.
    void wait(std::chrono::microseconds longest = 200ms) {
        driver_.run_for(std::chrono::microseconds(2 * pick(static_cast<int>(longest.count() / 2))) + odd());
    }
    std::chrono::microseconds odd() {
        const auto now = (driver_.now - epoch) / 1us;
        return std::chrono::microseconds(now % 2 == 0 ? 1 : 2);
    }

    void arrives(const bytes& data) {
        bytes_ += data.size();
        last_bytes_ = driver_.now;
        driver_.receive(data);
    }

    // What is wrong shows before the message is whole.
    bytes beginning_of(bytes message, int at_least) {
        if (chance(2))
            message.resize(static_cast<std::size_t>(at_least + pick(static_cast<int>(message.size()) - at_least)));
        return message;
    }

    void begin() {
        switch (pick(12)) {
        case 0: return ends(ended(end_reason::never_started), [this] { driver_.receive_end(); });
        case 1: // reads as another protocol
            return ends(ended(end_reason::protocol_violation, protocol_errc::id_expected),
                        [this] { arrives(beginning_of(frame(kind::slin, numbered(160)), 1)); });
        case 2:
            return ends(ended(end_reason::protocol_violation, protocol_errc::id_length), [this] {
                arrives(beginning_of(frame(kind::id, bytes(static_cast<std::size_t>(15 + 2 * pick(2)))), 3));
            });
        case 3:
            ends(ended(end_reason::timed_out, protocol_errc::id_timeout), [this] { driver_.run_until(epoch + 5s); });
            return;
        default:
            started_at_ = driver_.now;
            arrives(id_frame());
            log_.emplace_back("started");
        }
    }

    void do_something() {
        switch (pick(20)) {
        case 0: digit(); break;
        case 1: bad_digit(); break;
        case 2: unknown(); break;
        case 3: arrives(frame(static_cast<int>(kind::slin) + pick(9))), ++empty_audio_; break;
        case 4: audio(1 + static_cast<std::size_t>(pick(400)), true); break;
        case 5: several(); break;
        case 6:
            if (chance(3)) return end_by_peer();
            break;
        case 7:
            if (chance(3)) return begin_a_message_and_stop();
            break;
        case 8:
            if (chance(6)) return hang_up();
            break;
        case 9:
            if (chance(6)) return stop_reading();
            break;
        case 10:
            if (idle_ > 0s && chance(3)) return fall_silent();
            break;
        default: audio(160, false);
        }
        wait(chance(8) && idle_ == 0s ? 1500ms : 40ms);
        if (idle_ > 0s && driver_.now - last_bytes_ > 1s) unknown();
    }

    void audio(std::size_t samples, bool odd_length) { arrives(audio_message(samples, odd_length)); }
    bytes audio_message(std::size_t samples, bool odd_length) {
        bytes payload = numbered(samples, next_);
        next_ += samples;
        if (odd_length) payload.push_back(std::byte{0x55}), ++odd_audio_;
        ++frames_;
        const auto numbers = count_up(samples, 1 + static_cast<int>((next_ - samples) % numbered_samples::period));
        heard_.insert(heard_.end(), numbers.begin(), numbers.end());
        if (audio_in_log_ > 0) log_.pop_back();
        audio_in_log_ += samples;
        log_.push_back("audio " + std::to_string(audio_in_log_) + "@8000");
        return frame(kind::slin, payload);
    }
    void note(std::string what) {
        audio_in_log_ = 0;
        log_.push_back(std::move(what));
    }

    void digit() { arrives(digit_message()); }
    bytes digit_message() {
        const char key = "0123456789*#ABCD"[pick(16)];
        note(std::string("dtmf ") + key);
        return frame(kind::dtmf, raw(std::string(1, key)));
    }
    void bad_digit() {
        static constexpr std::array texts{"", "12", "x", "a"};
        arrives(frame(kind::dtmf, raw(texts[static_cast<std::size_t>(pick(4))])));
        ++bad_digits_;
    }

    void unknown() { arrives(unknown_message()); }
    bytes unknown_message() {
        static constexpr std::array kinds{0x02, 0x04, 0x0f, 0x19, 0x20, 0x7f, 0x80, 0xfe};
        ++unknown_kinds_;
        return frame(kinds[static_cast<std::size_t>(pick(8))],
                     bytes(static_cast<std::size_t>(pick(chance(9) ? 65'536 : 300))));
    }

    // Several messages arrive together, and the last of them ends later.
    void several() {
        bytes all = audio_message(160, false);
        all = all + digit_message();
        all = all + unknown_message();
        all = all + audio_message(80, false);
        const auto first = all.begin() + pick(static_cast<int>(all.size()));
        arrives(bytes(all.begin(), first));
        wait(5ms);
        arrives(bytes(first, all.end()));
    }

    // --- The end ---

    template <class Action>
    void ends(std::string end, Action action) {
        end_ = std::move(end);
        over_ = true;
        action();
        ended_at_ = driver_.now;
    }

    void end_by_peer() {
        switch (pick(6)) {
        case 0: return ends(ended(end_reason::peer_hung_up), [this] { driver_.receive_end(); });
        case 1: return ends(ended(end_reason::peer_hung_up), [this] { arrives(frame(kind::hangup)); });
        case 2: return ends(ended(end_reason::peer_hung_up), [this] { arrives(frame(kind::hangup, bytes(4))); });
        case 3:
            return ends(ended(end_reason::peer_error, protocol_errc::error_received, error_bits::frame_forwarding),
                        [this] { arrives(frame(kind::error, raw({2}))); });
        case 4:
            return ends(ended(end_reason::protocol_violation, protocol_errc::id_repeated),
                        [this] { arrives(beginning_of(id_frame(), 3)); });
        default: lost_ = true; return ends(ended(end_reason::peer_reset), [this] { driver_.fail(); });
        }
    }

    // A message that has begun must be whole in time, however often a byte of it arrives.
    void begin_a_message_and_stop() {
        const auto begun = driver_.now;
        driver_.how = split::whole;
        arrives(raw({0x10, 0x01}));
        if (chance(3)) {
            wait();
            ++fragments_;
            return ends(ended(end_reason::peer_hung_up), [this] { driver_.receive_end(); });
        }
        const bool drips = idle_ > 0s || chance(2);
        ends(ended(end_reason::timed_out, protocol_errc::message_timeout), [&] {
            for (int n = 0; n < 4 && drips; ++n) {
                driver_.run_for(1s);
                arrives(raw({n == 0 ? 0x40 : 7}));
            }
            driver_.run_until(begun + 5s);
        });
    }

    void fall_silent() {
        ends(ended(end_reason::timed_out, protocol_errc::idle_timeout),
             [this] { driver_.run_until(last_bytes_ + idle_); });
    }

    void stop_reading() {
        lost_ = true;
        driver_.send_time = 1h;
        ends(ended(end_reason::timed_out, protocol_errc::send_timeout), [this] {
            for (const auto stop = driver_.now + 5s + 40ms; driver_.now < stop && !driver_->closed();) {
                driver_.run_for(100ms);
                if (idle_ > 0s) arrives(frame(0x7f)), ++unknown_kinds_;
            }
            if (driver_->closed() && idle_ > 0s) --unknown_kinds_; // the last message came after the end
        });
    }

    void hang_up() {
        if (chance(4)) hangup_takes_ = driver_.send_time = 50ms;
        ends(ended(end_reason::hung_up), [this] { driver_.act([](session& s) { return s.hang_up(); }); });
        if (hangup_takes_ == 0s) return;
        driver_.run_for(20ms);
        driver_.receive_end();
        EXPECT_FALSE(driver_->closed()) << "closed before the hangup was sent";
        driver_.run_for(40ms);
        EXPECT_TRUE(driver_->closed()) << "both sides have closed";
    }

    // Nothing of it may reach the application.
    void arrives_after_the_end() {
        const bool closes = chance(2);
        for (int n = pick(4); n > 0; --n)
            arrives(frame(kind::slin, numbered(160)) + frame(kind::dtmf, raw("5")) + id_frame());
        driver_.act([](session& s) {
            EXPECT_EQ(s.play(count_up(160), 8000), usage_errc::call_ended);
            EXPECT_EQ(s.mark("late"), usage_errc::call_ended);
            return error_code{};
        });
        if (!driver_->closed() && closes) {
            driver_.run_for(300ms);
            driver_.receive_end();
            EXPECT_TRUE(driver_->closed()) << "both sides have closed";
        }
        if (chance(4)) { // the first reason stays, and no event follows the end
            driver_.fail();
            EXPECT_TRUE(driver_->closed());
        }
    }

    // A frame every 20 ms from the id to the end, then a hangup and a FIN at once, and the close in time.
    void check_times() const {
        const auto frames = driver_.frames();
        if (!started_at_) {
            EXPECT_TRUE(driver_.sent.empty()) << "sent to a peer without an id";
            return;
        }
        const auto whole = (ended_at_ - *started_at_) / 20ms + 1;
        EXPECT_TRUE(static_cast<std::int64_t>(frames.size()) == whole || lost_) << frames.size() << " of " << whole;
        for (std::size_t n = 0; n < frames.size(); ++n) {
            if (frames[n].at == *started_at_ + static_cast<int>(n) * 20ms) continue;
            ADD_FAILURE() << "frame " << n << " is sent at the wrong time";
            break;
        }
        if (lost_) return;
        EXPECT_EQ(driver_.sent.back().what(), kind::hangup);
        EXPECT_EQ(driver_.sent.back().at, ended_at_ + hangup_takes_);
        EXPECT_EQ(driver_.fin_at, ended_at_ + hangup_takes_);
        EXPECT_LE(driver_.closed_at, ended_at_ + 1s);
    }

    std::mt19937 dice_;
    std::chrono::milliseconds idle_{};
    session_driver driver_;

    // The model.
    std::uint64_t next_ = 0; // number of the next sample
    std::vector<std::string> log_;
    std::vector<std::int16_t> heard_;
    std::size_t audio_in_log_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t frames_ = 0;
    std::uint64_t unknown_kinds_ = 0;
    std::uint64_t empty_audio_ = 0;
    std::uint64_t odd_audio_ = 0;
    std::uint64_t bad_digits_ = 0;
    std::uint64_t fragments_ = 0;
    std::optional<time_point> started_at_;
    time_point last_bytes_{};
    time_point ended_at_{};
    clock::duration hangup_takes_{}; // on a slow network
    std::string end_;
    bool over_ = false;
    bool lost_ = false; // nothing can be sent at the end
};

} // namespace

TEST(simulation, any_peer_is_understood_exactly) {
    simulated_time simulated;
    for_each_seed(2000, [&](unsigned seed) {
        SCOPED_TRACE(replay(seed));
        any_peer peer(seed);
        peer.run();
        peer.check();
        simulated.add(peer.simulated());
        return !testing::Test::HasFailure();
    });
}

// An application that does not take its events loses the oldest audio, and knows how much.
TEST(simulation, an_application_that_is_late_loses_the_oldest_audio_and_no_event) {
    simulated_time simulated;
    for_each_seed(200, [&](unsigned seed) {
        SCOPED_TRACE(replay(seed));
        std::mt19937 dice(seed * 2654435761U + 3);
        call_options options;
        options.input = input_format::slin;
        options.receive_queue = 20ms * (1 + dice() % 20);
        session_driver d(options);
        d.receive(id_frame());
        std::uint64_t sent = 0;
        std::size_t digits = 0;
        for (int pause = 0; pause < 10; ++pause) {
            d.take_events = false;
            const std::size_t before = d.heard.size();
            const std::uint64_t first = sent;
            for (int n = static_cast<int>(dice() % 60); n > 0; --n, sent += 160) {
                if (dice() % 9 == 0) {
                    d.receive(frame(kind::dtmf, raw("5")));
                    ++digits;
                }
                d.receive(frame(kind::slin, numbered(160, sent)));
                d.run_for(20ms);
            }
            d.take_events = true;
            d.run_for(1ms);
            const std::size_t kept = d.heard.size() - before;
            const auto queue = static_cast<std::size_t>(options.receive_queue.count()) * 8;
            EXPECT_EQ(kept, std::min<std::size_t>(sent - first, queue)) << "of " << sent - first;
            const auto expected = numbered_samples(sent - kept).take(kept);
            EXPECT_TRUE(
                std::equal(expected.begin(), expected.end(), d.heard.end() - static_cast<std::ptrdiff_t>(kept)));
        }
        EXPECT_EQ(d.heard.size() + 160 * d->statistics().frames_dropped, sent);
        EXPECT_EQ(std::ranges::count(d.log, "dtmf 5"), static_cast<std::ptrdiff_t>(digits));
        EXPECT_EQ(d->statistics().digits_dropped, 0U);
        simulated.add(d.now - epoch);
        return !testing::Test::HasFailure();
    });
}
