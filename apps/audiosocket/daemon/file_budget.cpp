// SPDX-License-Identifier: Apache-2.0
#include "daemon/file_budget.hpp"

#include <algorithm>

namespace audiosocket::app {
namespace {

constexpr std::size_t per_shard = 3;   // of Asio's reactor
constexpr std::size_t of_admin = 64;   // the admin address uses up to 40
constexpr std::size_t of_process = 56; // libraries, listening sockets, the log, a hand-over

} // namespace

file_budget::file_budget(const daemon_options& options)
    : per_call_(1 + (options.record.empty() ? 0 : 1) + options.files_of_call),
      handshakes_(options.listener.handshakes_max), of_verb_(options.files_of_verb),
      others_(of_admin + of_process + options.shards * per_shard + options.files_of_verb) {}

std::size_t file_budget::calls_within(std::size_t files) const noexcept {
    const std::size_t kept = std::min(others_, files / 4) + std::min(handshakes_, files / 8);
    return std::max<std::size_t>(1, (files - kept) / per_call_);
}

std::size_t file_budget::reserved() const noexcept {
    return of_admin + of_verb_;
}

} // namespace audiosocket::app
