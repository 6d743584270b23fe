// SPDX-License-Identifier: Apache-2.0
// A process without descriptors or memory: calls are refused, those in progress go on, and it recovers.
#include "faults_test.hpp"

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class scarcity : public faults_test {
  protected:
    void SetUp() override {
#ifdef AUDIOSOCKET_SANITIZED
        GTEST_SKIP() << skipped("UndefinedBehaviorSanitizer needs a descriptor of its own to look at memory, and a "
                                "sanitizer more address space than the limit");
#endif
    }

    // A call that is served now: the server answers its audio.
    static void expect_alive(raw_peer& caller) {
        EXPECT_EQ(caller.receive_bytes(10 * 323).size(), 10 * 323U);
    }
};

} // namespace

// The limit is lowered below what is open, so that accept() itself fails.
TEST_F(scarcity, without_descriptors_it_waits_does_not_spin_and_recovers) {
    ASSERT_NO_FATAL_FAILURE(start({"--tone", "440"}));
    raw_peer live = raw_caller();
    expect_alive(live);
    limit_server(RLIMIT_NOFILE, 3);
    std::list<raw_peer> waiting;
    for (int n = 0; n < 20; ++n)
        waiting.emplace_back(endpoint()).send(frame(kind::id, bytes(16, std::byte{9})));
    raw_peer asking(admin);
    asking.send(raw("GET /healthz HTTP/1.1\r\nConnection: close\r\nHost: localhost\r\n\r\n"));
    const double before = processor_seconds();
    const auto begin = std::chrono::steady_clock::now();
    live.receive_bytes(100 * 323); // two seconds of the live call
    const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    EXPECT_LT(processor_seconds() - before, took / 4) << "it spins";
    limit_server(RLIMIT_NOFILE, 1024);
    const auto answer = asking.receive_all().all;
    EXPECT_NE(std::string(reinterpret_cast<const char*>(answer.data()), answer.size()).find("200 OK"),
              std::string::npos);
    expect_alive(waiting.front());
    expect_good_call();
    expect_alive(live);
    EXPECT_GT(get("/metrics").metric("audiosocket_accept_errors_total"), 0);
}

TEST_F(scarcity, calls_beyond_the_descriptors_are_refused_with_the_reason) {
    ASSERT_NO_FATAL_FAILURE(start({"--tone", "440"}));
    raw_peer live = raw_caller();
    expect_alive(live);
    limit_server(RLIMIT_NOFILE, descriptors() + 2);
    for (int n = 0; n < 3; ++n)
        EXPECT_NE(call({"--duration", "0.1"}).code, 0); // 1, or 3 if the reset comes before the connection is used
    expect_alive(live);
    EXPECT_TRUE(server->wait_for_errors("too few open files left (ulimit -n, LimitNOFILE=)")) << server->err;
    limit_server(RLIMIT_NOFILE, 1024);
    expect_good_call();
}

TEST_F(scarcity, back_end_that_gets_no_descriptor_is_lost_in_order_and_the_next_one_is_not) {
    scripted_back_end bot(plays(numbers(1600)));
    gateway({"--dialect", "pcm", "--backend", bot.url(), "--on-failure", our_sound("sorry.wav", 800).string()});
    // The first call opens what is opened once.
    EXPECT_TRUE(converse().hung_up());
    raw_peer caller(endpoint());
    ASSERT_TRUE(eventually([&] { return get("/metrics").metric("audiosocket_handshakes") == 1; }));
    limit_server(RLIMIT_NOFILE, 3); // the caller is connected; what it needs next is not there
    caller.send(frame(kind::id, bytes(16, std::byte{7})));
    const auto end = caller.receive_all();
    EXPECT_FALSE(end.all.empty()) << "the caller did not hear the sound of a failure";
    ASSERT_TRUE(server->wait_for_errors("Too many open files")) << server->err;
    limit_server(RLIMIT_NOFILE, 1024);
    expect_heard(converse(), numbers(1600));
    EXPECT_EQ(stop(), 0);
}

namespace {

// What a process without memory can do differs. It must not be killed by a signal, must say why, must keep calls, and
// must end in order, also while there is no memory.
class without_memory : public scarcity {
  protected:
    // With one call in progress, lets callers take all memory that is left. Then ends the server.
    void run_out(bool recovers) {
        raw_peer live = raw_caller();
        expect_alive(live);
        EXPECT_EQ(get("/healthz").status, 200);
        std::ifstream statm("/proc/" + std::to_string(server->id()) + "/statm");
        std::size_t pages = 0;
        statm >> pages;
        limit_server(RLIMIT_AS, pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)));
        std::list<raw_peer> more;
        const auto add_calls = [&](int count) {
            for (int n = 0; n < count; ++n) {
                try {
                    more.emplace_back(endpoint()).send(frame(kind::id, bytes(16, std::byte{9})));
                } catch (const boost::system::system_error&) { // refused
                }
            }
        };
        add_calls(60);
        EXPECT_TRUE(eventually([&] { // the heap may have room for more
            add_calls(10);
            return server->wait_for_errors("no memory, ", std::chrono::seconds(1));
        })) << server->err;
        expect_alive(live);
        expect_alive(live);
        if (recovers) {
            more.clear();
            limit_server(RLIMIT_AS, RLIM_INFINITY);
            EXPECT_TRUE(eventually([&] { return call({"--duration", "0.1"}).code == 0; })) << server->err;
            live.finish();
        }
        EXPECT_EQ(stop(), 0) << server->err;
    }
};

} // namespace

TEST_F(without_memory, calls_are_refused_and_those_in_progress_go_on) {
    for (const char* shards : {"1", "2"}) {
        ASSERT_NO_FATAL_FAILURE(start({"--echo", "--shards", shards, "--record", (folder / "rec").string()}));
        run_out(true);
    }
}

TEST_F(without_memory, process_ends_in_order) {
    for (const char* shards : {"1", "2"}) {
        ASSERT_NO_FATAL_FAILURE(
            start({"--echo", "--shards", shards, "--record", (folder / "rec").string(), "--drain-timeout", "1"}));
        run_out(false);
    }
}

TEST_F(without_memory, gateway_recovers_and_ends_in_order) {
    process back_end(command({"backend", "--dialect", "pcm", "--echo", "--listen", "127.0.0.1:0", "--json"}));
    ASSERT_TRUE(back_end.wait_for_output("\n")) << back_end.err;
    const auto port = boost::json::parse(back_end.out.substr(0, back_end.out.find('\n'))).at("port").as_int64();
    for (const bool recovers : {true, false}) {
        ASSERT_NO_FATAL_FAILURE(gateway({"--dialect", "pcm", "--backend", "ws://127.0.0.1:" + std::to_string(port),
                                         "--tape", (folder / "tapes").string(), "--drain-timeout", "1"}));
        run_out(recovers);
    }
}
