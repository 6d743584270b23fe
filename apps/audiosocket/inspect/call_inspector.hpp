// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "inspect/pacing_watch.hpp"
#include "inspect/stream_inspector.hpp"

#include <memory>
#include <vector>

namespace audiosocket::app::inspect {

using observers = std::vector<std::unique_ptr<inspect_observer>>;

/// Inspects one call, or the single direction of a raw stream, and reports to the observers, which must outlive it.
///
/// Each direction has its own stream_inspector. This class checks what needs both directions: the time from the
/// caller's id to the server's audio, and silence of the whole call.
/// measured from the caller's id, and whether the call went quiet.
class call_inspector {
  public:
    call_inspector(call_label label, const observers& seen_by);
    call_inspector(const call_inspector&) = delete; // the streams refer to it
    call_inspector& operator=(const call_inspector&) = delete;

    const call_label& label() const noexcept { return label_; }

    /// Adds bytes of one side, with the time since the start of the call.
    void data(side from, std::span<const std::byte> bytes, std::chrono::microseconds at);

    /// See stream_inspector::lost().
    void lost(side from, std::uint64_t bytes, std::chrono::microseconds at);

    /// Notes that the capture has a packet of this side, perhaps without data.
    void note_seen(side from) noexcept { at_side(from).seen = true; }

    /// Notes that a packet of one side came late or twice.
    void reordered(side from, std::chrono::microseconds at);

    /// Notes that one side will send no more: ending::closed or ending::reset.
    void closed(side from, ending how, std::chrono::microseconds at);

    /// Returns whether nothing more can be learned from this side.
    bool is_nonsense(side from) const noexcept { return stream(from).is_nonsense(); }

    /// Ends what is still open, and reports to the observers. Returns whether both sides were without findings. Called
    /// once, at the end.
    bool finish(std::chrono::microseconds at);

  private:
    struct direction {
        stream_inspector stream;
        ending end = ending::open;
        bool seen = false;
    };

    const stream_inspector& stream(side s) const noexcept {
        return s == side::caller ? caller_.stream : server_.stream;
    }
    direction& at_side(side s) noexcept { return s == side::caller ? caller_ : server_; }
    place here(side s, std::chrono::microseconds at) noexcept { return {at_side(s).stream.findings().bytes, at}; }
    void on_message(const seen_message& seen);
    void note_quiet(std::chrono::microseconds at);
    void end_pacing(std::chrono::microseconds at);

    call_label label_;
    const observers& observers_;
    direction caller_;
    direction server_;
    pacing_watch pacing_;
    std::chrono::microseconds last_data_at_{};
};

} // namespace audiosocket::app::inspect
