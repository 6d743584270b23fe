// SPDX-License-Identifier: Apache-2.0
#include "sim/server/caller.hpp"

#include <audiosocket/audio/numbered_samples.hpp>

#include <array>
#include <cerrno>

namespace audiosocket::sim {
namespace {

using namespace std::chrono_literals;

constexpr nanoseconds frame_time = 20ms;
constexpr std::size_t frame_samples = 160;

call_options options_of_caller() {
    call_options o;
    o.input = input_format::slin;
    return o;
}

} // namespace

caller::caller(world& in, remote& line, const uuid& id, dice random, const plan& p)
    : world_(in), line_(line), random_(random), plan_(p), session_(id, options_of_caller(), time_point(in.now())),
      speaks_at_(in.now()), hangs_up_at_(in.now() + p.hangs_up_after) {
    line_.on_change = [this](remote&) { on_change(); };
    if (plan_.begins_silent) fall_silent();
    pump();
}

void caller::fall_silent() {
    silent_frames_ = static_cast<int>(random_.below(static_cast<std::uint64_t>(plan_.pause_frames_max)));
}

void caller::hang_up() {
    if (std::exchange(hung_up_, true) || over_) return;
    if (plan_.resets) {
        over_ = true;
        return line_.reset();
    }
    session_.hang_up();
    pump();
}

void caller::on_change() {
    if (over_) return;
    const time_point now(world_.now());
    const auto bytes = line_.read();
    if (!bytes.empty()) session_.receive(bytes, now);
    if (line_.at_end() && !std::exchange(got_end_, true)) session_.receive_end(now);
    if (line_.was_reset()) session_.connection_failed(std::error_code(ECONNRESET, std::system_category()), now);
    pump();
}

void caller::speak() {
    while (speaks_at_ <= world_.now() && !hung_up_) {
        speaks_at_ += frame_time;
        if (random_.chance(plan_.digit_chance)) {
            const char digit = "0123456789*#ABCD"[random_.below(16)];
            static_cast<void>(session_.send_dtmf(digit)); // noted when it is sent
        }
        if (silent_frames_ > 0) {
            --silent_frames_;
            continue;
        }
        if (random_.chance(plan_.pause_chance)) fall_silent();
        std::array<std::int16_t, frame_samples> frame;
        numbered_samples(queued_).fill(frame);
        if (!session_.play(frame, 8000)) queued_ += frame.size();
    }
    if (world_.now() >= hangs_up_at_ && !hung_up_) hang_up();
}

void caller::pump() {
    bool can_send = true;
    while (!over_) {
        speak();
        if (over_) return;
        const time_point now(world_.now());
        const auto next = session_.poll(now, {.transmit = can_send, .events = true});
        switch (next.what) {
        case session_action::type::transmit:
            part_sent_ += line_.send(next.bytes.subspan(part_sent_));
            can_send = part_sent_ == next.bytes.size();
            if (can_send) {
                part_sent_ = 0;
                send(next.bytes);
                session_.transmitted(now);
            }
            break;
        case session_action::type::shut_down: line_.shut_down(); break;
        case session_action::type::deliver: note(*next.event); break;
        case session_action::type::close:
            over_ = true;
            line_.close();
            return;
        case session_action::type::wait: {
            nanoseconds until = std::min(next.until.time_since_epoch(), hung_up_ ? nanoseconds::max() : speaks_at_);
            until = std::max(until, world_.now() + 1us);
            if (until == nanoseconds::max()) return;
            world_.remote_after(until - world_.now(), [this, which = ++timer_] {
                if (which == timer_) pump();
            });
            return;
        }
        }
    }
}

// Notes the digit, or counts the numbered samples, of a message that was sent.
void caller::send(std::span<const std::byte> message) {
    if (message[0] == std::byte{0x03}) digits_ += static_cast<char>(message[3]);
    if ((std::to_integer<unsigned>(message[0]) & 0xF0U) != 0x10) return;
    for (std::size_t i = 3; i + 1 < message.size(); i += 2)
        if (message[i] != std::byte{} || message[i + 1] != std::byte{}) ++sent_;
}

void caller::note(const event& e) {
    if (const auto* end = std::get_if<ended_event>(&e)) end_ = *end;
}

} // namespace audiosocket::sim
