// SPDX-License-Identifier: Apache-2.0
// A raw stream as `inspect` reads it: any bytes of a caller or a server, perhaps with holes. Both reports are well
// formed, and do not depend on how the bytes are cut.
//
// Input: a byte for the side and the cutting, a byte that says where holes are, then the stream.

#include "fuzz/input.hpp"
#include "fuzz/reports.hpp"

using namespace audiosocket;
using namespace audiosocket::app::inspect;
using namespace std::chrono_literals;

namespace {

struct inspection {
    std::string messages; // a line of JSON each
    bool nonsense;
};

inspection inspected(std::span<const std::byte> bytes, side from, std::size_t piece) {
    fuzz::reports reports(true);
    inspection_totals totals;
    totals.calls = 1;
    call_inspector call({}, reports.seen_by());
    for (; !bytes.empty(); bytes = bytes.subspan(std::min(piece, bytes.size())))
        call.data(from, bytes.first(std::min(piece, bytes.size())), 0us);
    call.closed(from, ending::closed, 0us);
    totals.calls_with_findings = call.finish(0us) ? 0 : 1;
    reports.finish(totals);
    reports.check();
    return {reports.messages(), call.is_nonsense(from)};
}

// A call with a clock, whose bytes come slowly and with holes: nothing but bounds to check.
void inspect_in_time(std::span<const std::byte> bytes, side from, std::size_t piece, unsigned holes) {
    fuzz::reports reports(false);
    call_label label;
    label.caller = "192.0.2.1:1";
    label.server = "192.0.2.2:9092";
    label.started = std::chrono::system_clock::time_point{};
    call_inspector call(label, reports.seen_by());
    std::chrono::microseconds now{};
    for (unsigned n = 1; !bytes.empty(); ++n, bytes = bytes.subspan(std::min(piece, bytes.size()))) {
        now += std::chrono::milliseconds(holes % 64);
        const auto some = bytes.first(std::min(piece, bytes.size()));
        const auto sender = holes & 128 && n % 3 == 0 ? other(from) : from;
        if (holes & 64 && n % 5 == 0)
            call.lost(sender, some.size(), now);
        else
            call.data(sender, some, now);
    }
    call.closed(from, ending::reset, now);
    call.finish(now);
    inspection_totals totals;
    totals.calls = 1;
    reports.finish(totals);
    reports.check();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    const unsigned how = in.byte();
    const unsigned holes = in.byte();
    const auto bytes = in.rest();
    const side from = how % 2 == 0 ? side::caller : side::server;
    const auto whole = inspected(bytes, from, std::max<std::size_t>(bytes.size(), 1));
    const auto cut = inspected(bytes, from, 1 + how / 2);
    REQUIRE(cut.nonsense == whole.nonsense);
    if (!whole.nonsense) REQUIRE(cut.messages == whole.messages);
    inspect_in_time(bytes, from, 1 + how, holes);
    return 0;
}
