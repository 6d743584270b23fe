// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/net/file_descriptor.hpp>

#include <unistd.h>

namespace audiosocket {

void file_descriptor::close() noexcept {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

} // namespace audiosocket
