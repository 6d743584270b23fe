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

/// How a call_recorder makes its file, and what it reports.
///
/// The functions are called at most one at a time, must not throw, and should be quick. They live until the file is
/// complete, which may be after the call_recorder is gone.
struct call_recorder_options {
    /// Sample rate of the file. 0: the rate of the first audio that the peer sends, or our own rate if the peer sends
    /// none in the first half second that has audio.
    int rate_hz = 0;

    /// Mode of the file, less the umask of the process.
    std::filesystem::perms mode{0640};

    /// Memory that several recordings share. Null: only the bounds of each recording hold.
    std::shared_ptr<recording_memory> memory = nullptr;

    /// Called on the disk executor before the file is created. Returns why it must not be, for example because too few
    /// open files are left: then the recording has failed for this reason. Empty: it is created.
    std::function<std::string()> objection = {};

    /// Called on the disk executor when the name of the file is taken, with 2, then 3, and so on. Returns the name to
    /// try next. An empty path ends the recording, and so does the thousandth name. Without this function the first
    /// taken name ends the recording.
    std::function<std::filesystem::path(int attempt)> next_file = {};

    /// Called once if the recording fails, with the file and the reason in one line. On the disk executor, or, if the
    /// disk is too slow, on the thread of the call.
    std::function<void(const std::string& why)> on_failure = {};

    /// Called once when the file is complete, on the disk executor, if it lacks sound that came too fast, with the
    /// length of that sound. See call_recorder::dropped().
    std::function<void(std::chrono::nanoseconds dropped)> on_dropped = {};
};

/// Records both sides of a call into a two-channel sound file: received left, sent right, aligned in time.
///
///     boost::asio::thread_pool disk{1};           // call disk.join() before it goes, so that every piece is written
///     call_recorder_options options;              // without on_failure nothing says that a recording failed
///     options.on_failure = [](const std::string& why) { std::cerr << why << std::endl; };
///     auto recorder = std::make_shared<call_recorder>(disk.get_executor(), "calls/1.wav", options);
///     c.set_monitor(recorder);                    // before the first wait for an event
///     ...                                         // until ended_event
///     co_await recorder->async_finish(use_awaitable);
///
/// How it works: what passes is collected on the thread of the call, and given to the disk executor as a piece every
/// half second. There a stereo_recorder writes it. So a slow disk never delays a frame. The disk executor is any
/// executor of Boost.Asio, for example of a `boost::asio::thread_pool`. Many recorders may share it, and it may have
/// several threads: pieces of one recorder are written in order.
///
/// The file: its suffix chooses the format, see sound_writer. It is created with the first audio that the peer sends,
/// or with the first sound other than silence that we send. So a call without audio leaves no file. It is never a
/// file or a symbolic link that exists already.
///
/// Crash: a WAV file is readable at any moment. A crash of the process loses at most the last second, or the last two
/// while only one side sends.
///
/// Bounds: a piece takes 1.5 s of sound of each side, because stereo_recorder would drop more as too early; the rest
/// is dropped and counted. 60 pieces wait for the disk, which is half a minute, and 16 MiB of samples. After that the
/// recording fails, because memory matters more than this recording. A recording_memory bounds all recordings together.
///
/// A failure of the disk never disturbs the call. It ends the recording, is reported once, and what was written
/// stays.
///
/// Threads: all members may be called on any thread, at any time. Lifetime: the disk executor's context must outlive
/// the call_recorder. Pieces on their way do not need the call_recorder. They are lost if the context is stopped or
/// destroyed first; what was written then remains a complete file.
class AUDIOSOCKET_EXPORT call_recorder final : public call_monitor {
  public:
    /// Prepares a recording that starts now. Touches no file yet.
    /// `disk` is where the file is written; its threads block on the disk. `file` is in a directory that exists.
    /// `options` says how the file is made, and what is reported.
    /// Throws std::invalid_argument for a rate that sound_writer does not take.
    call_recorder(boost::asio::any_io_executor disk, std::filesystem::path file, call_recorder_options options = {});
    call_recorder(const call_recorder&) = delete;
    call_recorder& operator=(const call_recorder&) = delete;

    /// Calls finish().
    ~call_recorder() override;

    /// Adds samples of the left channel. The call does this through set_monitor(). Copies them, and never blocks on the
    /// disk. Does nothing after finish() or a failure.
    void received(std::span<const std::int16_t> samples, int rate_hz, time_point at) override;

    /// Adds samples of the right channel, as received() does.
    void sent(std::span<const std::int16_t> samples, int rate_hz, time_point at) override;

    /// Completes the file in the background. On an executor with one thread, what is posted after this call runs when
    /// the file is complete. A second call does nothing.
    void finish();

    /// Completes the file, and waits until it is complete and closed.
    ///
    /// Completes with `void(boost::system::error_code)`: no error if everything was written, also if the call had no
    /// audio; `boost::system::errc::io_error` after a failure, see failure(). Sound that was dropped is not an error.
    /// The handler runs on its associated executor, by default the disk executor, and never within this call. Several
    /// waits may be in progress. Does not support cancellation. The call_recorder may be destroyed meanwhile.
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

    /// Returns the name of the file; empty until it was created.
    std::filesystem::path file() const;

    /// Returns the length of what is in the file.
    std::chrono::nanoseconds duration() const;

    /// Returns the length of the sound that came too fast and is not in the file, of both sides together. Up to date
    /// with what was written.
    std::chrono::nanoseconds dropped() const;

    /// Returns why the recording failed, in one line; empty while it has not.
    std::string failure() const;

  private:
    struct AUDIOSOCKET_HIDDEN state;
    using waiting_handler = std::function<void(boost::system::error_code)>;

    static void finish(state& recording, waiting_handler waiter);

    const boost::asio::any_io_executor disk_;
    const std::shared_ptr<state> state_; // shared with the pieces on their way
};

} // namespace audiosocket
