// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/server_report.hpp"
#include "live/live_call.hpp"
#include "live/recording.hpp"
#include "live/recording_counts.hpp"
#include "log/peer_quota.hpp"

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>

namespace audiosocket::app {

/// The recordings of all calls: the thread that writes them, their common limits and their counters. Reports and counts
/// each recording that fails or lacks sound. Safe from any thread.
class call_recordings {
  public:
    /// Recordings that the calls of one peer may begin in this time. A large Asterisk begins a hundred calls a second,
    /// or all of its calls at once after a restart. Without a limit, a flood of short calls would make thousands of
    /// files a second.
    static constexpr std::uint64_t begun_max = 1000;
    static constexpr std::chrono::seconds begun_time{10};

    /// `memory_bytes_max` limits the sound of all recordings that waits for the disk. Half of it is divided among
    /// `calls_max` calls.
    call_recordings(server_report& report, std::size_t memory_bytes_max, std::size_t calls_max);

    /// Records this call into the folder, beginning with its first event. Called before that event.
    void record(live_call& c, const std::filesystem::path& folder);

    recording_counts counts() const;

    /// Reports the sound that was left out for lack of memory since the last report. Called once a second.
    void sum_up();

    /// Returns the thread that writes.
    disk_thread& disk() noexcept { return disk_; }

  private:
    bool allows(const boost::asio::ip::address& peer);
    void failed(const call_name& which, const std::string& why);

    server_report& report_;
    const std::shared_ptr<recording_memory> memory_;
    std::atomic<std::uint64_t> begun_{0};
    std::atomic<std::uint64_t> failed_{0};
    std::atomic<std::chrono::nanoseconds::rep> dropped_{0};
    std::uint64_t refused_reported_ = 0; // left out for lack of memory; used by sum_up()
    std::mutex using_quota_;
    peer_quota quota_{begun_max, begun_time};
    disk_thread disk_; // last, because handlers on it use the other members
};

} // namespace audiosocket::app
