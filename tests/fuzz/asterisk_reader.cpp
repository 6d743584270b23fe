// SPDX-License-Identifier: Apache-2.0
// What a server sends, in pieces and with pauses, as each release of Asterisk reads it. A call ends once, at its time,
// with a reason. If no time passes between the bytes, cutting them changes nothing.
//
// Input: bytes for the release and the interface; then for each step what happens, and a length of bytes or time.

#include "fuzz/input.hpp"
#include "fuzz/require.hpp"

#include <audiosocket/asterisk/reader.hpp>

using namespace audiosocket;
using namespace std::chrono_literals;

namespace {

const time_point epoch{1000h};

// Lets time pass up to `end`, from deadline to deadline.
void pass(asterisk::reader& r, time_point& now, time_point end) {
    for (int idle = 0; r.deadline() <= end && idle < 10; ++idle) {
        if (r.deadline() > now) idle = 0;
        now = std::max(now, r.deadline());
        r.advance(now);
        REQUIRE(r.deadline() > now || idle < 9);
    }
    now = end;
    r.advance(now);
}

struct story {
    explicit story(fuzz::input in, bool bytewise) : cut(bytewise) {
        const auto releases = asterisk::releases();
        const auto& release = releases[in.byte() % releases.size()];
        const auto through = in.byte() % 2 == 0 ? asterisk::interface::application : asterisk::interface::channel;
        asterisk::reader r(release, through, epoch);
        time_point now = epoch;
        for (int steps = 0; steps < 100 && !in.empty(); ++steps) {
            step(r, in, now);
            REQUIRE(r.blocked_max(now) <= now - epoch);
            if (outcome) {
                REQUIRE(r.end() && r.end()->why == outcome->why && r.end()->at == outcome->at);
                REQUIRE(r.deadline() == time_point::max());
            }
            if (r.end() && !outcome) {
                outcome = r.end();
                REQUIRE(outcome->at <= now && !outcome->why.empty());
            }
        }
        pass(r, now, now + 10s);
        blocked = r.blocked_max(now);
        outcome = r.end();
    }

    void step(asterisk::reader& r, fuzz::input& in, time_point& now) const {
        const unsigned what = in.byte();
        switch (what % 8) {
        case 0: r.receive_end(now); break;
        case 1: r.receive_reset(now); break;
        case 2: r.sent(what & 128, now); break;
        case 3: pass(r, now, now + std::chrono::milliseconds(in.byte())); break;
        case 4: pass(r, now, now + std::chrono::milliseconds(in.word() % 5000)); break;
        default: {
            auto bytes = in.some(in.byte());
            if (what % 8 == 7) { // a whole message
                const auto length = bytes.size();
                bytes.insert(bytes.begin(), {std::byte{0x10}, std::byte(length >> 8), std::byte(length & 0xff)});
            }
            // Some releases read a header that is cut in another way, so only those bytes that they keep are cut.
            const bool may_cut = cut && r.of().header != asterisk::header_reading::one_read &&
                                 r.of().header != asterisk::header_reading::misplaced && r.of().waits_for_payload;
            for (std::size_t at = 0; may_cut && at < bytes.size(); ++at)
                r.receive(std::span(bytes).subspan(at, 1), now);
            if (!may_cut) r.receive(bytes, now);
        }
        }
    }

    const bool cut;
    std::optional<asterisk::call_outcome> outcome;
    std::chrono::nanoseconds blocked{};
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const story whole(fuzz::input(data, size), false);
    const story bytewise(fuzz::input(data, size), true);
    REQUIRE(whole.outcome.has_value() == bytewise.outcome.has_value());
    if (!whole.outcome) return 0;
    REQUIRE(whole.outcome->what == bytewise.outcome->what && whole.outcome->at == bytewise.outcome->at);
    REQUIRE(whole.outcome->by_server == bytewise.outcome->by_server && whole.outcome->log == bytewise.outcome->log);
    return 0;
}
