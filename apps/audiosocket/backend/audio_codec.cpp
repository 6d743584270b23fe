// SPDX-License-Identifier: Apache-2.0
#include "backend/audio_codec.hpp"

#include <audiosocket/gateway/base64.hpp>

#include <fmt/format.h>

namespace audiosocket::app::backend {
namespace {

std::string format_text(const audio_format& format) {
    const char* name = format.coding == encoding::ulaw ? "mu-law" : format.coding == encoding::alaw ? "A-law" : "slin";
    return fmt::format("{} {} Hz", name, format.rate_hz);
}

} // namespace

std::string format_text(const audio_format& in, const audio_format& out) {
    if (in == out) return format_text(in);
    return fmt::format("{} in, {} out", format_text(in), format_text(out));
}

std::optional<std::span<const std::int16_t>> audio_codec::decode(std::span<const std::byte> bytes) {
    const auto count = samples_in(format_.coding, bytes.size());
    if (count == 0 || bytes_for(format_.coding, count) != bytes.size()) return std::nullopt;
    samples_.resize(count);
    audiosocket::decode(format_.coding, bytes, samples_);
    return samples_;
}

std::optional<std::span<const std::int16_t>> audio_codec::decode_base64(std::string_view text) {
    const auto bytes = gateway::decode_base64(text);
    if (!bytes) return std::nullopt;
    return decode(*bytes);
}

std::span<const std::byte> audio_codec::encode(std::span<const std::int16_t> samples) {
    bytes_.resize(bytes_for(format_.coding, samples.size()));
    audiosocket::encode(format_.coding, samples, bytes_);
    return bytes_;
}

void audio_codec::append_base64(std::string& to, std::span<const std::int16_t> samples) {
    gateway::append_base64(to, encode(samples));
}

} // namespace audiosocket::app::backend
