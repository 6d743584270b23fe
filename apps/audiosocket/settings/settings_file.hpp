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
    std::string found_text;          ///< For messages: the kind of value that was found.
    std::vector<std::string> values; ///< One value; of a list each element.
    bool list_of_texts = false;      ///< Each element of the list is a text.
    unsigned line = 0;               ///< From 1, like the columns.
    unsigned key_column = 0;
    unsigned value_column = 0;
};

/// A table, perhaps without settings.
struct file_table {
    std::string name;
    unsigned line = 0;
    unsigned column = 0;
};

/// A mistake of a settings file as a whole.
struct file_mistake {
    unsigned line = 0; ///< 0: no line, because the file cannot be read.
    unsigned column = 0;
    std::string text;
};

/// A settings file: TOML with keys at the top and in tables of one level.
struct settings_file {
    std::vector<file_setting> settings; ///< In the order of the file.
    std::vector<file_table> tables;
    std::vector<file_mistake> mistakes;
};

/// Never throws because of the file's content. A file that is not TOML, or is nested too deep to be parsed
/// (toml_depth_max), gives one mistake, the first, and no settings.
settings_file read_settings_file(const std::filesystem::path& file);

/// Longer files are refused, so that a wrong file is not read into memory. The longest useful file, with a comment and
/// a network in each line, has a tenth of this.
constexpr std::size_t settings_file_bytes_max = std::size_t{1} << 20;

} // namespace audiosocket::app
