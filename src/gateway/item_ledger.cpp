// SPDX-License-Identifier: Apache-2.0
#include "gateway/item_ledger.hpp"

#include <audiosocket/audio/duration.hpp>

#include <algorithm>
#include <utility>

namespace audiosocket::gateway {
namespace {

using std::chrono::milliseconds;

milliseconds whole_ms(std::chrono::nanoseconds audio) {
    return std::chrono::floor<milliseconds>(audio);
}

} // namespace

void item_ledger::begin(dialect_output& out) {
    out.mark("begin");
}

bool item_ledger::starts(std::string_view id, std::int64_t content_index) const noexcept {
    return items_.empty() || !items_.back().open || !items_.back().is(id, content_index);
}

item_ledger::outcome item_ledger::play(std::string_view id, std::int64_t content_index,
                                       std::span<const std::int16_t> samples, int rate_hz, dialect_output& out) {
    if (starts(id, content_index)) {
        close(out);
        if (items_.size() >= items_max) return outcome::too_many_items;
        const auto earlier =
            std::find_if(items_.rbegin(), items_.rend(), [&](const item& one) { return one.is(id, content_index); });
        item next{.id = std::string(id), .content_index = content_index, .mark = {}};
        if (earlier != items_.rend()) {
            next.before = earlier->before + whole_ms(earlier->queued);
            next.refused = earlier->refused;
        }
        next.mark = next.id + '#' + std::to_string(++marks_);
        items_.push_back(std::move(next));
    }
    item& current = items_.back();
    if (current.refused) return outcome::refused;
    if (!out.play(samples, rate_hz)) {
        current.refused = true;
        return outcome::queue_full;
    }
    current.queued += duration_of(samples.size(), rate_hz);
    return outcome::played;
}

void item_ledger::close(dialect_output& out) {
    if (items_.empty() || !items_.back().open) return;
    items_.back().open = false;
    out.mark(items_.back().mark);
}

void item_ledger::forget() noexcept {
    for (auto& one : items_)
        one.forgotten = true;
}

std::optional<item_ledger::cut_item> item_ledger::played(const played_event& what) {
    const auto found = take(what.mark);
    if (!found || !found->refused) return std::nullopt;
    return cut_of(*found, what.sent);
}

std::optional<item_ledger::cut_item> item_ledger::cleared(const cleared_event& what) {
    const auto found = take(what.mark);
    if (!found || (what.cut <= milliseconds::zero() && !found->refused)) return std::nullopt;
    return cut_of(*found, what.sent);
}

std::optional<item_ledger::item> item_ledger::take(std::string_view mark) {
    const auto at = std::ranges::find(items_, mark, &item::mark);
    if (at == items_.end() || at->open) return std::nullopt;
    auto taken = std::move(*at);
    items_.erase(at);
    if (taken.forgotten) return std::nullopt;
    return taken;
}

item_ledger::cut_item item_ledger::cut_of(const item& what, milliseconds sent) {
    return {what.id, what.content_index, what.before + std::min(sent, whole_ms(what.queued))};
}

} // namespace audiosocket::gateway
