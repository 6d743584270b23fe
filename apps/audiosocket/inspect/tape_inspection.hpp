// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tape/tape_reader.hpp"

#include <iosfwd>

namespace audiosocket::app::inspect {

/// How a tape is printed.
struct tape_output {
    bool all = false; ///< A line for each piece of audio, instead of a line for each second.
    bool json = false;
};

/// Prints a tape as a timeline, and its sums. Returns whether all of it could be read.
bool inspect_tape(tape::tape_reader& tape, const tape_output& how, std::ostream& out);

} // namespace audiosocket::app::inspect
