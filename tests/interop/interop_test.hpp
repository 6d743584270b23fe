// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "command/command_test.hpp"
#include "support/raw_peer.hpp"

#include <audiosocket/protocol/encoder.hpp>

#include <algorithm>
#include <functional>
#include <sstream>

namespace audiosocket::test {

/// Tests with another implementation, which `tests/interop/prepare` has built. All peers have the same verbs; the head
/// of go/main.go lists them.
class interop_test : public command_test {
  protected:
    using program = std::vector<std::string>;

    /// Returns the folder of this peer. Skips the test if `prepare` could not build it, with its reason.
    void need(const std::string& peer) {
        peers = std::filesystem::path(INTEROP_FOLDER) / peer;
        if (std::ifstream reason_file(peers / "skipped"); reason_file) {
            std::string reason;
            std::getline(reason_file, reason);
            GTEST_SKIP() << skipped(reason);
        }
        ASSERT_TRUE(exists(peers)) << "not prepared: run this through ctest, or tests/interop/prepare before";
    }

    static program join(program left, const program& right) {
        left.insert(left.end(), right.begin(), right.end());
        return left;
    }

    /// Returns the lines that the peer prints.
    static std::vector<std::string> ask(const program& peer, const program& arguments) {
        process p(join(peer, arguments));
        EXPECT_EQ(p.wait(), 0) << p.err;
        return lines(p.out);
    }

    /// Runs the peer, and compares its line for each argument with the expected one.
    static void expect_answers(const program& peer, const program& question, const std::vector<std::string>& wanted) {
        const auto got = ask(peer, question);
        ASSERT_EQ(got.size(), wanted.size());
        for (std::size_t i = 0; i < got.size(); ++i) {
            const auto differs = std::ranges::mismatch(got[i], wanted[i]).in1 - got[i].begin();
            EXPECT_TRUE(got[i] == wanted[i]) // lines may have 131,076 digits
                << question[i + 1] << ": character " << differs << ": "
                << got[i].substr(static_cast<std::size_t>(differs), 40) << " instead of "
                << wanted[i].substr(static_cast<std::size_t>(differs), 40);
        }
    }

    static std::vector<std::string> lines(const std::string& text) {
        std::vector<std::string> out;
        std::istringstream in(text);
        for (std::string line; std::getline(in, line);)
            out.push_back(line);
        return out;
    }

    /// Starts the peer's server on a free port.
    void start_server(const program& peer, const program& manner) {
        server = std::make_unique<process>(join(join(peer, {"serve"}), manner));
        ASSERT_TRUE(server->wait_for_output("\n")) << server->err;
        std::istringstream(server->out).ignore(10) >> where; // "listening "
    }

    /// Makes the peer's caller play a file to `where`. It hangs up when it has heard this many samples; they are
    /// returned.
    std::vector<std::int16_t> peer_calls(const program& peer, const std::filesystem::path& said, std::size_t samples) {
        const auto heard = folder / "peer-heard.slin";
        process p(join(peer, {"call", where, id_text, said.string(), heard.string(), std::to_string(samples * 2)}));
        EXPECT_EQ(p.wait(), 0) << p.out << p.err;
        return read_mono(heard);
    }

    /// Whether the last message was a hangup, and not just the end of the connection.
    static bool ended_with_hangup_message(const boost::json::value& report) {
        const auto& counts = report.at("statistics");
        const auto count = [&](const char* name) { return counts.at(name).to_number<std::size_t>(); };
        const std::size_t audio = count("frames_received") * header_bytes + count("samples_received") * 2;
        return report.at("end").at("reason").as_string() == "peer hung up" &&
               count("bytes_received") == audio + hangup_message().size();
    }

    /// A connection to `where` that does only what the test asks.
    raw_peer connect() const {
        const auto port = static_cast<std::uint16_t>(std::stoi(where.substr(where.rfind(':') + 1)));
        return raw_peer({boost::asio::ip::address_v4::loopback(), port});
    }

    /// Returns samples in the byte order of the wire.
    static bytes pcm_of(const std::vector<std::int16_t>& samples) {
        const auto wire = std::as_bytes(std::span(samples)); // little endian, as this machine
        return {wire.begin(), wire.end()};
    }

    static std::string hex(std::span<const std::byte> data) {
        constexpr auto digits = "0123456789abcdef";
        std::string out;
        for (const auto b : data) {
            out += digits[std::to_integer<unsigned>(b) >> 4];
            out += digits[std::to_integer<unsigned>(b) & 15];
        }
        return out;
    }

    static constexpr auto id_text = "40325ec2-5efd-4bd3-805f-53576e581d13";

    std::filesystem::path peers;
};

/// The reference library, in the version that most applications use and in the newest.
class go_interop_test : public interop_test {
  protected:
    void SetUp() override { need("go"); }

    void for_each_version(const std::function<void(const std::string& version, const program& peer)>& check) const {
        for (const std::string version : {"v0.2.1", "v0.3.0"}) {
            SCOPED_TRACE(version);
            check(version, {(peers / version / "peer").string()});
        }
    }
};

} // namespace audiosocket::test
