// SPDX-License-Identifier: Apache-2.0
// Runs fuzz targets without libFuzzer, so with any compiler.
//
// Usage: fuzz_replay TARGET [--changes N] [--seed S] FILE_OR_FOLDER...
// Passes each file to the target, then N random changes of them. A finding ends the process, and its input is then in
// finding-TARGET. The same seed makes the same changes.

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#define TARGET(name) extern "C" int fuzz_target_##name(const std::uint8_t* data, std::size_t size);
#include "fuzz_targets.inc"
#undef TARGET

namespace {

using input = std::vector<std::uint8_t>;
using target = int (*)(const std::uint8_t*, std::size_t);

struct named_target {
    std::string_view name;
    target run;
};

constexpr std::array targets{
#define TARGET(name) named_target{#name, fuzz_target_##name},
#include "fuzz_targets.inc"
#undef TARGET
};

// The input in progress, for the signal handler.
std::string finding_file;
const std::uint8_t* current_data = nullptr;
std::size_t current_size = 0;

extern "C" void keep_finding(int signal) {
    const int to = ::open(finding_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (to >= 0 && ::write(to, current_data, current_size) == static_cast<ssize_t>(current_size)) {
        constexpr std::string_view note = "fuzz_replay: the input of this finding is in ";
        (void)!::write(2, note.data(), note.size());
        (void)!::write(2, finding_file.data(), finding_file.size());
        (void)!::write(2, "\n", 1);
    }
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

void run(target one, const input& bytes) {
    // A copy with nothing behind its end.
    const std::vector<std::uint8_t> exact(bytes.begin(), bytes.end());
    current_data = exact.data();
    current_size = exact.size();
    one(exact.data(), exact.size());
}

std::vector<std::filesystem::path> files_in(const std::filesystem::path& place) {
    if (!std::filesystem::is_directory(place)) return {place};
    std::vector<std::filesystem::path> files;
    for (const auto& one : std::filesystem::directory_iterator(place))
        if (one.is_regular_file()) files.push_back(one.path());
    std::sort(files.begin(), files.end()); // the order of a folder is not the same everywhere
    return files;
}

input read(const std::filesystem::path& file) {
    std::ifstream from(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(from), {}};
}

class changer {
  public:
    explicit changer(std::uint32_t seed) : random_(seed) {}

    // Makes one to four small changes; some of them bring a part of another input.
    input change(input bytes, const std::vector<input>& all) {
        for (auto times = 1 + below(4); times > 0; --times)
            change_once(bytes, all[below(all.size())]);
        return bytes;
    }

  private:
    std::size_t below(std::size_t limit) { return random_() % limit; }

    void change_once(input& bytes, const input& other) {
        static constexpr std::array<std::uint8_t, 8> edges{0, 1, 0x7f, 0x80, 0xff, 0x10, '"', '\n'};
        const auto at = [&](std::size_t place) { return bytes.begin() + static_cast<std::ptrdiff_t>(place); };
        const auto place = below(bytes.size() + 1);
        switch (below(6)) {
        case 0: bytes.insert(at(place), edges[below(edges.size())]); break;
        case 1: bytes.resize(place); break;
        case 2:
            if (!other.empty()) {
                const auto from = below(other.size());
                const auto count = std::min<std::size_t>(other.size() - from, 1 + below(64));
                const auto first = other.begin() + static_cast<std::ptrdiff_t>(from);
                const input piece(first, first + static_cast<std::ptrdiff_t>(count));
                bytes.insert(at(place), piece.begin(), piece.end());
            }
            break;
        case 3: bytes.erase(at(place), at(place + std::min<std::size_t>(bytes.size() - place, 1 + below(16)))); break;
        case 4:
            if (place < bytes.size()) bytes[place] = edges[below(edges.size())];
            break;
        default:
            if (place < bytes.size()) bytes[place] ^= static_cast<std::uint8_t>(1U << below(8));
        }
    }

    std::mt19937 random_;
};

[[noreturn]] void usage() {
    std::fputs("Usage: fuzz_replay TARGET [--changes N] [--seed S] FILE_OR_FOLDER...\nTargets:", stderr);
    for (const auto& one : targets)
        std::fprintf(stderr, " %s", std::string(one.name).c_str());
    std::fputs("\n", stderr);
    std::exit(2);
}

} // namespace

int main(int count, char** words) {
    const std::vector<std::string> arguments(words + 1, words + count);
    if (arguments.empty()) usage();
    const auto* const wanted =
        std::find_if(targets.begin(), targets.end(), [&](const auto& one) { return one.name == arguments[0]; });
    if (wanted == targets.end()) usage();
    unsigned long changes = 0;
    unsigned long seed = 1;
    std::vector<input> inputs{{}};
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        if (arguments[i] == "--changes" && i + 1 < arguments.size())
            changes = std::stoul(arguments[++i]);
        else if (arguments[i] == "--seed" && i + 1 < arguments.size())
            seed = std::stoul(arguments[++i]);
        else
            for (const auto& file : files_in(arguments[i]))
                inputs.push_back(read(file));
    }
    finding_file = "finding-" + arguments[0];
    for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL})
        std::signal(signal, keep_finding);

    std::size_t runs = 0;
    for (const auto& one : inputs)
        run(wanted->run, one), ++runs;
    changer of(static_cast<std::uint32_t>(seed));
    for (unsigned long n = 0; n < changes; ++n)
        run(wanted->run, of.change(inputs[n % inputs.size()], inputs)), ++runs;
    std::printf("%s: %zu inputs, %zu runs with seed %lu\n", arguments[0].c_str(), inputs.size(), runs, seed);
    return 0;
}
