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

} // namespace audiosocket
