// SPDX-License-Identifier: Apache-2.0
#include "daemon/call_recordings.hpp"

#include "base/file_limit.hpp"

#include <audiosocket/net/file_descriptor.hpp>

#include <fmt/format.h>

#include <fcntl.h>

#include <algorithm>
#include <utility>

namespace audiosocket::app {
namespace {

// Open files that recordings must leave free: the admin address uses up to 40, a hand-over and a reload need some more.
// A small limit reserves less; the listener's own reserve, which is larger, works in the same way.
constexpr std::size_t files_left = 48;

// The kernel uses the lowest free descriptor, so the number of a new descriptor shows how many are in use.
std::string files_objection() {
    const file_descriptor next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const std::size_t files = file_limit();
    const std::size_t left = std::min(files_left, files / 4 * 3 / 4);
    if (next && static_cast<std::size_t>(next.get()) < files - left) return {};
    return fmt::format("too few open files are left of {}; raise the limit (ulimit -n, LimitNOFILE=)", files);
}

} // namespace

call_recordings::call_recordings(server_report& report, std::size_t memory_bytes_max, std::size_t calls_max)
    : report_(report), memory_(std::make_shared<recording_memory>(memory_bytes_max, calls_max)) {}

void call_recordings::record(live_call& c, const std::filesystem::path& folder) {
    const call_name which{to_string(c.line().id()), c.line().peer()};
    ++begun_;
    if (!allows(which.peer.address()))
        return failed(
            which, fmt::format("its address has begun {} recordings within {} seconds", begun_max, begun_time.count()));
    call_recorder_options options;
    options.memory = memory_;
    options.objection = files_objection;
    options.on_failure = [this, which](const std::string& why) { failed(which, why); };
    options.on_dropped = [this, which](std::chrono::nanoseconds dropped) {
        dropped_ += dropped.count();
        report_.recording_dropped(which, dropped);
    };
    c.record(record_call(disk_, folder, c.line().id(), std::move(options)));
}

bool call_recordings::allows(const boost::asio::ip::address& peer) {
    const std::lock_guard lock(using_quota_);
    quota_.take_left_out(clock::now()); // each was reported when it happened
    return quota_.allows(peer, clock::now());
}

void call_recordings::failed(const call_name& which, const std::string& why) {
    ++failed_;
    report_.recording_failed(which, why);
}

recording_counts call_recordings::counts() const {
    return {begun_,
            failed_,
            std::chrono::nanoseconds(dropped_),
            memory_->bytes(),
            memory_->bytes_max(),
            memory_->bytes_refused()};
}

void call_recordings::sum_up() {
    const auto refused = memory_->bytes_refused();
    if (refused == refused_reported_) return;
    report_.recordings_overflow(refused - std::exchange(refused_reported_, refused), memory_->bytes_max());
}

} // namespace audiosocket::app
