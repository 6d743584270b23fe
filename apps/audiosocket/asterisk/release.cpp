#include "audiosocket/asterisk/release.hpp"

#include <array>

namespace audiosocket::app::asterisk {
namespace {

constexpr std::string_view prefix = "asterisk-";

constexpr std::array<release, 7> known{{
    {"18", "20.0 to 20.13 and 22.0 to 22.3", header_reading::byte_by_byte, false, false, false, false, false, false,
     false},
    {"20.14", "22.4", header_reading::one_read, false, true, true, true, true, false, false},
    {"22.5", "20.15, 20.16 and 22.6", header_reading::one_read, true, true, true, true, true, true, false},
    {"20.17", "20.18", header_reading::misplaced},
    {"22.7", "22.8, 23.1 and 23.2", header_reading::misplaced},
    {"23.3", "20.19 and 22.9", header_reading::patient},
    {"22.10", "20.20", header_reading::patient},
}};

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

} // namespace audiosocket::app::asterisk
