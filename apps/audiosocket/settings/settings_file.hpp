// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace audiosocket::app {

/// One value of a settings file, as text.
struct file_setting {
    enum class type { boolean, whole_number, number, text, list, other };

    std::string table; ///< Empty: at the top of the file.
    std::string name;
    type found = type::other;
    std::string found_text;          ///< For a person: what stands there.
    std::vector<std::string> values; ///< One; of a list each.
    bool list_of_texts = false;      ///< Each element of the list is a text.
    unsigned line = 0;               ///< From 1, as the columns.
    unsigned key_column = 0;
    unsigned value_column = 0;
};

/// A table, with settings or without.
struct file_table {
    std::string name;
    unsigned line = 0;
    unsigned column = 0;
};

/// What is wrong with a settings file as a whole.
struct file_mistake {
    unsigned line = 0; ///< 0: no line, the file cannot be read.
    unsigned column = 0;
    std::string text;
};

/// A settings file: TOML of keys at the top and in tables of one level.
struct settings_file {
    std::vector<file_setting> settings; ///< In the order of the file.
    std::vector<file_table> tables;
    std::vector<file_mistake> mistakes;
};

/// Never throws for what is in the file. A file that is not TOML, or that is nested too deep to be parsed
/// (toml_depth_max), has one mistake: the first, and no settings.
settings_file read_settings_file(const std::filesystem::path& file);

/// Longer files are refused: the longest that makes sense, with a comment and a network a line, has a tenth of it, and
/// a file that somebody named by mistake is not read into memory.
constexpr std::size_t settings_file_bytes_max = std::size_t{1} << 20;

} // namespace audiosocket::app
