// SPDX-License-Identifier: Apache-2.0
#include "sim/gateway/phone.hpp"

#include "support/bytes.hpp"

#include <audiosocket/audio/g711.hpp>
#include <audiosocket/protocol/encoder.hpp>

#include <gtest/gtest.h>

#include <algorithm>

namespace audiosocket::sim {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t frame_samples = 160;

// A frame waits at most 15 ms for late audio, and a turn of the machine is at most a tick late.
constexpr nanoseconds gap_max = 40ms;

} // namespace

void phone::call(const tcp_endpoint& from, std::uint16_t port, const uuid& id, const conditions& network) {
    line_ = &world_.connect(from, port, network);
    line_->on_change = [](remote& r) { r.read(); };
    line_->on_machine_sends = [this](std::span<const std::byte> message) { look_at(message); };
    line_->on_machine_ends = [this] {
        if (!ended_at_) ended_at_ = world_.now();
    };
    line_->send(id_message(id).to_bytes());
    talk();
}

void phone::talk() {
    if (is_over() || line_->is_over()) return;
    const auto talked = said_.first + ++turns_ * frame_samples + (is_uneven_ ? random_.below(frame_samples) : 0);
    line_->send(test::frame(kind::slin, said_.samples.bytes(encoding::slin, talked - talked_, talked_)));
    talked_ = talked;
    if (random_.one_in(40)) {
        const char digit = "0123456789*#ABCD"[random_.below(16)];
        digits_ += digit;
        line_->send(test::frame(kind::dtmf, test::raw(std::string_view(&digit, 1))));
    }
    world_.remote_after(20ms, [this] { talk(); });
}

void phone::hang_up(bool with_reset) {
    if (is_over()) return;
    hung_up_at_ = world_.now();
    was_in_order_ = !with_reset;
    if (with_reset)
        line_->reset();
    else
        line_->shut_down();
}

nanoseconds phone::sent_at(std::uint64_t number) const {
    const auto found = std::ranges::lower_bound(moments_, number, {}, &moment::heard_to);
    return found == moments_.end() ? nanoseconds::max() : found->at;
}

// Each send of the machine is one whole message, at most 40 ms behind the last one.
void phone::look_at(std::span<const std::byte> message) {
    said_.note(world_.now(), message.size());
    ASSERT_FALSE(got_hangup_) << "something is sent behind the hangup";
    if (message.size() == header_bytes && message[0] == std::byte{}) {
        got_hangup_ = true;
        return;
    }
    ASSERT_EQ(message.size(), header_bytes + 2 * frame_samples) << "not one whole frame";
    ASSERT_EQ(message[0], static_cast<std::byte>(kind::slin));
    const auto now = world_.now();
    if (last_at_) {
        EXPECT_LE((now - *last_at_) / 1us, gap_max / 1us) << "a gap in the audio to the caller";
    }
    last_at_ = now;
    if (!began_at_) began_at_ = now;
    ++frames_;
    look_at_frame(message.subspan(header_bytes));
}

void phone::look_at_frame(std::span<const std::byte> payload) {
    std::array<std::int16_t, frame_samples> samples;
    decode(encoding::slin, payload, samples);
    const auto before = heard_to_;
    for (std::size_t i = 0; i < samples.size(); ++i)
        hear(samples[i], i + 1 < samples.size() ? samples[i + 1] : 0);
    if (heard_to_ > before) moments_.push_back({heard_to_, world_.now()});
}

void phone::hear(std::int16_t sample, std::int16_t behind) {
    if (sample == 0) return;
    if (sample == waiting_sample) {
        ASSERT_LE(heard_to_, said_.lost_to) << "the waiting sound is heard behind a back end that speaks";
        ++waiting_samples_;
        return;
    }
    if (sample == failure_sample) {
        ++failure_samples_;
        return;
    }
    // Numbers repeat. More than a period behind the last word, everything was cut off long ago.
    auto least = std::max(heard_to_, said_.next - std::min(said_.next, said_.samples.period()));
    if (world_.now() > said_.cleared_from) least = std::max(least, said_.cleared_to);
    auto number = said_.samples.number_of(sample, least);
    if (number && *number != heard_to_) // the sample behind it makes that exact
        number = said_.samples.number_of(sample, behind, least).value_or(*number);
    ASSERT_TRUE(number) << sample << " was never said";
    ASSERT_LT(*number, said_.next) << "a sample is heard that was not said yet, or twice, or in spite of a clear";
    const auto skipped = *number - heard_to_;
    // At the end of a frame the number may be too low. The next sample shows that.
    const auto skip_max = said_.may_skip_to + (said_.samples.wire() == encoding::ulaw ? 1 : 0);
    ASSERT_TRUE(skipped == 0 || *number <= skip_max) << skipped << " samples before " << *number << " are lost";
    heard_to_ = *number + 1;
}

} // namespace audiosocket::sim
