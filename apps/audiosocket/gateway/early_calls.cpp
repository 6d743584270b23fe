// SPDX-License-Identifier: Apache-2.0
#include "gateway/early_calls.hpp"

#include "base/printable.hpp"

#include <boost/asio/post.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace audiosocket::app::gateway {

void early_calls::use(std::span<boost::asio::io_context* const> homes, std::shared_ptr<const gateway_plan> plan,
                      bounds how) {
    const std::lock_guard lock(using_);
    homes_.assign(homes.begin(), homes.end());
    waiting_at_.resize(homes_.size());
    plan_ = std::move(plan);
    bounds_ = how;
}

void early_calls::stop() {
    places all;
    {
        const std::lock_guard lock(using_);
        bounds_.most = 0;
        plan_ = nullptr; // which refers to this
        counted_.withdrawn += places_.size();
        all = std::exchange(places_, {});
        waiting_at_.assign(homes_.size(), 0);
    }
    for (auto& [id, one] : all)
        drop(std::move(one.call));
}

void early_calls::announced(audiosocket::gateway::call_context context) {
    const auto id = context.id;
    std::shared_ptr<early_call> earlier;
    std::shared_ptr<early_call> fresh;
    {
        const std::lock_guard lock(using_);
        if (const auto known = places_.find(id); known != places_.end()) {
            earlier = remove(known);
            ++counted_.withdrawn;
        }
        if (bounds_.most > 0 && places_.size() >= bounds_.most) {
            ++counted_.refused;
        } else if (bounds_.most > 0) {
            const auto home = emptiest_home();
            fresh =
                std::make_shared<early_call>(homes_[home]->get_executor(), plan_, std::move(context), bounds_.lifetime);
            fresh->on_end([weak = weak_from_this(), id, which = fresh.get()](auto how, const std::string& why) {
                if (const auto self = weak.lock()) self->ended(id, which, how, why);
            });
            places_.emplace(id, place{home, fresh});
            ++waiting_at_[home];
        }
    }
    if (earlier) drop(std::move(earlier));
    if (fresh) boost::asio::post(fresh->executor(), [fresh] { fresh->start(); });
}

void early_calls::withdrawn(const uuid& id) {
    std::shared_ptr<early_call> call;
    {
        const std::lock_guard lock(using_);
        const auto known = places_.find(id);
        if (known == places_.end()) return;
        call = remove(known);
        ++counted_.withdrawn;
    }
    drop(std::move(call));
}

std::optional<std::size_t> early_calls::home_of(const uuid& id) const {
    const std::lock_guard lock(using_);
    const auto known = places_.find(id);
    return known == places_.end() ? std::nullopt : std::optional(known->second.home);
}

std::shared_ptr<early_call> early_calls::take(const uuid& id, const boost::asio::any_io_executor& here) {
    std::shared_ptr<early_call> call;
    bool usable = false;
    {
        const std::lock_guard lock(using_);
        const auto known = places_.find(id);
        if (known == places_.end()) return nullptr;
        call = remove(known);
        usable = call->executor() == here && call->has_link();
        ++(usable ? counted_.used : counted_.lost);
        if (!usable) last_loss_ = "it was being dialled again when its call arrived";
    }
    if (usable) return call;
    drop(std::move(call));
    return nullptr;
}

early_calls::figures early_calls::look() const {
    const std::lock_guard lock(using_);
    auto now = counted_;
    now.waiting = places_.size();
    return now;
}

std::vector<std::string> early_calls::take_news() {
    const std::lock_guard lock(using_);
    std::vector<std::string> news;
    if (const auto fresh = counted_.lost - std::exchange(lost_said_, counted_.lost); fresh > 0)
        news.push_back(fmt::format("--dial-early: {} back ends were lost before their call arrived, which is to dial "
                                   "again; the last: {}",
                                   fresh, last_loss_));
    if (const auto fresh = counted_.refused - std::exchange(refused_said_, counted_.refused); fresh > 0)
        news.push_back(fmt::format("--dial-early: for {} announced calls no back end was dialled early, because {} "
                                   "were waiting for their calls",
                                   fresh, bounds_.most));
    return news;
}

// Of several, the next one in turn: calls that were taken over are not known here, and live on.
std::size_t early_calls::emptiest_home() {
    auto best = turn_++ % homes_.size();
    for (std::size_t i = 0; i < homes_.size(); ++i) {
        const auto next = (best + i) % homes_.size();
        if (waiting_at_[next] < waiting_at_[best]) best = next;
    }
    return best;
}

void early_calls::ended(const uuid& id, const early_call* which, early_call::end how, const std::string& why) {
    const std::lock_guard lock(using_);
    const auto known = places_.find(id);
    if (known == places_.end() || known->second.call.get() != which) return;
    static_cast<void>(remove(known));
    if (how == early_call::end::expired) {
        ++counted_.expired;
    } else {
        ++counted_.lost;
        last_loss_ = printable(why);
    }
}

std::shared_ptr<early_call> early_calls::remove(places::iterator which) {
    --waiting_at_[which->second.home];
    auto call = std::move(which->second.call);
    places_.erase(which);
    return call;
}

void early_calls::drop(std::shared_ptr<early_call> call) {
    const auto where = call->executor();
    boost::asio::post(where, [call = std::move(call)] { call->drop(); });
}

} // namespace audiosocket::app::gateway
