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

/// The recordings of all calls: the thread that writes them, the bounds that they share, and what became of them.
/// Each recording that fails or lacks sound is reported and counted. Safe from any thread.
class call_recordings {
  public:
    /// Recordings that calls of one peer may begin in so many seconds. A large Asterisk begins a hundred calls a
    /// second, or all of its calls at once after a restart. A flood of tiny calls would make thousands of files a
    /// second.
    static constexpr std::uint64_t begun_max = 1000;
    static constexpr std::chrono::seconds begun_time{10};

    /// `memory_bytes_max` bounds the sound of all recordings that waits for the disk; each of `calls_max` calls has its
    /// part of half of it.
    call_recordings(server_report& report, std::size_t memory_bytes_max, std::size_t calls_max);

    /// Records this call into the folder, from its first event on. Called before that.
    void record(live_call& c, const std::filesystem::path& folder);

    recording_counts counts() const;

    /// Reports sound that found no memory since the last time. Called once a second.
    void sum_up();

    /// The thread that writes.
    disk_thread& disk() noexcept { return disk_; }

  private:
    bool allows(const boost::asio::ip::address& peer);
    void failed(const call_name& which, const std::string& why);

    server_report& report_;
    const std::shared_ptr<recording_memory> memory_;
    std::atomic<std::uint64_t> begun_{0};
    std::atomic<std::uint64_t> failed_{0};
    std::atomic<std::chrono::nanoseconds::rep> dropped_{0};
    std::uint64_t refused_reported_ = 0; // of the memory; by sum_up()
    std::mutex using_quota_;
    peer_quota quota_{begun_max, begun_time};
    disk_thread disk_; // last: what runs there uses the others
};

} // namespace audiosocket::app
