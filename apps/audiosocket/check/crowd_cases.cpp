// SPDX-License-Identifier: Apache-2.0
#include "base/file_limit.hpp"
#include "check/load_cases.hpp"
#include "check/reference_call.hpp"
#include "check/test_audio.hpp"

#include <fmt/format.h>

#include <sys/resource.h>

#include <algorithm>
#include <memory>
#include <thread>

namespace audiosocket::app::check {
namespace {

// A process that waits uses no processor time; a process that spins uses a whole core.
constexpr double spinning_share = 0.5;

using lines = std::vector<std::unique_ptr<line>>;

std::vector<line*> pointers(const lines& some) {
    std::vector<line*> out;
    for (const auto& l : some)
        out.push_back(l.get());
    return out;
}

// Opens as many connections as asked for, or as our limit of open files allows; fewer if the server accepts no more.
lines connect_many(const target& t, std::size_t wanted) {
    constexpr std::size_t own_files = 64;
    constexpr int refusals_max = 3; // each may take two seconds
    wanted = std::min(wanted, raise_file_limit() - own_files);
    lines all;
    for (int refusals = 0; all.size() < wanted && refusals < refusals_max;) {
        all.push_back(std::make_unique<line>(t.where));
        if (all.back()->connected()) continue;
        all.pop_back();
        ++refusals;
    }
    return all;
}

std::string silent_connections(const target& t) {
    const lines silent = connect_many(t, t.connections);
    expect_new_call_works(t, fmt::format("{} silent connections", silent.size()));
    return fmt::format("a new call works beside {} silent connections", silent.size());
}

std::string drippers(const target& t) {
    const lines all = connect_many(t, t.connections);
    const bytes id = id_message(uuid::random()).to_bytes();
    const auto drip = [&](line& l, std::size_t second) {
        if (l.open() && second + 1 < id.size())
            l.send_at_once(std::span(id).subspan(second, 1)); // the id is never complete
    };
    const auto limit = clock::now() + t.id_deadline_max();
    std::size_t open = all.size();
    for (std::size_t second = 0; open > 0 && clock::now() < limit; ++second) {
        for (const auto& l : all)
            drip(*l, second);
        if (second % 4 == 1) expect_new_call_works(t, "drippers");
        line::pass(pointers(all), milliseconds(1000));
        open = static_cast<std::size_t>(std::ranges::count_if(all, [](const auto& l) { return l->open(); }));
    }
    expect(open == 0, fmt::format("{} of {} still hold their connection", open, all.size()));
    return fmt::format("all {} closed, and new calls worked meanwhile", all.size());
}

std::string over_the_cap(const target& t) {
    constexpr std::size_t too_many = 20;
    if (!t.calls_max) throw not_applicable("needs --max-calls, the server's limit of calls");
    if (*t.calls_max + 2 * too_many > raise_file_limit())
        throw not_applicable("our own limit of open files is too low");
    std::this_thread::sleep_for(soon); // until the calls of other cases have ended
    lines up;
    for (std::size_t i = 0; i < *t.calls_max; ++i) {
        up.push_back(std::make_unique<line>(dial(t)));
        up.back()->send_audio(numbers(i));
    }
    line::pass(pointers(up), milliseconds(500));
    const auto alive = std::ranges::count_if(up, [](const auto& l) { return l->open(); });
    expect(alive == static_cast<std::ptrdiff_t>(up.size()),
           fmt::format("only {} of {} calls are in progress", alive, up.size()));

    const auto from = clock::now();
    lines all = std::move(up);
    for (std::size_t i = 0; i < too_many; ++i)
        all.push_back(std::make_unique<line>(dial(t)));
    const auto refused = [&] {
        return std::ranges::none_of(std::span(all).subspan(*t.calls_max), [](const auto& l) { return l->open(); });
    };
    expect(line::pass(pointers(all), soon, refused), "a call over the limit is not refused");
    line::pass(pointers(all), soon); // by then the effect on the other calls shows
    for (const auto& l : std::span(all).first(*t.calls_max))
        expect_undisturbed(t, *l, from);
    all.clear();
    std::this_thread::sleep_for(soon); // closing takes a moment
    return fmt::format("{} refused, and the {} calls in progress are undisturbed", too_many, *t.calls_max);
}

std::string no_descriptors(const target& t) {
    constexpr rlim_t spare = 5;
    constexpr int callers = 50;
    const pid_t pid = need_pid(t);
    line l = place_reference_call(t);
    const auto before = figures(t);
    rlimit old{};
    if (prlimit(pid, RLIMIT_NOFILE, nullptr, &old) != 0)
        throw not_applicable("the limits of process --server-pid cannot be set from here");
    const rlimit low{before.descriptors + spare, old.rlim_max};
    prlimit(pid, RLIMIT_NOFILE, &low, nullptr);
    const std::shared_ptr<void> restored(nullptr, [&](void*) { prlimit(pid, RLIMIT_NOFILE, &old, nullptr); });

    const auto from = clock::now();
    lines all;
    for (int i = 0; i < callers && (all.empty() || all.back()->connected()); ++i) {
        all.push_back(std::make_unique<line>(t.where));
        l.pass(milliseconds(1));
    }
    l.pass(soon);
    const auto after = figures(t);
    prlimit(pid, RLIMIT_NOFILE, &old, nullptr);
    const auto share =
        static_cast<double>((after.cpu - before.cpu).count()) / static_cast<double>((clock::now() - from).count());
    expect(share < spinning_share, fmt::format("the server spins: {:.0f} % of a core", share * 100));
    expect_undisturbed(t, l, from);
    all.clear();
    l.pass(milliseconds(500));
    expect_new_call_works(t, "a lack of descriptors");
    return fmt::format("{:.0f} % of a core, and calls work again afterwards", share * 100);
}

} // namespace

std::vector<conformance_case> crowd_cases() {
    using enum group;
    return {
        {41, load, "10,000 silent connections", "new calls still work",
         "a scan, or an attack, must not keep callers out", silent_connections, false, true, course::alone},
        {42, load, "10,000 connections at a byte a second", "closed by a deadline for the whole message",
         "otherwise each byte would extend the deadline", drippers, false, true, course::alone},
        {43, load, "calls over the limit", "refused at once, pacing of other calls unchanged",
         "a limit has to protect the calls below it", over_the_cap, false, false, course::alone},
        {44, load, "no descriptors left", "no spin, and calls work again",
         "a server that calls a failing accept() again at once spins", no_descriptors, false, false, course::alone},
    };
}

} // namespace audiosocket::app::check
