// SPDX-License-Identifier: Apache-2.0
#include "call/verdict.hpp"

#include <audiosocket/asterisk/limits.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace audiosocket::app::caller {
namespace {

using asterisk::call_outcome;

double ms(std::chrono::nanoseconds d) {
    return std::chrono::duration<double, std::milli>(d).count();
}

bool same_habits(asterisk::release a, const asterisk::release& b) {
    return a.header == b.header && a.waits_for_payload == b.waits_for_payload && a.strict == b.strict &&
           a.wideband == b.wideband;
}

} // namespace

fate fate_of(const asterisk::reader& r, time_point now) {
    if (const auto& outcome = r.end()) {
        if (outcome->what == call_outcome::result::spins) return fate::spun;
        if (outcome->what == call_outcome::result::fails)
            return outcome->by_server ? fate::ended_with_error : fate::ended_early;
    }
    return r.blocked_max(now) > asterisk::idle_max ? fate::unheard : fate::kept;
}

std::string reason_of(const asterisk::reader& r, time_point now) {
    switch (fate_of(r, now)) {
    case fate::kept: return {};
    case fate::unheard: return fmt::format("the caller's audio is held back for {:.0f} ms", ms(r.blocked_max(now)));
    default: return r.end()->why;
    }
}

verdict::verdict(std::span<const asterisk::reader> readers, time_point now) {
    for (const asterisk::reader& r : readers) {
        all_.push_back(r.of());
        const fate what = fate_of(r, now);
        if (!caller::costs_the_call(what)) {
            good_.push_back(r.of().version);
            if (what == fate::ended_with_error) end_dialplan_.push_back(r.of().version);
            continue;
        }
        const auto why = reason_of(r, now);
        const auto same = [&](const group& g) { return g.what == what && g.why == why; };
        auto found = std::ranges::find_if(bad_, same);
        if (found == bad_.end()) found = bad_.insert(bad_.end(), {{}, what, why});
        found->releases.push_back(r.of().version);
    }
}

std::string verdict::good_text() const {
    if (good_.empty()) return {};
    if (all_.size() == 1) return "good on Asterisk " + std::string(all_.front().version);
    if (bad_.empty()) return "good on all releases";
    // Written as "and later" if all releases from some point on are good, including releases that behave the same.
    const auto last = all_.size() - good_.size();
    const bool is_rest = good_.size() > 2 && good_.front() == all_[last].version;
    if (!is_rest) return fmt::format("good on {}", fmt::join(good_, ", "));
    std::string text;
    for (auto at = all_.begin() + static_cast<std::ptrdiff_t>(last); at != all_.end(); ++at)
        if (same_habits(*at, all_[last])) text += (text.empty() ? "" : ", ") + std::string(at->version);
    return "good on " + text + " and later";
}

std::string verdict::text(const group& g) {
    const auto versions = fmt::format("{}", fmt::join(g.releases, ", "));
    switch (g.what) {
    case fate::spun: return fmt::format("uses all of a core on {}: {}", versions, g.why);
    case fate::unheard: return fmt::format("the caller is not heard on {}: {}", versions, g.why);
    default: return fmt::format("ends early on {}: {}", versions, g.why);
    }
}

std::string verdict::text() const {
    if (all_.empty()) return "no release of Asterisk can place this call";
    std::string text = good_text();
    for (const group& g : bad_)
        text += (text.empty() ? "" : "; ") + verdict::text(g);
    if (!end_dialplan_.empty())
        text += fmt::format("; on {} the dialplan ends too, as always when a server hangs up",
                            fmt::join(end_dialplan_, ", "));
    return text;
}

} // namespace audiosocket::app::caller
