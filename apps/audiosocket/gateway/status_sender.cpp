// SPDX-License-Identifier: Apache-2.0
#include "gateway/status_sender.hpp"

#include <audiosocket/net/detail/run_context.hpp>

#include <boost/asio/post.hpp>

#include <fmt/format.h>

#include <exception>
#include <new>
#include <utility>

namespace audiosocket::app::gateway {
namespace {

// 5xx: the server has failed. 408 and 429: it asks for another try. All others are answers to this report, which would
// be the same again.
bool is_worth_another_try(const websocket::post_answer& answer) {
    return answer.status == 0 || answer.status == 408 || answer.status == 429 || answer.status >= 500;
}

} // namespace

status_sender::status_sender(limits bounds) : bounds_(std::move(bounds)) {}

status_sender::~status_sender() {
    finish({});
}

void status_sender::start_thread() {
    std::call_once(started_, [this] { thread_ = std::thread([this] { detail::run_to_the_end(io_); }); });
}

template <class Change>
void status_sender::count(Change change) {
    const std::lock_guard lock(using_);
    change(counted_);
    if (counted_.waiting == 0) none_waits_.notify_all();
}

// A report that finds no memory, or no thread, counts as dropped. The call goes on.
void status_sender::send(std::uint64_t call, websocket::post_request report) {
    try {
        start_thread();
    } catch (const std::exception&) {
        return count([](auto& f) { ++f.dropped; });
    }
    count([](auto& f) { ++f.waiting; });
    try {
        boost::asio::post(io_, [this, call, report = std::move(report)]() mutable { queue(call, std::move(report)); });
    } catch (const std::bad_alloc&) {
        count([](auto& f) {
            ++f.dropped;
            --f.waiting;
        });
    }
}

std::size_t status_sender::finish(std::chrono::milliseconds longest) {
    if (!thread_.joinable()) return 0;
    std::size_t left = 0;
    {
        std::unique_lock lock(using_);
        none_waits_.wait_for(lock, longest, [this] { return counted_.waiting == 0; });
        left = counted_.waiting;
    }
    io_.stop();
    thread_.join();
    return left;
}

status_sender::figures status_sender::look() const {
    const std::lock_guard lock(using_);
    return counted_;
}

std::vector<std::string> status_sender::take_news() {
    const std::lock_guard lock(using_);
    std::vector<std::string> news;
    if (const auto failed = counted_.failed - std::exchange(failed_said_, counted_.failed); failed > 0)
        news.push_back(fmt::format("--status-url: {} {} not delivered: {}", failed,
                                   failed == 1 ? "report was" : "reports were", last_failure_));
    if (const auto dropped = counted_.dropped - std::exchange(dropped_said_, counted_.dropped); dropped > 0)
        news.push_back(fmt::format("--status-url: {} {} dropped, because {} wait already: the web server is too slow, "
                                   "or gone",
                                   dropped, dropped == 1 ? "report was" : "reports were", bounds_.waiting_max));
    return news;
}

// --- On the thread ---

void status_sender::queue(std::uint64_t call, websocket::post_request report) {
    if (look().waiting > bounds_.waiting_max) drop_oldest();
    auto& mine = lines_.try_emplace(call, io_).first->second;
    mine.waiting.push_back(std::move(report));
    if (mine.waiting.size() > 1) return; // it has its turn after the others of its call
    ready_.push_back(call);
    send_next();
}

// What is being sent may have arrived: it stays.
void status_sender::drop_oldest() {
    for (auto of = lines_.begin(); of != lines_.end(); ++of) {
        auto& mine = of->second;
        if (mine.waiting.size() <= (mine.sending ? 1U : 0U)) continue;
        count([](auto& f) {
            ++f.dropped;
            --f.waiting;
        });
        if (!mine.sending) return take_first(of);
        mine.waiting.erase(mine.waiting.begin() + 1);
        return;
    }
}

void status_sender::send_next() {
    while (connections_ < bounds_.connections_max && !ready_.empty()) {
        const auto of = lines_.find(ready_.front());
        ready_.pop_front();
        if (of == lines_.end() || of->second.sending || of->second.pausing) continue; // another took its place
        send_first(of);
    }
}

void status_sender::send_first(lines::iterator of) {
    of->second.sending = true;
    ++of->second.tries;
    ++connections_;
    try {
        websocket::post(io_.get_executor(), of->second.waiting.front(),
                        [this, call = of->first](const websocket::post_answer& answer) { answered(call, answer); });
    } catch (const std::bad_alloc&) { // the next report tries again
        of->second.sending = false;
        --connections_;
        ready_.push_back(of->first);
        throw;
    }
}

void status_sender::answered(std::uint64_t call, const websocket::post_answer& answer) {
    const auto of = lines_.find(call); // it is there: what is being sent stays
    auto& mine = of->second;
    mine.sending = false;
    --connections_;
    if (answer.is_good()) {
        count([](auto& f) {
            ++f.delivered;
            --f.waiting;
        });
        take_first(of);
    } else if (is_worth_another_try(answer) && mine.tries <= bounds_.pauses.size()) {
        pause(of, bounds_.pauses[mine.tries - 1]);
    } else {
        const auto& url = mine.waiting.front().url;
        auto why = answer.status == 0 ? answer.failure
                                      : fmt::format("{} answered with HTTP {}", without_secrets(url), answer.status);
        count([&](auto& f) {
            ++f.failed;
            --f.waiting;
            last_failure_ = std::move(why);
        });
        take_first(of);
    }
    send_next();
}

void status_sender::pause(lines::iterator of, std::chrono::milliseconds how_long) {
    of->second.pausing = true;
    of->second.timer.expires_after(how_long);
    of->second.timer.async_wait([this, call = of->first](const boost::system::error_code& error) {
        const auto mine = lines_.find(call);
        if (error || mine == lines_.end() || !mine->second.pausing) return; // dropped meanwhile
        mine->second.pausing = false;
        count([](auto& f) { ++f.retried; });
        ready_.push_back(call);
        send_next();
    });
}

// The next report of the call, if there is one, becomes the first.
void status_sender::take_first(lines::iterator of) {
    auto& mine = of->second;
    mine.waiting.pop_front();
    mine.tries = 0;
    if (mine.waiting.empty()) {
        lines_.erase(of);
        return;
    }
    if (!mine.pausing) ready_.push_back(of->first);
}

} // namespace audiosocket::app::gateway
