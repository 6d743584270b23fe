// SPDX-License-Identifier: Apache-2.0
#include "gateway/turn_figures.hpp"

#include "base/json_text.hpp"

namespace audiosocket::app::gateway {
namespace {

namespace json = boost::json;
using audiosocket::gateway::turn;

double milliseconds(clock::duration d) {
    return rounded(std::chrono::duration<double, std::milli>(d).count());
}

json::object members(clock::duration total, std::optional<clock::duration> network, clock::duration back_end,
                     clock::duration queue) {
    return {{"total_ms", milliseconds(total)},
            {"network_ms", network ? json::value(milliseconds(*network)) : json::value()},
            {"backend_ms", milliseconds(back_end)},
            {"queue_ms", milliseconds(queue)}};
}

} // namespace

json::object to_json(const turn& one) {
    return members(one.total_time(), one.network_time(), one.back_end_time(), one.queue_time());
}

void turn_figures::add(const turn& one) {
    ++count_;
    last_ = one;
    if (const auto network = one.network_time()) network_ = network_.value_or(clock::duration()) + *network;
    total_ += one.total_time();
    back_end_ += one.back_end_time();
    queue_ += one.queue_time();
}

json::value turn_figures::last() const {
    return last_ ? json::value(to_json(*last_)) : json::value();
}

json::value turn_figures::mean() const {
    if (count_ == 0) return {};
    const auto n = static_cast<clock::rep>(count_);
    return members(total_ / n, network_ ? std::optional(*network_ / n) : std::nullopt, back_end_ / n, queue_ / n);
}

} // namespace audiosocket::app::gateway
