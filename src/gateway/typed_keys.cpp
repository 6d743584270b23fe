// SPDX-License-Identifier: Apache-2.0
#include "gateway/typed_keys.hpp"

#include <utility>

namespace audiosocket::gateway {

bool typed_keys::add(char key, time_point at) {
    keys_ += key;
    last_ = at;
    return key == '#' || keys_.size() >= keys_max;
}

time_point typed_keys::deadline() const noexcept {
    return keys_.empty() ? time_point::max() : last_ + pause;
}

std::string typed_keys::take() {
    return "The caller pressed these keys of the telephone: " + std::exchange(keys_, {});
}

} // namespace audiosocket::gateway
