// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/net/bridge.hpp>

#include "net/connection.hpp"

#include <audiosocket/audio/duration.hpp>

#include <boost/asio/error.hpp>

#include <atomic>
#include <mutex>
#include <stdexcept>
#include <string>

namespace audiosocket::detail {
namespace asio = boost::asio;

// Each call is served on its own thread, which may also use play() and hang_up() of the other call. Both threads share
// only the end. The pending waits keep this object alive.
struct bridging : std::enable_shared_from_this<bridging> {
    // Waits for an event of one call. It is destroyed without being called if the io_context of that call is destroyed.
    class handler {
      public:
        handler(std::shared_ptr<bridging> whose, std::size_t which) : bridge_(std::move(whose)), side_(which) {}
        handler(handler&&) noexcept = default;
        handler& operator=(handler&&) = delete;
        ~handler() {
            if (bridge_) bridge_->lost(side_);
        }

        void operator()(boost::system::error_code error, const event& e) {
            const auto bridge = std::move(bridge_);
            bridge->take(side_, error, e);
        }

      private:
        std::shared_ptr<bridging> bridge_;
        std::size_t side_;
    };

    bridging(call a, call b, const bridge_options& options)
        : home(connection::behind(a)), delay_max(options.delay_max), calls{std::move(a), std::move(b)} {}

    void begin(completion<bridge_result> w) {
        waiter = std::move(w);
        busy.emplace(home->home());
        const auto keep = shared_from_this();
        for (const std::size_t side : {0U, 1U})
            wait(side);
    }

    void wait(std::size_t side) { calls[side].async_next_event(handler(shared_from_this(), side)); }

    void take(std::size_t side, boost::system::error_code error, const event& e) {
        if (error == asio::error::eof) error = make_error_code(usage_errc::call_ended);
        if (error) return ended(side, {end_reason::none, error, {}});
        if (const auto* end = std::get_if<ended_event>(&e)) return ended(side, *end);
        if (const auto* audio = std::get_if<audio_event>(&e)) pass_on(side, *audio);
        if (const auto* key = std::get_if<dtmf_event>(&e)) static_cast<void>(calls[1 - side].send_dtmf(key->digit));
        wait(side);
    }

    void pass_on(std::size_t side, const audio_event& audio) {
        if (ending) return; // the other call plays what it has
        call& to = calls[1 - side];
        const auto more = duration_of(audio.samples.size(), audio.rate_hz);
        if (to.queued() + more > delay_max || to.play(audio.samples, audio.rate_hz) == usage_errc::playout_full)
            dropped[side] += more; // not if the call has ended: its events report that
    }

    // Called if the io_context of a call is destroyed, so that no handler can run there.
    void lost(std::size_t side) { ended(side, {end_reason::none, usage_errc::call_ended, {}}); }

    void ended(std::size_t side, const ended_event& why) {
        std::unique_lock lock(guard);
        result.ends[side] = why;
        result.dropped[side] = std::chrono::round<std::chrono::milliseconds>(dropped[side]);
        if (++ends == calls.size()) {
            lock.unlock();
            return finish();
        }
        result.ended_first = side;
        lock.unlock();
        ending = true;
        static_cast<void>(calls[1 - side].hang_up_when_played());
    }

    // Runs on the thread of either call. The io_context of `a` may have been destroyed.
    void finish() {
        home->start_operation(std::move(waiter), [self = shared_from_this()](completion<bridge_result> w) {
            w.complete(self->cancelled ? asio::error::operation_aborted : boost::system::error_code{}, self->result);
        });
        busy.reset();
    }

    void cancel() {
        cancelled = true;
        for (call& c : calls)
            static_cast<void>(c.hang_up());
    }

    const std::shared_ptr<connection> home; // of `a`
    std::optional<io_home::work> busy;      // keeps the io_context running, which a call that has ended does not
    const std::chrono::nanoseconds delay_max;
    std::array<call, 2> calls;
    completion<bridge_result> waiter;
    std::array<std::chrono::nanoseconds, 2> dropped{}; // each on the thread of its call
    std::atomic<bool> ending{false};
    std::atomic<bool> cancelled{false};

    std::mutex guard;
    bridge_result result;
    std::size_t ends = 0;
};

std::shared_ptr<bridging> bridge_operation::make(call a, call b, const bridge_options& options) {
    if (options.delay_max < bridge_options::delay_min)
        throw std::invalid_argument("bridge_options: delay_max is " + std::to_string(options.delay_max.count()) +
                                    " ms; it has to be at least " + std::to_string(bridge_options::delay_min.count()) +
                                    " ms, a frame");
    return std::make_shared<bridging>(std::move(a), std::move(b), options);
}

call::executor_type bridge_operation::executor_of(const bridging& operation) noexcept {
    return operation.home->get_executor();
}

void bridge_operation::start(const std::shared_ptr<bridging>& operation, completion<bridge_result> waiter) {
    operation->begin(std::move(waiter));
}

void bridge_operation::cancel(const std::weak_ptr<bridging>& operation) {
    if (const auto self = operation.lock()) self->cancel();
}

} // namespace audiosocket::detail
