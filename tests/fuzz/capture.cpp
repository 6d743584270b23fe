// SPDX-License-Identifier: Apache-2.0
// A capture file with any bytes in it: pcap or pcapng, link layers, tunnels, TCP, and the calls in it. Both reports of
// it are well formed.
//
// Input: the file. One that does not start with the magic number of a capture is taken for the packets of one: a byte
// for the link type, then for each packet a length and its bytes.

#include "base/failure.hpp"
#include "inspect/capture/capture_reader.hpp"

#include "fuzz/reports.hpp"
#include "fuzz/require.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

using namespace audiosocket::app;

namespace {

using bytes = std::vector<std::byte>;

void put_little(bytes& to, std::uint32_t v) {
    for (int i = 0; i < 4; ++i)
        to.push_back(static_cast<std::byte>(v >> (8 * i) & 0xff));
}

bool is_capture(std::span<const std::byte> input) {
    constexpr std::array starts{0xd4, 0xa1, 0x4d, 0x34, 0x0a};
    return input.size() > 4 && std::ranges::any_of(starts, [&](int s) { return std::byte(s) == input[0]; });
}

bytes file_of_packets(std::span<const std::byte> input) {
    constexpr std::array<std::uint32_t, 12> link_types{0, 1, 9, 101, 105, 113, 127, 192, 229, 239, 258, 276};
    bytes file;
    for (const std::uint32_t v : {0xa1b2c3d4U, 0x00040002U, 0U, 0U, 65'535U,
                                  link_types[std::to_integer<std::size_t>(input[0]) % link_types.size()]})
        put_little(file, v);
    std::uint32_t second = 0;
    for (input = input.subspan(1); input.size() > 1;) {
        const std::size_t size = std::min(std::to_integer<std::size_t>(input[0]), input.size() - 1);
        for (const std::uint32_t v : {++second, 0U, static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(size)})
            put_little(file, v);
        file.insert(file.end(), input.begin() + 1, input.begin() + 1 + static_cast<std::ptrdiff_t>(size));
        input = input.subspan(1 + size);
    }
    return file;
}

struct memory_file {
    explicit memory_file(std::span<const std::byte> content) : descriptor(memfd_create("capture", 0)) {
        REQUIRE(::write(descriptor, content.data(), content.size()) == std::ssize(content));
    }
    ~memory_file() { ::close(descriptor); }
    std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor); }
    int descriptor;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto input = std::as_bytes(std::span(data, size));
    const memory_file file(is_capture(input) ? bytes(input.begin(), input.end()) : file_of_packets(input));
    audiosocket::fuzz::reports reports(size % 2 == 1);
    inspect::inspection_totals totals;
    try {
        inspect::capture_input capture(file.path());
        if (capture.kind() == inspect::input_kind::capture)
            inspect::read_capture(capture, {9092, reports.seen_by(), totals});
    } catch (const failure&) {
        // A damaged header.
    }
    reports.finish(totals);
    reports.check();
    REQUIRE(totals.calls_with_findings <= totals.calls);
    return 0;
}
