// SPDX-License-Identifier: Apache-2.0
#include "command_test.hpp"

#include "support/busy_machine.hpp"

#include <boost/json/array.hpp>

#include <functional>
#include <list>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

using tcp = boost::asio::ip::tcp;

// A raw server: does something with each connection, and then leaves it alone.
class rude_server {
  public:
    using manner = std::function<void(tcp::socket&)>;

    explicit rude_server(manner with_each) : with_each_(std::move(with_each)) {
        thread_ = std::jthread([this](const std::stop_token& stop) { accept_all(stop); });
    }
    ~rude_server() {
        thread_.request_stop();
        tcp::socket(io_).connect(acceptor_.local_endpoint()); // wakes accept()
    }

    std::string where() const { return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }

  private:
    void accept_all(const std::stop_token& stop) {
        for (;;) {
            sockets_.push_back(acceptor_.accept());
            if (stop.stop_requested()) return;
            with_each_(sockets_.back());
        }
    }

    manner with_each_;
    boost::asio::io_context io_;
    tcp::acceptor acceptor_{io_, {boost::asio::ip::address_v4::loopback(), 0}};
    std::list<tcp::socket> sockets_;
    std::jthread thread_;
};

class bench_command : public command_test {
  protected:
    // Short, and on a machine that may be busy with other tests. No result depends on how late a process was, nor on
    // how many frames it left out for that.
    static outcome bench(const std::string& server, std::vector<std::string> options,
                         const std::string& duration = "0.3") {
        options.insert(options.begin(), {"bench", server, "--json", "--duration", duration, "--ramp", "0.1"});
        return run(std::move(options));
    }

    static std::int64_t number(const boost::json::value& in, const std::string& name) {
        return in.at(name).to_number<std::int64_t>();
    }
    // An echo leaves out audio that is more than 100 ms late. So these hold only on a machine that does not stand
    // still.
    static void expect_all_returned(const busy_machine& machine, const outcome& result) {
        in_real_time(
            machine,
            [&] {
                EXPECT_EQ(result.code, 0) << result.out << result.err;
                expect_zero(result.json(), {"frames_lost", "frames_late"});
            },
            std::chrono::milliseconds(50));
    }

    static void expect_zero(const boost::json::value& report, std::initializer_list<const char*> names) {
        for (const char* name : names)
            EXPECT_EQ(number(report, name), 0) << name;
    }
};

} // namespace

TEST_F(bench_command, echo_brings_back_every_frame_once) {
    const busy_machine machine;
    serve({"--echo"});
    const auto result = bench(where, {"--calls", "20", "--shards", "2", "--server-pid", std::to_string(server->id())});
    expect_all_returned(machine, result);
    const auto report = result.json();
    expect_zero(report, {"calls_failed", "calls_killed", "calls_ended_by_server", "calls_silent", "frames_again",
                         "frames_torn", "samples_foreign", "messages_unlawful"});
    EXPECT_EQ(number(report, "calls_up"), 20);
    EXPECT_GE(number(report, "frames_sent"), 20); // of 300
    EXPECT_EQ(number(report.at("round_trip_us"), "count"), number(report, "frames_returned"));
    EXPECT_EQ(number(report.at("own_lateness_us"), "count"), number(report, "frames_sent"));
    EXPECT_EQ(number(report.at("first_frame_us"), "count"), 20);
    EXPECT_GT(number(report.at("jitter_us"), "count"), 20);
    EXPECT_GT(number(report.at("machine_overshoot_us"), "count"), 0);
    EXPECT_GT(report.at("server").at("cpu_us_per_frame").to_number<double>(), 0);
    EXPECT_GT(number(report.at("server"), "resident_bytes_up"), 0);
    EXPECT_EQ(number(report.at("server"), "pid"), server->id());
}

// Late frames delay those behind them and keep their order. Each returns once, and none out of order.
TEST_F(bench_command, uneven_callers_lose_nothing) {
    const busy_machine machine;
    serve({"--echo"});
    const auto result = bench(where, {"--calls", "10", "--caller-jitter", "45", "--congestion", "reno"});
    expect_all_returned(machine, result);
    const auto report = result.json();
    expect_zero(report, {"calls_failed", "calls_killed", "calls_ended_by_server", "frames_again", "frames_torn",
                         "samples_foreign"});
    EXPECT_EQ(number(report, "caller_jitter_ms"), 45);
    EXPECT_EQ(report.at("congestion").as_string(), "reno"); // which every Linux has
    EXPECT_GE(number(report, "frames_sent"), 10);           // of 150
}

TEST_F(bench_command, playback_measures_pacing_alone) {
    serve({"--tone", "440"});
    const auto result = bench(where, {"--calls", "5", "--mode", "playback"});
    EXPECT_EQ(result.code, 0) << result.out << result.err;
    const auto report = result.json();
    EXPECT_GT(number(report.at("jitter_us"), "count"), 5);
    EXPECT_EQ(report.as_object().if_contains("round_trip_us"), nullptr);
    EXPECT_EQ(report.as_object().if_contains("server"), nullptr);
}

TEST_F(bench_command, churned_calls_lose_nothing) {
    const busy_machine machine;
    serve({"--echo"});
    const auto result = bench(where, {"--calls", "50", "--churn", "60", "--call-duration", "0.2"});
    expect_all_returned(machine, result);
    const auto report = result.json();
    EXPECT_GT(number(report, "calls_placed"),
              50); // of 84: more than are in progress at once, so some replaced others
    EXPECT_GE(number(report.at("first_frame_us"), "count"), number(report, "calls_placed") - 50);
}

TEST_F(bench_command, idle_connections_are_counted_apart) {
    const busy_machine machine;
    serve({"--echo", "--id-timeout", "0.3"});
    const auto result = bench(where, {"--calls", "2", "--idle", "30", "--server-pid", std::to_string(server->id())});
    expect_all_returned(machine, result);
    const auto report = result.json();
    EXPECT_EQ(number(report.at("idle"), "connections"), 30);
    EXPECT_EQ(number(report.at("idle"), "closed_by_server"), 30);
    EXPECT_EQ(number(report, "calls_up"), 2);
}

// The server that plays does not echo. Asked for the impossible, the bench says so and ends.
TEST_F(bench_command, server_that_does_not_echo_loses_every_frame) {
    serve({"--tone", "440"});
    const auto result = bench(where, {"--calls", "3"});
    EXPECT_EQ(result.code, 1);
    const auto report = result.json();
    EXPECT_EQ(number(report, "frames_lost"), number(report, "frames_sent"));
    EXPECT_GT(number(report, "samples_foreign"), 0);
}

TEST_F(bench_command, refused_connection_is_a_network_failure) {
    serve({});
    stop();
    const auto result = bench(where, {});
    EXPECT_EQ(result.code, 3);
    EXPECT_NE(result.err.find("cannot connect to 127.0.0.1"), std::string::npos) << result.err;
    EXPECT_EQ(bench("no-such-host.invalid:9092", {}).code, 3);
}

TEST_F(bench_command, server_that_closes_at_once_ends_every_call) {
    const rude_server rude([](tcp::socket& s) { s.close(); });
    const auto result = bench(rude.where(), {"--calls", "10"});
    EXPECT_EQ(result.code, 1) << result.err;
    const auto report = result.json();
    EXPECT_EQ(number(report, "calls_ended_by_server") + number(report, "calls_failed"), 10);
    EXPECT_EQ(number(report, "calls_up"), 0);
}

TEST_F(bench_command, server_that_hangs_up_ends_every_call) {
    const rude_server rude([](tcp::socket& s) {
        boost::system::error_code gone;
        boost::asio::write(s, boost::asio::buffer(hangup_message().to_bytes()), gone);
    });
    const auto report = bench(rude.where(), {"--calls", "10"}).json();
    EXPECT_EQ(number(report, "calls_ended_by_server"), 10);
}

TEST_F(bench_command, silent_server_is_reported) {
    const rude_server rude([](tcp::socket&) {});
    const auto result = bench(rude.where(), {"--calls", "4", "--mode", "playback"});
    EXPECT_EQ(result.code, 1);
    const auto report = result.json();
    EXPECT_EQ(number(report, "calls_silent"), 4);
    EXPECT_EQ(number(report, "frames_received"), 0);
    EXPECT_EQ(number(report.at("jitter_us"), "count"), 0);
}

TEST_F(bench_command, server_that_sends_another_protocol_is_reported) {
    const rude_server rude([](tcp::socket& s) {
        boost::system::error_code gone;
        const bytes nonsense(50'000, std::byte{0x21});
        boost::asio::write(s, boost::asio::buffer(nonsense), gone);
    });
    const auto result = bench(rude.where(), {"--calls", "4"});
    EXPECT_EQ(result.code, 1);
    EXPECT_GT(number(result.json(), "messages_unlawful"), 0);
}

TEST_F(bench_command, interrupted_run_reports_its_results) {
    serve({"--echo"});
    process p(command({"bench", where, "--calls", "3", "--ramp", "0.1", "--duration", "600", "--json"}));
    ASSERT_TRUE(server->wait_for_output_times(3, "\"started\"")) << server->out;
    std::this_thread::sleep_for(std::chrono::milliseconds(1300)); // a tenth of a second more than it takes to settle
    p.signal(SIGINT);
    EXPECT_EQ(p.wait(), 0) << p.err;
    const auto report = boost::json::parse(p.out);
    EXPECT_LT(report.at("duration_s").to_number<double>(), 600);
    EXPECT_EQ(number(report, "calls_placed"), 3);
}

TEST_F(bench_command, report_and_picture_are_for_people) {
    serve({"--echo"});
    const auto picture = folder / "bench.svg";
    const auto result =
        run({"bench", where, "--calls", "2", "--duration", "0.2", "--ramp", "0.1", "--plot", picture.string()});
    EXPECT_EQ(result.code, 0) << result.err;
    for (const std::string word : {"2 calls to", "round trip", "jitter", "own lateness", "p99.9", "0 lost"})
        EXPECT_NE(result.out.find(word), std::string::npos) << word << result.out;
    std::ifstream file(picture);
    const std::string svg{std::istreambuf_iterator<char>(file), {}};
    EXPECT_TRUE(svg.starts_with("<svg ")) << svg.substr(0, 100);
    EXPECT_TRUE(svg.ends_with("</svg>\n"));
    EXPECT_EQ(svg.find("nan"), std::string::npos);
}

TEST_F(bench_command, realtime_capacity_is_the_cap_of_the_server) {
    const busy_machine machine;
    serve({"--echo", "--max-calls", "1"});
    const auto result = run(
        {"bench", where, "--find-capacity", "--calls", "1", "--duration", "0.3", "--jitter-bound", "1000", "--json"});
    const auto found = result.json().at("capacity");
    EXPECT_FALSE(found.at("steps").as_array().empty());
    if (found.at("bounded_by").as_string() == "generator")
        GTEST_SKIP() << skipped("the bench was too late itself to tell: the machine stood still for " +
                                std::to_string(machine.stood_still().count()) + " ms");
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(number(found, "calls"), 1) << result.out;
    // Whether the refusal comes before the connection is a call depends on the threads.
    const std::string bound(found.at("bounded_by").as_string());
    EXPECT_TRUE(bound == "calls_ended" || bound == "calls_failed") << result.out;
}

TEST_F(bench_command, wrong_command_lines_say_what_is_wrong) {
    struct wrong_line {
        std::vector<std::string> options;
        int code;
        std::string said;
    };
    const std::vector<wrong_line> lines{
        {{}, 2, "server"},
        {{"localhost:99999"}, 2, "expected HOST:PORT"},
        {{"localhost:9092", "--mode", "sing"}, 2, "--mode"},
        {{"localhost:9092", "--calls", "0"}, 2, "--calls"},
        {{"localhost:9092", "--calls", "2", "--shards", "3"},
         2,
         "--shards: \"3\": more threads than calls (--calls 2)"},
        {{"localhost:9092", "--call-duration", "1"}, 2, "--churn"},
        {{"localhost:9092", "--caller-jitter", "201"}, 2, "--caller-jitter: \"201\": expected 0 to 200"},
        {{"localhost:9092", "--congestion", "no_such_one"},
         2,
         "--congestion: \"no_such_one\": the kernel refuses it (No such file or directory); it has: "},
        {{"localhost:9092", "--jitter-bound", "1"}, 2, "--find-capacity"},
        {{"localhost:9092", "--find-capacity", "--churn", "1"}, 2, "--churn"},
        {{"localhost:9092", "--calls", "100000", "--idle", "100000"}, 2, "the limit of open files"},
        {{"localhost:9092", "--plot", "/no/such/folder/a.svg"},
         4,
         "--plot: \"/no/such/folder/a.svg\": cannot be written"},
    };
    for (auto [options, code, said] : lines) {
        options.insert(options.begin(), "bench");
        const auto result = run(options);
        EXPECT_EQ(result.code, code) << said;
        EXPECT_NE(result.err.find(said), std::string::npos) << result.err;
    }
    serve({});
    const auto result = bench(where, {"--server-pid", "999999999"});
    EXPECT_EQ(result.code, 2);
    EXPECT_NE(result.err.find("no such process"), std::string::npos) << result.err;
}
