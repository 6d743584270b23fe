// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ostream>
#include <string>

namespace audiosocket::app::inspect {

struct sound_inspection {
    std::string path;
    std::string svg; ///< File for the picture; empty: none.
    bool json = false;
    /// Width in characters of a drawing below the figures; 0: no drawing.
    int text_columns = 0;
};

/// Shows a sound file: format, rate, length, notes of the reader, the level of each channel, and the waveform. A file
/// with two channels is shown as a recorded call: the caller, and what was played to the caller. Returns false if the
/// file cannot be read to its end. Throws sound_error, failure.
bool inspect_sound(const sound_inspection& what, std::ostream& out);

} // namespace audiosocket::app::inspect
