// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/call/detail/engine_hooks.hpp>

#include "call/session_impl.hpp"

namespace audiosocket::detail {

void engine_hooks::transmit_stalled(session& s) noexcept {
    ++s.impl_->counters.stalled_sends;
}

time_point engine_hooks::frame_time(const session& s) noexcept {
    return s.impl_->output.frames().frame_time();
}

void engine_hooks::shift_frames(session& s, std::chrono::nanoseconds by) noexcept {
    s.impl_->output.frames().shift_frames(by);
}

void engine_hooks::leave_out(session& s, std::chrono::nanoseconds most) {
    const auto left_out = s.impl_->output.frames().queue().leave_out(most);
    s.impl_->counters.left_out_ms +=
        static_cast<std::uint64_t>(std::chrono::round<std::chrono::milliseconds>(left_out).count());
}

time_point engine_hooks::patience_ends(const session& s) noexcept {
    return s.impl_->patience_ends();
}

bool engine_hooks::ending(const session& s) noexcept {
    return s.impl_->life.ending();
}

std::chrono::milliseconds engine_hooks::queued_at_most(const session& s) noexcept {
    return std::chrono::ceil<std::chrono::milliseconds>(s.impl_->output.frames().queue().queued());
}

void engine_hooks::set_tally(session& s, call_tally* tally) noexcept {
    s.impl_->output.frames().set_tally(tally);
    s.impl_->receiving.set_tally(tally);
}

} // namespace audiosocket::detail
