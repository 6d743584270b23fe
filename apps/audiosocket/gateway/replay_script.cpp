// SPDX-License-Identifier: Apache-2.0
#include "gateway/replay_script.hpp"

#include "base/failure.hpp"

#include <audiosocket/call/event.hpp>
#include <audiosocket/gateway/base64.hpp>
#include <audiosocket/protocol/kind.hpp>
#include <audiosocket/protocol/uuid.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace audiosocket::app::gateway {
namespace {

// Messages of audio come a little early or late; a shorter gap than this is no silence of the caller.
constexpr std::chrono::milliseconds shortest_gap{60};

class script_writer {
  public:
    void add(const tape::tape_entry& one);
    replay_script take(tape::tape_reader& tape);

  private:
    void add_audio(const tape::tape_entry& one);

    replay_script script_;
    bool rate_is_known_ = false;
    std::optional<std::string> ended_;
};

std::vector<std::int16_t> samples_of(const tape::tape_entry& audio) {
    const auto bytes = audiosocket::gateway::decode_base64(audio.text("samples"));
    if (!bytes) return {};
    std::vector<std::int16_t> samples(bytes->size() / sizeof(std::int16_t));
    std::memcpy(samples.data(), bytes->data(), samples.size() * sizeof(std::int16_t));
    return samples;
}

std::chrono::milliseconds length_of(std::size_t samples, int rate_hz) {
    return std::chrono::milliseconds(samples * 1000 / static_cast<std::size_t>(rate_hz));
}

// A piece of audio is written down when all of it has arrived.
void script_writer::add_audio(const tape::tape_entry& one) {
    const auto rate = static_cast<int>(std::clamp<std::int64_t>(one.number("rate"), 0, 1'000'000));
    if (!slin_kind(rate) || (rate_is_known_ && rate != script_.rate_hz)) return;
    const auto samples = samples_of(one);
    if (samples.empty()) return;
    script_.rate_hz = rate;
    rate_is_known_ = true;
    const auto begins = std::max(one.at - length_of(samples.size(), rate), std::chrono::milliseconds(0));
    auto& all = script_.sounds;
    const auto last_ends =
        all.empty() ? std::chrono::milliseconds(0) : all.back().at + length_of(all.back().samples.size(), rate);
    if (all.empty() || begins > last_ends + shortest_gap) all.push_back({std::max(begins, last_ends), {}});
    all.back().samples.insert(all.back().samples.end(), samples.begin(), samples.end());
}

void script_writer::add(const tape::tape_entry& one) {
    script_.summary.add(one);
    if (one.what == "audio") add_audio(one);
    if (one.what == "digit" && one.text("digit").size() == 1) script_.keys.push_back({one.at, one.text("digit")[0]});
    if (one.what == "tool")
        script_.tools[std::string(one.text("name"))].push_back({std::string(one.text("text")), one.flag("failed")});
    if (one.what == "ended") {
        ended_ = one.text("reason");
        script_.hang_up_at = one.at;
    }
}

replay_script script_writer::take(tape::tape_reader& tape) {
    script_.head = tape.head();
    script_.damaged_lines = tape.damaged_lines();
    if (!ended_) script_.hang_up_at = script_.summary.length;
    if (ended_ == name(end_reason::hung_up)) script_.hang_up_at += replay_script::patience;
    return std::move(script_);
}

} // namespace

replay_script read_script(tape::tape_reader& tape) {
    script_writer writer;
    std::uint64_t entries = 0;
    while (const auto one = tape.next()) {
        ++entries;
        writer.add(*one);
    }
    if (entries == 0) throw failure(exit_code::file, "the tape has nothing behind its head");
    auto script = writer.take(tape);
    error_code error;
    static_cast<void>(uuid::parse(script.head.id, error));
    if (error) throw failure(exit_code::file, "line 1: \"" + script.head.id + "\" is not the id of a call");
    return script;
}

} // namespace audiosocket::app::gateway
