// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "error.hpp"
#include "event_queue.hpp"
#include "received_audio.hpp"

#include <audiosocket/net/call.hpp>
#include <audiosocket/net/call_recorder.hpp>
#include <audiosocket/net/playout_stream.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>

namespace audiosocket::c {

/// What an engine gives to its calls.
struct surroundings {
    std::shared_ptr<event_queue> queue;
    boost::asio::any_io_executor disk; ///< Where recordings are written.
    std::weak_ptr<const void> engine;  ///< While it is locked, the threads of the calls exist.
};

class call_state;

/// What a handler of the library owes the application: the event of a ticket. A handler that finds no memory is
/// destroyed without being called; then the destructor reports that. It does nothing on the thread that made it,
/// because there the function that failed to start the operation reports it.
class owed_event {
  public:
    owed_event(std::shared_ptr<call_state> state, audiosocket_event_type how, std::uint64_t ticket)
        : state_(std::move(state)), how_(how), ticket_(ticket) {}
    owed_event(owed_event&&) noexcept = default;
    owed_event& operator=(owed_event&&) = delete;
    ~owed_event();

    /// The handler runs: returns the call, to which it reports.
    std::shared_ptr<call_state> take() noexcept { return std::move(state_); }

  private:
    std::shared_ptr<call_state> state_;
    audiosocket_event_type how_;
    std::uint64_t ticket_;
    std::thread::id maker_ = std::this_thread::get_id();
};

/// A call of the C interface: takes the events of an audiosocket::call on its thread, keeps the received audio, and
/// puts the rest into the queue of the engine.
///
/// Members may be called on any thread. Only attach(), and what the call reports, belong to the thread of the call. The
/// handle of the call is there from attach() until drop(), which the application calls last.
class call_state final : public std::enable_shared_from_this<call_state> {
  public:
    /// Events of one call that wait for the application. Beyond, its session holds them, by its own bounds: so an
    /// application that takes no events costs bounded memory. The bound is five seconds of audio events.
    static constexpr int waiting_max = 256;

    /// How many tickets of a call may be without their event.
    static constexpr int tickets_max = 10'000;

    call_state(surroundings where, role side, const uuid& id, const call_options& rules, const audio_options& audio);

    /// Sets the handle that the application has, before the first event.
    void set_handle(audiosocket_call* handle) noexcept { handle_ = handle; }
    audiosocket_call* handle() const noexcept { return handle_; }

    /// Takes the call over. Returns false if the application has freed it meanwhile.
    bool attach(call line);

    /// Sets what drop() calls, from any thread, if the call is not attached until then.
    void on_drop(std::function<void()> cancel) { cancel_ = std::move(cancel); }

    /// Begins to take the events of the call, or goes on after a pause.
    void take_events() noexcept;

    /// Calls `work`. If it throws, which it does only without memory, ends the call: an exception would end the thread
    /// of all calls.
    template <class Work>
    void safely(Work work) noexcept {
        try {
            work();
        } catch (...) {
            give_up();
        }
    }

    /// Puts an event of this call into the queue, unless the application has freed the call, or its end is queued.
    void push(pending_event event);

    /// Reports that there will be no call.
    void fail(const error_code& why) noexcept;

    /// The application has freed the call: hangs up, and reports nothing more.
    void drop() noexcept;
    bool freed() const noexcept { return freed_; }

    /// An event of this call has been taken out of the queue, or left out.
    void event_left_queue() noexcept;

    const std::string& id() const noexcept { return id_; }
    const std::string& peer() const noexcept;
    void* user() const noexcept { return user_; }
    void set_user(void* user) noexcept { user_ = user; }

    /// Calls `what` with the call, and returns the code of the error that it returns.
    template <class What>
    int act(What what) {
        const int refused = refusal();
        return refused != AUDIOSOCKET_OK ? refused : code_of(what(line_));
    }

    int send_dtmf(char digit);
    int play(clip sound, std::uint64_t ticket);
    int mark(std::uint64_t ticket);
    int write(std::span<const std::int16_t> samples, int rate_hz, std::uint64_t ticket);
    int finish(std::uint64_t ticket);
    int clear();
    int hang_up();
    void record(const std::string& path);

    void set_audio(const audio_options& how);
    std::size_t read(std::span<std::int16_t> to);
    std::size_t available() const;
    int audio_rate_hz() const;
    int send_rate_hz() const;
    std::int64_t queued_ms() const;

    /// The counters as they were at the last event, and the samples that were lost here.
    std::pair<call_statistics, std::uint64_t> statistics() const;

    /// Reports the end of a ticket whose operation was lost without memory.
    void on_lost(audiosocket_event_type how, std::uint64_t ticket) noexcept;

  private:
    struct stream;

    void on_event(boost::system::error_code error, const event& what);
    void take(const event& what);
    void on_audio(const audio_event& audio);
    void on_digit(char digit);
    void on_mark(const std::string& name, std::int64_t sent_ms, std::optional<std::int64_t> cut_ms);
    void on_end(const ended_event& end);
    void on_played(std::uint64_t ticket, const boost::system::error_code& error, const play_result& result) noexcept;
    void on_written(std::uint64_t ticket, const boost::system::error_code& error, std::chrono::nanoseconds taken,
                    std::chrono::nanoseconds rest) noexcept;
    void queue_mark(std::uint64_t ticket) noexcept;
    void push(audiosocket_event what);

    template <class Start>
    int begin(Start start);
    int accept();
    int refusal() const noexcept;
    void report(const audiosocket_event& last) noexcept;
    void settle() noexcept;
    void conclude(const audiosocket_event& end) noexcept;
    void push_end_if_due() noexcept;
    void give_up() noexcept;

    const surroundings where_;
    const role side_;
    const std::string id_;
    std::string peer_; // set before attached_
    audiosocket_call* handle_ = nullptr;
    std::atomic<void*> user_{nullptr};
    std::atomic<bool> attached_{false};
    std::atomic<bool> ending_{false}; // the application has hung up
    std::atomic<bool> ended_{false};
    std::atomic<bool> freed_{false};

    // Guards what the thread of the call and the application share. Held for moments only, because the thread of
    // the call must not be delayed.
    mutable std::mutex mutex_;
    call line_; // set before attached_
    received_audio audio_;
    call_statistics statistics_;
    std::function<void()> cancel_;
    int pending_ = 0;              // tickets without their event; a recording counts as a ticket
    std::list<pending_event> end_; // ENDED until it is queued. Made in advance, because memory may be exhausted then.
    bool concluded_ = false;       // what ENDED says is known
    bool end_queued_ = false;      // and nothing may follow it
    int waiting_ = 0;              // events in the queue
    bool paused_ = false;          // no wait for an event is in progress, because waiting_max was reached

    // Of the application.
    std::mutex stream_mutex_;
    std::shared_ptr<stream> stream_;        // shared with a piece that is being written
    std::weak_ptr<call_recorder> recorder_; // the call has it, because it must not outlive the disk
    bool recording_ = false;
};

} // namespace audiosocket::c
