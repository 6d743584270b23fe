// SPDX-License-Identifier: Apache-2.0
#include "interop_test.hpp"

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

/// Calls between the reference library and us, in both directions, for each version of the library.
class go_calls : public go_interop_test {
  protected:
    // Starts the example on a port that is free now, and calls it; another process may take the port meanwhile.
    void call_playfile(const std::string& version, const program& options, outcome& result) {
        for (int tries = 0; tries < 5; ++tries) {
            boost::asio::io_context io;
            const auto port =
                raw_peer::tcp::acceptor(io, {boost::asio::ip::address_v4::loopback(), 0}).local_endpoint().port();
            where = "127.0.0.1:" + std::to_string(port);
            // The example plays test.slin of its working directory.
            server =
                std::make_unique<process>(program{"/bin/sh", "-c", "cd \"$1\" && exec \"$2\" \"$3\"", "sh",
                                                  folder.string(), (peers / version / "playfile").string(), where});
            // It reports that it listens before it does.
            for (const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(5);
                 std::chrono::steady_clock::now() < limit;) {
                result = call(options);
                if (result.code != 3) return;
                std::this_thread::sleep_for(std::chrono::milliseconds(20));
            }
        }
        FAIL() << result.err;
    }
};

} // namespace

TEST_F(go_calls, our_caller_is_echoed_bit_exact) {
    const auto said = numbered_file("said.wav", 8000);
    const auto heard = folder / "heard.slin";
    for_each_version([&](const std::string&, const program& go) {
        start_server(go, {"echo"});
        recorded_call caller(where, heard,
                             {"--id", id_text, "--play", said.string(), "--dtmf", "1#", "--dtmf-after", "0.2"});
        EXPECT_TRUE(caller.wait_for_sound(8000));
        EXPECT_TRUE(server->wait_for_output("kind 3 \"#\"\n")) << server->out;
        EXPECT_EQ(caller.hang_up(), 0) << caller.caller().out << caller.caller().err;
        expect_in_order(numbers(8000), caller.heard());
        // Like Asterisk, our caller just closes.
        EXPECT_TRUE(server->wait_for_output(std::string("ended ") + id_text + " failed: failed to read header: EOF\n"))
            << server->out;
        EXPECT_NE(server->out.find(std::string("call ") + id_text), std::string::npos) << server->out;
        EXPECT_NE(server->out.find("kind 3 \"1\"\nkind 3 \"#\"\n"), std::string::npos) << server->out;
    });
}

TEST_F(go_calls, our_caller_hears_send_slin_chunks_bit_exact_and_the_hangup) {
    const auto file = numbered_file("played.slin", 5000); // not a multiple of a frame
    const auto heard = folder / "heard.slin";
    for_each_version([&](const std::string&, const program& go) {
        start_server(go, {"play:" + file.string()});
        const auto result = call({"--record", heard.string(), "--duration", "100", "--json"});
        EXPECT_EQ(result.code, 0) << result.out << result.err;
        EXPECT_TRUE(ended_with_hangup_message(result.json())) << result.out;
        auto samples = read_mono(heard);
        ASSERT_GE(samples.size(), 5000U);
        EXPECT_LT(samples.size(), 5000U + 160U) << "more than the rest of a frame was added";
        samples.resize(5000);
        EXPECT_EQ(samples, numbers(5000));
    });
}

TEST_F(go_calls, go_caller_is_echoed_bit_exact_by_our_server) {
    const auto said = numbered_file("said.slin", 8000);
    for_each_version([&](const std::string&, const program& go) {
        serve({"--echo", "--exit-after", "1"});
        expect_in_order(numbers(8000), peer_calls(go, said, 16'000));
        EXPECT_EQ(server->wait(), 0);
        EXPECT_NE(server->out.find(id_text), std::string::npos) << server->out;
        EXPECT_NE(server->out.find("hung up"), std::string::npos) << server->out;
    });
}

TEST_F(go_calls, go_caller_hears_our_file_bit_exact) {
    const auto said = numbered_file("said.slin", 1600);
    const auto played = numbered_file("played.wav", 8000);
    for_each_version([&](const std::string&, const program& go) {
        serve({"--play", played.string(), "--exit-after", "1"});
        expect_whole(numbers(8000), peer_calls(go, said, 9000));
        EXPECT_EQ(server->wait(), 0);
    });
}

TEST_F(go_calls, go_caller_takes_our_hangup_for_the_end) {
    const auto said = numbered_file("said.slin", 800);
    const auto played = numbered_file("played.wav", 4000);
    for_each_version([&](const std::string&, const program& go) {
        serve({"--play", played.string(), "--then-hangup", "--exit-after", "1"});
        process caller(join(go, {"call", where, id_text, said.string(), (folder / "heard.slin").string(), "1000000"}));
        EXPECT_EQ(caller.wait(), 0) << caller.err;
        EXPECT_NE(caller.out.find("the server hung up before we did"), std::string::npos) << caller.out;
        EXPECT_EQ(server->wait(), 0);
    });
}

TEST_F(go_calls, playfile_example_is_heard_bit_exact_and_hangs_up) {
    const auto heard = folder / "heard.slin";
    numbered_file("test.slin", 8100);
    for_each_version([&](const std::string& version, const program&) {
        outcome result;
        call_playfile(version, {"--id", id_text, "--record", heard.string(), "--duration", "100", "--json"}, result);
        EXPECT_EQ(result.code, 0) << result.out << result.err;
        EXPECT_TRUE(ended_with_hangup_message(result.json())) << result.out;
        auto samples = read_mono(heard);
        ASSERT_GE(samples.size(), 8100U);
        samples.resize(8100);
        EXPECT_EQ(samples, numbers(8100));
        server->signal(SIGKILL); // it serves until it is killed
        server->wait();
        EXPECT_NE(server->err.find(std::string("processing call ") + id_text), std::string::npos) << server->err;
        EXPECT_NE(server->err.find("completed audio send"), std::string::npos) << server->err;
    });
}

// v0.2.1 takes the result of one read for the whole header, and then returns neither a message nor an error. v0.3.0
// keeps reading. This is why a message is always sent whole: with v0.2.1 a server loses its place, or refuses the call.
TEST_F(go_calls, id_in_two_pieces_is_refused_by_the_old_version_and_read_by_the_new) {
    const bytes id = id_message(uuid::parse(id_text)).to_bytes();
    const bytes sound = frame(kind::slin, numbered(160));
    for_each_version([&](const std::string& version, const program& go) {
        start_server(go, {"echo"});
        raw_peer caller = connect();
        caller.send({id.begin(), id.begin() + 2});
        if (version == "v0.2.1") {
            EXPECT_TRUE(server->wait_for_output("refused: wrong message type 255")) << server->out;
            EXPECT_TRUE(caller.receive_all().all.empty());
            return;
        }
        caller.send({id.begin() + 2, id.end()});
        for (const auto b : sound)
            caller.send({b});
        EXPECT_EQ(caller.receive_bytes(sound.size()), sound);
        caller.send(frame(kind::hangup));
        EXPECT_TRUE(server->wait_for_output("hung up")) << server->out;
    });
}
