// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/server/shards.hpp>

#include <stdexcept>
#include <string>

namespace audiosocket {

shards::shards(std::size_t count) {
    if (count < 1 || count > count_max)
        throw std::invalid_argument("shards: from 1 to " + std::to_string(count_max) + ", not " +
                                    std::to_string(count));
    for (std::size_t i = 0; i < count; ++i) {
        threads_.push_back(std::make_unique<io_thread>());
        contexts_.push_back(&threads_.back()->context());
    }
}

shards::~shards() {
    for (const auto& one : threads_)
        one->hang_up_all(); // first, so that they end together
    for (const auto& one : threads_)
        one->wait_for_calls();
    // A call of one thread may have its handlers on another thread. So all threads stop before the first io_context is
    // destroyed.
    for (const auto& one : threads_)
        one->stop();
}

} // namespace audiosocket
