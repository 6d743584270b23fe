// SPDX-License-Identifier: Apache-2.0
#include "audio/conversion.hpp"

#include <algorithm>
#include <cctype>
#include <system_error>

namespace audiosocket {
namespace {

std::string quoted(const std::string& word) {
    const auto is_plain = [](unsigned char c) {
        return std::isalnum(c) != 0 ||
               std::string_view("/._-+,:@%").find(static_cast<char>(c)) != std::string_view::npos;
    };
    if (std::all_of(word.begin(), word.end(), is_plain)) return word;
    std::string out = "'";
    for (const char c : word) {
        out += c == '\'' ? "'\\''" : std::string(1, c);
    }
    return out + "'";
}

// Returns a name that differs from the file to convert.
std::filesystem::path converted(const std::filesystem::path& path) {
    auto out = path;
    out.replace_extension(".wav");
    if (out == path) out.replace_filename(path.stem().string() + "-8k.wav");
    return out.string().starts_with('-') ? "." / out : out; // or it would be read as an option
}

} // namespace

std::string ffmpeg_command(const std::filesystem::path& path, std::string_view input_options) {
    std::string command = "ffmpeg ";
    if (!input_options.empty()) command += std::string(input_options) + " ";
    return command + "-i " + quoted(path.string()) + " -ar 8000 -ac 1 " + quoted(converted(path).string());
}

std::string asterisk_command(const std::filesystem::path& path) {
    std::error_code error;
    const auto absolute = std::filesystem::absolute(path, error); // Asterisk reads relative paths in its folder
    const auto& from = error ? path : absolute;
    return "asterisk -rx " + quoted("file convert " + from.string() + " " + converted(from).string());
}

} // namespace audiosocket
