// SPDX-License-Identifier: Apache-2.0
// A tape of the gateway. Any content is read to its end and printed in both ways, without characters that control a
// terminal. It becomes a script that can be played, or is refused with a text.
//
// Input: the file.

#include "fuzz/require.hpp"

#include "base/failure.hpp"
#include "gateway/replay_script.hpp"
#include "inspect/tape_inspection.hpp"

#include <algorithm>
#include <cstring>
#include <sstream>

using namespace audiosocket;
using namespace audiosocket::app;

namespace {

tape::tape_reader::source source_of(std::span<const std::uint8_t> file) {
    return [file](std::span<std::byte> to) mutable {
        const auto got = std::min(to.size(), file.size());
        std::memcpy(to.data(), file.data(), got);
        file = file.subspan(got);
        return got;
    };
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    try {
        for (const bool json : {false, true}) {
            std::ostringstream out;
            tape::tape_reader tape(source_of({data, size}));
            const bool good = inspect::inspect_tape(tape, {.all = size % 2 == 1, .json = json}, out);
            REQUIRE(good == tape.damages().empty());
            REQUIRE(out.str().find('\x1b') == std::string::npos);
        }
        tape::tape_reader tape(source_of({data, size}));
        const auto script = app::gateway::read_script(tape);
        REQUIRE(script.rate_hz >= 8000);
        for (const auto& one : script.sounds)
            REQUIRE(one.at.count() >= 0 && !one.samples.empty());
    } catch (const failure& e) {
        REQUIRE(*e.what() != '\0');
    }
    return 0;
}
