#include "live/recording.hpp"

#include <boost/asio/post.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <exception>

namespace audiosocket::app {
namespace {

// A crash loses this and what the recorder holds back (a second): short enough for evidence, long enough that a
// thousand recordings cost the disk thread two thousand wake-ups a second, not fifty thousand.
constexpr std::chrono::milliseconds piece_length{500};

// Both sides at 192 kHz, and as much again.
constexpr std::size_t piece_samples_max = 400'000;

// What a block costs at least, in samples, however few it has: a frame at 8 kHz. A peer may send a sample at a time,
// and all recordings share one disk thread.
constexpr std::size_t block_samples_min = 160;

// Half a minute of disk that does not answer; then memory matters more than this recording.
constexpr std::size_t pieces_waiting_max = 60;

std::string name_for(const uuid& id) {
    const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    return fmt::format("{}-{:%Y%m%dT%H%M%S}.{:03}Z", to_string(id), fmt::gmtime(now),
                       now.time_since_epoch().count() % 1000);
}

// Two calls with one id may start in one millisecond. There is one disk thread, so nobody creates files meanwhile.
std::filesystem::path free_file(const std::filesystem::path& folder, const std::string& name) {
    auto file = folder / (name + ".wav");
    for (int n = 2; std::filesystem::exists(file); ++n)
        file = folder / fmt::format("{}-{}.wav", name, n);
    return file;
}

} // namespace

call_recording::call_recording(disk_thread& disk, std::filesystem::path folder, const uuid& id,
                               failure_handler on_failure)
    : disk_(disk), folder_(std::move(folder)), name_(name_for(id)), start_(clock::now()),
      on_failure_(std::move(on_failure)), handed_over_at_(start_) {}

void call_recording::received(std::span<const std::int16_t> samples, int rate_hz, time_point at) {
    add(side::received, samples, rate_hz, at);
}

void call_recording::sent(std::span<const std::int16_t> samples, int rate_hz, time_point at) {
    add(side::sent, samples, rate_hz, at);
}

void call_recording::add(side from, std::span<const std::int16_t> samples, int rate_hz, time_point at) {
    if (failed_) return;
    if (collected_samples_ > piece_samples_max) return; // a flood, which the recorder would leave out as well
    collected_samples_ += std::max(samples.size(), block_samples_min);
    collected_.push_back({from, rate_hz, at - start_, {samples.begin(), samples.end()}});
    if (at - handed_over_at_ < piece_length) return;
    handed_over_at_ = at;
    hand_over(false);
}

void call_recording::finish() {
    hand_over(true);
}

void call_recording::hand_over(bool last) {
    if (pieces_waiting_ >= pieces_waiting_max && !last) {
        fail("the disk did not answer for half a minute");
        return;
    }
    ++pieces_waiting_;
    collected_samples_ = 0;
    boost::asio::post(disk_, [self = shared_from_this(), blocks = std::exchange(collected_, {}), last] {
        self->write(blocks, last);
        --self->pieces_waiting_;
    });
}

void call_recording::write(const piece& blocks, bool last) {
    if (!failed_) {
        try {
            lay(blocks);
            if (recorder_ && last) recorder_->finish();
            if (recorder_ && !recorder_->ok()) fail(recorder_->failure());
        } catch (const std::exception& e) {
            fail(e.what());
        }
    }
    if (last || failed_) recorder_.reset(); // whatever is there is completed and closed
}

void call_recording::lay(const piece& blocks) {
    if (blocks.empty()) return;
    if (!recorder_) {
        const auto first = std::ranges::find(blocks, side::received, &block::from);
        recorder_.emplace(free_file(folder_, name_), first != blocks.end() ? first->rate_hz : blocks.front().rate_hz);
    }
    for (const block& b : blocks) {
        if (b.from == side::received)
            recorder_->received(b.samples, b.rate_hz, b.at);
        else
            recorder_->sent(b.samples, b.rate_hz, b.at);
    }
}

void call_recording::fail(const std::string& why) {
    if (!failed_.exchange(true)) on_failure_(why);
}

} // namespace audiosocket::app
