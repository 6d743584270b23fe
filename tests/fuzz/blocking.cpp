// SPDX-License-Identifier: Apache-2.0
// The blocking functions over a stream that gives any bytes in any pieces. They read the messages that the decoder
// finds, and not a byte more; a message that is written is read back.
//
// Input: a byte that says how to cut, then the stream.

#include "fuzz/input.hpp"
#include "fuzz/require.hpp"

#include <audiosocket/net/blocking.hpp>

using namespace audiosocket;

namespace {

using boost::system::error_code;

// A stream in memory, as Asio's functions read and write it: never more than `piece` bytes at once.
struct memory_stream {
    template <class Buffers>
    std::size_t read_some(const Buffers& to, error_code& error) {
        error = rest.empty() ? error_code(boost::asio::error::eof) : error_code();
        const auto n = boost::asio::buffer_copy(to, boost::asio::buffer(rest.data(), std::min(rest.size(), piece)));
        rest = rest.subspan(n);
        return n;
    }
    template <class Buffers>
    std::size_t write_some(const Buffers& from, error_code& error) {
        error = {};
        std::vector<std::byte> some(piece);
        some.resize(boost::asio::buffer_copy(boost::asio::buffer(some), from));
        written.insert(written.end(), some.begin(), some.end());
        return some.size();
    }

    std::span<const std::byte> rest;
    std::size_t piece;
    std::vector<std::byte> written{};
};

void read_all(std::span<const std::byte> bytes, std::size_t piece) {
    memory_stream stream{bytes, piece};
    memory_stream back{{}, piece};
    std::vector<std::byte> store;
    decoder d;
    d.feed(bytes);
    for (;;) {
        const std::size_t before = stream.rest.size();
        error_code error;
        const message m = read_message(stream, store, error);
        const auto expected = d.next();
        REQUIRE(expected.has_value() == !error);
        if (error) {
            REQUIRE(before == d.pending_bytes().size());
            REQUIRE(before == 0 ? error == boost::asio::error::eof : error == protocol_errc::message_truncated);
            break;
        }
        REQUIRE(m.kind == expected->kind && std::ranges::equal(m.payload, expected->payload));
        REQUIRE(before - stream.rest.size() == header_bytes + m.payload.size());
        audiosocket::error_code refused;
        if (!is_audio(m.kind)) continue;
        const auto again = audio_message(m.kind, m.payload, refused);
        if (refused) continue;
        const auto start = back.written.size();
        write_message(back, again, error);
        REQUIRE(!error);
        REQUIRE(std::ranges::equal(std::span(back.written).subspan(start + header_bytes), m.payload));
        REQUIRE(back.written[start] == std::byte(static_cast<unsigned char>(m.kind)));
    }
}

void read_first(std::span<const std::byte> bytes, std::size_t piece) {
    memory_stream stream{bytes, piece};
    error_code error;
    const uuid id = read_id(stream, error);
    const auto taken = bytes.size() - stream.rest.size();
    const bool is_id =
        bytes.size() >= 3 && bytes[0] == std::byte{1} && bytes[1] == std::byte{0} && bytes[2] == std::byte{16};
    if (!error) {
        REQUIRE(is_id && taken == header_bytes + uuid::size_bytes);
        REQUIRE(std::ranges::equal(std::as_bytes(std::span(id.bytes)), bytes.subspan(header_bytes, uuid::size_bytes)));
        return;
    }
    if (bytes.empty()) REQUIRE(error == boost::asio::error::eof);
    if (bytes.size() >= 3 && !is_id) REQUIRE(taken == header_bytes);
    if (is_id || (!bytes.empty() && bytes.size() < 3)) REQUIRE(error == protocol_errc::message_truncated);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    const std::size_t piece = 1 + in.byte();
    const auto bytes = in.rest();
    read_first(bytes, piece);
    read_all(bytes, piece);
    read_all(bytes, 1);
    return 0;
}
