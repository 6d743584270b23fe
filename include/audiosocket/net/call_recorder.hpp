// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/call/call_monitor.hpp>
#include <audiosocket/net/recording_memory.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace audiosocket {

/// The options of a call_recorder: how it makes its file, and what it reports.
///
/// The functions are called one at a time, must not throw, and should be quick. They are kept until the file is
/// complete, which may be after the call_recorder was destroyed.
struct call_recorder_options {
    /// The sample rate of the file, in Hz. 0: the rate of the first audio of the peer. If the peer sends none in the
    /// first half second that has audio, our own rate.
    int rate_hz = 0;

    /// The mode of the file, without the bits of the process's umask.
    std::filesystem::perms mode{0640};

    /// A limit of memory that several recordings share. Null: only the limits of each recording apply.
    std::shared_ptr<recording_memory> memory = nullptr;

    /// Called on the disk executor before the file is created. Returns why the file must not be created, for example
    /// because too few open files are left; the recording fails with this reason then. An empty text creates the file.
    std::function<std::string()> objection = {};

    /// Called on the disk executor if a file of this name exists, with 2, then 3, and so on. Returns the name to try
    /// next. An empty path, or the thousandth name, ends the recording. Without this function an existing file ends the
    /// recording.
    std::function<std::filesystem::path(int attempt)> next_file = {};

    /// Called once if the recording fails, with one line that has the file and the reason. Called on the disk executor,
    /// or on the thread of the call if the disk is too slow.
    std::function<void(const std::string& why)> on_failure = {};

    /// Called once on the disk executor when the file is complete, if sound was dropped because it came too fast. Gets
    /// the length of that sound. See call_recorder::dropped().
    std::function<void(std::chrono::nanoseconds dropped)> on_dropped = {};
};

/// Records both sides of a call into a two-channel sound file: received left, sent right, aligned in time.
///
///     boost::asio::thread_pool disk{1};           // call disk.join() at the end, so that every piece is written
///     call_recorder_options options;              // without on_failure nothing says that a recording failed
///     options.on_failure = [](const std::string& why) { std::cerr << why << std::endl; };
///     auto recorder = std::make_shared<call_recorder>(disk.get_executor(), "calls/1.wav", options);
///     c.set_monitor(recorder);                    // before the first wait for an event
///     ...                                         // until ended_event
///     co_await recorder->async_finish(use_awaitable);
///
/// How it works: the thread of the call collects the sound and passes a piece to the disk executor every half second.
/// There a stereo_recorder writes it. So a slow disk never delays a frame. The disk executor is any executor of
/// Boost.Asio, for example of a `boost::asio::thread_pool`. Several recorders may share it, and it may have several
/// threads: the pieces of a recorder are written in order.
///
/// The file: its suffix chooses the format, see sound_writer. It is created with the first audio of the peer, or with
/// the first sound other than silence that we send. So a call without audio leaves no file. An existing file or
/// symbolic link is never overwritten.
///
/// Crash: a WAV file is readable at any moment. A crash of the process loses at most the last second, or the last two
/// seconds while only one side sends.
///
/// Limits: a piece has at most 1.5 s of sound of each side, because stereo_recorder would drop more as too early; the
/// rest is dropped and counted. At most 60 pieces (half a minute) or 16 MiB of samples wait for the disk. Beyond that
/// the recording fails, because memory is more important than one recording. A recording_memory limits all recordings
/// together. Sound for which operator new has no memory is dropped and counted; if the disk executor has no memory, the
/// recording fails.
///
/// A failure of the disk does not affect the call. It ends the recording and is reported once. What was written stays.
///
/// Threads: all members may be called on any thread, at any time. Lifetime: the context of the disk executor must
/// outlive the call_recorder. Pieces that wait for the disk do not need the call_recorder. They are lost if the context
/// is stopped or destroyed first; the file is complete up to there.
class AUDIOSOCKET_EXPORT call_recorder final : public call_monitor {
  public:
    /// Prepares a recording that starts now. Creates no file yet. `disk` is the executor that writes the file; its
    /// threads block on the disk. The directory of `file` must exist.
    /// Throws std::invalid_argument for a rate that sound_writer does not support.
    call_recorder(boost::asio::any_io_executor disk, std::filesystem::path file, call_recorder_options options = {});
    call_recorder(const call_recorder&) = delete;
    call_recorder& operator=(const call_recorder&) = delete;

    /// Completes the file in the background, as finish() does.
    ~call_recorder() override;

    /// Adds a copy of samples of the left channel. The call does this after set_monitor(). Never blocks on the disk.
    /// Has no effect after finish() or a failure.
    void received(std::span<const std::int16_t> samples, int rate_hz, time_point at) override;

    /// Adds a copy of samples of the right channel. Otherwise the same as received().
    void sent(std::span<const std::int16_t> samples, int rate_hz, time_point at) override;

    /// Completes the file in the background. On a disk executor with one thread, work that is posted after this runs
    /// when the file is complete. A second call has no effect.
    void finish();

    /// Completes the file, and waits until it is complete and closed.
    ///
    /// Completes with `void(boost::system::error_code)`. The error is `boost::system::errc::io_error` after a failure,
    /// see failure(). Dropped sound, or a call without audio, is not an error. The handler runs on its associated
    /// executor, by default the disk executor, and never within this function. Several waits may be in progress. Does
    /// not support cancellation. The call_recorder may be destroyed meanwhile. If there is no memory to post the
    /// handler, it is destroyed.
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(boost::system::error_code))
                  CompletionToken = boost::asio::deferred_t>
    [[nodiscard("nothing starts without a token: pass a handler, use_awaitable or detached")]] auto
    async_finish(CompletionToken&& token = CompletionToken()) {
        return boost::asio::async_initiate<CompletionToken, void(boost::system::error_code)>(
            [kept = state_, disk = disk_](auto handler) {
                using handler_type = decltype(handler);
                using executor_type = boost::asio::associated_executor_t<handler_type, boost::asio::any_io_executor>;
                struct waiter {
                    handler_type handler;
                    boost::asio::executor_work_guard<executor_type> work;
                };
                auto executor = boost::asio::get_associated_executor(handler, disk);
                const auto waiting = std::make_shared<waiter>(
                    waiter{std::move(handler), boost::asio::executor_work_guard<executor_type>(std::move(executor))});
                finish(*kept, [waiting](boost::system::error_code error) {
                    const auto work = std::move(waiting->work);
                    boost::asio::post(work.get_executor(),
                                      [h = std::move(waiting->handler), error]() mutable { std::move(h)(error); });
                });
            },
            token);
    }

    /// Returns the path of the file; empty until it is created.
    std::filesystem::path file() const;

    /// Returns the length of the sound in the file.
    std::chrono::nanoseconds duration() const;

    /// Returns the length of the sound that was dropped because it came too fast or found no memory, the sum of both
    /// sides. Updated when a piece is written.
    std::chrono::nanoseconds dropped() const;

    /// Returns one line for people that says why the recording failed; empty while it has not failed.
    std::string failure() const;

  private:
    struct AUDIOSOCKET_HIDDEN state;
    using waiting_handler = std::function<void(boost::system::error_code)>;

    static void finish(state& recording, waiting_handler waiter);

    const boost::asio::any_io_executor disk_;
    const std::shared_ptr<state> state_; // shared with the pieces that wait for the disk
};

} // namespace audiosocket
