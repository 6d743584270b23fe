// SPDX-License-Identifier: Apache-2.0
#include "directory/cluster_node.hpp"

#include "base/printable.hpp"

#include <audiosocket/net/detail/unless_memory_is_out.hpp>

#include <fmt/format.h>

#include <iterator>
#include <random>
#include <utility>

namespace audiosocket::app::directory {
namespace {

using audiosocket::detail::unless_memory_is_out;

// A call waits for it with silence.
constexpr std::chrono::seconds fetch_time{1};

// Contexts arrive within ten seconds, or not at all. A large Asterisk starts a thousand calls in that time.
constexpr std::size_t settled_max = 10'000;

std::int64_t milliseconds_since_1970() {
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

} // namespace

cluster_node::cluster_node(options how, std::function<time_point()> now)
    : options_(std::move(how)), now_(std::move(now)),
      member_(
          {make_node_id(options_.name, std::random_device{}()), {}, {}, options_.lease, {}, options_.directory.empty()},
          nullptr) {}

cluster_node::~cluster_node() {
    stop();
}

// Changes the member, then does what follows. Writes are queued under the lock, because their order matters; handlers
// run without it.
template <class Change>
auto cluster_node::changed(Change change) {
    std::unique_lock lock(using_);
    if constexpr (std::is_void_v<decltype(change(member_, now_()))>) {
        change(member_, now_());
        drive(lock);
    } else {
        auto result = change(member_, now_());
        drive(lock);
        return result;
    }
}

void cluster_node::drive(std::unique_lock<std::mutex>& lock) {
    std::vector<member::action> rest;
    std::vector<std::pair<std::function<void(placed)>, std::string>> answers;
    while (auto a = member_.next(now_())) {
        if (const auto* w = std::get_if<member::write>(&*a)) {
            if (store_) store_->write(w->key, w->value);
        } else if (auto* p = std::get_if<member::placed>(&*a)) {
            // Taken now: without the lock, the same call may be announced again.
            if (auto waiting = placing_.extract(p->id))
                answers.emplace_back(std::move(waiting.mapped()), std::move(p->connect));
        } else {
            rest.push_back(*std::move(a));
        }
    }
    lock.unlock();
    for (const auto& a : rest)
        perform(a);
    for (const auto& [done, connect] : answers)
        done({member::placement::later, connect});
}

void cluster_node::perform(const member::action& a) {
    if (const auto* said = std::get_if<member::announced>(&a)) {
        if (announced_) announced_(said->id, said->context);
    } else if (const auto* gone = std::get_if<member::withdrawn>(&a)) {
        if (withdrawn_) withdrawn_(gone->id);
    } else if (const auto* e = std::get_if<member::end_call>(&a)) {
        if (end_) end_(e->id, e->when_played, std::string(name_of(e->by)));
    }
}

void cluster_node::keep_contexts(context_registry& contexts,
                                 std::function<void(const uuid&, const std::string&)> announced,
                                 std::function<void(const uuid&)> withdrawn) {
    const std::lock_guard lock(using_);
    member_.keep_contexts(contexts);
    announced_ = std::move(announced);
    withdrawn_ = std::move(withdrawn);
}

void cluster_node::start(std::string connect, std::string admin,
                         std::function<void(const uuid&, bool, const std::string&)> end) {
    end_ = std::move(end);
    {
        const std::lock_guard lock(using_);
        member_.set_addresses(std::move(connect), std::move(admin));
        store_ = options_.make_store();
    }
    store_->start({
        [this](std::chrono::nanoseconds ttl) { changed([&](member& m, time_point now) { m.connected(ttl, now); }); },
        [this](const update& u) { changed([&](member& m, time_point now) { m.apply(u, now); }); },
        [this] {
            changed([this](member& m, time_point now) {
                m.snapshot_complete(now);
                if (++connections_ > 1 || failures_ > 0) news_.push_back("the directory is connected again");
                why_away_.clear();
            });
        },
        [this](const std::string& why) { connection_lost(why); },
        [this] { poll(); },
    });
}

void cluster_node::connection_lost(const std::string& why) {
    changed([&](member& m, time_point now) {
        m.lost(now);
        // Reported once, not for each attempt.
        if (why_away_.empty())
            news_.push_back(fmt::format("the directory {} is away: {}; calls go on with what this node knows",
                                        options_.directory, printable(why)));
        why_away_ = why.empty() ? "unknown reason" : why;
        ++failures_;
    });
}

void cluster_node::report(bool stopping, std::size_t calls, std::size_t calls_max, double load) {
    node_facts f;
    f.state = state_of(stopping, calls, calls_max);
    f.calls = calls;
    f.calls_max = calls_max;
    f.load = load;
    changed([&](member& m, time_point now) { m.report(f, now); });
    poll();
}

void cluster_node::poll() {
    std::vector<pending_fetch> late;
    changed([&](member& m, time_point now) {
        m.poll(now);
        for (auto f = fetches_.begin(); f != fetches_.end();) {
            if (f->second.until > now) {
                ++f;
                continue;
            }
            late.push_back(std::move(f->second));
            f = fetches_.erase(f);
        }
        std::erase_if(waiting_fetches_, [this](const waiting_fetch& f) {
            if (fetches_.contains(f.ticket)) return false;
            if (f.take) settle(f.id);
            return true;
        });
        if (const auto bad = m.counts().bad + m.counts().omitted; bad > 0 && std::exchange(bad_reported_, bad) == 0)
            news_.push_back(fmt::format("the directory {} has entries that cannot be used; they are ignored, and "
                                        "counted in audiosocket_directory_ignored_total",
                                        options_.directory));
    });
    for (auto& one : late)
        one.done({});
}

void cluster_node::stop() {
    {
        const std::lock_guard lock(using_);
        if (!store_ || std::exchange(stopped_, true)) return;
    }
    changed([](member& m, time_point) { m.leave(); });
    store_->stop();
    changed([](member& m, time_point now) { m.lost(now); });
}

// --- Announced calls ---

void cluster_node::announce(const uuid& id, std::string context, std::function<void(placed)> done, bool here_too) {
    std::unique_lock lock(using_);
    const auto what = member_.announce(id, std::move(context), now_(), here_too);
    const auto earlier = placing_.extract(id);
    if (what == member::placement::later) placing_.emplace(id, done);
    drive(lock);
    if (earlier) earlier.mapped()({member::placement::later, {}});
    if (what != member::placement::later) done({what, {}});
}

std::optional<std::string> cluster_node::take(const uuid& id) {
    return changed([&](member& m, time_point now) {
        auto context = m.take(id, now);
        if (context) settle(id);
        return context;
    });
}

std::optional<bool> cluster_node::withdraw(const uuid& id) {
    return changed([&](member& m, time_point now) {
        const auto removed = m.withdraw(id, now);
        if (removed.value_or(false)) settle(id);
        return removed;
    });
}

bool cluster_node::knows_more() const {
    const std::lock_guard lock(using_);
    return inheriting_ || asks_directory();
}

bool cluster_node::asks_directory() const {
    return store_ && store_->is_shared() && member_.is_connected();
}

void cluster_node::find_elsewhere(const uuid& id, bool take, std::function<void(std::optional<std::string>)> done) {
    waiting_fetch f{0, id, take};
    {
        const std::lock_guard lock(using_);
        f.ticket = ++next_ticket_;
        // First, because `done` is not to be called if there is no memory. Without its ticket, this has no effect.
        if (inheriting_) waiting_fetches_.push_back(f);
        fetches_.emplace(f.ticket, pending_fetch{std::move(done), now_() + fetch_time});
        if (inheriting_) return;
    }
    answer(f);
}

void cluster_node::fetch(const waiting_fetch& f) {
    store_->fetch(member::context_key(f.id),
                  [this, f](const std::optional<std::string>& value) { fetched(f.ticket, f.id, f.take, value); });
}

void cluster_node::fetched(std::uint64_t ticket, const uuid& id, bool take, const std::optional<std::string>& value) {
    std::optional<context_entry> entry;
    if (value) entry = parse_context(*value);
    if (entry && entry->refused) entry.reset();
    std::unique_lock lock(using_);
    const auto waiting = fetches_.find(ticket);
    if (waiting == fetches_.end()) return; // too late
    if (entry && take) member_.took(id);
    const auto done = std::move(waiting->second.done);
    fetches_.erase(waiting);
    drive_anyway(lock);
    done(entry ? std::optional(std::move(entry->context)) : std::nullopt);
}

// For a caller that has taken a context: it is passed on even if there is no memory for what follows.
void cluster_node::drive_anyway(std::unique_lock<std::mutex>& lock) noexcept {
    unless_memory_is_out([&] { drive(lock); });
    if (lock.owns_lock()) lock.unlock();
}

// --- Announced calls of an earlier process ---

std::vector<waiting_context> cluster_node::hand_over() {
    return changed([](member& m, time_point now) { return m.hand_over(now); });
}

void cluster_node::inherit_begins() {
    const std::lock_guard lock(using_);
    inheriting_ = true;
}

bool cluster_node::inherit(waiting_context one) {
    return changed(
        [&](member& m, time_point now) { return !settled_.contains(one.id) && m.inherit(std::move(one), now); });
}

void cluster_node::settle(const uuid& id) noexcept {
    if (inheriting_ && settled_.size() < settled_max) unless_memory_is_out([&] { settled_.insert(id); });
}

void cluster_node::inherit_ends() {
    std::vector<waiting_fetch> all;
    {
        const std::lock_guard lock(using_);
        inheriting_ = false;
        settled_.clear();
        all = std::exchange(waiting_fetches_, {});
    }
    for (const auto& f : all)
        unless_memory_is_out([&] { answer(f); }); // otherwise poll() answers
}

// The context may have been inherited since the caller looked here.
void cluster_node::answer(const waiting_fetch& f) {
    std::unique_lock lock(using_);
    const auto waiting = fetches_.find(f.ticket);
    if (waiting == fetches_.end()) return; // too late
    auto context = member_.find(f.id, now_());
    if (!context && asks_directory()) {
        lock.unlock();
        return fetch(f);
    }
    if (context && f.take) member_.take(f.id, now_());
    const auto done = std::move(waiting->second.done);
    fetches_.erase(waiting);
    drive_anyway(lock);
    done(std::move(context));
}

// --- Calls ---

void cluster_node::call_started(const uuid& id, const std::string& peer) {
    changed([&](member& m, time_point) { m.call_started(id, {peer, milliseconds_since_1970()}); });
}

void cluster_node::call_ended(const uuid& id) {
    changed([&](member& m, time_point) { m.call_ended(id); });
}

// One node at a time, because calls that begin and end wait for the lock.
std::vector<member::known_call> cluster_node::calls_elsewhere() const {
    std::unique_lock lock(using_);
    const auto nodes = member_.nodes(now_());
    lock.unlock();
    std::vector<member::known_call> all;
    for (const auto& n : nodes) {
        lock.lock();
        auto some = member_.calls_of(n.node, now_());
        lock.unlock();
        all.insert(all.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
    }
    return all;
}

std::vector<member::known_call> cluster_node::calls_elsewhere(const uuid& id) const {
    const std::lock_guard lock(using_);
    return member_.find_elsewhere(id, now_());
}

std::vector<node_id> cluster_node::end_elsewhere(const uuid& id, bool when_played) {
    return changed([&](member& m, time_point now) { return m.end_elsewhere(id, when_played, now); });
}

// --- Reports ---

cluster_node::status cluster_node::look() const {
    const std::lock_guard lock(using_);
    return {options_.directory.empty() ? "memory" : options_.directory,
            member_.is_connected(),
            why_away_,
            connections_,
            failures_,
            member_.counts(),
            member_.nodes(now_())};
}

std::vector<std::string> cluster_node::take_news() {
    const std::lock_guard lock(using_);
    return std::exchange(news_, {});
}

} // namespace audiosocket::app::directory
