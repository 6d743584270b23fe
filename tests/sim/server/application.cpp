// SPDX-License-Identifier: Apache-2.0
#include "sim/server/application.hpp"

#include <audiosocket/audio/numbered_samples.hpp>
#include <audiosocket/net/error.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

namespace audiosocket::sim {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr int rate_hz = 8000;
constexpr std::size_t frame_samples = 160;

// The queue stays below a period of the numbers, so that a jump says how much was left out.
constexpr std::chrono::milliseconds queue_max{3000};

// Two ticks of the turns, and the work of a tick.
constexpr nanoseconds arrival_wait_max = 4ms;

} // namespace

application::application(world& in, call line, dice random, const habits& how, wire_watch& wire, std::string who)
    : world_(in), call_(std::move(line)), random_(random), habits_(how), wire_(wire), who_(std::move(who)),
      started_at_(in.now()) {}

void application::start() {
    if (!habits_.recording.empty()) record();
    if (habits_.what != kind::absent) wait_first();
    if (habits_.what == kind::generator) generate();
    if (habits_.what != kind::echo) act_later();
}

void application::drop() {
    call_.reset();
    stream_.reset();
    recorder_.reset();
}

void application::wait_first() {
    waits_since_ = world_.now();
    if (habits_.waits_after == nanoseconds{}) return wait();
    world_.after(habits_.waits_after, [self = shared_from_this()] {
        if (!self->call_) return;
        asio::post(self->call_->get_executor(), [self] {
            self->waits_since_ = self->world_.now();
            self->wait();
        });
    });
}

void application::wait() {
    if (!call_ || saw_eof_) return;
    call_->async_next_event(
        [self = shared_from_this()](boost::system::error_code error, event e) { self->on_event(error, e); });
}

void application::on_event(boost::system::error_code error, const event& e) {
    ++events_;
    if (!call_) { // the wait ends; an event that was on its way arrives
        if (++ends_after_drop_ > 1) complain("a wait ended twice after the handle was destroyed");
        return;
    }
    if (error == asio::error::timed_out && habits_.waits_with_timeouts) return wait();
    if (error) {
        if (error == asio::error::eof && ends_ == 1) {
            saw_eof_ = true;
            return;
        }
        complain("the wait for an event failed: " + error.message());
        return;
    }
    if (ends_ > 0) complain("an event after the end");
    if (const auto* audio = std::get_if<audio_event>(&e)) on_audio(*audio);
    if (const auto* digit = std::get_if<dtmf_event>(&e)) digits_ += digit->digit;
    if (const auto* mark = std::get_if<played_event>(&e)) on_mark(mark->mark, false, mark->sent, {});
    if (const auto* mark = std::get_if<cleared_event>(&e)) on_mark(mark->mark, true, mark->sent, mark->cut);
    if (const auto* end = std::get_if<ended_event>(&e)) {
        ++ends_;
        end_ = *end;
        ended_at_ = world_.now();
        statistics_ = call_->statistics();
        world_.note(static_cast<std::uint64_t>(end->reason));
        wire_.call_ended();
        if (recorder_)
            recorder_->async_finish([self = shared_from_this()](boost::system::error_code failed) {
                ++self->recordings_finished_;
                if (failed) self->complain("the recording failed: " + failed.message());
            });
    }
    wait(); // first, because the handler may throw
    misbehave();
}

void application::misbehave() {
    if (random_.chance(habits_.block_chance)) {
        if (random_.one_in(2))
            world_.block(random_.between(nanoseconds{}, habits_.block_max));
        else
            world_.compute(random_.between(nanoseconds{}, habits_.block_max));
    }
    if (random_.chance(habits_.throw_chance)) throw application_failure(who_);
}

void application::on_audio(const audio_event& a) {
    if (habits_.caller_is_good && a.rate_hz != rate_hz) complain("audio of " + std::to_string(a.rate_hz) + " Hz");
    if (habits_.is_heard_at_once && world_.now() - waits_since_ > 200ms && wire_.waited() > arrival_wait_max)
        complain("audio waited for " + std::to_string(wire_.waited().count() / 1000) + " us in the machine");
    for (const std::int16_t sample : a.samples) {
        if (sample == 0 || !habits_.caller_is_good) continue;
        if (!numbered_samples::is_numbered(sample)) return complain("audio that the caller has not sent");
        constexpr auto period = numbered_samples::period;
        const std::uint64_t skip = (numbered_samples::position_of(sample) + period - heard_ % period) % period;
        if (skip > 0) ++skips_;
        heard_ += skip + 1;
        ++heard_samples_;
    }
    if (habits_.what != kind::echo || ends_ > 0) return;
    if (!call_->play(a.samples, a.rate_hz)) ++played_;
}

void application::on_mark(const std::string& name, bool cleared, nanoseconds sent, nanoseconds cut) {
    if (name.empty()) {
        if (!cleared) complain("a mark without a name was played");
        return;
    }
    if (marks_.empty() || marks_.front() != name)
        complain("mark " + name + " was reported twice, or out of order");
    else
        marks_.pop_front();
    if (sent < nanoseconds{} || cut < nanoseconds{}) complain("mark " + name + " has a negative time");
}

void application::act_later() {
    world_.after(random_.between(nanoseconds(5ms), nanoseconds(800ms)), [self = shared_from_this()] {
        if (!self->call_ || self->ends_ > 0) return;
        asio::post(self->call_->get_executor(), [self] {
            if (!self->call_ || self->ends_ > 0) return;
            self->act_later();
            self->act();
            self->misbehave();
        });
        // Other members may be called on any thread.
        if (self->random_.one_in(40)) self->clear();
        if (self->random_.one_in(40)) self->call_->pause();
        if (self->random_.one_in(10)) self->call_->resume();
    });
}

void application::act() {
    switch (random_.below(habits_.what == kind::brief ? 24 : 20)) {
    case 0: clear(); break;
    case 1: call_->pause(); break;
    case 2:
    case 3: call_->resume(); break;
    case 4:
    case 5: mark(); break;
    case 6:
    case 7:
    case 8: play_and_wait(1 + random_.below(40)); break;
    case 20:
    case 21: hang_up(); break;
    case 22:
        ends_when_played_ = true;
        call_->hang_up_when_played();
        break;
    case 23: hang_up_and_drop(); break;
    default:
        play(1 + random_.below(60));
        if (random_.one_in(2)) mark();
    }
    if (call_ && call_->queued() > queue_max + 2s) complain("the queue is longer than what was played");
}

void application::hang_up() {
    call_->hang_up();
    wire_.expect_no_frames();
}

void application::hang_up_and_drop() {
    drop();
    if (!ends_when_played_) wire_.expect_no_frames();
}

// Plays audio while it is being made. A clear ends the stream, and the next one goes on.
void application::generate() {
    if (!call_ || ends_ > 0) return;
    if (!stream_) stream_.emplace(*call_, rate_hz, std::chrono::milliseconds(random_.between(40, 2000)));
    const auto samples = numbered_samples(played_).take(1 + random_.below(4000));
    stream_->async_write(samples, [self = shared_from_this()](boost::system::error_code error, std::size_t taken) {
        self->played_ += taken;
        if (error) self->stream_.reset();
        if (error && error != usage_errc::playout_cleared && error != usage_errc::call_ended)
            self->complain("a stream failed: " + error.message());
        if (error == usage_errc::call_ended) return;
        if (!self->call_ || self->random_.one_in(3)) return self->generate();
        self->world_.after(self->random_.between(nanoseconds{}, nanoseconds(500ms)), [self] {
            if (self->call_) asio::post(self->call_->get_executor(), [self] { self->generate(); });
        });
    });
}

void application::record() {
    recorder_ = std::make_shared<call_recorder>(call_->get_executor(), habits_.recording);
    call_->set_monitor(recorder_);
}

void application::play(std::size_t frames) {
    if (habits_.what == kind::generator) return;
    if (call_->queued() > queue_max) return;
    // Not a whole number of frames: the last one is filled with silence.
    const auto samples = numbered_samples(played_).take(frames * frame_samples - random_.below(frame_samples));
    if (!call_->play(samples, rate_hz)) played_ += samples.size();
}

void application::play_and_wait(std::size_t frames) {
    if (habits_.what == kind::generator) return;
    if (call_->queued() > queue_max) return;
    const auto samples = numbered_samples(played_).take(frames * frame_samples);
    played_ += samples.size();
    ++plays_pending_;
    call_->async_play(samples, rate_hz,
                      [self = shared_from_this(), number = next_play_++,
                       count = samples.size()](boost::system::error_code error, const play_result& result) {
                          --self->plays_pending_;
                          if (error && error != usage_errc::call_ended)
                              self->complain("a sound failed: " + error.message());
                          if (error) return;
                          if (number < self->plays_reported_) self->complain("sounds were reported out of order");
                          self->plays_reported_ = number;
                          const auto length = std::chrono::milliseconds(count * 1000 / rate_hz);
                          const auto difference = result.sent + result.cut - length;
                          if (std::chrono::abs(difference) > 2ms)
                              self->complain("a sound was played for " + std::to_string(result.sent.count()) +
                                             " ms and cut for " + std::to_string(result.cut.count()) + " of " +
                                             std::to_string(length.count()));
                          if (!result.cleared && result.cut > 0ms)
                              self->complain("a sound that was not cleared was cut");
                      });
}

void application::mark() {
    const auto name = std::to_string(next_mark_++);
    if (!call_->mark(name)) marks_.push_back(name);
}

void application::clear() {
    ++clears_;
    call_->clear();
}

void application::check_end(bool by_caller, std::uint64_t caller_samples, const std::string& caller_digits) const {
    if (plays_pending_ > 0) complain(std::to_string(plays_pending_) + " sounds were never reported");
    if (!call_ || habits_.what == kind::absent) return;
    if (ends_ != 1) return complain("the end was reported " + std::to_string(ends_) + " times");
    if (!saw_eof_) complain("the wait after the end did not complete");
    if (recorder_) {
        if (recordings_finished_ != 1) complain("the recording was not finished");
        const auto difference = recorder_->duration() - (ended_at_ - started_at_);
        if (habits_.is_heard_at_once && std::chrono::abs(difference) > 300ms && wire_.frames() > 20)
            complain("a recording of " + std::to_string(recorder_->duration() / 1ms) + " ms of a call of " +
                     std::to_string((ended_at_ - started_at_) / 1ms) + " ms");
    }
    if (!marks_.empty()) complain(std::to_string(marks_.size()) + " marks were never reported");
    if (wire_.skipped() > clears_ + (statistics_.left_out_ms > 0 ? 100 : 0) && habits_.what != kind::echo)
        complain("audio to the caller has " + std::to_string(wire_.skipped()) + " gaps after " +
                 std::to_string(clears_) + " clears");
    if (!habits_.caller_is_good) return;
    if (statistics_.frames_dropped == 0 && skips_ > 0) complain("audio of the caller was lost or reordered");
    if (!caller_digits.starts_with(digits_)) complain("digits " + digits_ + " of " + caller_digits);
    if (!by_caller || statistics_.frames_dropped > 0) return;
    if (digits_ != caller_digits) complain("digits " + digits_ + " of " + caller_digits);
    if (heard_samples_ != caller_samples)
        complain("heard " + std::to_string(heard_samples_) + " of " + std::to_string(caller_samples) + " samples");
}

void application::complain(const std::string& what) const {
    ADD_FAILURE() << who_ << " at " << world_.now().count() / 1000 << " us: " << what;
}

} // namespace audiosocket::sim
