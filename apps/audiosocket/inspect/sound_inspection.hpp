// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>

namespace audiosocket::app::inspect {

struct sound_inspection {
    std::string path;
    std::string svg; ///< File for the picture; empty: none.
    bool json = false;
    /// For a drawing of so many characters below the figures; 0: none.
    int text_columns = 0;
};

/// Shows what is in a sound file: format, rate, length, notes of the reader, the level of each channel, and the
/// waveform. A file of two channels is taken for a recorded call: the caller, and what was played to the caller.
/// False when the file cannot be read to its end. Throws sound_error, failure.
bool inspect_sound(const sound_inspection& what, std::ostream& out);

} // namespace audiosocket::app::inspect
