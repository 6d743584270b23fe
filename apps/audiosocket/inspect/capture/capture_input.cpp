// SPDX-License-Identifier: Apache-2.0
#include "inspect/capture/capture_input.hpp"

#include "base/failure.hpp"
#include "diagnosis/other_protocol.hpp"
#include "tape/tape_format.hpp"

#include <audiosocket/audio/sound_reader.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace audiosocket::app::inspect {
namespace {

using namespace std::string_view_literals;

// Room for the two largest messages, which recognition by headers needs.
constexpr std::size_t start_bytes = 65'536;

// Bytes of a magic number. A capture from a pipe may be live, so recognition does not wait for more.
constexpr std::size_t magic_bytes = 4;

// pcap in microseconds, nanoseconds and Kuznetzov's variant, each in both byte orders; pcapng.
constexpr std::array capture_magics{"\xa1\xb2\xc3\xd4"sv, "\xd4\xc3\xb2\xa1"sv, "\xa1\xb2\x3c\x4d"sv,
                                    "\x4d\x3c\xb2\xa1"sv, "\xa1\xb2\xcd\x34"sv, "\x34\xcd\xb2\xa1"sv,
                                    "\x0a\x0d\x0d\x0a"sv};

constexpr std::array sound_magics{"RIFF"sv, "RIFX"sv, "RF64"sv, "fLaC"sv, "OggS"sv,
                                  "FORM"sv, ".snd"sv, "caff"sv, "ID3"sv};

constexpr std::array compressed_magics{"\x1f\x8b"sv, "\x28\xb5\x2f\xfd"sv,
                                       "\xfd"
                                       "7zX"sv,
                                       "PK\x03\x04"sv};

template <std::size_t Size>
bool starts_with_any(std::string_view text, const std::array<std::string_view, Size>& starts) {
    return std::any_of(starts.begin(), starts.end(), [&](auto start) { return text.starts_with(start); });
}

[[noreturn]] void refuse(const std::string& what, const std::string& why) {
    throw failure(exit_code::file, what + ": " + why);
}

std::FILE* open_file(const std::string& path) {
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored)) refuse(path, "is a directory; name a file in it");
    std::FILE* file = std::fopen(path.c_str(), "rbe");
    if (file != nullptr) return file;
    if (errno == ENOENT) refuse(path, "no such file; check the name and the directory");
    if (errno == EACCES) refuse(path, "cannot be read; check its permissions");
    refuse(path, std::generic_category().message(errno));
}

// Sound without a magic number (G.711, .sln) is recognised by its name, unless it is almost certainly messages. A file
// that is not sound, such as HTML under the name .ulaw, goes to the sound reader, which says what it is. A file .raw is
// a stream here, although sound_reader would read it as slin.
bool is_sound(const std::string& path, std::span<const std::byte> start) {
    if (diagnosis::is_surely_messages(start) || std::filesystem::path(path).extension() == ".raw") return false;
    try {
        const sound_reader sound(path);
        return true;
    } catch (const sound_unrecognised&) {
        return false;
    } catch (const sound_error&) {
        return true;
    }
}

} // namespace

void capture_input::closer::operator()(std::FILE* f) const noexcept {
    if (f != stdin) std::fclose(f);
}

capture_input::capture_input(const std::string& path) : path_(path), file_(path == "-" ? stdin : open_file(path)) {
    read_start(magic_bytes);
    if (start_.empty()) refuse(name(), "is empty; was anything captured?");
    const std::string_view magic(reinterpret_cast<const char*>(start_.data()), start_.size());
    std::error_code ignored;
    const bool is_file = std::filesystem::is_regular_file(path, ignored);

    if (starts_with_any(magic, compressed_magics)) {
        refuse(name(), "is compressed; unpack it first (gunzip, unzstd ...)");
    } else if (starts_with_any(magic, capture_magics)) {
        kind_ = input_kind::capture;
    } else if (starts_with_any(magic, sound_magics)) {
        if (!is_file) refuse(name(), "a sound file is read from a disk, not from a pipe; save it first");
        kind_ = input_kind::sound;
    } else {
        read_start(start_bytes);
        const std::string_view start(reinterpret_cast<const char*>(start_.data()), start_.size());
        if (start.starts_with(tape::magic))
            kind_ = input_kind::tape;
        else if (is_file && is_sound(path, start_))
            kind_ = input_kind::sound;
    }
}

void capture_input::read_start(std::size_t bytes) {
    const std::size_t had = start_.size();
    start_.resize(bytes);
    start_.resize(had + read(std::span(start_).subspan(had)));
}

std::size_t capture_input::read(std::span<std::byte> out) {
    const std::size_t got = std::fread(out.data(), 1, out.size(), file_.get());
    if (got < out.size() && std::ferror(file_.get()) != 0) refuse(name(), "cannot be read to its end");
    return got;
}

} // namespace audiosocket::app::inspect
