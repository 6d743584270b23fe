// SPDX-License-Identifier: Apache-2.0
#include "sim/gateway/bot.hpp"

#include <audiosocket/audio/g711.hpp>

#include <gtest/gtest.h>

namespace audiosocket::sim {

using namespace std::chrono_literals;
using opcode = websocket_peer::opcode;

namespace {

// From the moment at which a back end sends a clear: the network, a tick of the machine, and the frame that is on its
// way.
constexpr nanoseconds clear_max = 45ms;

// From the frame that reaches a mark to the back end.
constexpr nanoseconds mark_max = 60ms;

// The gateway waits two seconds for a connection. Answers cross with its decision.
constexpr nanoseconds connect_most = 1900ms;

// What the gateway keeps of a caller whose back end is dialled: 8 s, and what is on its way.
constexpr std::uint64_t kept_samples = 8 * 8000 + 1600;

// In mu-law the caller knows the number of a sample behind a gap two samples later.
constexpr std::uint64_t ulaw_samples_min = 4;

} // namespace

bot::bot(world& in, remote& line, dice random) : world_(in), random_(random), socket_(line), dialled_at_(in.now()) {}

void bot::start(std::function<void(bot&, const std::string& path)> on_request) {
    const auto weak = weak_from_this();
    socket_.line().on_change = [weak](remote& line) {
        const auto self = weak.lock();
        if (!self) return;
        self->socket_.read();
        if (line.at_end() || line.was_reset()) {
            self->given_up();
            self->lost();
        }
        if (line.at_end() && !line.is_over()) line.close();
    };
    socket_.on_request = [this, on_request = std::move(on_request)] { on_request(*this, socket_.path()); };
    socket_.on_message = [this](opcode kind, std::string_view message) { heard(kind, message); };
    socket_.on_close = [this] {
        given_up();
        was_closed_ = true;
        closed_at_ = world_.now();
        if (!caller_->began_at()) lost(); // it was dialled early, and its call did not come in time
    };
}

void bot::kill() {
    lost();
    // It may have ended just before, and the gateway may not have read its last words yet.
    if (ended_at_ && world_.now() - *ended_at_ < 50ms) said_->may_skip_to = said_->next;
    if (!socket_.line().is_over()) socket_.line().reset();
}

// The connection is lost, with or without the audio that the gateway may not have got.
void bot::lost(bool with_audio) {
    if (std::exchange(has_ended_, true) || !accepted_at_) return;
    was_lost_ = true;
    if (!ended_at_) ended_at_ = world_.now();
    said_->lost_to = said_->next;
    if (with_audio) said_->may_skip_to = said_->next;
}

// The gateway ends the connection. During a call it must not: this back end serves.
void bot::given_up() {
    if (!accepted_at_ || has_ended_ || was_closed_ || !caller_->began_at() || caller_->is_over()) return;
    EXPECT_GT((*accepted_at_ - dialled_at_) / 1ms, connect_most / 1ms) << "the gateway gives a back end up that serves";
}

void bot::serve(const bot_plan& plan, std::string_view dialect, said& spoken, const phone& caller) {
    plan_ = plan;
    language_ = make_language(dialect);
    said_ = &spoken;
    caller_ = &caller;
    switch (plan_.begins) {
    case bot_plan::greeting::accepts: return accept();
    case bot_plan::greeting::accepts_late:
        world_.remote_after(random_.between(nanoseconds(50ms), nanoseconds(2s)), [self = shared_from_this()] {
            if (!self->socket_.line().is_over()) self->accept();
        });
        return;
    case bot_plan::greeting::says_nothing: return;
    case bot_plan::greeting::refuses:
        return socket_.send_raw("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    case bot_plan::greeting::answers_garbage: return socket_.send_raw("\x16\x03\x01 this is not HTTP\r\n\r\n");
    }
}

void bot::accept() {
    accepted_at_ = world_.now();
    socket_.accept();
    world_.remote_after(plan_.lives, [self = shared_from_this()] {
        if (self->plan_.ends != bot_plan::ending::stays) self->end();
    });
    if (language_->may_begin()) begin();
}

void bot::begin() {
    if (std::exchange(has_begun_, true)) return;
    if (plan_.is_hasty && serves()) hurry();
    live();
}

void bot::live() {
    if (!serves() || caller_->is_over()) return;
    act();
    world_.remote_after(random_.between(nanoseconds(5ms), nanoseconds(400ms)),
                        [self = shared_from_this()] { self->live(); });
}

void bot::act() {
    if (plan_.is_slow && random_.one_in(6)) return stop_reading();
    switch (random_.below(plan_.is_nasty ? 12 : 9)) {
    case 0: return clear();
    case 1:
    case 2: return set_mark();
    case 3: return;
    case 4:
    case 5:
    case 6:
    case 7:
    case 8:
        speak();
        if (random_.one_in(2)) set_mark();
        return;
    default: be_nasty();
    }
}

void bot::hurry() {
    for (auto pieces = 2 + random_.below(5); pieces > 0; --pieces) {
        speak();
        for (auto marks = 1 + random_.below(3); marks > 0; --marks)
            set_mark();
    }
}

// In one piece or several, of whole samples or not, faster than real time.
void bot::speak() {
    if (said_->next - std::max(caller_->heard_to(), said_->may_skip_to) > 16'000) return; // numbers must stay unique
    const auto wire = said_->samples.wire();
    const auto least = wire == encoding::ulaw ? ulaw_samples_min : 1;
    const auto samples = least + random_.below(random_.one_in(4) ? 8000 : 1200);
    const auto said = said_->samples.bytes(wire, samples, said_->next);
    std::string bytes(reinterpret_cast<const char*>(said.data()), said.size());
    said_->next += samples;
    said_to_ = said_->next;
    has_spoken_ = true;
    while (!bytes.empty()) {
        const auto piece = random_.one_in(2) ? bytes.size() : 1 + random_.below(bytes.size());
        const auto [kind, payload] = language_->audio(std::string_view(bytes).substr(0, piece));
        if (random_.one_in(5) && payload.size() > 2) { // in two frames
            socket_.send(kind, payload.substr(0, payload.size() / 2), false);
            socket_.send(opcode::more, payload.substr(payload.size() / 2), true);
        } else {
            socket_.send(kind, payload);
        }
        bytes.erase(0, piece);
    }
}

void bot::set_mark() {
    const auto name = "m" + std::to_string(named_++);
    marks_.push_back({name, said_to_, world_.now(), caller_->heard_to() < said_->lost_to, false});
    send(language_->mark(name));
}

void bot::clear() {
    if (language_->splits_samples() && random_.one_in(2)) send(language_->audio("h")); // the clear cuts it off as well
    send(language_->clear());
    said_->may_skip_to = said_->next;
    said_to_ = 0;
    if (socket_.unsent() == 0) {
        said_->cleared_to = said_->next;
        said_->cleared_from = world_.now() + clear_max;
    }
    for (auto& one : marks_)
        one.was_cleared = true;
}

void bot::be_nasty() {
    const auto which = random_.below(5);
    if (which < 3) return send(language_->garbage(which));
    if (which == 3) return socket_.send(opcode::text, "{\"type\":");
    // The gateway reads on when it has sent the pong.
    if (socket_.is_reading()) socket_.send(opcode::ping, "are you there");
}

// Not before it has caught up with the caller: the gateway keeps 8 s of them, and no more.
void bot::stop_reading() {
    const auto behind = (caller_->talked() - heard_to_) % said_->samples.period();
    if (!socket_.is_reading() || !first_heard_ || behind > 1600) return;
    missed_some_ = true;
    socket_.set_reading(false);
    world_.remote_after(random_.between(nanoseconds(50ms), nanoseconds(3s)), [self = shared_from_this()] {
        const bool is_silent = self->has_ended_ && self->plan_.ends == bot_plan::ending::falls_silent;
        if (!is_silent && !self->socket_.line().is_over()) self->socket_.set_reading(true);
    });
}

void bot::end() {
    if (!serves() || caller_->is_over()) return;
    ended_at_ = world_.now();
    if (!caller_->began_at()) lost(); // dialled early: the call gets another one
    const bool with_audio = socket_.unsent() > 0;
    ended_unread_ = !socket_.is_reading();
    switch (plan_.ends) {
    case bot_plan::ending::stays: return;
    case bot_plan::ending::disconnects:
        has_ended_ = true;
        return socket_.send(opcode::text, R"({"type":"disconnect"})");
    case bot_plan::ending::closes: has_ended_ = true; return socket_.send_close(1000);
    case bot_plan::ending::closes_failed: lost(with_audio); return socket_.send_close(1011);
    case bot_plan::ending::resets: lost(); return socket_.line().reset();
    case bot_plan::ending::ends_the_stream: lost(with_audio); return socket_.line().shut_down();
    case bot_plan::ending::breaks_rules: lost(with_audio); return socket_.send_raw("\xf3\x85");
    case bot_plan::ending::falls_silent: lost(with_audio); return socket_.set_reading(false);
    }
}

// --- What it gets ---

void bot::heard(opcode kind, std::string_view message) {
    using type = language::news::type;
    const auto news = language_->read(kind, message);
    switch (news.what) {
    case type::start: return begin();
    case type::audio: return heard_audio(news.text);
    case type::digit: digits_ += news.text; return;
    case type::mark: return heard_mark(news.text, news.event);
    case type::other: return;
    }
}

void bot::heard_audio(std::string_view payload) {
    said_->note(world_.now(), payload.size());
    if (was_lost_) return; // it reads late what was sent before
    const auto wire = said_->samples.wire();
    std::vector<std::int16_t> samples(samples_in(wire, payload.size()));
    decode(wire, std::as_bytes(std::span(payload.data(), payload.size())), samples);
    if (!first_heard_ && samples.size() > 1 && samples[0] != 0) {
        // Behind what earlier back ends got, and not older than what the gateway keeps.
        const auto oldest = caller_->talked() - std::min(caller_->talked() - said_->first, kept_samples);
        const auto least = std::max(said_->heard_to, oldest);
        first_heard_ = said_->samples.number_of(samples[0], samples[1], least);
        heard_to_ = first_heard_.value_or(least);
    }
    for (const auto sample : samples)
        heard_sample(sample);
}

// Each sample of the caller, in order. After the last one, silence may fill the frame.
void bot::heard_sample(std::int16_t sample) {
    if (sample == 0) {
        EXPECT_TRUE(caller_->is_over()) << "silence that the caller did not send";
        return;
    }
    ASSERT_EQ(sample, said_->samples.at(heard_to_)) << "samples of the caller before " << heard_to_ << " are lost";
    ++heard_to_;
    ASSERT_LE(heard_to_, caller_->talked()) << "the caller did not say that yet, or it is said twice";
    said_->heard_to = std::max(said_->heard_to, heard_to_);
}

// Some dialects do not say whether a mark was reached or cut off.
void bot::heard_mark(const std::string& name, const std::string& event) {
    said_->note(world_.now(), named_);
    ASSERT_FALSE(marks_.empty()) << name << " is reported twice, or was never set";
    const mark m = marks_.front();
    marks_.pop_front();
    ASSERT_EQ(name, m.name) << "marks are reported out of order";
    const bool may_be_cleared = m.was_cleared || caller_->is_over() || has_ended_;
    if (event == "cleared") {
        EXPECT_TRUE(may_be_cleared) << name << " was cleared by nothing";
        return;
    }
    EXPECT_TRUE(event == "playout" || event.empty()) << event;
    if (m.was_cleared || (event.empty() && may_be_cleared)) return;
    // What is sent to a caller who has just reset the connection, they do not get.
    const bool is_gone = caller_->hung_up() && !caller_->hung_up_in_order_at();
    EXPECT_TRUE(is_gone || caller_->heard_to() >= m.behind) << name << " is reported before its audio was sent";
    // What the caller said before goes first, a bit at a time.
    if (plan_.is_narrow && m.set_at - *accepted_at_ < 1s) return;
    // Audio of a lost back end may be in the queue before the first mark.
    if (missed_some_ || has_ended_ || is_gone || (m.behind == 0 && m.behind_others)) return;
    const auto possible = std::max({m.set_at, caller_->began_at().value_or(nanoseconds{}),
                                    m.behind == 0 ? nanoseconds{} : caller_->sent_at(m.behind)});
    EXPECT_LE((world_.now() - possible) / 1us, mark_max / 1us) << name << " is reported late";
}

// --- The end ---

void bot::check_end(bool is_first) const {
    if (!accepted_at_ || missed_some_) return;
    if (was_closed_ && plan_.ends == bot_plan::ending::stays) {
        // Marks that were set in the last moments may have crossed with the end.
        const auto end = std::min(closed_at_, caller_->over_at().value_or(closed_at_));
        for (const auto& one : marks_)
            EXPECT_GT((one.set_at + 100ms) / 1us, end / 1us) << one.name << " was never reported";
    }
    // A connection that was made at the end may be too late for it.
    const auto ended = caller_->hung_up_in_order_at().value_or(nanoseconds{});
    if (was_closed_ && ended_at_.value_or(closed_at_) >= closed_at_ && ended - *accepted_at_ > 50ms) {
        // The numbers repeat: where this back end began to listen is known only to a period.
        EXPECT_EQ((caller_->talked() - heard_to_) % said_->samples.period(), 0U) << "the caller's last word is lost";
    }
    if (!is_first || !first_heard_ || *accepted_at_ - caller_->began_at().value_or(nanoseconds{}) > 7s) return;
    EXPECT_EQ(*first_heard_, said_->first) << "what the caller said while the back end was dialled is lost";
    EXPECT_TRUE(caller_->digits().starts_with(digits_)) << caller_->digits() << ", and the back end got " << digits_;
}

} // namespace audiosocket::sim
