// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/export.hpp>

#include <stdexcept>

namespace audiosocket {

/// A sound file that cannot be opened. what() is one line for a person: the file, what is wrong
/// with it, and what to do.
class AUDIOSOCKET_EXPORT sound_error : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/// A file that neither its content nor its name shows to be sound.
class AUDIOSOCKET_EXPORT sound_unrecognised : public sound_error {
  public:
    using sound_error::sound_error;
};

/// A sound file that was not created because its name is taken (file_creation::exclusive).
class AUDIOSOCKET_EXPORT sound_file_exists : public sound_error {
  public:
    using sound_error::sound_error;
};

} // namespace audiosocket
