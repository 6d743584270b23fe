// SPDX-License-Identifier: Apache-2.0
#include "net/turn_table.hpp"

#include <algorithm>
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
      timer_(static_cast<boost::asio::io_context&>(context).get_executor()), arm_again_(timer_.get_executor()),
      waking_(static_cast<boost::asio::io_context&>(context).get_executor()) {}

void turn_table::schedule(std::shared_ptr<turn_taker> whom, time_point when) {
    turn_taker& taker = *whom;
    if (taker.waits_) return; // it waits for an earlier turn already
    taker.unlink();
    taker.self_ = std::move(whom);
    if (wheel_.empty()) wheel_.collect(tick_of(clock::now()), due_); // the wheel may have stood still for hours
    wheel_.enter(taker, tick_from(when));
    if (!running_) arm();
}

void turn_table::leave(turn_taker& who) noexcept {
    who.unlink();
    who.unread_.unlink();
    who.waits_ = false;
    const auto last = std::move(who.self_); // this may be the last reference
}

// A pending handler may own its own call; forget() breaks that cycle.
void turn_table::end_calls() noexcept {
    ended_ = true;
    home_->close();
    while (const auto open = home_->take_one())
        open->forget();
}

void turn_table::shutdown() noexcept {
    timer_.cancel();
    end_calls();
    if (waking_.is_open()) waking_.release();
    while (const auto t = wheel_.first())
        wheel_.collect(*t, due_);
    for (turn_link* waiting : {&due_, &heavy_}) {
        while (!waiting->alone()) {
            auto& one = static_cast<turn_taker&>(*waiting->after);
            const auto keep = one.self_;
            leave(one);
            one.table_ends();
        }
    }
}

// --- Arrivals ---

void turn_table::watch(int socket, turn_taker& who, io_error& error) {
    arrivals_.watch(socket, &who, error);
    if (error) return;
    ++watched_;
    who.account_.begin(clock::now());
    choose_wake_up();
}

void turn_table::unwatch(int socket) {
    arrivals_.unwatch(socket);
    --watched_;
    choose_wake_up();
}

void turn_table::choose_wake_up() {
    auto wanted = woken_by_;
    if (watched_ == 0)
        wanted = wake_up::none;
    else if (watched_ <= woken_by_arrivals_max)
        wanted = wake_up::arrivals;
    else if (watched_ >= woken_by_ticks_min)
        wanted = wake_up::ticks;
    if (wanted == woken_by_) return;
    woken_by_ = wanted;
    if (waking_.is_open()) waking_.release();
    if (!running_) arm();
}

// If Asio cannot watch the descriptor, ticks are used. A wait that was given up completes here before the next wait
// begins.
void turn_table::wait_for_arrivals() {
    if (waiting_) return;
    io_error error;
    if (!waking_.is_open()) waking_.assign(arrivals_.descriptor(), error);
    if (error) {
        woken_by_ = wake_up::ticks;
        return;
    }
    waking_.async_wait(waking_.wait_read, [this](io_error failed) {
        waiting_ = false;
        failed ? arm() : run();
    });
    waiting_ = true;
}

void turn_table::look_for_arrivals(time_point now) noexcept {
    if (watched_ == 0) return;
    arrivals_.ask([this, now](void* whose, bool is_last) {
        auto& taker = *static_cast<turn_taker*>(whose);
        if (!taker.has_arrived(is_last, now) || !taker.self_ || taker.waits_) return;
        taker.unlink();
        taker.insert_before(due_);
        taker.waits_ = true;
    });
}

// --- Turns ---

void turn_table::run() {
    const io_home::running here(*home_);
    running_ = true;
    try {
        take_turns();
    } catch (...) { // thrown by a handler; the other calls have their turns in the next run()
        running_ = false;
        arm();
        throw;
    }
    running_ = false;
    arm();
}

void turn_table::take_turns() {
    const time_point begin = clock::now();
    began_ = begin;
    processor_.start(begin);
    wheel_.collect(tick_of(begin), due_);
    for (turn_link* one = due_.after; one != &due_; one = one->after)
        static_cast<turn_taker&>(*one).waits_ = true; // it keeps its place, even if something arrives for it
    look_for_arrivals(begin);
    time_point now = begin;
    for (int turns = 0; !due_.alone() && turns < turns_in_a_row;) {
        auto& next = static_cast<turn_taker&>(*due_.after);
        if (next.account_.is_heavy(now)) {
            next.unlink();
            next.insert_before(heavy_);
        } else {
            now = give_turn(next, now);
            ++turns;
        }
    }
    // One of each kind has its turn even if the others use all of the time, so that none waits without limit.
    const auto until = std::max(now, begin + time_for_rest);
    for (bool more = !heavy_.alone(); more; more = !heavy_.alone() && now < until)
        now = give_turn(static_cast<turn_taker&>(*heavy_.after), now);
    const auto read_until = std::max(until, now + (now - begin) / part_for_reading);
    for (bool more = !backlog_.alone(); more; more = !backlog_.alone() && now < read_until) {
        read_on(static_cast<turn_taker::backlog_link&>(*backlog_.after).whose, now);
        now = clock::now();
    }
}

// Gives a turn, and returns the time after it.
time_point turn_table::give_turn(turn_taker& taker, time_point now) {
    taker.unlink();
    taker.waits_ = false;
    auto keep = std::move(taker.self_);
    turns_taken_.store(turns_taken() + 1, std::memory_order_relaxed);
    try {
        taker.take_turn(now);
    } catch (...) {
        schedule(std::move(keep), clock::now());
        throw;
    }
    const time_point after = clock::now();
    taker.account_.charge(processor_.used(now, after), after);
    return after;
}

void turn_table::read_on(turn_taker& taker, time_point now) {
    const auto keep = taker.self_;
    taker.unread_.unlink();
    turns_taken_.store(turns_taken() + 1, std::memory_order_relaxed);
    try {
        if (taker.read_on(now)) read_later(taker);
    } catch (...) {
        read_later(taker);
        throw;
    }
}

// Called also where nothing can be thrown. If there is no memory for a wait, has turns in the next tick all the same.
void turn_table::arm() noexcept {
    try {
        arm_waits();
    } catch (const std::bad_alloc&) {
        arm_again_.after(tick, [this] { armed_for_ ? arm() : run(); });
    }
}

void turn_table::arm_waits() {
    if (ended_) return;
    if (woken_by_ == wake_up::arrivals) wait_for_arrivals();
    auto wanted = wheel_.first();
    if (!due_.alone() || !heavy_.alone() || !backlog_.alone())
        wanted = wheel_.now(); // as soon as other work of this thread has been done
    else if (woken_by_ == wake_up::ticks)
        wanted = wheel_.now() + 1;
    if (!wanted || (armed_for_ && *armed_for_ <= *wanted)) return; // the timer wakes early enough
    armed_for_.reset(); // the earlier wait is cancelled, even if there is no memory for the next
    rings_for_tick_ = *wanted > wheel_.now();
    timer_.expires_at(time_point(*wanted * tick));
    timer_.async_wait([this](boost::system::error_code error) {
        if (error) return;
        if (armed_for_ && rings_for_tick_) statistics_.tick_lateness.add(clock::now() - time_point(*armed_for_ * tick));
        armed_for_.reset();
        run();
    });
    armed_for_ = wanted;
}

} // namespace audiosocket::detail
