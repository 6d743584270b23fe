// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/session_driver.hpp"

#include <functional>

/// \file
/// Scripts of a call: what happens to a session, step by step. A script is run with its input split in every way, and
/// then again and again, with a failure after each of its steps.

namespace audiosocket::test {

struct step {
    std::string what;
    std::function<void(session_driver&)> run;
};
using script = std::vector<step>;

inline step arrives(bytes stream) {
    return {"bytes arrive", [b = std::move(stream)](session_driver& d) { d.receive(b); }};
}
inline step passes(clock::duration time) {
    return {"time passes", [time](session_driver& d) { d.run_for(time); }};
}
inline step fin() {
    return {"FIN", [](session_driver& d) { d.receive_end(); }};
}
inline step reset() {
    return {"reset", [](session_driver& d) { d.fail(); }};
}
template <class Action>
step does(Action action) {
    return {"the application acts", [action](session_driver& d) { d.act(action); }};
}

/// Makes the session of a script.
using session_maker = std::function<session()>;

inline session_maker a_server(const call_options& options = {}) {
    return [options] { return session(role::server, options, epoch); };
}
inline session_maker a_caller(const call_options& options = {}) {
    return [options] { return session(sample_id, options, epoch); };
}

namespace detail {

enum class failure { fin, reset, silence };

inline std::unique_ptr<session_driver> run_steps(const session_maker& make, const script& steps, std::size_t count,
                                                 split how, unsigned seed, clock::duration send_time) {
    auto d = std::make_unique<session_driver>(make());
    d->how = how;
    d->random.seed(seed);
    d->send_time = send_time;
    for (std::size_t i = 0; i < count; ++i)
        steps[i].run(*d);
    return d;
}

// Whatever came before, the session closes in time, reports one end, and then never changes.
inline void expect_ends(session_driver& d, failure f) {
    const auto before = d.now;
    switch (f) {
    case failure::fin: d.receive_end(); break;
    case failure::reset: d.fail(); break;
    case failure::silence:
        d.run_for(20s); // a silent peer is not a reason to end; the timeouts have passed
        d.act([](session& s) { return s.hang_up(); });
        break;
    }
    EXPECT_TRUE(f != failure::reset || d->closed());
    d.run_until_closed(10s);
    EXPECT_TRUE(d->closed());
    EXPECT_LE(std::min(d.closed_at, d.now) - before, f == failure::silence ? 20s + 1s : 1s) << "closes too late";
    EXPECT_EQ(d.ends, 1);
    const auto log = d.log;

    d.how = split::whole;
    d.receive(id_frame() + frame(kind::slin, numbered(160)) + frame(kind::hangup));
    EXPECT_EQ(d.act([](session& s) { return s.play(count_up(160), 8000); }), usage_errc::call_ended);
    EXPECT_EQ(d.act([](session& s) { return s.mark("late"); }), usage_errc::call_ended);
    EXPECT_EQ(d.act([](session& s) { return s.clear(); }), usage_errc::call_ended);
    EXPECT_EQ(d.act([](session& s) { return s.hang_up(); }), usage_errc::call_ended);
    d.receive_end();
    d.fail();
    d.run_for(10s);
    EXPECT_EQ(d.log, log) << "an event after the end";
}

} // namespace detail

/// Runs the script with its input split in every way and compares the events that the application gets. Then replays it
/// with a failure (FIN, reset, or a peer that falls silent) after each step.
inline void check_script(const session_maker& make, const script& steps, const std::vector<std::string>& expected) {
    for (const split how : all_splits)
        for (unsigned seed = 1; seed <= (how == split::random ? 20U : 1U); ++seed) {
            SCOPED_TRACE("split " + std::to_string(static_cast<int>(how)) + ", seed " + std::to_string(seed));
            EXPECT_EQ(detail::run_steps(make, steps, steps.size(), how, seed, {})->log, expected);
        }
    for (std::size_t prefix = 0; prefix <= steps.size(); ++prefix)
        for (const auto f : {detail::failure::fin, detail::failure::reset, detail::failure::silence})
            for (const auto send_time : {0ms, 33ms})
                for (const split how : all_splits) {
                    SCOPED_TRACE("failing (" + std::to_string(static_cast<int>(f)) + ") after " +
                                 std::to_string(prefix) + " steps, sends take " + std::to_string(send_time.count()) +
                                 " ms, split " + std::to_string(static_cast<int>(how)));
                    auto d = detail::run_steps(make, steps, prefix, how, 7, send_time);
                    detail::expect_ends(*d, f);
                }
}

} // namespace audiosocket::test
