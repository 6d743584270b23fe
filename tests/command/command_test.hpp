// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "command/recorded_call.hpp"
#include "support/bytes.hpp"
#include "support/process.hpp"
#include "support/raw_peer.hpp"
#include "support/skipped.hpp"

#include <audiosocket/audio.hpp>
#include <audiosocket/net/address.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <memory>
#include <thread>

namespace audiosocket::test {

/// Tests of the command as users run it: as a process. Each test has its own folder.
class command_test : public testing::Test {
  protected:
    command_test() {
        std::string pattern = (std::filesystem::temp_directory_path() / "audiosocket-test-XXXXXX").string();
        folder = mkdtemp(pattern.data());
    }
    ~command_test() override { std::filesystem::remove_all(folder); }

    static std::vector<std::string> command(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), AUDIOSOCKET_COMMAND);
        return arguments;
    }

    struct outcome {
        int code;
        std::string out;
        std::string err;
        boost::json::value json() const { return boost::json::parse(out); }
    };

    static outcome run(std::vector<std::string> arguments) {
        process p(command(std::move(arguments)));
        const int code = p.wait();
        return {code, p.out, p.err};
    }

    /// Starts `serve` with these options on a free port.
    void serve(std::vector<std::string> options, std::vector<std::string> prefix = {}) {
        start_verb("serve", std::move(options), std::move(prefix));
    }

    /// Starts this verb, which answers calls, with these options on a free port.
    void start_verb(const std::string& verb, std::vector<std::string> options, std::vector<std::string> prefix = {}) {
        options.insert(options.begin(), {verb, "--listen", "127.0.0.1:0", "--json"});
        auto line = command(std::move(options));
        line.insert(line.begin(), prefix.begin(), prefix.end());
        server = std::make_unique<process>(std::move(line));
        ASSERT_TRUE(server->wait_for_output("\n")) << server->err;
        where = boost::json::parse(server->out.substr(0, server->out.find('\n'))).at("address").as_string().c_str();
    }

    /// Stops the server and returns its exit code.
    int stop() {
        server->signal(SIGTERM);
        return server->wait();
    }

    outcome call(std::vector<std::string> options) {
        options.insert(options.begin(), {"call", where});
        return run(std::move(options));
    }

    /// Returns the server's endpoint, for a raw_peer.
    raw_peer::tcp::endpoint endpoint() const {
        const auto at = parse_address(where);
        return {boost::asio::ip::make_address(at->host), at->port};
    }

    /// A raw caller whose call the server has reported.
    raw_peer raw_caller() const {
        raw_peer peer(endpoint());
        peer.send(frame(kind::id, bytes(16, std::byte{7})));
        return peer;
    }

    /// A mono file of numbered samples, none of them zero.
    std::filesystem::path numbered_file(const std::string& name, std::size_t samples, int rate_hz = 8000) const {
        const auto file = folder / name;
        sound_writer(file, rate_hz).write(numbers(samples));
        return file;
    }

    static std::vector<std::int16_t> numbers(std::size_t count) { return numbered_samples().take(count); }

    static std::vector<std::int16_t> read_mono(const std::filesystem::path& file) {
        const clip all = clip::load(file, sound_reader(file).file_rate_hz());
        return {all.samples().begin(), all.samples().end()};
    }

    /// Returns one channel of a two-channel file that sound_writer has written.
    static std::vector<std::int16_t> channel(const std::filesystem::path& file, std::size_t which) {
        std::ifstream in(file, std::ios::binary);
        in.seekg(44); // the header
        std::vector<std::int16_t> out;
        std::int16_t pair[2];
        while (in.read(reinterpret_cast<char*>(pair), sizeof pair))
            out.push_back(pair[which]);
        return out;
    }

    /// Returns where these samples stand in a recording, without a gap.
    static constexpr std::ptrdiff_t nowhere = std::numeric_limits<std::ptrdiff_t>::max();
    static std::ptrdiff_t place_of(const std::vector<std::int16_t>& what, const std::vector<std::int16_t>& in) {
        const auto found = std::search(in.begin(), in.end(), what.begin(), what.end());
        return found == in.end() ? nowhere : found - in.begin();
    }

    /// For people: how much of these samples a recording has that lacks some of them.
    static std::string how_far(const std::vector<std::int16_t>& what, const std::vector<std::int16_t>& in) {
        constexpr std::ptrdiff_t enough = 100; // this many samples identify the place
        const auto all = std::ssize(what);
        std::string out;
        for (std::ptrdiff_t done = 0, at = 0; done + enough <= all;) {
            const auto begin = what.begin() + done;
            const auto found = std::search(in.begin() + at, in.end(), begin, begin + enough);
            if (found == in.end()) {
                done += enough;
                continue;
            }
            const auto length = std::mismatch(begin, what.end(), found, in.end()).first - begin;
            out += std::to_string(done) + "+" + std::to_string(length) + " at " + std::to_string(found - in.begin()) +
                   ", ";
            at = found - in.begin() + length;
            done += length;
        }
        return out + "of " + std::to_string(all) + " in " + std::to_string(in.size()) + " samples";
    }

    /// All of these samples, one after the other.
    static void expect_whole(const std::vector<std::int16_t>& what, const std::vector<std::int16_t>& in) {
        EXPECT_TRUE(place_of(what, in) != nowhere) << "heard " << how_far(what, in);
    }

    /// Expects all of these samples and no other sound, in order. If a process was late, silence may separate them, but
    /// not more silence than sound: a call that is torn on every machine must fail. The samples contain no zeros.
    static void expect_in_order(const std::vector<std::int16_t>& what, const std::vector<std::int16_t>& in) {
        const auto is_sound = [](std::int16_t s) { return s != 0; };
        const auto first = std::ranges::find_if(in, is_sound);
        const auto end = std::find_if(in.rbegin(), in.rend(), is_sound).base();
        std::vector<std::int16_t> sound;
        std::copy_if(in.begin(), in.end(), std::back_inserter(sound), is_sound);
        const auto same = std::ranges::mismatch(what, sound).in1 - what.begin();
        EXPECT_TRUE(sound == what) << "heard " << sound.size() << " samples of sound instead of " << what.size()
                                   << ", the first " << same << " as they should be: " << how_far(what, in);
        if (first < end) {
            EXPECT_LE(end - first, 2 * std::ssize(what)) << "samples from the first to the last";
        }
    }

    /// Polls until the condition holds; false if it does not within a minute.
    template <class Condition>
    static bool eventually(Condition condition) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        while (!condition()) {
            if (std::chrono::steady_clock::now() > limit) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        return true;
    }

    std::filesystem::path folder;
    std::unique_ptr<process> server;
    std::string where;
};

} // namespace audiosocket::test
