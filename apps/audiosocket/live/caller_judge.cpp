// SPDX-License-Identifier: Apache-2.0
#include "live/caller_judge.hpp"

#include <algorithm>
#include <utility>

namespace audiosocket::app {

using diagnosis::code;

void caller_judge::add(const message& audio, time_point at) {
    auto labelled = audio.kind;
    if (const auto preset = format_of(read_as_); preset && labelled == kind::slin) {
        if (preset->encoding != encoding::slin) return; // the settings say the format
        labelled = preset->kind;
    }
    if (!judge_.add(labelled, audio.payload, at.time_since_epoch())) return;
    for (diagnosis::finding& f : judge_.findings())
        if (std::ranges::find(findings_, f.code, &diagnosis::finding::code) == findings_.end()) report(std::move(f));
}

void caller_judge::report(diagnosis::finding f) {
    another_codec_ = another_codec_ || f.code == code::codec_as_slin;
    if (f.code == code::g711_as_slin) f.weight = diagnosis::severity::finding; // unless it is decoded
    if (const auto as = found_out(f); !as.empty()) {
        f.weight = diagnosis::severity::remark; // the audio is understood
        f.text += f.text.ends_with('?') ? " It is read as " : "; it is read as ";
        f.text += as;
    }
    findings_.push_back(f);
    on_finding_(f);
}

// Returns how the audio was detected to be, if the settings do not say it; empty: as it is labelled.
std::string caller_judge::found_out(const diagnosis::finding& f) const {
    if (read_as_ != input_format::automatic) return {};
    if (f.code == code::g711_as_slin && judge_.g711()) return std::string(name(*judge_.g711()));
    const auto actual = f.code == code::wrong_rate ? judge_.actual_rate_hz() : std::nullopt;
    if (!actual || *actual != read_rate_hz_) return {};
    const auto right = slin_kind(*actual);
    return right ? std::string(name(*right)) : std::string();
}

} // namespace audiosocket::app
