// SPDX-License-Identifier: Apache-2.0
#include "gateway/call_tape.hpp"

#include "base/printable.hpp"
#include "tape/tape_format.hpp"

#include <fmt/format.h>

#include <iterator>
#include <utility>

namespace audiosocket::app::gateway {
namespace {

using audiosocket::gateway::hang_up_time;
using tape::number_member;
using tape::text_member;

} // namespace

void call_tape::lines::add(std::string_view what, std::string_view members) const {
    const auto at = std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - began);
    to->add(at, fmt::format("\"what\":\"{}\"{}{}", what, members.empty() ? "" : ",", members));
}

call_tape::call_tape(std::shared_ptr<tape::tape_sink> to, audiosocket::gateway::dialect_output& asked)
    : lines_(std::make_shared<lines>(lines{std::move(to)})), asked_(asked) {}

void call_tape::happened(const event& e) {
    if (const auto* audio = std::get_if<audio_event>(&e))
        lines_->add("audio", number_member("rate", audio->rate_hz) + ',' + tape::samples_member(audio->samples));
    else if (const auto* key = std::get_if<dtmf_event>(&e))
        lines_->add("digit", text_member("digit", std::string(1, key->digit)));
    else if (const auto* reached = std::get_if<played_event>(&e))
        lines_->add("played",
                    text_member("mark", reached->mark) + ',' + number_member("sent_ms", reached->sent.count()));
    else if (const auto* cut = std::get_if<cleared_event>(&e))
        lines_->add("cleared", text_member("mark", cut->mark) + ',' + number_member("sent_ms", cut->sent.count()) +
                                   ',' + number_member("cut_ms", cut->cut.count()));
    else if (const auto* end = std::get_if<ended_event>(&e))
        lines_->add("ended", text_member("reason", name(end->reason)));
}

void call_tape::turned(const audiosocket::gateway::turn& one) {
    const auto ms = [](clock::duration d) { return std::chrono::round<std::chrono::milliseconds>(d).count(); };
    const auto network = one.network_time();
    lines_->add("turn", number_member("total_ms", ms(one.total_time())) + ',' +
                            (network ? number_member("network_ms", ms(*network)) + ',' : std::string()) +
                            number_member("backend_ms", ms(one.back_end_time())) + ',' +
                            number_member("queue_ms", ms(one.queue_time())));
}

void call_tape::answered(const tool_result& function) {
    lines_->add("tool", text_member("name", function.name) + ',' + text_member("text", function.answer.text) +
                            (function.answer.is_error ? ",\"failed\":true" : ""));
}

// --- The connection ---

void call_tape::dialled(std::string_view address) {
    lines_->add("dial", text_member("address", address));
}

websocket::handlers call_tape::listen(websocket::handlers on) const {
    return {
        [to = lines_, on = std::move(on.on_open)] {
            to->add("open");
            on();
        },
        [to = lines_, on = std::move(on.on_text)](std::string_view message) {
            to->add("received", tape::text_message(message));
            on(message);
        },
        [to = lines_, on = std::move(on.on_binary)](std::span<const std::byte> message) {
            to->add("received", tape::binary_message(message));
            on(message);
        },
        [to = lines_, on = std::move(on.on_closed)](const websocket::close_report& how) {
            to->add("closed", number_member("code", how.code) + ',' + text_member("reason", printable(how.reason)));
            on(how);
        },
        std::move(on.on_pong),
    };
}

void call_tape::dropped() {
    lines_->add("dropped");
}

// --- What the dialect asks for ---

void call_tape::send_text(std::string_view message) {
    lines_->add("sent", tape::text_message(message));
    asked_.send_text(message);
}

void call_tape::send_binary(std::span<const std::byte> message) {
    lines_->add("sent", tape::binary_message(message));
    asked_.send_binary(message);
}

void call_tape::reconnect() {
    lines_->add("reconnect");
    asked_.reconnect();
}

void call_tape::ready() {
    lines_->add("ready");
    asked_.ready();
}

bool call_tape::play(std::span<const std::int16_t> samples, int rate_hz) {
    const bool taken = asked_.play(samples, rate_hz);
    lines_->add("play", number_member("count", std::ssize(samples)) + ',' + number_member("rate", rate_hz) +
                            (taken ? "" : ",\"refused\":true"));
    return taken;
}

void call_tape::mark(std::string_view name) {
    lines_->add("mark", text_member("mark", name));
    asked_.mark(name);
}

void call_tape::clear() {
    lines_->add("clear");
    asked_.clear();
}

void call_tape::hang_up(hang_up_time when, std::string_view why) {
    lines_->add("hang_up", text_member("when", when == hang_up_time::now ? "now" : "when_played") + ',' +
                               text_member("why", printable(why)));
    asked_.hang_up(when, why);
}

void call_tape::fail(std::string_view why) {
    lines_->add("fail", text_member("why", printable(why)));
    asked_.fail(why);
}

void call_tape::report(audiosocket::gateway::dialect_report what) {
    asked_.report(std::move(what));
}

} // namespace audiosocket::app::gateway
