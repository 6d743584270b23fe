// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/export.hpp>

#include <stdexcept>

namespace audiosocket {

/// Thrown for a sound file that cannot be opened. what() is one line for people: the file, what is wrong with it, and
/// what to do.
class AUDIOSOCKET_EXPORT sound_error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// Thrown for a file that is not sound, neither by its content nor by its name.
class AUDIOSOCKET_EXPORT sound_unrecognised : public sound_error {
  public:
    using sound_error::sound_error;
};

/// Thrown if a sound file cannot be created because a file of this name exists (file_creation::exclusive).
class AUDIOSOCKET_EXPORT sound_file_exists : public sound_error {
  public:
    using sound_error::sound_error;
};

} // namespace audiosocket
