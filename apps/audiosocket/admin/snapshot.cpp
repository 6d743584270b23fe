// SPDX-License-Identifier: Apache-2.0
#include "admin/snapshot.hpp"

#include <utility>

namespace audiosocket::app::admin {
namespace {

// More than the limit of connections (http_limits). So this is only reached if a thread does not answer, and requests
// that have given up are still in the list.
constexpr std::size_t waiting_max = 64;

call_row look_at(live_call& c, time_point now) {
    auto& line = c.line();
    call_row row{c.weak_from_this(),
                 line.id(),
                 line.peer(),
                 c.age(),
                 line.receive_format(),
                 line.send_format(),
                 line.queued(),
                 {},
                 {},
                 line.statistics(),
                 {},
                 {}};
    if (const auto& sound = c.shown()) {
        row.received = sound->received_level(now);
        row.sent = sound->sent_level(now);
    }
    if (const auto* judged = c.judged()) row.findings = judged->findings();
    row.about = c.description();
    return row;
}

} // namespace

call_statistics snapshot::counted() const {
    call_statistics sum = ended.counted;
    for (const call_row& c : calls)
        add(sum, c.counted);
    return sum;
}

snapshots::snapshots(server_view& server, const call_registry& calls, back_context back)
    : server_(server), calls_(calls), back_(std::move(back)) {}

// If a step fails, the snapshot fails: the waiting requests are answered with null, and the next request starts a new
// snapshot.
template <class Step>
auto snapshots::guarded(Step step) {
    return [this, step = std::move(step)]() mutable {
        try {
            step();
        } catch (...) {
            running_ = false;
            complete_all(nullptr);
            throw;
        }
    };
}

bool snapshots::take(handler done) {
    if (last_ && clock::now() - last_->at < young) {
        done(last_);
        return true;
    }
    if (waiting_.size() >= waiting_max) return false;
    waiting_.push_back(std::move(done));
    if (!std::exchange(running_, true)) guarded([this] { begin(); })();
    return true;
}

// First the listener, then the threads, then the calls: a call that ends in between counts as in progress.
void snapshots::begin() {
    auto fresh = std::make_shared<snapshot>();
    fresh->at = clock::now();
    auto page = calls_.look();
    fresh->ended = page.ended;
    fresh->calls.resize(page.in_progress.size());
    fresh->threads.resize(server_.call_contexts().size());

    auto done = [this, fresh] {
        last_ = fresh;
        running_ = false;
        complete_all(fresh);
    };
    auto see_calls = guarded([this, fresh, done, up = std::move(page.in_progress)]() mutable {
        visit_calls(
            std::move(up), [fresh](live_call& c, std::size_t n) { fresh->calls[n] = look_at(c, fresh->at); }, back_,
            std::move(done));
    });
    auto see_threads = guarded([this, fresh, see_calls = std::move(see_calls)]() mutable {
        visit_contexts(
            server_.call_contexts(),
            [fresh](boost::asio::io_context& io, std::size_t n) { fresh->threads[n] = statistics_of(io); }, back_,
            std::move(see_calls));
    });
    auto* main = &server_.main_context();
    visit_contexts(
        {&main, 1}, [&server = server_, fresh](auto&, std::size_t) { fresh->server = server.status_now(); }, back_,
        std::move(see_threads));
}

void snapshots::complete_all(const std::shared_ptr<const snapshot>& what) {
    for (auto& done : std::exchange(waiting_, {}))
        done(what);
}

} // namespace audiosocket::app::admin
