// SPDX-License-Identifier: Apache-2.0
#include "net/io_home.hpp"

#include <audiosocket/net/detail/unless_memory_is_out.hpp>

namespace audiosocket::detail {

thread_local const io_home* io_home::running_here = nullptr;

bool io_home::is_here() const noexcept {
    if (running_here == this) return true;
    const std::lock_guard lock(sharing_);
    return context_ != nullptr && context_->get_executor().running_in_this_thread();
}

bool io_home::enter(resident& who) {
    const std::lock_guard lock(sharing_);
    if (context_ == nullptr) return false;
    who.place_ = ++entered_;
    open_.emplace(who.place_, &who);
    return true;
}

void io_home::leave(resident& who) noexcept {
    const std::lock_guard lock(sharing_);
    if (open_.erase(who.place_) > 0 && open_.empty()) emptied_.notify_all();
}

void io_home::hang_up_all() {
    std::uint64_t last = 0;
    while (const auto next = take_next(last))
        unless_memory_is_out([&] { next->hang_up(); }); // then io_thread closes it a little later
}

// Returns the open call behind `last`, and sets that to its place. A call may leave when it is hung up.
std::shared_ptr<resident> io_home::take_next(std::uint64_t& last) {
    const std::lock_guard lock(sharing_);
    ending_ = true;
    for (auto at = open_.upper_bound(last); at != open_.end(); ++at) {
        last = at->first;
        if (auto kept = at->second->self()) return kept;
    }
    return nullptr;
}

bool io_home::is_ending() const {
    const std::lock_guard lock(sharing_);
    return ending_;
}

bool io_home::wait_until_empty(std::chrono::steady_clock::time_point until) {
    std::unique_lock lock(sharing_);
    return emptied_.wait_until(lock, until, [this] { return open_.empty(); });
}

void io_home::count_work(bool more) noexcept {
    const std::lock_guard lock(sharing_);
    if (context_ == nullptr) return;
    const auto where = context_->get_executor();
    more ? where.on_work_started() : where.on_work_finished();
}

void io_home::end_post() noexcept {
    const std::lock_guard lock(sharing_);
    if (--posting_ == 0) posted_.notify_all();
}

void io_home::close() noexcept {
    std::unique_lock lock(sharing_);
    posted_.wait(lock, [this] { return posting_ == 0; });
    context_ = nullptr;
}

// A call that is being destroyed waits in leave() until its entry was checked.
std::shared_ptr<resident> io_home::take_one() noexcept {
    const std::lock_guard lock(sharing_);
    while (!open_.empty()) {
        auto kept = open_.begin()->second->self();
        open_.erase(open_.begin());
        if (kept) return kept;
    }
    return nullptr;
}

} // namespace audiosocket::detail
