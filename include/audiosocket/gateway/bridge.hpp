// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/audio/resampler.hpp>
#include <audiosocket/call/event.hpp>
#include <audiosocket/gateway/dialect.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace audiosocket::gateway {

/// Counters of a bridge.
struct bridge_statistics {
    std::uint64_t messages_received = 0;          ///< Messages from the back end.
    std::uint64_t messages_ignored = 0;           ///< Messages that the dialect does not know or cannot read.
    std::uint64_t messages_sent = 0;              ///< Messages to the back end.
    std::chrono::nanoseconds caller_audio{};      ///< Audio of the caller that was sent to the back end.
    std::chrono::nanoseconds caller_audio_lost{}; ///< Audio of the caller that was dropped because the back end took
                                                  ///< none for longer than bridge::hold_max.
    std::chrono::nanoseconds audio{};             ///< Audio of the back end that was queued for playing.
    std::chrono::nanoseconds audio_refused{};     ///< Audio of the back end that was dropped because the queue was
                                                  ///< full.
    std::uint64_t digits = 0;                     ///< Keys that the caller pressed.
    std::uint64_t marks = 0;                      ///< Marks that the dialect queued.
    std::uint64_t clears = 0;                     ///< Times that the dialect emptied the queue (barge-in).
    std::uint64_t tool_calls = 0;                 ///< Functions that the back end requested.
    std::uint64_t connections = 0;                ///< Connections to back ends that were opened.
};

/// Connects one call with one back end: passes the events of a call and the messages of a connection to the dialect.
///
/// It keeps the caller's audio until the back end takes it, within limits, and counts. It has no socket, no clock and
/// no call: it passes what is to be done to a `dialect_output`, which must outlive it. Not thread-safe.
///
/// The life of a connection: connection_opened() → the dialect sets up its session → ready() → audio in both
/// directions. After connection_closed() a new connection may be opened, with the same dialect or another (replace()).
class AUDIOSOCKET_EXPORT bridge final : private dialect_output {
  public:
    /// How much audio of the caller waits while the back end takes none, because it connects or reads slowly. Beyond
    /// that the oldest is dropped. A sentence lasts 3 to 5 seconds.
    static constexpr std::chrono::seconds hold_max{8};

    /// How many digits wait: an account number with a PIN, twice.
    static constexpr std::size_t digits_max = 64;

    /// Makes a bridge between this dialect and `out`, which must outlive it.
    bridge(std::unique_ptr<dialect> language, dialect_output& out);
    bridge(const bridge&) = delete;
    bridge& operator=(const bridge&) = delete;
    ~bridge();

    /// Replaces the dialect, from the next connection on.
    void replace(std::unique_ptr<dialect> language);

    /// Returns the rate at which the dialect takes the caller's audio, in Hz. The call may have another rate.
    int caller_rate_hz() const noexcept { return dialect_->caller_rate_hz(); }

    // --- The connection to the back end ---

    /// Takes note that a connection to the back end is open.
    void connection_opened(time_point now);

    /// Takes a text message of the back end, which must be valid UTF-8.
    void text(std::string_view message, time_point now);

    /// Takes a binary message of the back end.
    void binary(std::span<const std::byte> message, time_point now);

    /// Takes note that the connection closed, with this code of RFC 6455, and returns what that means for the call. If
    /// it closed before its session was set up, that is a failure and not the end of the call.
    after_close connection_closed(std::uint16_t code, std::string_view reason);
    /// Sets whether the connection is congested. While it is, the caller's audio waits.
    void set_congested(bool congested);

    // --- The call ---

    /// Takes an event of the call. `now` is when it was delivered.
    void happened(const event& e, time_point now);

    /// Takes the result of a function that the back end requested, as text or JSON. Ignored while the back end is not
    /// ready.
    void tool_result(std::string_view id, std::string_view result, bool is_error);

    // --- Time ---

    /// Returns when tick() is to be called, or time_point::max() if never.
    time_point deadline() const noexcept { return dialect_->deadline(); }

    /// Acts on the deadline, which has passed.
    void tick(time_point now);

    /// Returns whether the call has ended and the connection may be closed. Some back ends confirm the end first.
    bool may_close() const noexcept;

    /// Returns whether the session is set up, so that the back end takes audio.
    bool is_ready() const noexcept { return ready_; }

    /// Returns the counters so far. Valid as long as the bridge.
    const bridge_statistics& statistics() const noexcept { return counted_; }

  private:
    struct held {
        std::chrono::nanoseconds length() const noexcept;

        std::vector<std::int16_t> samples; // empty for a digit
        int rate_hz = 0;
        time_point at;
        char digit = 0;
    };

    void send_text(std::string_view message) override;
    void send_binary(std::span<const std::byte> message) override;
    void reconnect() override;
    void ready() override;
    bool play(std::span<const std::int16_t> samples, int rate_hz) override;
    void mark(std::string_view name) override;
    void clear() override;
    void hang_up(hang_up_time when, std::string_view why) override;
    void fail(std::string_view why) override;
    void report(dialect_report what) override;

    void hear(std::span<const std::int16_t> samples, int rate_hz, time_point at);
    void pass_on(std::span<const std::int16_t> samples, int rate_hz, time_point at);
    void press(char digit, time_point at);
    void hold(held what);
    void release_held();
    bool takes_audio() const noexcept { return ready_ && !congested_ && !releasing_; }

    std::unique_ptr<dialect> dialect_;
    dialect_output& out_;
    std::deque<held> held_; // in order
    std::chrono::nanoseconds held_audio_{};
    std::size_t held_digits_ = 0;
    std::optional<resampler> converter_;
    std::vector<std::int16_t> converted_;
    bool ready_ = false;
    bool congested_ = false;
    bool releasing_ = false;
    bool ended_ = false;
    bool was_ready_ = false; // when the call ended
    bridge_statistics counted_;
};

} // namespace audiosocket::gateway
