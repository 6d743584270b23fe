// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/net/bridge.hpp>

#include <audiosocket/audio/duration.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/dispatch.hpp>

#include <optional>

namespace audiosocket::detail {
namespace asio = boost::asio;

// Everything here happens on the executor of the first call. Kept alive by the waits that are pending.
struct bridging : std::enable_shared_from_this<bridging> {
    bridging(call a, call b, const bridge_options& options)
        : home(a.get_executor()), delay_max(options.delay_max), calls{std::move(a), std::move(b)} {}

    void begin(completion<bridge_result> w) {
        waiter = std::move(w);
        for (const std::size_t side : {0U, 1U})
            wait(side);
    }

    void wait(std::size_t side) {
        calls[side].async_next_event(asio::bind_executor(
            home, [self = shared_from_this(), side](boost::system::error_code error, const event& e) {
                self->take(side, error, e);
            }));
    }

    void take(std::size_t side, boost::system::error_code error, const event& e) {
        if (error == asio::error::eof) error = make_error_code(usage_errc::call_ended);
        if (error) return ended(side, {end_reason::none, error, {}});
        if (const auto* end = std::get_if<ended_event>(&e)) return ended(side, *end);
        if (const auto* audio = std::get_if<audio_event>(&e)) pass_on(side, *audio);
        if (const auto* key = std::get_if<dtmf_event>(&e)) static_cast<void>(calls[1 - side].send_dtmf(key->digit));
        wait(side);
    }

    void pass_on(std::size_t side, const audio_event& audio) {
        if (first) return; // the other one only plays what it has
        call& to = calls[1 - side];
        const auto more = duration_of(audio.samples.size(), audio.rate_hz);
        if (to.queued() + more > delay_max)
            dropped[side] += more;
        else
            static_cast<void>(to.play(audio.samples, audio.rate_hz)); // unless it has ended, which we will hear of
    }

    void ended(std::size_t side, const ended_event& why) {
        result.ends[side] = why;
        ++ends;
        if (!first) {
            first = side;
            static_cast<void>(calls[1 - side].hang_up_when_played());
        }
        if (ends == calls.size()) finish();
    }

    void finish() {
        result.ended_first = *first;
        for (const std::size_t side : {0U, 1U})
            result.dropped[side] = std::chrono::round<std::chrono::milliseconds>(dropped[side]);
        waiter.complete(cancelled ? asio::error::operation_aborted : boost::system::error_code{}, result);
    }

    void cancel() {
        cancelled = true;
        for (call& c : calls)
            static_cast<void>(c.hang_up());
    }

    const call::executor_type home;
    const std::chrono::nanoseconds delay_max;
    std::array<call, 2> calls;
    completion<bridge_result> waiter;
    bridge_result result;
    std::array<std::chrono::nanoseconds, 2> dropped{};
    std::optional<std::size_t> first; // the call that ended first
    std::size_t ends = 0;
    bool cancelled = false;
};

std::shared_ptr<bridging> bridge_operation::make(call a, call b, const bridge_options& options) {
    return std::make_shared<bridging>(std::move(a), std::move(b), options);
}

call::executor_type bridge_operation::executor_of(const bridging& operation) noexcept {
    return operation.home;
}

void bridge_operation::start(const std::shared_ptr<bridging>& operation, completion<bridge_result> waiter) {
    asio::dispatch(operation->home, [operation, w = std::move(waiter)]() mutable { operation->begin(std::move(w)); });
}

void bridge_operation::cancel(const std::weak_ptr<bridging>& operation) {
    const auto self = operation.lock();
    if (self) asio::dispatch(self->home, [self] { self->cancel(); });
}

} // namespace audiosocket::detail
