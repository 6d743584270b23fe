// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "net/arrival_watch.hpp"
#include "net/byte_stream.hpp"
#include "net/pending_plays.hpp"
#include "net/playout_watcher.hpp"
#include "net/standing_delay.hpp"
#include "net/time_account.hpp"
#include "net/turn_table.hpp"

#include <audiosocket/call/session.hpp>
#include <audiosocket/net/detail/completion.hpp>
#include <audiosocket/net/detail/unless_memory_is_out.hpp>

#include <boost/asio/io_context.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace audiosocket {
class call;
}

namespace audiosocket::detail {

/// A number that one thread writes and others read. A reader may get an older value.
template <class T>
class mirror {
  public:
    explicit mirror(T value = {}) noexcept : value_(value) {}
    T load() const noexcept { return value_.load(std::memory_order_relaxed); }
    void store(T value) noexcept { value_.store(value, std::memory_order_relaxed); }
    T add(T more) noexcept { return value_.fetch_add(more, std::memory_order_relaxed) + more; }

  private:
    std::atomic<T> value_;
};

/// A media_format that one thread writes and others read. Its two bytes are stored in one number, because Clang has no
/// lock-free atomic of a structure.
class shared_format {
  public:
    media_format load() const noexcept {
        const std::uint16_t both = both_.load();
        return {static_cast<kind>(both >> 8), static_cast<encoding>(both & 0xff)};
    }
    void store(const media_format& f) noexcept {
        both_.store(static_cast<std::uint16_t>(static_cast<unsigned>(f.kind) << 8 | static_cast<unsigned>(f.encoding)));
    }

  private:
    mirror<std::uint16_t> both_;
};

/// Gives a completion up in a destructor. If there is no memory for that, its handler is destroyed.
template <class Result>
void give_up_if_possible(completion<Result>& waiter, boost::system::error_code error) noexcept {
    unless_memory_is_out([&] { waiter.give_up(error); });
}

/// A completion that is posted to the io_context. It is given up if the io_context is destroyed before it has arrived.
/// If posting it throws, its handler is destroyed: an operation that throws in its initiation does not complete as
/// well.
template <class Result>
class posted_completion {
  public:
    posted_completion(completion<Result> waiter, boost::system::error_code if_lost)
        : waiter_(std::move(waiter)), if_lost_(if_lost) {}
    posted_completion(posted_completion&&) noexcept = default;
    posted_completion& operator=(posted_completion&&) = delete;
    ~posted_completion() {
        if (waiter_ && std::uncaught_exceptions() <= exceptions_) give_up_if_possible(waiter_, if_lost_);
    }

    completion<Result> take() noexcept { return std::move(waiter_); }

  private:
    completion<Result> waiter_;
    boost::system::error_code if_lost_;
    int exceptions_ = std::uncaught_exceptions();
};

/// Audio from another thread that counts as queued until it is queued, or lost.
class posted_audio {
  public:
    posted_audio(mirror<std::int64_t>& sum_ms, std::int64_t own_ms) noexcept
        : sum_ms_(&sum_ms), own_ms_(own_ms), with_own_ms_(sum_ms.add(own_ms)) {}
    posted_audio(posted_audio&& other) noexcept
        : sum_ms_(std::exchange(other.sum_ms_, nullptr)), own_ms_(other.own_ms_), with_own_ms_(other.with_own_ms_) {}
    posted_audio& operator=(posted_audio&&) = delete;
    ~posted_audio() { end(); }

    /// Returns what was posted, this included, when it was added.
    std::int64_t with_own_ms() const noexcept { return with_own_ms_; }

    /// It does not count any more.
    void end() noexcept {
        if (auto* const sum = std::exchange(sum_ms_, nullptr)) sum->add(-own_ms_);
    }

  private:
    mirror<std::int64_t>* sum_ms_;
    std::int64_t own_ms_;
    std::int64_t with_own_ms_;
};

/// A call in progress and its socket: does what its session wants.
///
/// How it works: it has a turn when something has arrived for it, and when a frame is due (turn_table). In a turn it
/// does everything: reads, delivers events, sends. `arrival_watch` makes frames due just after the caller's audio has
/// arrived. So both happen in one turn, and audio that is played in real time waits as little as possible. A frame in
/// each direction costs two system calls, and no wake-up of its own.
///
/// Everything happens on the thread of the io_context, except in the members that are safe from any thread. Those check
/// what can be checked there (the mirrors) and post the rest. pump() does all the work; it is called after anything has
/// happened.
class connection final : public turn_taker,
                         public resident,
                         public wait_source<event>,
                         public std::enable_shared_from_this<connection> {
  public:
    /// Makes a connection of a session that has its id, and whose started_event has been taken.
    connection(boost::asio::io_context& home, byte_stream stream, session rules, const call_options& options);
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection() override { home_->leave(*this); }

    /// Starts sending. Reading starts when the application waits for events, or after a tenth of a second, so that a
    /// monitor that is set first misses nothing.
    void start();

    /// Returns a handle of this connection, which hangs up when it is destroyed. Call it only once.
    call as_call();

    /// Takes the connection out of the handle, which is empty then.
    static std::shared_ptr<connection> of(call handle) noexcept;

    /// Returns the connection of a handle. The handle keeps it.
    static const std::shared_ptr<connection>& behind(const call& handle) noexcept;

    /// Sets a function that is called on the io_context when the socket is closed: once, and again if it throws
    /// std::bad_alloc. Call it before start().
    void on_closed(std::function<void()> handler) { on_closed_ = std::move(handler); }

    void take_turn(time_point now) override;
    bool has_arrived(bool is_last, time_point now) noexcept override;
    bool read_on(time_point now) override;
    void hang_up() override;
    void forget() noexcept override;
    std::shared_ptr<resident> self() noexcept override { return weak_from_this().lock(); }

    // Safe from any thread, also after the io_context was destroyed.

    io_executor get_executor() const noexcept { return executor_; }
    const uuid& id() const noexcept { return id_; }
    const boost::asio::ip::tcp::endpoint& peer() const noexcept { return stream_.peer(); }
    bool ended() const noexcept { return ended_.load(); }
    bool is_here() const noexcept { return home_->is_here(); }
    const std::shared_ptr<io_home>& home() const noexcept { return home_; }
    std::chrono::milliseconds queued() const noexcept {
        return std::chrono::milliseconds(queued_ms_.load() + posted_ms_.load());
    }
    media_format receive_format() const noexcept { return receive_format_.load(); }
    media_format send_format() const noexcept { return send_format_.load(); }

    /// Waits for the next event, at most for `timeout`; clock::duration::max() means no timeout.
    void start_wait(completion<event> waiter, clock::duration timeout);
    void cancel_wait(wait_number wait);
    void take_back(event unheard) override;
    void abandon() noexcept;

    error_code play(std::span<const std::int16_t> samples, int rate_hz);
    error_code play(clip sound);

    /// Checks samples as far as possible, and runs `play(session&, samples)` on the io_context. From another thread it
    /// passes a copy.
    using play_part = std::function<error_code(session&, std::span<const std::int16_t>)>;
    error_code play_copied(std::span<const std::int16_t> samples, int rate_hz, play_part play);

    /// Empties the playout queue.
    error_code clear();

    /// Returns how much audio is queued, without audio that other threads have posted and that is not queued yet.
    std::chrono::milliseconds in_queue() const noexcept { return std::chrono::milliseconds(queued_ms_.load()); }

    /// Returns the limit of the playout queue.
    std::chrono::milliseconds playout_max() const noexcept { return std::chrono::milliseconds(playout_queue_ms_); }

    /// Adds a watcher of the playout queue. It is removed when it is destroyed.
    void watch_playout(std::weak_ptr<playout_watcher> watcher);

    /// Returns digits that were read, so that they are the next events.
    void unread(std::string digits);

    void set_monitor(std::shared_ptr<call_monitor> monitor);

    /// Returns a new ticket, unique in this connection.
    play_ticket next_ticket() noexcept { return play_ticket{tickets_.fetch_add(1, std::memory_order_relaxed)}; }

    /// Queues a sound, and completes `waiter` when it was played or cleared.
    void start_play(clip sound, play_ticket ticket, completion<play_result> waiter);

    /// Queues a report, and completes `waiter` when the last `audio` (a length) before it was played or cleared.
    void start_mark(std::chrono::nanoseconds audio, play_ticket ticket, completion<play_result> waiter);

    /// Completes the wait for this sound with `operation_aborted` if it is still pending. The sound plays on.
    void cancel_play(play_ticket ticket);

    error_code hang_up_when_played();

    /// Runs `action(waiter)` on the io_context; at once if this is its thread. If the io_context was destroyed, gives
    /// the waiter up with `usage_errc::call_ended`.
    template <class Result, class Action>
    void start_operation(completion<Result> waiter, Action action);

    /// Runs `action()` on the io_context; at once if this is its thread. Returns false if the io_context was destroyed.
    template <class Action>
    bool on_executor(Action action);

    /// Runs `action(session&)` on the io_context. On its thread, runs it at once and returns its result. On another
    /// thread, runs it later and returns what is known now.
    template <class Action>
    error_code apply(Action action);

    // Only on the io_context, or after it was destroyed.

    const call_statistics& statistics() const noexcept { return session_.statistics(); }

  private:
    // How many bytes a call reads at once at first: more than a frame of 16 kHz.
    static constexpr std::size_t read_first = 1024;

    // When pump() may run handlers: at once, or only after the present function has returned.
    enum class handlers { now, later };

    // Does what the application requests. Watchers get an end at once.
    template <class Action>
    error_code act(Action& action);

    void read(time_point now, std::size_t most);
    void take_in(std::span<const std::byte> bytes, time_point now);
    void read_rest_later();
    std::size_t receive(std::span<std::byte> to, io_error& error) noexcept;
    bool may_read(time_point now) const noexcept;
    time_point may_read_from() const noexcept;
    void charge_read(std::size_t bytes, time_point began);
    void follow_arrivals(time_point frame_at);
    void end_standing_delay();
    void pump(time_point now, handlers run = handlers::now);
    time_point drain(time_point now, handlers run);
    bool send(std::span<const std::byte> message, time_point& now);
    void send_failed(io_error error, time_point now);
    void wait(completion<event> waiter, time_point until);
    void deliver(event next, handlers run);
    bool deliver_known(handlers run);
    bool report_plays(handlers run);
    void order_handlers();
    void tell_watchers();
    void tell_of_end();
    void note_queue();
    template <class Queue>
    error_code queue_reported(Queue& queue);
    template <class Queue>
    void start_reported(play_ticket ticket, completion<play_result> waiter, Queue queue);
    template <class Play>
    error_code play_from_elsewhere(int rate_hz, std::chrono::nanoseconds length, std::chrono::nanoseconds room,
                                   Play play);
    void begin();
    void end_unwanted();
    void end_at_once();
    void close_stream() noexcept;
    void schedule(time_point now);
    time_point next_turn(time_point now) const noexcept;
    void close();
    void report_closed();
    void publish();

    byte_stream stream_;
    io_executor executor_;
    turn_table& turns_; // on the io_context only
    const std::shared_ptr<io_home> home_;
    session session_;
    arrival_watch arrivals_;
    standing_delay standing_;
    const uuid id_;
    const time_point read_from_; // from here on it reads, even if the application does not wait for events
    const bool live_;            // call_options::live

    std::function<void()> on_closed_;
    std::shared_ptr<call_monitor> monitor_;

    completion<event> waiter_;
    pending_plays plays_;
    std::size_t posted_reports_ = 0; // how often handlers of sounds have been posted and have not run yet
    std::vector<std::weak_ptr<playout_watcher>> watchers_;
    std::chrono::milliseconds watched_{}; // the length of the queue before the last change
    std::string unread_;                  // digits for the next waits
    time_point wait_until_ = time_point::max();
    // The next event: the event of a cancelled wait, or the event that pump() is about to deliver. Its views are valid,
    // because no event was taken since.
    std::optional<event> returned_;

    bool reading_ = false;          // reading has begun
    bool measures_ = false;         // this call measures how long bytes wait to be read
    bool is_watched_ = false;       // the turn table watches the socket
    bool readable_ = true;          // something may have arrived that is not read yet
    bool just_arrived_ = false;     // something has come since the last read
    bool last_arrived_ = false;     // the peer's end, or an error, can be read
    bool behind_ = false;           // the rest is read later (turn_table::read_later)
    bool read_all_ = false;         // the end was read
    bool abandoned_ = false;        // there is no handle any more that could wait for events
    bool ends_when_played_ = false; // the application requested that
    bool end_delivered_ = false;

    time_account reading_used_; // processor time for what the peer sends
    time_point last_read_{};
    std::size_t read_max_ = read_first; // bytes of one read

    bool pumping_ = false;
    bool closed_ = false;
    std::size_t sent_ = 0;                   // bytes of the message in flight
    int stalled_sends_ = 0;                  // sends in a row of which the kernel did not take everything
    time_point turn_at_ = time_point::max(); // its time in the turn table

    // For other threads.
    mirror<bool> ended_{false};
    mirror<bool> is_unwanted_{false}; // the handle was destroyed, and the call has not ended for that yet
    mirror<std::int64_t> queued_ms_{0};
    mirror<std::int64_t> posted_ms_{0}; // audio that another thread has posted
    const std::int64_t playout_queue_ms_;
    std::atomic<std::uint64_t> tickets_{1};
    shared_format receive_format_;
    shared_format send_format_;
};

template <class Action>
bool connection::on_executor(Action action) {
    if (home_->is_here()) {
        action();
        return true;
    }
    return home_->post([&] { return [self = shared_from_this(), a = std::move(action)]() mutable { a(); }; });
}

template <class Result, class Action>
void connection::start_operation(completion<Result> waiter, Action action) {
    if (home_->is_here()) return action(std::move(waiter));
    posted_completion<Result> carried(std::move(waiter), make_error_code(usage_errc::call_ended));
    home_->post([&] {
        return [self = shared_from_this(), w = std::move(carried), a = std::move(action)]() mutable { a(w.take()); };
    });
}

template <class Action>
error_code connection::apply(Action action) {
    if (home_->is_here()) {
        const error_code result = act(action);
        publish();
        pump(clock::now(), handlers::later);
        return result;
    }
    if (ended()) return usage_errc::call_ended;
    const bool posted = home_->post([&] {
        return [self = shared_from_this(), action = std::move(action)]() mutable {
            self->act(action);
            self->pump(clock::now());
        };
    });
    return posted ? error_code{} : usage_errc::call_ended;
}

template <class Action>
error_code connection::act(Action& action) {
    note_queue();
    const error_code result = action(session_);
    tell_of_end();
    return result;
}

} // namespace audiosocket::detail
