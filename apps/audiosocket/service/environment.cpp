// SPDX-License-Identifier: Apache-2.0
#include "service/environment.hpp"

#include <cstdlib>

namespace audiosocket::app {

std::optional<std::string> take_variable(const std::string& name) {
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    std::string copy = value;
    unsetenv(name.c_str()); // NOLINT(concurrency-mt-unsafe): there are no threads yet
    return copy;
}

} // namespace audiosocket::app
