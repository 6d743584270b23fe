// SPDX-License-Identifier: Apache-2.0
// Calls through a network that loses, delays, reorders and repeats packets.
#include "faults_test.hpp"
#include "rough_network.hpp"

#include "support/busy_machine.hpp"

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;

namespace {

struct named_faults {
    const char* name;
    network_faults faults;
};

void PrintTo(const named_faults& one, std::ostream* out) {
    *out << one.name;
}

class rough : public faults_test {
  protected:
    // Skips the test where there are no network namespaces.
    void make_network(const network_faults& faults) {
        try {
            network = std::make_unique<rough_network>(faults);
        } catch (const std::runtime_error& e) {
            GTEST_SKIP() << skipped(std::string("no network of its own may be made here: ") + e.what());
        }
    }

    void serve_there(std::vector<std::string> options) {
        options.insert(options.begin(),
                       {"serve", "--listen", std::string(rough_network::server_address) + ":0", "--json"});
        network->on_server([&] { server = std::make_unique<process>(command(options)); });
        ASSERT_TRUE(server->wait_for_output("\n")) << server->err;
        where = boost::json::parse(server->out.substr(0, server->out.find('\n'))).at("address").as_string().c_str();
    }

    std::unique_ptr<process> start_there(std::vector<std::string> arguments) {
        std::unique_ptr<process> p;
        network->on_caller([&] { p = std::make_unique<process>(command(std::move(arguments))); });
        return p;
    }

    static outcome end_of(process& p) {
        const int code = p.wait();
        return {code, p.out, p.err};
    }

    // Returns how many samples of sound are in the recordings of a call in progress: of a .slin file, or of the caller
    // in the .wav files of a folder.
    static std::size_t sound_in(const std::filesystem::path& where) {
        std::vector<std::int16_t> all;
        if (std::filesystem::is_directory(where)) {
            for (const auto& one : std::filesystem::directory_iterator(where))
                all = channel(one.path(), 0);
        } else {
            std::ifstream in(where, std::ios::binary);
            for (std::int16_t s = 0; in.read(reinterpret_cast<char*>(&s), sizeof s);)
                all.push_back(s);
        }
        return all.size() - static_cast<std::size_t>(std::ranges::count(all, 0));
    }

    std::unique_ptr<rough_network> network; // outlives the processes
};

class rough_networks : public rough, public testing::WithParamInterface<named_faults> {};

} // namespace

// TCP repairs what the network does. What remains is time: no sample may be lost, repeated or moved by us, and both
// sides must have counted the same bytes.
TEST_P(rough_networks, samples_arrive_in_order_both_ways_and_both_sides_count_the_same) {
    ASSERT_NO_FATAL_FAILURE(make_network(GetParam().faults));
    if (IsSkipped()) return;
    serve_there({"--play", numbered_file("played.wav", 12'000).string(), "--record", (folder / "rec").string()});
    const auto heard = folder / "heard.slin";
    const auto caller_process = start_there({"call", where, "--play", numbered_file("said.wav", 12'000).string(),
                                             "--record", heard.string(), "--duration", "3600", "--json"});
    EXPECT_TRUE(eventually([&] { return sound_in(heard) >= 12'000 && sound_in(folder / "rec") >= 12'000; }))
        << "heard " << sound_in(heard) << " and " << sound_in(folder / "rec");
    caller_process->signal(SIGINT);
    const auto one = end_of(*caller_process);
    ASSERT_TRUE(one.code == 0 || one.code == 1) << one.out << one.err; // 1: Asterisk would have minded the gaps
    EXPECT_TRUE(server->wait_for_output(R"("event":"ended")"));
    network->on_server([&] { EXPECT_EQ(stop(), 0); });
    const auto caller = one.json();
    const auto at = server->out.find(R"({"event":"ended")");
    const auto callee = boost::json::parse(server->out.substr(at, server->out.find('\n', at) - at));
    const auto count = [](const boost::json::value& of, const char* name) {
        return of.at("statistics").at(name).to_number<std::int64_t>();
    };
    expect_in_order(numbers(12'000), read_mono(heard));
    expect_in_order(numbers(12'000), channel(only_file(folder / "rec"), 0));
    EXPECT_EQ(count(callee, "bytes_received"), count(caller, "bytes_sent"));
    // What the server sends after the caller has left is not read any more.
    EXPECT_LE(count(caller, "bytes_received"), count(callee, "bytes_sent"));
    EXPECT_EQ(callee.at("reason").as_string(), "peer hung up");
    EXPECT_EQ(caller.at("end").at("reason").as_string(), "hung up");
    std::cout << GetParam().name << ": longest gap " << caller.at("gap_max_ms") << " ms, " << network->harmed()
              << " packets lost or repeated\n";
}

INSTANTIATE_TEST_SUITE_P(through, rough_networks,
                         testing::Values(named_faults{"loss", {.loss = 0.03}},
                                         named_faults{"delay_and_reordering", {.delay = 50ms, .jitter = 40ms}},
                                         named_faults{"duplicates", {.duplicated = 0.3, .delay = 5ms, .jitter = 10ms}},
                                         named_faults{"narrow", {.delay = 10ms, .bytes_a_second = 30'000}},
                                         named_faults{
                                             "all", {.loss = 0.01, .duplicated = 0.1, .delay = 30ms, .jitter = 20ms}}),
                         [](const auto& of) { return of.param.name; });

// An echo must not stay late after the network stood still: what had gathered is left out or made up.
TEST_F(rough, realtime_standstill_of_the_network_leaves_no_latency_behind) {
    ASSERT_NO_FATAL_FAILURE(make_network({.delay = 5ms}));
    if (IsSkipped()) return;
    const busy_machine machine;
    serve_there({"--echo"});
    std::jthread trouble([this] {
        EXPECT_TRUE(server->wait_for_output_times(4, R"("event":"started")")) << server->out;
        std::this_thread::sleep_for(1s);
        network->set({.delay = 5ms, .stands_still = true});
        std::this_thread::sleep_for(1s);
        network->set({.delay = 5ms});
    });
    const auto one = end_of(*start_there({"bench", where, "--calls", "4", "--duration", "8", "--json"}));
    trouble.join();
    const auto report = one.json();
    const double p50 = report.at("round_trip_us").at("p50").to_number<double>() / 1000;
    std::cout << "round trip p50 " << p50 << " ms after a standstill of a second\n";
    in_real_time(machine, [&] { EXPECT_LT(p50, 150); });
    EXPECT_TRUE(server->wait_for_output_times(4, R"("event":"ended")")) << server->out;
    EXPECT_NE(server->out.find(R"("reason":"peer hung up")"), std::string::npos);
}
