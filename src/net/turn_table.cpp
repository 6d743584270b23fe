// SPDX-License-Identifier: Apache-2.0
#include "net/turn_table.hpp"

#include <utility>

namespace audiosocket::detail {
namespace {

turn_wheel::tick_number tick_from(time_point when) noexcept {
    return std::chrono::ceil<std::chrono::milliseconds>(when.time_since_epoch()) / turn_table::tick;
}

turn_wheel::tick_number tick_of(time_point now) noexcept {
    return std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch()) / turn_table::tick;
}

} // namespace

boost::asio::execution_context::id turn_table::id;

turn_table::turn_table(boost::asio::execution_context& context)
    : service(context), home_(std::make_shared<io_home>(static_cast<boost::asio::io_context&>(context))),
      buffer_(std::make_unique<std::array<std::byte, buffer_bytes>>()),
      timer_(static_cast<boost::asio::io_context&>(context).get_executor()) {}

void turn_table::schedule(std::shared_ptr<turn_taker> whom, time_point when) {
    turn_taker& taker = *whom;
    taker.unlink();
    taker.self_ = std::move(whom);
    if (wheel_.empty()) wheel_.collect(tick_of(clock::now()), due_); // it may have stood still for hours
    wheel_.enter(taker, tick_from(when));
    if (!running_) arm();
}

void turn_table::leave(turn_taker& who) noexcept {
    who.unlink();
    const auto last = std::move(who.self_); // this may be the last reference
}

// A pending handler may own its own call; forget() breaks that cycle.
void turn_table::end_calls() noexcept {
    home_->close();
    while (const auto open = home_->take_one())
        open->forget();
}

void turn_table::shutdown() noexcept {
    timer_.cancel();
    end_calls();
    while (const auto t = wheel_.first())
        wheel_.collect(*t, due_);
    while (!due_.alone())
        leave(static_cast<turn_taker&>(*due_.after));
}

void turn_table::run() {
    if (armed_for_) statistics_.tick_lateness.add(clock::now() - time_point(*armed_for_ * tick));
    armed_for_.reset();
    const io_home::running here(*home_);
    running_ = true;
    try {
        take_due_turns();
    } catch (...) { // of a handler of the application; the others have their turns when the io_context is run again
        running_ = false;
        arm();
        throw;
    }
    running_ = false;
    arm();
}

void turn_table::take_due_turns() {
    wheel_.collect(tick_of(clock::now()), due_);
    for (int turns = 0; !due_.alone() && turns < turns_in_a_row; ++turns) {
        auto& taker = static_cast<turn_taker&>(*due_.after);
        taker.unlink();
        auto keep = std::move(taker.self_);
        turns_taken_.store(turns_taken() + 1, std::memory_order_relaxed);
        try {
            taker.take_turn(clock::now());
        } catch (...) {
            schedule(std::move(keep), clock::now());
            throw;
        }
    }
}

void turn_table::arm() {
    const auto wanted = due_.alone() ? wheel_.first() : wheel_.now();
    if (!wanted || (armed_for_ && *armed_for_ <= *wanted)) return; // it rings early enough
    armed_for_ = wanted;
    timer_.expires_at(time_point(*wanted * tick));
    timer_.async_wait([this](boost::system::error_code error) {
        if (!error) run();
    });
}

} // namespace audiosocket::detail
