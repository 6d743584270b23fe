// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/export.hpp>

#include <utility>

namespace audiosocket {

/// Owns one open file descriptor of this process, and closes it. Move-only; -1 where it owns none.
class AUDIOSOCKET_EXPORT file_descriptor {
  public:
    /// Owns none.
    file_descriptor() noexcept = default;

    /// Takes over this descriptor. A negative number, which is how the system reports a failure, is none.
    explicit file_descriptor(int descriptor) noexcept : descriptor_(descriptor < 0 ? -1 : descriptor) {}

    /// Takes over the descriptor of the other, which owns none afterwards.
    file_descriptor(file_descriptor&& other) noexcept : descriptor_(other.release()) {}

    /// Closes the descriptor that it owned before.
    file_descriptor& operator=(file_descriptor&& other) noexcept {
        if (this == &other) return *this;
        close();
        descriptor_ = other.release();
        return *this;
    }

    ~file_descriptor() { close(); }

    /// Returns whether it owns a descriptor.
    explicit operator bool() const noexcept { return descriptor_ >= 0; }

    /// Returns the descriptor, which stays owned; -1 where there is none.
    int get() const noexcept { return descriptor_; }

    /// Returns the descriptor, which the caller owns from now on; -1 where there is none.
    [[nodiscard]] int release() noexcept { return std::exchange(descriptor_, -1); }

    /// Closes the descriptor. Does nothing where there is none.
    void close() noexcept;

  private:
    int descriptor_ = -1;
};

} // namespace audiosocket
