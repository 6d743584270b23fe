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
    error_code refused;
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

// --- Deadlines ---

namespace {

using std::chrono::steady_clock;
using namespace std::chrono_literals;

// A short deadline: the test waits for it, and the awaited data never comes.
steady_clock::time_point soon() {
    return steady_clock::now() + 5ms;
}

// A deadline that only a test that hangs reaches.
steady_clock::time_point far_away() {
    return steady_clock::now() + 10min;
}

} // namespace

TEST(blocking_deadline, what_is_there_is_read_and_written_as_without_a_deadline) {
    stream_pair s;
    s.they_send(id_message(sample).to_bytes() + frame(kind::dtmf, raw("4")));
    EXPECT_EQ(read_id(s.ours, far_away(), s.error), sample);
    EXPECT_EQ(read_message(s.ours, s.store, far_away(), s.error).dtmf_digit(), '4');
    write_message(s.ours, hangup_message(), far_away(), s.error);
    EXPECT_FALSE(s.error);
    EXPECT_EQ(read_message(s.theirs, s.store, s.error).kind, kind::hangup);
    s.they_close();
    read_message(s.ours, s.store, far_away(), s.error);
    EXPECT_EQ(s.error, asio::error::eof);
    write_message(s.ours, hangup_message(), far_away(), s.error); // and no SIGPIPE
    EXPECT_EQ(s.error, asio::error::broken_pipe);
}

TEST(blocking_deadline, what_has_arrived_is_read_after_the_deadline_too) {
    stream_pair s;
    s.they_send(frame(kind::dtmf, raw("4")));
    EXPECT_EQ(read_message(s.ours, s.store, steady_clock::now() - 1s, s.error).dtmf_digit(), '4');
    EXPECT_FALSE(s.error);
}

TEST(blocking_deadline, silent_peer_times_out_between_messages_and_reading_goes_on) {
    stream_pair s;
    read_message(s.ours, s.store, soon(), s.error);
    EXPECT_EQ(s.error, asio::error::timed_out);
    s.they_send(frame(kind::dtmf, raw("4")));
    EXPECT_EQ(read_message(s.ours, s.store, far_away(), s.error).dtmf_digit(), '4');
    EXPECT_FALSE(s.error);
}

TEST(blocking_deadline, message_that_is_not_finished_in_time_is_named) {
    const bytes whole = frame(kind::slin, numbered(4));
    for (std::size_t n = 1; n < whole.size(); ++n) {
        stream_pair s;
        s.they_send(bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)));
        read_message(s.ours, s.store, soon(), s.error);
        EXPECT_EQ(s.error, protocol_errc::message_timeout) << n;
    }
}

TEST(blocking_deadline, id_that_does_not_come_in_time_is_named) {
    const bytes whole = id_message(sample).to_bytes();
    for (const std::size_t n : {0U, 1U, 3U, 18U}) {
        stream_pair s;
        s.they_send(bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)));
        read_id(s.ours, soon(), s.error);
        EXPECT_EQ(s.error, protocol_errc::id_timeout) << n;
    }
}

TEST(blocking_deadline, peer_that_does_not_read_times_the_sender_out) {
    stream_pair s;
    const bytes pcm(65'534);
    for (int i = 0; i < 1000 && !s.error; ++i)
        write_message(s.ours, audio_message(kind::slin, pcm, s.refused), soon(), s.error);
    EXPECT_EQ(s.error, protocol_errc::send_timeout);

    s.error = {};
    write_paced(s.ours, pcm, {}, 5ms, s.error);
    EXPECT_EQ(s.error, protocol_errc::send_timeout);
}

TEST(blocking_deadline, mode_of_the_socket_does_not_matter) {
    stream_pair s;
    s.ours.non_blocking(true);
    read_message(s.ours, s.store, soon(), s.error);
    EXPECT_EQ(s.error, asio::error::timed_out);
    auto later = std::async(std::launch::async, [&] { s.they_send(frame(kind::dtmf, raw("4"))); });
    EXPECT_EQ(read_message(s.ours, s.store, far_away(), s.error).dtmf_digit(), '4');
    EXPECT_FALSE(s.error);
}

TEST(blocking_deadline, closed_socket_is_an_error_of_the_system) {
    stream_pair s;
    s.ours.close();
    read_message(s.ours, s.store, far_away(), s.error);
    EXPECT_EQ(s.error, asio::error::bad_descriptor);
}
