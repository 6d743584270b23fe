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

/// What a bridge has counted.
struct bridge_statistics {
    std::uint64_t messages_received = 0;          ///< Of the back end.
    std::uint64_t messages_ignored = 0;           ///< Those that the dialect does not know, or cannot read.
    std::uint64_t messages_sent = 0;              ///< To the back end.
    std::chrono::nanoseconds caller_audio{};      ///< Audio of the caller that went to the back end.
    std::chrono::nanoseconds caller_audio_lost{}; ///< Audio of the caller that was dropped, because the back end took
                                                  ///< none for longer than bridge::hold_max.
    std::chrono::nanoseconds audio{};             ///< Audio of the back end that was queued.
    std::chrono::nanoseconds audio_refused{};     ///< Audio of the back end that found no room in the queue.
    std::uint64_t digits = 0;                     ///< Keys of the caller.
    std::uint64_t marks = 0;                      ///< Marks of the dialect.
    std::uint64_t clears = 0;                     ///< Times that the dialect emptied the queue: barge-in.
    std::uint64_t tool_calls = 0;                 ///< Functions that the back end asked for.
    std::uint64_t connections = 0;                ///< Connections that were opened to back ends.
};

/// One call and one back end: stands between the events of a call, the messages of a connection and the dialect.
///
/// It keeps what the caller says until the back end takes it, within bounds. It counts. It has no socket, no clock and
/// no call: what is to be done goes to the `dialect_output` it is given, which lives longer.
///
/// The way of a connection: connection_opened() → the dialect sets up its session → ready() → audio both ways. After
/// connection_closed() a new connection may be opened, with the same dialect or another one (replace()).
class AUDIOSOCKET_EXPORT bridge final : private dialect_output {
  public:
    /// Audio of the caller that waits while the back end takes none: it connects, or reads slowly. The oldest is
    /// dropped beyond. A sentence lasts 3 to 5 seconds.
    static constexpr std::chrono::seconds hold_max{8};

    /// Digits that wait: an account number with a PIN, twice.
    static constexpr std::size_t digits_max = 64;

    /// Stands between the dialect and `out`, which must live longer.
    bridge(std::unique_ptr<dialect> language, dialect_output& out);
    bridge(const bridge&) = delete;
    bridge& operator=(const bridge&) = delete;
    ~bridge();

    /// Speaks another dialect from the next connection on.
    void replace(std::unique_ptr<dialect> language);

    /// The rate that the dialect takes caller audio at, in Hz; that of the call may be another.
    int caller_rate_hz() const noexcept { return dialect_->caller_rate_hz(); }

    // --- The connection to the back end ---

    /// A connection to the back end is open.
    void connection_opened(time_point now);

    /// A text message of the back end has arrived. It is valid UTF-8.
    void text(std::string_view message, time_point now);

    /// A binary message of the back end has arrived.
    void binary(std::span<const std::byte> message, time_point now);

    /// Returns what the end of the connection means. One that closes before its session is set up has not ended the
    /// call, but failed.
    after_close connection_closed(std::uint16_t code, std::string_view reason);
    /// The connection takes no more for now (true), or again (false): caller audio waits meanwhile.
    void set_congested(bool congested);

    // --- The call ---

    /// An event of the call. `now` is when it was delivered.
    void happened(const event& e, time_point now);

    /// The result of a function that the back end asked for, as text or JSON. Ignored while the back end is not ready.
    void tool_result(std::string_view id, std::string_view result, bool is_error);

    // --- Time ---

    /// When tick() is to be called; time_point::max() if never.
    time_point deadline() const noexcept { return dialect_->deadline(); }

    /// The deadline has passed.
    void tick(time_point now);

    /// Whether the call has ended and the connection may be closed: some back ends confirm the end first.
    bool may_close() const noexcept;

    /// Whether the back end takes audio.
    bool is_ready() const noexcept { return ready_; }

    /// Returns what was counted so far.
    const bridge_statistics& statistics() const noexcept { return counted_; }

  private:
    struct held {
        std::chrono::nanoseconds length() const noexcept;

        std::vector<std::int16_t> samples; // of a digit: none
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
