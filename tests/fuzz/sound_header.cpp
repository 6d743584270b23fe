// SPDX-License-Identifier: Apache-2.0
// How a sound file is read before libsndfile reads it: its signature, its layout, a doubt about its encoding. Changes
// to a file stay within it.
//
// Input: a file.

#include "fuzz/require.hpp"

#include "audio/encoding_doubt.hpp"
#include "audio/file_signature.hpp"
#include "audio/sound_layout.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <vector>

using namespace audiosocket;

namespace {

void check_layout(std::span<const std::byte> file) {
    static const int descriptor = memfd_create("sound", MFD_CLOEXEC);
    REQUIRE(ftruncate(descriptor, 0) == 0);
    REQUIRE(pwrite(descriptor, file.data(), file.size(), 0) == static_cast<ssize_t>(file.size()));
    const auto layout = read_layout(descriptor, file.size());
    if (!layout) return;
    REQUIRE(layout->end_of_sound <= file.size());
    for (const auto& patch : layout->patches)
        REQUIRE(patch.at + patch.bytes.size() <= layout->end_of_sound);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = std::as_bytes(std::span(data, size));
    const std::vector<std::byte> file(bytes.begin(), bytes.end()); // nothing behind its end
    (void)recognise(file);
    for (const encoding claimed : {encoding::slin, encoding::ulaw, encoding::alaw})
        (void)describe(doubt_encoding(claimed, file), claimed, "x.pcm", 8000);
    check_layout(file);
    return 0;
}
