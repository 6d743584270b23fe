// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/net/call.hpp>

#include "net/connection.hpp"

#include <audiosocket/audio/resampler.hpp>

namespace audiosocket {

call::call(std::shared_ptr<detail::connection> connection) noexcept : connection_(std::move(connection)) {}

call& call::operator=(call&& other) noexcept {
    if (connection_ && connection_ != other.connection_) connection_->abandon();
    connection_ = std::move(other.connection_);
    return *this;
}

call::~call() {
    if (connection_) connection_->abandon();
}

call::executor_type call::get_executor() const noexcept {
    return connection_->get_executor();
}

const uuid& call::id() const noexcept {
    return connection_->id();
}

const boost::asio::ip::tcp::endpoint& call::peer() const noexcept {
    return connection_->peer();
}

detail::wait_source<event>& call::waits_of(detail::connection& on) noexcept {
    return on;
}

call::executor_type call::executor_of(const detail::connection& on) noexcept {
    return on.get_executor();
}

void call::start_wait(detail::connection& on, detail::completion<event> waiter, clock::duration timeout) {
    on.start_wait(std::move(waiter), timeout);
}

void call::cancel(const std::weak_ptr<detail::connection>& waiting, detail::wait_number wait) {
    if (const auto connection = waiting.lock()) connection->cancel_wait(wait);
}

// Returns nothing for a rate that a clip cannot have.
std::optional<clip> call::copy_of(std::span<const std::int16_t> samples, int rate_hz) {
    if (!resampler::takes(rate_hz)) return std::nullopt;
    return clip({samples.begin(), samples.end()}, rate_hz);
}

play_ticket call::next_ticket(detail::connection& line) noexcept {
    return line.next_ticket();
}

void call::start_play(const std::shared_ptr<detail::connection>& line, std::optional<clip> sound, play_ticket ticket,
                      detail::completion<play_result> waiter) {
    if (!sound)
        return line->start_operation(std::move(waiter), [](detail::completion<play_result> w) {
            w.complete(make_error_code(usage_errc::unsupported_rate), {}, false);
        });
    line->start_play(*std::move(sound), ticket, std::move(waiter));
}

void call::cancel_play(const std::weak_ptr<detail::connection>& waiting, play_ticket ticket) {
    if (const auto connection = waiting.lock()) connection->cancel_play(ticket);
}

error_code call::play(std::span<const std::int16_t> samples, int rate_hz) {
    return connection_->play(samples, rate_hz);
}

error_code call::play(clip sound) {
    return connection_->play(std::move(sound));
}

error_code call::mark(std::string name) {
    return connection_->apply([n = std::move(name)](session& s) { return s.mark(n); });
}

error_code call::clear() {
    return connection_->clear();
}

error_code call::pause() {
    return connection_->apply([](session& s) { return s.pause(); });
}

error_code call::resume() {
    return connection_->apply([](session& s) { return s.resume(); });
}

error_code call::send_dtmf(char digit) {
    if (!is_dtmf_digit(digit)) return usage_errc::not_a_dtmf_digit;
    return connection_->apply([digit](session& s) { return s.send_dtmf(digit); });
}

error_code call::hang_up() {
    return connection_->apply([](session& s) { return s.hang_up(); });
}

error_code call::hang_up_when_played() {
    return connection_->hang_up_when_played();
}

std::chrono::milliseconds call::queued() const noexcept {
    return connection_->queued();
}

media_format call::receive_format() const noexcept {
    return connection_->receive_format();
}

media_format call::send_format() const noexcept {
    return connection_->send_format();
}

const call_statistics& call::statistics() const noexcept {
    return connection_->statistics();
}

void call::set_monitor(std::shared_ptr<call_monitor> monitor) {
    connection_->set_monitor(std::move(monitor));
}

} // namespace audiosocket
