// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/process.hpp"

#include <audiosocket/net.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace audiosocket::test {

/// A server in the test. It plays the same sound to each caller, and records what the caller does.
class answerer {
  public:
    /// A snapshot of a call.
    struct record {
        uuid id;
        std::vector<std::int16_t> heard; ///< All audio, joined.
        int rate_hz = 0;
        media_format format;
        std::string digits;
        std::vector<cleared_event> cleared;
        std::vector<ended_event> ends; ///< At most one in a correct call.
        bool played = false;           ///< The mark after the sound was reached.
    };

    /// Silence after the sound. It lets the sound pass through Asterisk before `played`.
    static constexpr std::chrono::milliseconds tail{200};

    /// Called for each event, on the thread of the calls.
    using reaction = std::function<void(call&, const event&)>;

    explicit answerer(std::optional<clip> play = {}, reaction react = {})
        : state_(std::make_shared<state>(std::move(play), std::move(react))), calls_(io_.context(), {"127.0.0.1", 0}) {
        accept();
    }

    answerer(const answerer&) = delete;
    answerer& operator=(const answerer&) = delete;

    // On the thread of the calls, so that no handler runs during destruction.
    ~answerer() {
        const auto close = [this] {
            calls_.close();
            const std::lock_guard lock(state_->mutex);
            state_->lines.clear();
        };
        boost::asio::post(io_.context(), boost::asio::use_future(close)).get();
    }

    /// Plays this sound and sets a mark after it.
    static void play(call& c, const clip& sound) {
        EXPECT_FALSE(c.play(sound));
        EXPECT_FALSE(c.play(std::vector<std::int16_t>(static_cast<std::size_t>(tail.count() * 8)), 8000));
        EXPECT_FALSE(c.mark("all"));
    }

    std::string where() const { return "127.0.0.1:" + std::to_string(calls_.local_endpoint().port()); }

    /// Waits until this many calls satisfy the condition. Returns all calls in the order of their arrival; nothing
    /// after `patience`.
    template <class Condition>
    std::vector<record> wait_for(std::size_t count, Condition condition,
                                 std::chrono::seconds patience = process::patience_usual) const {
        std::unique_lock lock(state_->mutex);
        const auto enough = [&] {
            std::size_t good = 0;
            for (const auto& l : state_->lines)
                good += condition(l->seen) ? 1U : 0U;
            return good >= count;
        };
        if (!state_->changed.wait_for(lock, patience, enough)) return {};
        std::vector<record> all;
        for (const auto& l : state_->lines)
            all.push_back(l->seen);
        return all;
    }

    /// The same for one call.
    template <class Condition>
    std::optional<record> wait_for(Condition condition) const {
        const auto all = wait_for(1, condition);
        return all.empty() ? std::nullopt : std::optional(all.front());
    }

    std::optional<record> wait_for_end() const {
        return wait_for([](const record& r) { return !r.ends.empty(); });
    }

    void hang_up_all() {
        const std::lock_guard lock(state_->mutex);
        for (const auto& l : state_->lines)
            l->caller.hang_up();
    }

  private:
    struct line {
        call caller;
        record seen;
    };

    // Shared with the handlers: a handler may run after the answerer is gone.
    struct state {
        state(std::optional<clip> p, reaction r) : play(std::move(p)), react(std::move(r)) {}

        const std::optional<clip> play;
        const reaction react;
        std::mutex mutex; // of the members below
        std::condition_variable changed;
        std::vector<std::shared_ptr<line>> lines;
    };

    void accept() {
        calls_.async_accept([this, s = state_](boost::system::error_code error, call caller) {
            if (error) return;
            auto l = std::make_shared<line>();
            l->seen.id = caller.id();
            l->caller = std::move(caller);
            if (s->play) play(l->caller, *s->play);
            {
                const std::lock_guard lock(s->mutex);
                s->lines.push_back(l);
            }
            s->changed.notify_all();
            next(s, l);
            accept();
        });
    }

    static void next(const std::shared_ptr<state>& s, const std::shared_ptr<line>& l) {
        l->caller.async_next_event([s, l](boost::system::error_code error, const event& e) {
            if (error) return;
            note(*s, *l, e);
            if (s->react) s->react(l->caller, e);
            next(s, l);
        });
    }

    static void note(state& s, line& l, const event& e) {
        const std::lock_guard lock(s.mutex);
        record& seen = l.seen;
        if (const auto* audio = std::get_if<audio_event>(&e)) {
            seen.heard.insert(seen.heard.end(), audio->samples.begin(), audio->samples.end());
            seen.rate_hz = audio->rate_hz;
            seen.format = l.caller.receive_format();
        }
        if (const auto* key = std::get_if<dtmf_event>(&e)) seen.digits += key->digit;
        if (const auto* cut = std::get_if<cleared_event>(&e)) seen.cleared.push_back(*cut);
        if (std::holds_alternative<played_event>(e)) seen.played = true;
        if (const auto* end = std::get_if<ended_event>(&e)) seen.ends.push_back(*end);
        s.changed.notify_all();
    }

    std::shared_ptr<state> state_;
    io_thread io_;
    listener calls_;
};

} // namespace audiosocket::test
