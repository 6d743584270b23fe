// SPDX-License-Identifier: Apache-2.0
#include "interop_test.hpp"

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

/// asterisk-audiosocket 0.1.0, unchanged. The tests name where it differs from what Asterisk wants.
class npm_asterisk_audiosocket : public interop_test {
  protected:
    void SetUp() override {
        need("npm");
        node = {"/usr/bin/env", "node", (peers / "peer.js").string()};
    }

    program node;
};

} // namespace

TEST_F(npm_asterisk_audiosocket, constructors_make_our_bytes) {
    program items{"encode", "hangup", std::string("id:") + id_text};
    std::vector<std::string> ours{hex(hangup_message().to_bytes()), hex(id_message(uuid::parse(id_text)).to_bytes())};
    error_code error;
    for (const std::size_t size : std::vector<std::size_t>{2, 256, 320, 1764, 65'534}) {
        bytes pcm(size);
        for (std::size_t i = 0; i < size; ++i)
            pcm[i] = static_cast<std::byte>(i % 251);
        items.push_back("slin:" + std::to_string(size));
        ours.push_back(hex(slin_message(pcm, error).to_bytes()));
    }
    expect_answers(node, items, ours);
    EXPECT_EQ(ask(node, {"encode", "slin:65536"}),
              std::vector<std::string>{"panic: AudioSocket payload too large: 65536 > 65535"});
}

// It knows four kinds. It reads every other kind, such as DTMF and wideband, as an error.
TEST_F(npm_asterisk_audiosocket, parser_reads_our_messages_however_they_are_split) {
    error_code error;
    const bytes id = id_message(uuid::parse(id_text)).to_bytes();
    const bytes pcm = numbered(160);
    const bytes stream = id + slin_message(pcm, error).to_bytes() + dtmf_message('5', error).to_bytes() +
                         audio_message(kind::slin16, raw({1, 2}), error).to_bytes() + silence_message().to_bytes() +
                         error_message(error_bits::memory).to_bytes() + hangup_message().to_bytes();
    const std::vector<std::string> wanted{
        "1 " + hex(uuid::parse(id_text).bytes), "16 " + hex(pcm), "255 35", "255 0102", "255 ", "255 04", "0 "};
    std::mt19937 random(1);
    for (const split how : all_splits) {
        program pieces{"read"};
        cut(stream, how, random, [&](auto piece) { pieces.push_back(hex(piece)); });
        EXPECT_EQ(ask(node, pieces), wanted);
    }
}

TEST_F(npm_asterisk_audiosocket, our_caller_is_echoed_bit_exact) {
    start_server(node, {"echo"});
    const auto said = numbered_file("said.wav", 8000);
    const auto heard = folder / "heard.slin";
    recorded_call caller(where, heard, {"--id", id_text, "--play", said.string()});
    EXPECT_TRUE(caller.wait_for_sound(8000));
    EXPECT_EQ(caller.hang_up(), 0) << caller.caller().out << caller.caller().err;
    expect_in_order(numbers(8000), caller.heard());
    EXPECT_TRUE(server->wait_for_output(std::string("ended ") + id_text)) << server->out << server->err;
}

TEST_F(npm_asterisk_audiosocket, our_caller_hears_its_file_padded_to_a_frame_and_the_hangup) {
    const auto file = numbered_file("played.slin", 5000); // 31.25 frames
    const auto heard = folder / "heard.slin";
    start_server(node, {"play:" + file.string()});
    const auto result = call({"--record", heard.string(), "--duration", "100", "--json"});
    EXPECT_EQ(result.code, 0) << result.out << result.err;
    EXPECT_TRUE(ended_with_hangup_message(result.json())) << result.out;
    auto wanted = numbers(5000);
    wanted.resize(32 * 160);
    EXPECT_EQ(read_mono(heard), wanted);
}

TEST_F(npm_asterisk_audiosocket, its_connection_as_a_caller_is_echoed_bit_exact_by_our_server) {
    serve({"--echo", "--exit-after", "1"});
    const auto said = numbered_file("said.slin", 8000);
    expect_in_order(numbers(8000), peer_calls(node, said, 16'000));
    EXPECT_EQ(server->wait(), 0);
    EXPECT_NE(server->out.find(id_text), std::string::npos) << server->out;
}

// The digit becomes the event "error". A Node process that does not listen for that event ends, with all its calls.
TEST_F(npm_asterisk_audiosocket, digit_ends_a_server_that_follows_its_readme) {
    start_server(node, {"echo"});
    const auto result = call({"--dtmf", "1", "--dtmf-after", "0.1", "--duration", "100", "--json"});
    EXPECT_EQ(server->wait(), 1);
    EXPECT_NE(server->err.find("AudioSocket ERROR frame, code=49"), std::string::npos) << server->err; // '1'
    EXPECT_NE(result.json().at("end").at("reason").as_string(), "hung up") << result.out; // by us, after 100 s
}

TEST_F(npm_asterisk_audiosocket, digit_is_an_error_event_to_a_server_that_listens_for_it) {
    start_server(node, {"echo", "0", "--careful"});
    process caller(command({"call", where, "--dtmf", "1", "--dtmf-after", "0.1", "--duration", "100", "--json"}));
    EXPECT_TRUE(server->wait_for_output("error AudioSocket ERROR frame, code=49")) << server->out << server->err;
    caller.signal(SIGINT);
    EXPECT_EQ(caller.wait(), 0) << caller.out;
    EXPECT_EQ(boost::json::parse(caller.out).at("end").at("reason").as_string(), "hung up");
}

// It closes right after its hangup message, so audio on its way is answered with a reset. Asterisk has read the message
// by then, unless Asterisk is late.
TEST_F(npm_asterisk_audiosocket, hanging_up_resets_a_caller_that_still_speaks) {
    const auto file = numbered_file("played.slin", 320);
    start_server(node, {"play:" + file.string()});
    raw_peer caller = connect();
    caller.send(id_message(uuid::parse(id_text)).to_bytes());
    const auto end = caller.receive_all();
    EXPECT_TRUE(end.orderly);
    ASSERT_EQ(messages_in(end.all).size(), 3U);
    EXPECT_EQ(messages_in(end.all).back().kind, kind::hangup);

    boost::system::error_code error;
    for (const auto limit = std::chrono::steady_clock::now() + raw_peer::patience;
         !error && std::chrono::steady_clock::now() < limit;)
        boost::asio::write(caller.socket(), boost::asio::buffer(frame(kind::slin, bytes(320))), error);
    EXPECT_TRUE(error == boost::asio::error::connection_reset || error == boost::asio::error::broken_pipe) << error;
}
