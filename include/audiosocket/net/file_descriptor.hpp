// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/export.hpp>

#include <utility>

namespace audiosocket {

/// Owns one open file descriptor of this process, and closes it. Move-only; may be empty.
class AUDIOSOCKET_EXPORT file_descriptor {
  public:
    /// Makes an empty object.
    file_descriptor() noexcept = default;

    /// Takes ownership of this descriptor. A negative number, with which the system reports a failure, makes an empty
    /// object.
    explicit file_descriptor(int descriptor) noexcept : descriptor_(descriptor < 0 ? -1 : descriptor) {}

    /// Takes the descriptor of the other, which is empty afterwards.
    file_descriptor(file_descriptor&& other) noexcept : descriptor_(other.release()) {}

    /// Closes its own descriptor and takes that of the other, which is empty afterwards.
    file_descriptor& operator=(file_descriptor&& other) noexcept {
        if (this == &other) return *this;
        close();
        descriptor_ = other.release();
        return *this;
    }

    ~file_descriptor() { close(); }

    /// Returns whether it owns a descriptor.
    explicit operator bool() const noexcept { return descriptor_ >= 0; }

    /// Returns the descriptor, which this object still owns; -1 if empty.
    int get() const noexcept { return descriptor_; }

    /// Gives up the descriptor, which the caller of this function owns from now on; -1 if empty.
    [[nodiscard]] int release() noexcept { return std::exchange(descriptor_, -1); }

    /// Closes the descriptor. Has no effect if empty.
    void close() noexcept;

  private:
    int descriptor_ = -1;
};

} // namespace audiosocket
