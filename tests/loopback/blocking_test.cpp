// SPDX-License-Identifier: Apache-2.0
#include "support/raw_peer.hpp"

#include <audiosocket/net/blocking.hpp>

#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <gtest/gtest.h>

#include <future>

using namespace audiosocket;
using namespace audiosocket::test;
namespace asio = boost::asio;

namespace {

// Two ends of a blocking stream.
struct stream_pair {
    using stream = asio::local::stream_protocol::socket;

    stream_pair() { asio::local::connect_pair(ours, theirs); }
    void they_send(const bytes& data) { asio::write(theirs, asio::buffer(data)); }
    void they_close() { theirs.close(); }

    asio::io_context io;
    stream ours{io};
    stream theirs{io};
    boost::system::error_code error;
    std::vector<std::byte> store;
};

const uuid sample = uuid::parse("40325ec2-5efd-4bd3-805f-53576e581d13");

} // namespace

TEST(blocking, messages_are_read_one_by_one_and_nothing_past_them) {
    stream_pair s;
    s.they_send(frame(kind::slin, numbered(160)) + frame(kind::dtmf, raw("4")) + frame(kind::hangup) + raw("rest"));
    EXPECT_EQ(read_message(s.ours, s.store, s.error).content_length(), 320U);
    EXPECT_EQ(read_message(s.ours, s.store, s.error).dtmf_digit(), '4');
    EXPECT_EQ(read_message(s.ours, s.store, s.error).kind, kind::hangup);
    EXPECT_FALSE(s.error);
    bytes rest(10);
    rest.resize(s.ours.read_some(asio::buffer(rest)));
    EXPECT_EQ(rest, raw("rest"));
}

TEST(blocking, end_between_messages_is_eof_and_inside_one_is_truncation) {
    const bytes whole = frame(kind::slin, numbered(4));
    for (std::size_t n = 0; n < whole.size(); ++n) {
        stream_pair s;
        s.they_send(bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)));
        s.they_close();
        read_message(s.ours, s.store, s.error);
        if (n == 0)
            EXPECT_EQ(s.error, asio::error::eof);
        else
            EXPECT_EQ(s.error, protocol_errc::message_truncated) << n;
    }
}

TEST(blocking, id_is_read_as_the_first_message) {
    stream_pair s;
    s.they_send(id_message(sample).to_bytes());
    EXPECT_EQ(read_id(s.ours, s.error), sample);
    EXPECT_FALSE(s.error);
}

TEST(blocking, anything_else_first_is_an_error) {
    const std::pair<bytes, protocol_errc> cases[] = {{frame(kind::slin, numbered(1)), protocol_errc::id_expected},
                                                     {raw("GET /"), protocol_errc::id_expected},
                                                     {frame(kind::id, bytes(15)), protocol_errc::id_length},
                                                     {frame(kind::id), protocol_errc::id_length}};
    for (const auto& [first, expected] : cases) {
        stream_pair s;
        s.they_send(first);
        EXPECT_EQ(read_id(s.ours, s.error), uuid{});
        EXPECT_EQ(s.error, expected);
    }
}

TEST(blocking, paced_audio_arrives_in_chunks_at_its_own_speed) {
    stream_pair s;
    const bytes pcm = numbered(160 * 10 + 40);
    const auto begin = std::chrono::steady_clock::now();
    auto sending = std::async(std::launch::async, [&] {
        boost::system::error_code failed;
        write_paced(s.ours, pcm, {}, failed);
        s.ours.close();
        return failed;
    });
    bytes received;
    std::size_t messages = 0;
    for (;;) {
        const message m = read_message(s.theirs, s.store, s.error);
        if (s.error) break;
        ++messages;
        EXPECT_EQ(m.kind, kind::slin);
        received.insert(received.end(), m.payload.begin(), m.payload.end());
    }
    EXPECT_EQ(s.error, asio::error::eof);
    EXPECT_FALSE(sending.get());
    EXPECT_EQ(messages, 11U);
    EXPECT_EQ(received, pcm);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(199)); // the last is due at 200 ms
}

TEST(blocking, unsendable_audio_is_refused_before_a_byte_is_out) {
    stream_pair s;
    write_paced(s.ours, {}, {}, s.error);
    EXPECT_EQ(s.error, usage_errc::not_whole_samples);
    write_paced(s.ours, bytes(321 * 2 + 1), {}, s.error);
    EXPECT_EQ(s.error, usage_errc::not_whole_samples);
    EXPECT_EQ(s.theirs.available(), 0U);
}

TEST(blocking, peer_that_is_gone_is_an_error_of_the_stream) {
    stream_pair s;
    s.they_close();
    write_paced(s.ours, bytes(3200), {}, s.error);
    EXPECT_EQ(s.error, asio::error::broken_pipe);
}
