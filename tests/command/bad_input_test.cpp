// SPDX-License-Identifier: Apache-2.0
#include "command_test.hpp"

#include "support/raw_peer.hpp"

#include <sys/stat.h>

#include <functional>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class bad_input : public command_test {
  protected:
    // Expects one clear line with the word, and the exit code.
    static void expect_refusal(std::vector<std::string> arguments, int code, const std::string& word) {
        std::string shown;
        for (const auto& a : arguments)
            shown += a + " ";
        const auto result = run(std::move(arguments));
        EXPECT_EQ(result.code, code) << shown << result.out << result.err;
        EXPECT_NE(result.err.find(word), std::string::npos) << shown << "said: " << result.err;
        EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << shown << "said: " << result.err;
    }

    // Whether these bytes are whole messages, or the rest of one.
    static bool ends_a_message(const bytes& piece) {
        if (piece.size() < header_bytes) return false;
        const auto h = read_header(std::span(piece).first<header_bytes>());
        return !is_audio(h.kind) || piece.size() >= header_bytes + h.payload_bytes;
    }

    // A server that sends these bytes after the id, piece by piece, and then ends as `end` says.
    void expect_finding(
        const std::vector<bytes>& pieces, const std::string& word,
        const std::function<void(raw_peer&)>& end = [](raw_peer& p) { p.finish(); }) {
        // Between pieces of one message 5 ms would be enough if the caller were never late. Data that is there when it
        // looks counts as in time.
        constexpr std::chrono::milliseconds pause(300);
        boost::asio::io_context io;
        raw_peer::tcp::acceptor acceptor(io, {boost::asio::ip::address_v4::loopback(), 0});
        process caller(
            command({"call", "127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()), "--duration", "4"}));
        raw_peer peer(acceptor);
        peer.receive_bytes(19);
        for (const bytes& piece : pieces) {
            peer.send(piece);
            if (ends_a_message(piece)) continue;
            EXPECT_TRUE(peer.wait_until_read());
            std::this_thread::sleep_for(pause);
        }
        end(peer);
        EXPECT_EQ(caller.wait(), word.empty() ? 0 : 1) << caller.out << caller.err;
        EXPECT_NE(caller.out.find(word), std::string::npos) << "wanted: " << word << "\n" << caller.out;
    }
};

} // namespace

TEST_F(bad_input, command_lines_are_refused_with_one_line_and_code_2) {
    expect_refusal({}, 2, "subcommand");
    expect_refusal({"dance"}, 2, "use one of");
    expect_refusal({"serv"}, 2, "did you mean serve?");
    expect_refusal({"-V"}, 2, "-V: no such option; there are --help and --version");
    expect_refusal({"serve", "-x"}, 2, "-x: no such option");
    expect_refusal({"serve", "--listn", "127.0.0.1:0"}, 2, "--listn: no such option; did you mean --listen?");
    expect_refusal({"bench", "localhost", "--call=3"}, 2, "--call: no such option; did you mean --calls?");
    expect_refusal({"call", "localhost", "please"}, 2, "please: one argument too many");
    expect_refusal({"serve", "--listen", "9092"}, 2, "HOST:PORT");
    expect_refusal({"bench", "localhost", "--server-pid", ""}, 2, "expected the id of a process");
    expect_refusal({"serve", "--listen", "127.0.0.1:99999"}, 2, "a port is at most 65535");
    expect_refusal({"serve", "--listen", "::1"}, 2, "HOST:PORT");
    expect_refusal({"serve", "--loop"}, 2, "--play");
    expect_refusal({"serve", "--tone", "440", "--play", "x.wav"}, 2, "--play");
    expect_refusal({"serve", "--tone", "-3"}, 2, "--tone");
    expect_refusal({"serve", "--barge-in", "1"}, 2, "nothing to stop");
    expect_refusal({"serve", "--echo", "--barge-in", "12x"}, 2, "digits");
    expect_refusal({"serve", "--echo", "--barge-in", ""}, 2, "digits");
    expect_refusal({"serve", "--drain-timeout", "-1"}, 2, "--drain-timeout");
    expect_refusal({"serve", "--requests"}, 2, "--echo");
    expect_refusal({"check"}, 2, "HOST:PORT");
    expect_refusal({"check", "localhost:0"}, 2, "HOST:PORT");
    expect_refusal({"check", "localhost", "--only", "99"}, 2, "--only: \"99\": no such case");
    expect_refusal({"check", "localhost", "--only", "nonsense"}, 2, "no such case");
    expect_refusal({"check", "localhost", "--stop"}, 2, "--server-pid");
    expect_refusal({"check", "localhost", "--server-pid", "999999999"}, 2,
                   "--server-pid: \"999999999\": no such process");
    expect_refusal({"check", "127.0.0.1:1"}, 3, "cannot connect to 127.0.0.1:1: Connection refused");
    expect_refusal({"call", "localhost", "--as", "19"}, 2, "22.10");
    expect_refusal({"call", "localhost", "--as", "22.10", "--format", "slin16"}, 2, "--dial");
    expect_refusal({"serve", "--max-calls", "0"}, 2, "--max-calls");
    expect_refusal({"serve", "--input-format", "mp3"}, 2, "--input-format: \"mp3\": expected ");
    expect_refusal({"call"}, 2, "server is missing: audiosocket call HOST:PORT");
    expect_refusal({"inspect"}, 2, "FILE is missing");
    expect_refusal({"call", "127.0.0.1:1"}, 3, "Connection refused; no process listens there");
    expect_refusal({"call", ":9092"}, 2, "HOST:PORT");
    expect_refusal({"call", "localhost:0"}, 2, "HOST:PORT");
    expect_refusal({"call", "localhost", "--id", "not-a-uuid"}, 2, "--id: \"not-a-uuid\": not a UUID");
    expect_refusal({"call", "localhost", "--dtmf", "12x"}, 2, "--dtmf: \"12x\": only the digits");
    expect_refusal({"call", "localhost", "--format", "mp3"}, 2, "--format: \"mp3\": expected slin8, ulaw, ");
    expect_refusal({"call", "localhost", "--ptime", "25"}, 2, "--ptime: \"25\": expected 10, 20, 30, 40 or 60");
    expect_refusal({"call", "localhost", "--duration", "soon"}, 2, "--duration: expected a number, found \"soon\"");
    expect_refusal({"bench", "localhost", "--calls", "1k"}, 2, "--calls: expected a whole number, found \"1k\"");
    expect_refusal({"bench", "localhost", "--calls", "0"}, 2, "--calls: \"0\": expected 1 to 100000");
}

TEST_F(bad_input, unreachable_servers_and_taken_ports_are_code_3) {
    boost::asio::io_context io;
    raw_peer::tcp::acceptor taken(io, {boost::asio::ip::address_v4::loopback(), 0});
    const auto port = std::to_string(taken.local_endpoint().port());
    expect_refusal({"serve", "--listen", "127.0.0.1:" + port}, 3,
                   "cannot listen on 127.0.0.1:" + port + ": Address already in use; another process");
    expect_refusal({"serve", "--listen", "no.such.host.invalid:1"}, 3, "no.such.host.invalid");
    taken.close();
    expect_refusal({"call", "127.0.0.1:" + port}, 3, "refused");
    expect_refusal({"call", "no.such.host.invalid"}, 3, "no.such.host.invalid");
}

TEST_F(bad_input, files_that_cannot_be_used_are_code_4) {
    std::ofstream(folder / "empty.wav");
    std::ofstream(folder / "text.wav") << "this is not a sound\n";
    for (const std::string name : {"missing.wav", "empty.wav", "text.wav", ""}) {
        const auto file = (folder / name).string();
        expect_refusal({"serve", "--play", file}, 4, file);
        expect_refusal({"call", "localhost", "--play", file}, 4, file);
    }
    expect_refusal({"call", "localhost", "--record", (folder / "no/such/folder.wav").string()}, 4, "folder.wav");
    expect_refusal({"call", "localhost", "--record", (folder / "x.mp9").string()}, 4, "mp9");
    expect_refusal({"serve", "--record", (folder / "text.wav").string()}, 4, "text.wav");
}

TEST_F(bad_input, server_that_would_cost_the_call_is_found_out) {
    const bytes good = frame(kind::slin, bytes(320));
    expect_finding({good, good, frame(kind::hangup)}, "");
    expect_finding({good, frame(0x02)}, "kinds other than");
    expect_finding({good, frame(0x01, bytes(16))}, "kinds other than");
    expect_finding({good, frame(0x03, raw("1"))}, "kinds other than");
    expect_finding({good, frame(0xff, raw({4}))}, "error message");
    expect_finding({good, frame(0x10)}, "without audio");
    expect_finding({good, frame(0x10, bytes(321))}, "half a sample");
    expect_finding({good, bytes(good.begin(), good.begin() + 100), bytes(good.begin() + 100, good.end())}, "pause");
    expect_finding({good, bytes(good.begin(), good.begin() + 2), bytes(good.begin() + 2, good.end())}, "two pieces");
    expect_finding({good, bytes(good.begin(), good.begin() + 100)}, "inside a message");
    expect_finding({raw("HTTP/1.1 400 Bad Request\r\n\r\n")}, "the server sends an HTTP answer, not AudioSocket");
    expect_finding({good}, "reset", [](raw_peer& p) { p.reset(); });
    expect_finding({}, "no audio for more than 2 s", [](raw_peer& p) { p.receive_all(); });
    expect_finding({good, good}, "no audio for more than 2 s", [](raw_peer& p) { p.receive_all(); });
}
