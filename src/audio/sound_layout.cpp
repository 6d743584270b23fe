// SPDX-License-Identifier: Apache-2.0
#include "audio/sound_layout.hpp"

#include "audio/mended_file.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace audiosocket {
namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t riff_header_bytes = 12; // "RIFF", size, "WAVE"
constexpr std::uint64_t chunk_header_bytes = 8;

// More than any real file has: chunks before its sound, bytes in them, and files joined to one.
constexpr int chunks_max = 1000;
constexpr std::uint64_t header_bytes_max = 0x4000'0000;
constexpr int followers_max = 100;

// A size from here on that the file does not have is a placeholder: sox writes 0x7ffff000 to a pipe, others 0x80000000
// or 0xffffffff.
constexpr std::uint32_t placeholder_min = 0x7fff'0000;

// This many bytes behind the sound that are not in a chunk are reported.
constexpr std::uint64_t stray_bytes_min = 4096;

// Reads a file as little-endian (RIFF) or big-endian (RIFX) numbers.
class chunk_reader {
  public:
    chunk_reader(int descriptor, std::uint64_t file_bytes) : descriptor_(descriptor), size_(file_bytes) {}

    std::uint64_t size() const { return size_; }

    std::string bytes(std::uint64_t at, std::size_t count) const {
        std::string out(count, '\0');
        out.resize(read_at(descriptor_, out.data(), count, at));
        return out;
    }

    bool is_wav(std::uint64_t at) const {
        const std::string head = bytes(at, riff_header_bytes);
        return head.size() == riff_header_bytes && head.ends_with("WAVE") &&
               (head.starts_with("RIFF") || head.starts_with("RIFX") || head.starts_with("RF64"));
    }

    void set_big_endian(bool yes) { big_endian_ = yes; }

    std::uint32_t number(std::uint64_t at, std::size_t count = 4) const {
        std::string raw = bytes(at, count);
        raw.resize(count);
        if (!big_endian_) std::reverse(raw.begin(), raw.end());
        std::uint32_t value = 0;
        for (const char c : raw) {
            value = value << 8U | static_cast<unsigned char>(c);
        }
        return value;
    }

    std::string as_bytes(std::uint32_t value) const {
        std::string out;
        for (unsigned shift = 0; shift < 32; shift += 8) {
            out += static_cast<char>(value >> shift & 0xffU);
        }
        if (big_endian_) std::reverse(out.begin(), out.end());
        return out;
    }

  private:
    int descriptor_;
    std::uint64_t size_;
    bool big_endian_ = false;
};

// A WAV file, which may be behind others in the same file.
struct wav_file {
    std::uint64_t begin = 0;
    std::uint64_t data = 0; // where the sound starts
    std::uint64_t claimed_bytes = 0;
    std::uint64_t held_bytes = 0;
    bool has_placeholder = false;
    std::uint32_t bytes_per_second = 0;
    std::optional<std::uint64_t> empty_fact; // where the file has a count of 0 frames
    std::optional<std::uint64_t> long_sizes; // where an RF64 file has its sizes (EBU Tech 3306)

    std::uint64_t end() const { return data + held_bytes; }
};

std::uint64_t padded(std::uint64_t bytes) {
    return bytes + bytes % 2;
}

// Returns whether there are only chunks from here to the end of the file.
bool is_chunks_to_the_end(const chunk_reader& in, std::uint64_t at) {
    for (int i = 0; i < chunks_max && at + chunk_header_bytes <= in.size(); ++i) {
        const std::string id = in.bytes(at, 4);
        if (!std::all_of(id.begin(), id.end(), [](char c) { return c >= ' ' && c <= '~'; })) return false;
        at += chunk_header_bytes + padded(in.number(at + 4));
        if (at == in.size() || at == in.size() + 1) return true;
    }
    return false;
}

void find_held_bytes(const chunk_reader& in, wav_file& wav) {
    // Header and sound together stay below 4 GiB, because libsndfile compares the two sizes. RF64 has sizes of 64 bits.
    const std::uint64_t limit = 0xffff'fff0U - (wav.data - wav.begin);
    const std::uint64_t rest = in.size() - wav.data;
    const std::uint64_t available = wav.long_sizes ? rest : std::min(rest, limit);
    const bool is_zero = wav.claimed_bytes == 0 && available != 0 && !is_chunks_to_the_end(in, wav.data);
    wav.has_placeholder = is_zero || (wav.claimed_bytes >= placeholder_min && wav.claimed_bytes > available);
    wav.held_bytes = wav.has_placeholder ? available : std::min(wav.claimed_bytes, available);
}

std::optional<wav_file> find_wav(chunk_reader& in, std::uint64_t begin) {
    if (!in.is_wav(begin)) return std::nullopt;
    in.set_big_endian(in.bytes(begin, 4) == "RIFX"sv);
    wav_file wav;
    wav.begin = begin;
    std::uint64_t long_data_bytes = 0;
    std::uint64_t at = begin + riff_header_bytes;
    for (int i = 0; i < chunks_max && at + chunk_header_bytes <= in.size() && at - begin <= header_bytes_max; ++i) {
        const std::string id = in.bytes(at, 4);
        const std::uint32_t bytes = in.number(at + 4);
        const std::uint64_t body = at + chunk_header_bytes;
        if (id == "data"sv) {
            wav.data = body;
            wav.claimed_bytes = wav.long_sizes && bytes == 0xffff'ffffU ? long_data_bytes : bytes;
            find_held_bytes(in, wav);
            return wav;
        }
        if (id == "fmt "sv) wav.bytes_per_second = in.number(body + 8);
        if (id == "ds64"sv) {
            wav.long_sizes = at;
            long_data_bytes = in.number(body + 8) | std::uint64_t{in.number(body + 12)} << 32U;
        }
        if (id == "fact"sv && in.number(body) == 0) wav.empty_fact = at;
        at = body + padded(bytes);
    }
    return std::nullopt;
}

std::string length_of(const wav_file& wav, std::uint64_t bytes) {
    if (wav.bytes_per_second == 0) return std::to_string(bytes) + " bytes";
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.2f s",
                  static_cast<double>(bytes) / static_cast<double>(wav.bytes_per_second));
    return seconds;
}

// Returns a note for people about other WAV files behind this file; empty if there are none. The padding of an odd size
// may be missing.
std::string describe_followers(chunk_reader in, const wav_file& first) {
    int followers = 0;
    std::string length;
    std::uint64_t end = first.end();
    while (followers < followers_max) {
        auto next = find_wav(in, end);
        if (!next) next = find_wav(in, padded(end));
        if (!next) break;
        ++followers;
        end = next->end();
        if (followers == 1) length = length_of(*next, next->held_bytes);
    }
    if (followers == 0) return {};
    if (followers == 1)
        return "a second WAV file of " + length +
               " follows the first and is not played; join sounds with: sox first.wav second.wav joined.wav";
    return std::to_string(followers) + " more WAV files follow the first and are not played; join sounds with: " +
           "sox first.wav second.wav ... joined.wav";
}

// Returns the patches that make the header fit the file. RF64 becomes RIFF, whose sizes have 32 bits, so a sound of
// more than 4 GiB with a wrong header ends there.
std::vector<sound_layout::patch> patches_for(const chunk_reader& in, const wav_file& wav) {
    const auto held = static_cast<std::uint32_t>(std::min<std::uint64_t>(wav.held_bytes, 0xffff'fff0U - wav.data));
    std::vector<sound_layout::patch> patches{
        {4, in.as_bytes(static_cast<std::uint32_t>(wav.data + held - chunk_header_bytes))},
        {wav.data - 4, in.as_bytes(held)},
    };
    if (wav.empty_fact) patches.push_back({*wav.empty_fact, "JUNK"});
    if (wav.long_sizes) {
        patches.push_back({0, "RIFF"});
        patches.push_back({*wav.long_sizes, "JUNK"});
    }
    return patches;
}

std::optional<sound_layout> read_wav(chunk_reader& in) {
    const auto wav = find_wav(in, 0);
    if (!wav || wav->held_bytes == 0) return std::nullopt;

    sound_layout layout;
    layout.end_of_sound = wav->end();
    layout.patches = patches_for(in, *wav);
    if (!wav->has_placeholder && wav->held_bytes < wav->claimed_bytes) {
        layout.notes.push_back("the header promises " + length_of(*wav, wav->claimed_bytes) +
                               ", but the file ends after " + length_of(*wav, wav->held_bytes) +
                               "; was it copied while it was written, or only in part?");
    }
    const std::uint64_t behind = in.size() - std::min(in.size(), padded(wav->end()));
    const std::string followers = describe_followers(in, *wav);
    if (!followers.empty()) {
        layout.notes.push_back(followers);
    } else if (behind >= stray_bytes_min && !is_chunks_to_the_end(in, padded(wav->end()))) {
        layout.notes.push_back(std::to_string(behind) + " bytes behind the sound are not played, because the header " +
                               "ends it after " + length_of(*wav, wav->held_bytes) + "; is it still being written?");
    }
    layout.needs_mending = wav->held_bytes != wav->claimed_bytes || !followers.empty() || wav->empty_fact;
    return layout;
}

// AU has its own value for an unknown size, which libsndfile knows. 0 is not that value.
std::optional<sound_layout> read_au(const chunk_reader& in) {
    if (in.bytes(0, 4) != ".snd"sv || in.bytes(8, 4) != "\0\0\0\0"sv) return std::nullopt;
    sound_layout layout;
    layout.end_of_sound = in.size();
    layout.patches.push_back({8, "\xff\xff\xff\xff"});
    layout.needs_mending = true;
    return layout;
}

} // namespace

std::optional<sound_layout> read_layout(int descriptor, std::uint64_t file_bytes) {
    chunk_reader in(descriptor, file_bytes);
    auto layout = read_wav(in);
    return layout ? layout : read_au(in);
}

} // namespace audiosocket
