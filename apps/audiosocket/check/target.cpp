// SPDX-License-Identifier: Apache-2.0
#include "check/target.hpp"

#include "base/failure.hpp"
#include "check/test_audio.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace audiosocket::app::check {
namespace {

// A server that has sent nothing by now waits to receive something first.
constexpr milliseconds sends_within{500};
constexpr milliseconds echo_takes_at_most{1500};

// A server at its limit of calls may accept again when earlier calls have ended.
constexpr int call_tries = 3;
constexpr milliseconds after_refusal{300};

// Returns a call that the server accepts. Throws failure if it accepts none.
line first_call(const target& t, line l) {
    for (int tries = 0; tries < call_tries; ++tries) {
        if (tries > 0) {
            line again(t.where);
            if (!again.connected()) throw failure(exit_code::network, "the server accepts no second connection");
            l = std::move(again);
        }
        l.send(id_message(uuid::random()));
        l.pass(sends_within, [&] { return !l.open() || l.bytes_received() > 0; });
        if (l.open() || l.bytes_received() > 0) return l;
        l.pass(after_refusal);
    }
    throw failure(exit_code::network, "the server closes each connection without a byte: a limit of calls, of "
                                      "connections from one address, or of addresses? See its log");
}

void expect_audiosocket(const line& l) {
    if (const auto other = l.something_else()) throw failure(exit_code::findings, to_text(*other));
    if (l.end() == ending::flooded) {
        throw failure(
            exit_code::findings,
            fmt::format(
                "the server floods: {} audio messages within its first two seconds; send 20 ms of audio every 20 ms",
                l.frames()));
    }
}

traits probe_audio(const target& t, line first) {
    traits seen;
    line l = first_call(t, std::move(first));
    seen.sends_first = l.pass(sends_within, [&] { return l.frames() > 0 || !l.open(); }) && l.frames() > 0;
    expect_audiosocket(l);
    l.send_audio(numbers());
    l.pass(echo_takes_at_most, [&] { return !l.open() || numbers_in_order(without_silence(l.samples())) >= 160; });
    expect_audiosocket(l);
    seen.echoes = numbers_in_order(without_silence(l.samples())) >= 160;
    seen.answers = l.frames() > 0;
    return seen;
}

bool obeys_requests(const target& t) {
    line l = dial(t, request_id(request::spell));
    error_code fine;
    l.send(dtmf_message('5', fine));
    return l.pass(milliseconds(500), [&] {
        const auto received = l.samples();
        return std::ranges::count(received, spelled('5')) >= static_cast<std::ptrdiff_t>(spelled_samples);
    });
}

} // namespace

line dial(const target& t, const uuid& id, const buffers& how) {
    line l(t.where, how);
    l.send(id_message(id));
    return l;
}

traits probe(const target& t, line first) {
    traits seen = probe_audio(t, std::move(first));
    if (seen.echoes) seen.obeys_requests = obeys_requests(t);
    return seen;
}

} // namespace audiosocket::app::check
