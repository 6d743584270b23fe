// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/asterisk/release.hpp>

#include <array>

namespace audiosocket::asterisk {
namespace {

constexpr std::string_view prefix = "asterisk-";

// The first version, of 2019.
constexpr release original{.version = "18",
                           .others = "20.0 to 20.13 and 22.0 to 22.3",
                           .header = header_reading::byte_by_byte,
                           .waits_for_payload = false,
                           .strict = false,
                           .clean_end = false,
                           .idle_timeout = false,
                           .sends_digits = false,
                           .no_delay = false,
                           .wideband = false};

constexpr std::array<release, 7> known{
    original,
    {.version = "20.14",
     .others = "22.4",
     .header = header_reading::one_read,
     .waits_for_payload = false,
     .no_delay = false,
     .wideband = false},
    {.version = "22.5", .others = "20.15, 20.16 and 22.6", .header = header_reading::one_read, .wideband = false},
    {.version = "20.17", .others = "20.18", .header = header_reading::misplaced},
    {.version = "22.7", .others = "22.8, 23.1 and 23.2", .header = header_reading::misplaced},
    {.version = "23.3", .others = "20.19 and 22.9", .header = header_reading::patient},
    {.version = "22.10", .others = "20.20", .header = header_reading::patient},
};

} // namespace

std::span<const release> releases() {
    return known;
}

std::optional<release> find_release(std::string_view name) {
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
    for (const release& r : known)
        if (r.version == name) return r;
    return std::nullopt;
}

} // namespace audiosocket::asterisk
