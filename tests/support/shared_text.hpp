// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <string>
#include <utility>

namespace audiosocket::test {

/// A text that one thread writes and another one reads, such as what a script on its own thread has seen.
class shared_text {
  public:
    void set(std::string to) {
        const std::lock_guard lock(using_);
        text_ = std::move(to);
    }

    std::string get() const {
        const std::lock_guard lock(using_);
        return text_;
    }

  private:
    mutable std::mutex using_;
    std::string text_;
};

} // namespace audiosocket::test
