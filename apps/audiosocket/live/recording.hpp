#pragma once

#include <audiosocket/audio/stereo_recorder.hpp>
#include <audiosocket/call/call_monitor.hpp>

#include <boost/asio/thread_pool.hpp>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace audiosocket::app {

/// The thread that writes to disk, so that a slow disk never delays a frame.
class disk_thread : public boost::asio::thread_pool {
  public:
    disk_thread() : boost::asio::thread_pool(1) {}
};

/// Records both sides of a call into a two-channel file: the caller left, what we played right.
///
/// How it works: what passes is collected here, on the thread of the call, and every half second handed as one piece
/// to the disk thread, where a stereo_recorder lays it into the file: FOLDER/ID-TIME.wav, never one that exists. Its
/// rate is that of the caller's first audio, or ours if he has said nothing by the first piece.
///
/// A file or disk that fails never disturbs the call: `on_failure` is told once, with how far the recording got.
class call_recording final : public call_monitor, public std::enable_shared_from_this<call_recording> {
  public:
    /// Is told why the recording stopped, in one line, on whichever thread found out.
    using failure_handler = std::function<void(const std::string&)>;

    /// For a call of this id that starts now.
    call_recording(disk_thread& disk, std::filesystem::path folder, const uuid& id, failure_handler on_failure);

    void received(std::span<const std::int16_t> samples, int rate_hz, time_point at) override;
    void sent(std::span<const std::int16_t> samples, int rate_hz, time_point at) override;

    /// Completes the file, in the background.
    void finish();

  private:
    enum class side { received, sent };
    struct block {
        side from;
        int rate_hz;
        std::chrono::nanoseconds at;
        std::vector<std::int16_t> samples;
    };
    using piece = std::vector<block>;

    void add(side from, std::span<const std::int16_t> samples, int rate_hz, time_point at);
    void hand_over(bool last);
    void write(const piece& blocks, bool last);
    void lay(const piece& blocks);
    void fail(const std::string& why);

    disk_thread& disk_;
    const std::filesystem::path folder_;
    const std::string name_; // of the file, without suffix
    const time_point start_;
    const failure_handler on_failure_;

    piece collected_;
    std::size_t collected_samples_ = 0;
    time_point handed_over_at_;
    std::atomic<std::size_t> pieces_waiting_ = 0;
    std::atomic<bool> failed_ = false;

    std::optional<stereo_recorder> recorder_; // on the disk thread only
};

} // namespace audiosocket::app
