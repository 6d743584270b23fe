// SPDX-License-Identifier: Apache-2.0
// What `call` and `check` report about servers with common mistakes.
#include "command_test.hpp"

#include <boost/json/array.hpp>

#include <array>
#include <functional>
#include <numbers>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class diagnosis_command : public command_test {
  protected:
    diagnosis_command() { where = "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }
    ~diagnosis_command() override {
        boost::system::error_code ignored;
        acceptor_.close(ignored);
    }

    // Accepts one call and sends this.
    outcome call_to(const bytes& server_sends, std::vector<std::string> options = {"--json"}) {
        process caller(command([&] {
            options.insert(options.begin(), {"call", where, "--duration", "100", "-q"});
            return options;
        }()));
        raw_peer peer(acceptor_);
        peer.receive_bytes(19);
        peer.send(server_sends);
        peer.finish();
        const int code = caller.wait();
        return {code, caller.out, caller.err};
    }

    // Accepts connections until `check` has ended, and does this with each.
    outcome check_at(const std::function<void(raw_peer&)>& serve_one) {
        process judge(command({"check", where, "-q"}));
        std::jthread answering([&](const std::stop_token& stop) {
            while (!stop.stop_requested()) {
                pollfd waiting{acceptor_.native_handle(), POLLIN, 0};
                if (::poll(&waiting, 1, 20) != 1) continue;
                raw_peer peer(acceptor_);
                serve_one(peer);
            }
        });
        const int code = judge.wait();
        return {code, judge.out, judge.err};
    }

    static std::vector<std::int16_t> voice(std::size_t count) {
        std::vector<std::int16_t> out(count);
        for (std::size_t i = 0; i < count; ++i) {
            const double t = 2 * std::numbers::pi * static_cast<double>(i) / 8000;
            double sum = 0;
            for (int h = 1; h < 25; ++h)
                sum += std::sin(140.0 * h * t + h * h) / h;
            out[i] = static_cast<std::int16_t>(6000 * (0.6 + 0.4 * std::sin(3 * t)) * sum);
        }
        return out;
    }

    // The sound in this encoding, cut into messages labelled slin.
    static bytes messages(encoding e, std::size_t payload_bytes, bool little_endian = false) {
        const auto sound = voice(16'000);
        bytes coded(bytes_for(e, sound.size()));
        encode(e, sound, coded);
        bytes out;
        for (std::size_t at = 0; at + payload_bytes <= coded.size(); at += payload_bytes) {
            auto one = frame(kind::slin, bytes(coded.begin() + static_cast<std::ptrdiff_t>(at),
                                               coded.begin() + static_cast<std::ptrdiff_t>(at + payload_bytes)));
            if (little_endian) std::swap(one[1], one[2]);
            out.insert(out.end(), one.begin(), one.end());
        }
        return out;
    }

    static std::string codes(const outcome& o) {
        std::string all;
        const auto report = o.json();
        for (const auto& f : report.at("findings").as_array())
            if (f.at("code").as_string() != "burst") all += std::string(f.at("code").as_string()) + " ";
        return all;
    }

    boost::asio::io_context io_;
    raw_peer::tcp::acceptor acceptor_{io_, {boost::asio::ip::address_v4::loopback(), 0}};
};

} // namespace

TEST_F(diagnosis_command, call_finds_g711_under_the_label_of_slin) {
    for (const encoding law : {encoding::ulaw, encoding::alaw}) {
        const auto result = call_to(messages(law, 160));
        EXPECT_EQ(codes(result), "g711_as_slin ") << result.out;
        EXPECT_EQ(result.code, 1);
    }
}

TEST_F(diagnosis_command, call_finds_swapped_samples) {
    auto sent = messages(encoding::slin, 320);
    for (std::size_t at = 0; at < sent.size(); at += 323)
        for (std::size_t i = at + 3; i < at + 323; i += 2)
            std::swap(sent[i], sent[i + 1]);
    const auto result = call_to(sent);
    EXPECT_EQ(codes(result), "byte_order ") << result.out;
    EXPECT_EQ(result.code, 1);
}

TEST_F(diagnosis_command, call_finds_audio_without_headers) {
    const auto result = call_to(bytes(640), {});
    EXPECT_EQ(result.code, 1);
    EXPECT_NE(result.out.find("FAULT          the server sends audio without headers"), std::string::npos)
        << result.out;
    EXPECT_NE(result.out.find("this is not AudioSocket"), std::string::npos) << result.out;
}

TEST_F(diagnosis_command, call_finds_a_little_endian_length) {
    const auto result = call_to(messages(encoding::slin, 320, true));
    EXPECT_EQ(codes(result), "little_endian_length ") << result.out;
    EXPECT_EQ(result.code, 1);
}

TEST_F(diagnosis_command, call_remarks_on_a_header_played_as_sound) {
    auto sent = messages(encoding::slin, 320);
    const std::string_view header("RIFF\0\0\0\0WAVEfmt ", 16);
    std::ranges::copy(std::as_bytes(std::span(header)), sent.begin() + 3);
    EXPECT_EQ(codes(call_to(sent)), "file_header ");
}

TEST_F(diagnosis_command, check_says_once_that_a_server_is_not_audiosocket) {
    const auto result = check_at([](raw_peer& peer) {
        peer.receive_bytes(19);
        const std::string_view answer = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";
        const auto said = std::as_bytes(std::span(answer));
        peer.send(bytes(said.begin(), said.end()));
        peer.finish();
    });
    EXPECT_EQ(result.code, 1);
    EXPECT_TRUE(result.out.empty()) << result.out;
    EXPECT_NE(result.err.find("the server sends an HTTP answer, not AudioSocket"), std::string::npos) << result.err;
    EXPECT_EQ(std::ranges::count(result.err, '\n'), 1) << result.err;
}

TEST_F(diagnosis_command, check_says_once_that_a_server_floods) {
    bytes flood;
    for (int i = 0; i < 20'000; ++i)
        for (const std::byte b : frame(kind::slin, bytes(2)))
            flood.push_back(b);
    const auto result = check_at([&flood](raw_peer& peer) {
        peer.receive_bytes(19);
        boost::system::error_code gone;
        while (!gone)
            boost::asio::write(peer.socket(), boost::asio::buffer(flood), gone);
    });
    EXPECT_EQ(result.code, 1);
    EXPECT_NE(result.err.find("the server floods: "), std::string::npos) << result.err;
}

TEST_F(diagnosis_command, check_asks_for_a_limit_where_a_server_refuses) {
    const auto result = check_at([](raw_peer& peer) {
        peer.receive_bytes(19);
        peer.finish();
    });
    EXPECT_EQ(result.code, 3);
    EXPECT_NE(result.err.find("closes each connection without a byte: a limit"), std::string::npos) << result.err;
}

// `check --list | head` was an error.
TEST_F(diagnosis_command, reader_that_goes_away_is_not_an_error) {
    const std::string pipe = (folder / "pipe").string();
    // The only reader leaves before a byte is written.
    const std::string without_reader = "mkfifo " + pipe + " && exec 3<>" + pipe + " 4>" + pipe + " 3>&- && exec ";
    for (const std::string what : {" check --list", " check --list --json", " --help", " check --help"}) {
        std::filesystem::remove(pipe);
        process shell({"/bin/sh", "-c", without_reader + AUDIOSOCKET_COMMAND + what + " >&4"});
        EXPECT_EQ(shell.wait(), 0) << what << ": " << shell.err;
        EXPECT_EQ(shell.err, "") << what;
    }
}

TEST_F(diagnosis_command, full_disk_is_an_error_still) {
    process shell({"/bin/sh", "-c", std::string("exec ") + AUDIOSOCKET_COMMAND + " check --list >/dev/full"});
    EXPECT_EQ(shell.wait(), 4);
    EXPECT_NE(shell.err.find("standard output cannot be written"), std::string::npos) << shell.err;
}
