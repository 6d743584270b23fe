// SPDX-License-Identifier: Apache-2.0
#include "inspect/inspect_observer.hpp"

#include <audiosocket/audio/duration.hpp>

#include <algorithm>

namespace audiosocket::app::inspect {

std::uint64_t stream_findings::messages() const noexcept {
    std::uint64_t all = 0;
    for (const auto& [k, total] : kinds)
        all += total.messages;
    return all;
}

std::chrono::nanoseconds stream_findings::audio() const noexcept {
    std::chrono::nanoseconds all{};
    for (const auto& [k, total] : kinds)
        all += audio_duration(k, audio_encoding, total.bytes);
    return all;
}

bool stream_findings::is_sound() const noexcept {
    const bool is_diagnosed = std::any_of(diagnoses.begin(), diagnoses.end(), [](const diagnosis::finding& f) {
        return f.weight == diagnosis::severity::finding;
    });
    return !is_diagnosed && !remarks.costs_call() && end != ending::cut && end != ending::nonsense;
}

std::chrono::nanoseconds audio_duration(kind k, encoding e, std::uint64_t bytes) noexcept {
    if (!is_audio(k)) return {};
    const auto samples = samples_in(k == kind::slin ? e : encoding::slin, bytes);
    return duration_of(samples, rate_hz(k));
}

} // namespace audiosocket::app::inspect
