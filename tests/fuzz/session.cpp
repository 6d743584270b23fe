// SPDX-License-Identifier: Apache-2.0
// One session under everything that a peer, a network, a clock and an application can do to it, driven by poll() and by
// the single members in turns. Whatever happens, it sends only well-formed and permitted messages. It reports one end
// and nothing after it. Its deadlines make progress, and it closes in time.
//
// Input: a byte of options, then commands of a byte and its arguments, until the bytes run out.

#include "fuzz/require.hpp"

#include <audiosocket/call.hpp>
#include <audiosocket/protocol.hpp>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

using namespace audiosocket;
using namespace std::chrono_literals;

namespace {

using bytes = std::vector<std::byte>;

const time_point epoch{std::chrono::hours{1000}};

// The input, taken from the front; zeros after its end.
class source {
  public:
    source(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

    bool empty() const { return rest_.empty(); }
    unsigned byte() {
        if (rest_.empty()) return 0;
        const unsigned b = rest_[0];
        rest_ = rest_.subspan(1);
        return b;
    }
    bytes some(std::size_t n) {
        const auto front = std::as_bytes(rest_.first(std::min(n, rest_.size())));
        rest_ = rest_.subspan(front.size());
        return {front.begin(), front.end()};
    }

  private:
    std::span<const std::uint8_t> rest_;
};

call_options options_from(unsigned b) {
    static constexpr std::array ptimes{20ms, 10ms, 30ms, 60ms};
    call_options o;
    o.ptime = ptimes[b & 3];
    if (b & 4) o.input = (b & 128) != 0 ? input_format::slin44 : input_format::ulaw;
    if (b & 8) o.receive_rate_hz = 16'000;
    if (b & 16) o.send_format = media_format{kind::slin16, encoding::slin};
    if (b & 32) o.receive_queue = 40ms;
    if (b & 64) o.playout_queue = 500ms;
    return o;
}

class run {
  public:
    run(session s, bool server) : s_(std::move(s)), server_(server) {}

    void command(source& in) {
        switch (in.byte() % 23) {
        case 0: receive(in.some(in.byte())); break;
        case 1: receive(message_from(in)); break;
        case 2: receive(message_from(in), in.byte() % 8 + 1); break;
        case 3: receive(id()); break;
        case 4: pass(std::chrono::milliseconds(in.byte())); break;
        case 5: pass(std::chrono::seconds(in.byte() % 16)); break;
        case 6: now_ -= std::min<clock::duration>(now_ - epoch, std::chrono::milliseconds(in.byte() % 8)); break;
        case 7: s_.play(samples(in.byte() * 8), rate(in)); break;
        case 8: s_.play(clip(samples(in.byte() * 8), rate(in))); break;
        case 9: marks_taken_ += s_.mark("m") ? 0 : 1; break;
        case 10: s_.clear(); break;
        case 11: s_.pause(); break;
        case 12: s_.resume(); break;
        case 13: s_.send_dtmf(static_cast<char>(in.byte())); break;
        case 14: s_.hang_up_when_played(); break;
        case 15:
            if (in.byte() % 8 == 0) s_.hang_up();
            break;
        case 16:
            if (in.byte() % 8 == 0) s_.receive_end(now_);
            break;
        case 17:
            if (in.byte() % 8 == 0) s_.connection_failed(std::make_error_code(std::errc::io_error), now_);
            break;
        case 18: stalled_ = true; break;
        case 19: stalled_ = false; break;
        case 20: take_some_events(in.byte()); break;
        case 21: now_ += std::chrono::milliseconds(in.byte()); break; // the driver is late
        case 22: polled_ = !polled_; break;
        }
        after_command();
    }

    void finish() {
        stalled_ = false;
        s_.hang_up();
        pass(7s); // hang-up takes at most hangup_timeout, a hanging send at most send_timeout
        REQUIRE(s_.closed());
        REQUIRE(s_.deadline() == time_point::max());
        take_some_events(~0U);
        REQUIRE(ends_ == 1);
        REQUIRE(marks_reported_ == marks_taken_); // each once, played or cleared
        REQUIRE(s_.play(samples(1), 8000) == usage_errc::call_ended);
        REQUIRE(!s_.next_event());
        REQUIRE(s_.transmit().empty());
        REQUIRE(s_.statistics().bytes_sent == bytes_sent_);
        REQUIRE(s_.statistics().frames_sent == frames_sent_);
    }

  private:
    static std::vector<std::int16_t> samples(std::size_t n) { return std::vector<std::int16_t>(n, 1234); }

    static int rate(source& in) {
        static constexpr std::array rates{8000, 16'000, 24'000, 11'025, 48'000, 3999, 4000, 1};
        return rates[in.byte() % rates.size()];
    }

    static bytes id() {
        const auto m = id_message(uuid{});
        return m.to_bytes();
    }

    static bytes message_from(source& in) {
        static constexpr std::array<unsigned, 12> kinds{0x10, 0x10, 0x11, 0x12, 0x15, 0x18,
                                                        0x03, 0x03, 0x02, 0x01, 0x00, 0xff};
        const unsigned k = in.byte();
        const auto payload = in.some(in.byte() * 2);
        bytes m{static_cast<std::byte>(k < kinds.size() * 20 ? kinds[k % kinds.size()] : k),
                static_cast<std::byte>(payload.size() >> 8), static_cast<std::byte>(payload.size() & 0xff)};
        m.insert(m.end(), payload.begin(), payload.end());
        return m;
    }

    void receive(const bytes& stream, std::size_t piece = 65'536) {
        for (std::size_t at = 0; at < stream.size(); at += piece) {
            const auto n = static_cast<std::ptrdiff_t>(std::min(piece, stream.size() - at));
            const auto from = stream.begin() + static_cast<std::ptrdiff_t>(at);
            const auto exact = std::make_unique<bytes>(from, from + n);
            s_.receive(*exact, now_);
        }
    }

    // Moves from deadline to deadline. After each, the next one is later or something was done.
    void pass(clock::duration time) {
        const time_point end = now_ + time;
        time_point deadline = drive();
        for (int idle = 0; deadline <= end; deadline = drive()) {
            idle = deadline > now_ ? 0 : idle + 1;
            REQUIRE(idle < 10);
            now_ = std::max(now_, deadline);
        }
        now_ = end;
        drive();
    }

    // Like drive(), but without advance(): a driver need not call it after everything.
    void after_command() {
        if (polled_) {
            poll(2);
        } else {
            send();
            take_some_events(2);
        }
    }

    // Does everything that is due now, and returns the next deadline.
    time_point drive() {
        if (polled_) return poll(2);
        s_.advance(now_);
        send();
        take_some_events(2);
        return s_.deadline();
    }

    // Takes so many events.
    time_point poll(unsigned events) {
        for (;;) {
            const auto next = s_.poll(now_, {.transmit = !stalled_, .events = events > 0});
            switch (next.what) {
            case session_action::type::shut_down: REQUIRE(s_.sending_done() && !std::exchange(shut_down_, true)); break;
            case session_action::type::deliver:
                take(*next.event);
                --events;
                break;
            case session_action::type::transmit:
                REQUIRE(in_flight_.empty() || std::ranges::equal(next.bytes, in_flight_));
                in_flight_.clear();
                check_wire({next.bytes.begin(), next.bytes.end()});
                s_.transmitted(now_);
                break;
            case session_action::type::wait:
                REQUIRE(!s_.closed() && next.until > now_ && !next.event);
                return next.until;
            case session_action::type::close:
                REQUIRE(s_.closed());
                in_flight_.clear();
                return time_point::max();
            }
        }
    }

    void send() {
        for (;;) {
            const auto view = s_.transmit();
            if (s_.closed()) in_flight_.clear();
            if (view.empty()) break;
            REQUIRE(!s_.sending_done());
            if (in_flight_.empty()) in_flight_.assign(view.begin(), view.end());
            REQUIRE(std::ranges::equal(view, in_flight_));
            if (stalled_) return;
            check_wire(std::exchange(in_flight_, {}));
            s_.transmitted(now_);
        }
    }

    void check_wire(const bytes& data) {
        error_code error;
        const message m = parse_message(data, error);
        REQUIRE(!error && data.size() == header_bytes + m.payload.size());
        REQUIRE(!hung_up_);
        if (server_)
            REQUIRE(is_audio(m.kind) || m.kind == kind::hangup);
        else
            REQUIRE(is_audio(m.kind) || m.kind == kind::dtmf || (m.kind == kind::id && bytes_sent_ == 0));
        REQUIRE(!is_audio(m.kind) || (m.payload.size() >= 2 && m.payload.size() % 2 == 0));
        REQUIRE(m.kind != kind::hangup || m.payload.empty());
        hung_up_ = m.kind == kind::hangup;
        bytes_sent_ += data.size();
        frames_sent_ += is_audio(m.kind) ? 1U : 0U;
    }

    void take_some_events(unsigned n) {
        for (; n > 0; --n) {
            const auto e = s_.next_event();
            if (!e) return;
            take(*e);
        }
    }

    void take(const event& e) {
        REQUIRE(ends_ == 0);
        if (const auto* audio = std::get_if<audio_event>(&e)) {
            REQUIRE(audio->rate_hz > 0 && (rate_hz_ == 0 || rate_hz_ == audio->rate_hz));
            rate_hz_ = audio->rate_hz;
            for (const auto sample : audio->samples)
                sum_ += sample; // the view is valid
        }
        ends_ += std::holds_alternative<ended_event>(e) ? 1 : 0;
        if (const auto* cleared = std::get_if<cleared_event>(&e)) marks_reported_ += cleared->mark.empty() ? 0 : 1;
        marks_reported_ += std::holds_alternative<played_event>(e) ? 1 : 0;
    }

    session s_;
    const bool server_;
    time_point now_ = epoch;
    bytes in_flight_;
    bool polled_ = false;
    bool stalled_ = false;
    bool shut_down_ = false;
    bool hung_up_ = false;
    std::uint64_t bytes_sent_ = 0;
    std::uint64_t frames_sent_ = 0;
    int ends_ = 0;
    int marks_taken_ = 0;
    int marks_reported_ = 0;
    int rate_hz_ = 0;
    long sum_ = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    source in(data, size);
    const unsigned b = in.byte();
    const auto options = options_from(b);
    const bool server = (b & 128) == 0;
    run r(server ? session(role::server, options, epoch) : session(uuid{}, options, epoch), server);
    for (int commands = 0; commands < 200 && !in.empty(); ++commands)
        r.command(in);
    r.finish();
    return 0;
}
