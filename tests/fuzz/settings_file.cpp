// SPDX-License-Identifier: Apache-2.0
// A settings file with any bytes in it: it is read, or its mistakes are named with their places. Text that nests too
// deep is refused before it is parsed.
//
// Input: the file.

#include "fuzz/scratch_folder.hpp"

#include "settings/settings_file.hpp"
#include "settings/toml_depth.hpp"

#include <algorithm>

using namespace audiosocket;
using namespace audiosocket::app;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::scratch_folder folder;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto lines = static_cast<unsigned>(1 + std::ranges::count(text, '\n') + std::ranges::count(text, '\r'));
    const auto deep = too_deep_toml(text);
    if (deep) REQUIRE(deep->line >= 1 && deep->line <= lines && deep->column >= 1 && deep->column <= size);
    const auto read = read_settings_file(folder.write("settings.toml", std::as_bytes(std::span(data, size))));
    for (const auto& mistake : read.mistakes)
        REQUIRE(!mistake.text.empty() && mistake.line <= lines);
    if (deep) REQUIRE(!read.mistakes.empty() && read.settings.empty());
    for (const auto& one : read.settings) {
        REQUIRE(one.line >= 1 && one.line <= lines && one.key_column >= 1 && one.value_column >= 1);
        REQUIRE(!one.found_text.empty());
        if (one.found != file_setting::type::list && one.found != file_setting::type::other)
            REQUIRE(one.values.size() == 1);
    }
    return 0;
}
