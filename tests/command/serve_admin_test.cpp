// SPDX-License-Identifier: Apache-2.0
#include "admin_test.hpp"

#include "support/busy_machine.hpp"

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class serve_admin : public admin_test {
  protected:
    std::string id_of_first() const { return get("/calls").json().at("calls").at(0).at("id").as_string().c_str(); }

    std::filesystem::path file_with(const std::string& text) const {
        const auto file = folder / "token";
        std::ofstream(file) << text;
        return file;
    }

    // Returns what a caller who sends this many numbered samples hears while 300 requests stay unfinished, and then as
    // many questions are asked.
    std::vector<std::int16_t> echo_during_a_flood(std::size_t samples, int questions) const {
        const auto said = numbered_file("said.wav", samples);
        recorded_call caller(where, folder / "heard.slin", {"--play", said.string()});
        std::list<raw_peer> silent; // all are sent before the first one times out
        for (int n = 0; n < 300; ++n)
            silent.emplace_back(admin).send(raw("GET /metrics HTTP/1.1\r\n")); // and no more
        int answered = 0;
        for (int n = 0; n < questions; ++n)
            answered += get(n % 2 == 0 ? "/metrics" : "/calls?levels=1").status == 200 ? 1 : 0;
        EXPECT_TRUE(caller.wait_for_sound(samples));
        EXPECT_EQ(caller.hang_up(), 0) << caller.caller().out;
        EXPECT_EQ(answered, questions);
        EXPECT_GE(get("/metrics").metric("audiosocket_admin_connections_closed_early_total"), 200);
        return caller.heard();
    }
};

const std::string some_id = "00000000-0000-4000-8000-000000000001";

} // namespace

TEST_F(serve_admin, healthy_and_ready_server_says_so) {
    ASSERT_NO_FATAL_FAILURE(start({"--shards", "2"}));
    EXPECT_EQ(get("/healthz").status, 200);
    EXPECT_EQ(get("/readyz").body, "ready\n");
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(serve_admin, probe_of_http_1_0_without_a_host_is_answered) {
    ASSERT_NO_FATAL_FAILURE(start());
    for (const char* target : {"/healthz", "/readyz"}) {
        raw_peer balancer(admin);
        balancer.send(raw("GET " + std::string(target) + " HTTP/1.0\r\n\r\n"));
        const auto all = balancer.receive_all().all;
        const std::string answer(reinterpret_cast<const char*>(all.data()), all.size());
        EXPECT_EQ(answer.find("HTTP/1.0 200"), 0U) << answer;
    }
}

TEST_F(serve_admin, metrics_are_those_that_the_calls_counted) {
    ASSERT_NO_FATAL_FAILURE(start({"--echo", "--shards", "2"}));
    for (int n = 0; n < 3; ++n)
        EXPECT_EQ(call({"--duration", "0.3", "--dtmf", "1", "--dtmf-after", "0.1"}).code, 0);
    ASSERT_TRUE(comes_up(0));
    const auto m = get("/metrics");
    EXPECT_EQ(m.status, 200);
    EXPECT_NE(m.head.find("text/plain; version=0.0.4"), std::string::npos) << m.head;
    EXPECT_EQ(stop(), 0) << server->err;

    double frames = 0;
    double bytes = 0;
    std::istringstream events(server->out);
    for (std::string line; std::getline(events, line);) {
        const auto e = boost::json::parse(line);
        if (e.at("event").as_string() != "ended") continue;
        frames += e.at("statistics").at("frames_sent").to_number<double>();
        bytes += e.at("statistics").at("bytes_received").to_number<double>();
    }
    EXPECT_GT(frames, 3);
    EXPECT_EQ(m.metric("audiosocket_sent_frames_total"), frames);
    EXPECT_EQ(m.metric("audiosocket_received_bytes_total"), bytes);
    EXPECT_EQ(m.metric("audiosocket_sent_frame_lateness_seconds_count{thread=\"0\"}") +
                  m.metric("audiosocket_sent_frame_lateness_seconds_count{thread=\"1\"}"),
              frames);
    EXPECT_EQ(m.metric("audiosocket_received_digits_total"), 3);
    EXPECT_EQ(m.metric("audiosocket_calls_started_total"), 3);
    EXPECT_EQ(m.metric("audiosocket_calls_ended_total{reason=\"peer_hung_up\"}"), 3);
    EXPECT_EQ(m.metric("audiosocket_calls"), 0);
    EXPECT_GT(m.metric("process_resident_memory_bytes"), 1e6);
    EXPECT_GT(m.metric("process_start_time_seconds"), 1.5e9);
}

TEST_F(serve_admin, counters_never_go_back_while_calls_come_and_go) {
    ASSERT_NO_FATAL_FAILURE(start({"--echo", "--shards", "2"}));
    for (int n = 0; n < 8; ++n)
        callers.emplace_back(command({"call", where, "--duration", "0." + std::to_string(2 + n), "--json"}));
    double last = -1;
    double started = 0;
    EXPECT_TRUE(eventually([&] {
        const auto m = get("/metrics");
        const double sent = m.metric("audiosocket_sent_frames_total");
        EXPECT_GE(sent, last);
        last = sent;
        started = m.metric("audiosocket_calls_started_total");
        return started == 8 && m.metric("audiosocket_calls") == 0;
    }));
    EXPECT_GT(last, 8);
}

TEST_F(serve_admin, recording_that_fails_is_an_event_and_a_metric) {
    const auto calls = folder / "calls";
    ASSERT_NO_FATAL_FAILURE(start({"--echo", "--record", calls.string()}));
    EXPECT_EQ(call({"--duration", "0.3"}).code, 0);
    EXPECT_TRUE(eventually([&] { // its recording is written when the disk has time
        return std::ranges::any_of(std::filesystem::directory_iterator(calls), [](const auto& file) {
            return file.file_size() > 3000 && sound_reader(file.path()).duration() >= std::chrono::milliseconds(200);
        });
    }));
    std::filesystem::remove_all(calls);
    EXPECT_EQ(call({"--duration", "0.3"}).code, 0);
    ASSERT_TRUE(server->wait_for_output(R"({"event":"recording_failed","id":")"));
    EXPECT_TRUE(server->wait_for_errors("does not exist"));
    const auto m = get("/metrics");
    EXPECT_EQ(m.metric("audiosocket_recordings_total"), 2);
    EXPECT_EQ(m.metric("audiosocket_recordings_failed_total"), 1);
    EXPECT_EQ(m.metric("audiosocket_recordings_dropped_seconds_total"), 0);
    EXPECT_EQ(m.metric("audiosocket_recordings_waiting_bytes_limit"), 256 << 20);
    EXPECT_EQ(get("/status").json().at("recordings").at("failed").as_int64(), 1);
    EXPECT_EQ(stop(), 0) << server->err;
}

// As on a full disk, the system does not let the file grow.
TEST_F(serve_admin, recording_whose_disk_is_full_is_an_event_and_a_metric) {
    ASSERT_NO_FATAL_FAILURE(start({"--tone", "400", "--record", (folder / "calls").string()},
                                  {"/bin/sh", "-c", "ulimit -f 8; exec \"$@\"", "sh"}));
    EXPECT_EQ(call({"--duration", "2"}).code, 0);
    ASSERT_TRUE(server->wait_for_output(R"({"event":"recording_failed","id":")"));
    EXPECT_EQ(get("/metrics").metric("audiosocket_recordings_failed_total"), 1);
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(serve_admin, wrong_token_is_logged_and_no_token_is_not) {
    ASSERT_NO_FATAL_FAILURE(start({"--admin-token-file", file_with("3f9a7c52e1b80d64\n").string()}));
    EXPECT_EQ(get("/status").status, 401);
    EXPECT_EQ(get("/status", "Authorization: Bearer 0000000000000000\r\n").status, 401);
    EXPECT_EQ(get("/status", "Authorization: Bearer 3f9a7c52e1b80d64\r\n").status, 200);
    EXPECT_EQ(stop(), 0);
    const std::string line = ": wrong token at the admin address";
    const auto first = server->err.find(line);
    ASSERT_NE(first, std::string::npos) << server->err;
    EXPECT_EQ(server->err.find(line, first + 1), std::string::npos) << server->err;
}

TEST_F(serve_admin, calls_are_listed_with_their_levels) {
    ASSERT_NO_FATAL_FAILURE(start({"--tone", "400"}));
    long_call();
    ASSERT_TRUE(comes_up(1));
    const auto unseen = get("/calls").json().at("calls").at(0);
    EXPECT_TRUE(unseen.at("sent").is_null()); // no page has asked for levels
    EXPECT_EQ(unseen.at("send_format").as_string(), "slin");
    EXPECT_NE(std::string(unseen.at("peer").as_string()).find("127.0.0.1:"), std::string::npos);

    boost::json::value row;
    ASSERT_TRUE(eventually([&] {
        row = get("/calls?levels=1").json().at("calls").at(0);
        return row.at("sent").is_object() && row.at("sent").at("rms_dbfs").to_number<double>() > -30;
    })) << row;
    EXPECT_LT(row.at("received").at("rms_dbfs").to_number<double>(), -90); // the caller sends nothing
    EXPECT_TRUE(eventually([&] { return get("/calls").json().at("calls").at(0).at("sent").is_null(); }))
        << "measured for ever";
}

TEST_F(serve_admin, list_is_cut_sorted_and_filtered) {
    ASSERT_NO_FATAL_FAILURE(start());
    for (int n = 0; n < 3; ++n) {
        long_call();
        ASSERT_TRUE(comes_up(static_cast<std::size_t>(n) + 1));
    }
    const auto first = get("/calls?limit=2&sort=-age").json();
    EXPECT_EQ(first.at("calls").as_array().size(), 2U);
    EXPECT_TRUE(first.at("truncated").as_bool());
    EXPECT_GE(first.at("calls").at(0).at("age_seconds").to_number<double>(),
              first.at("calls").at(1).at("age_seconds").to_number<double>());
    const auto rest = get("/calls?limit=2&offset=2&sort=-age").json();
    ASSERT_EQ(rest.at("calls").as_array().size(), 1U);

    const std::string peer = rest.at("calls").at(0).at("peer").as_string().c_str();
    const auto found = get("/calls?filter=" + peer).json();
    ASSERT_EQ(found.at("matching").to_number<int>(), 1);
    EXPECT_FALSE(found.at("truncated").as_bool());
    EXPECT_EQ(found.at("calls").at(0).at("peer").as_string(), peer);
}

TEST_F(serve_admin, outline_shows_both_sides) {
    ASSERT_NO_FATAL_FAILURE(start({"--tone", "400"}));
    long_call();
    ASSERT_TRUE(comes_up(1));
    const auto path = "/calls/" + id_of_first() + "/outline";
    const auto slots = [](const boost::json::value& side) { return side.at("slots").as_array().size() / 2; };
    boost::json::value seen;
    EXPECT_TRUE(eventually([&] {
        seen = get(path).json();
        return seen.as_object().contains("sent") && slots(seen.at("sent")) >= 20 && slots(seen.at("received")) >= 20;
    }));
    const auto loudest = [](const boost::json::value& side) {
        std::int64_t most = 0;
        for (const auto& v : side.at("slots").as_array())
            most = std::max(most, std::abs(v.to_number<std::int64_t>()));
        return most;
    };
    EXPECT_GT(loudest(seen.at("sent")), 10);
    EXPECT_EQ(loudest(seen.at("received")), 0);
    const auto later = get(path + "?from=15").json();
    EXPECT_EQ(later.at("sent").at("from").to_number<int>(), 15);
    EXPECT_EQ(get("/calls/" + some_id + "/outline").status, 404);
    EXPECT_EQ(get(path + "?from=x").status, 400);
}

TEST_F(serve_admin, delete_ends_the_call_in_order) {
    ASSERT_NO_FATAL_FAILURE(start({"--echo", "--shards", "2"}));
    process& caller = long_call();
    process& other = long_call();
    ASSERT_TRUE(comes_up(2));
    const auto id = id_of_first();
    EXPECT_EQ(get("/calls/" + id).json().at("id").as_string(), id);
    EXPECT_EQ(ask(admin, "DELETE /calls/" + id).status, 202);
    EXPECT_TRUE(server->wait_for_errors("call " + id + ": hung up by 127.0.0.1:"));
    ASSERT_TRUE(comes_up(1));
    EXPECT_NE(id_of_first(), id);
    EXPECT_EQ(ask(admin, "DELETE /calls/" + id).status, 404);
    EXPECT_EQ(get("/calls/" + id).status, 404);
    EXPECT_EQ(ask(admin, "DELETE /calls/" + id_of_first()).status, 202);
    for (process* one : {&caller, &other}) {
        EXPECT_EQ(one->wait(), 0) << one->out << one->err;
        EXPECT_NE(one->out.find(R"("reason":"peer hung up")"), std::string::npos) << one->out;
    }
    EXPECT_TRUE(
        eventually([&] { return get("/metrics").metric("audiosocket_calls_ended_total{reason=\"hung_up\"}") == 2; }));
}

TEST_F(serve_admin, bad_requests_are_answered_with_what_is_wrong) {
    ASSERT_NO_FATAL_FAILURE(start());
    EXPECT_EQ(get("/calls/not-an-id").status, 400);
    EXPECT_EQ(ask(admin, "DELETE /calls/not-an-id").status, 400);
    EXPECT_EQ(ask(admin, "DELETE /calls/").status, 400);
    EXPECT_EQ(get("/calls?limit=many").status, 400);
    EXPECT_EQ(get("/calls?%").status, 400);
    EXPECT_EQ(get("/nothing").status, 404);
    EXPECT_EQ(get("/../etc/passwd").status, 404);
    const auto refused = ask(admin, "POST /calls");
    EXPECT_EQ(refused.status, 405);
    EXPECT_NE(refused.head.find("Allow: GET, HEAD"), std::string::npos);
    EXPECT_EQ(ask(admin, "DELETE /metrics").status, 405);
    EXPECT_EQ(ask(admin, "OPTIONS /calls/" + some_id).status, 405); // so a page of another site gets no preflight
    EXPECT_EQ(get("/calls", "Host: evil.example\r\n").status, 403);
    EXPECT_EQ(ask(admin, "DELETE /calls/" + some_id, "Origin: http://evil.example\r\n").status, 403);
    EXPECT_EQ(ask(admin, "HEAD /metrics").body, "");
    // Invalid UTF-8 is replaced in the answer; otherwise the answer would not be JSON.
    EXPECT_NE(get("/calls?%ff=1").json().at("error").as_string().find("\\xff"), boost::json::string::npos);
    EXPECT_NE(get("/calls", "Host: \xff\r\n").json().at("error").as_string().find("\\xff"), boost::json::string::npos);
    EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(serve_admin, draining_server_is_not_ready_and_shows_its_calls_still) {
    ASSERT_NO_FATAL_FAILURE(start({"--echo"}));
    process& caller = long_call();
    ASSERT_TRUE(comes_up(1));
    server->signal(SIGTERM);
    ASSERT_TRUE(eventually([&] { return get("/readyz").status == 503; }));
    EXPECT_NE(get("/readyz").body.find("stopping"), std::string::npos);
    EXPECT_EQ(get("/healthz").status, 200);
    EXPECT_EQ(get("/metrics").metric("audiosocket_stopping"), 1);
    EXPECT_EQ(ask(admin, "DELETE /calls/" + id_of_first()).status, 202);
    EXPECT_EQ(caller.wait(), 0) << caller.out;
    EXPECT_EQ(server->wait(), 0) << server->err;
}

TEST_F(serve_admin, full_server_is_not_ready) {
    ASSERT_NO_FATAL_FAILURE(start({"--max-calls", "1"}));
    EXPECT_EQ(get("/readyz").status, 200);
    long_call();
    ASSERT_TRUE(comes_up(1));
    EXPECT_NE(get("/readyz").body.find("full"), std::string::npos);
    EXPECT_EQ(get("/status").json().at("state").as_string(), "full");
    EXPECT_NE(call({"--duration", "0.1"}).code, 0);
    EXPECT_TRUE(eventually(
        [&] { return get("/metrics").metric("audiosocket_connections_refused_total{reason=\"full\"}") == 1; }));
}

TEST_F(serve_admin, token_opens_what_nothing_else_does) {
    const std::string token = "a-token-of-more-than-sixteen-characters";
    ASSERT_NO_FATAL_FAILURE(start({"--admin-token-file", file_with(token + "\n").string()}));
    EXPECT_EQ(get("/healthz").status, 200);
    for (const char* closed : {"/", "/metrics", "/readyz", "/calls", "/page.js"})
        EXPECT_EQ(get(closed).status, 401) << closed;
    EXPECT_EQ(get("/calls", "Authorization: Bearer wrong-wrong-wrong-wrong\r\n").status, 401);
    EXPECT_EQ(get("/calls", "Authorization: Bearer " + token + "\r\n").status, 200);
    EXPECT_EQ(ask(admin, "DELETE /calls/" + some_id).status, 401);
    // With a token, any host name may point here, such as a proxy's.
    EXPECT_EQ(get("/calls", "Host: pbx.example\r\nAuthorization: Bearer " + token + "\r\n").status, 200);
    EXPECT_EQ(server->err.find(token), std::string::npos);
    const auto m = get("/metrics", "Authorization: Bearer " + token + "\r\n");
    EXPECT_EQ(m.metric("audiosocket_admin_requests_refused_total"), 7); // of the 10 before it
    EXPECT_EQ(m.metric("audiosocket_admin_requests_total"), 11);
}

TEST_F(serve_admin, token_is_read_again_with_the_settings) {
    const auto bearer = [](const std::string& token) { return "Authorization: Bearer " + token + "\r\n"; };
    const std::string first = "the-token-of-the-first-week";
    const std::string second = "the-token-of-the-week-after";
    ASSERT_NO_FATAL_FAILURE(start({"--admin-token-file", file_with(first).string()}));
    EXPECT_EQ(get("/calls", bearer(first)).status, 200);

    file_with(second);
    server->signal(SIGHUP);
    ASSERT_TRUE(server->wait_for_output(R"("event":"reloaded","changed":["admin-token-file"])")) << server->out;
    EXPECT_EQ(get("/calls", bearer(first)).status, 401);
    EXPECT_EQ(get("/calls", bearer(second)).status, 200);

    file_with("short");
    server->signal(SIGHUP);
    ASSERT_TRUE(server->wait_for_output("reload_failed"));
    EXPECT_EQ(get("/calls", bearer(second)).status, 200);
    EXPECT_EQ(server->err.find(second), std::string::npos);
}

TEST_F(serve_admin, address_that_others_reach_needs_a_token) {
    for (const char* reachable : {"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "some.host.example:0"}) {
        const auto o = run({"serve", "--listen", "127.0.0.1:0", "--admin", reachable});
        EXPECT_EQ(o.code, 2) << reachable;
        EXPECT_NE(o.err.find("--admin-token-file"), std::string::npos) << o.err;
    }
}

TEST_F(serve_admin, wrong_options_are_reported) {
    for (const char* wrong : {"localhost", "localhost:x", "localhost:65536", "[::1]", "::1:80"})
        EXPECT_EQ(run({"serve", "--listen", "127.0.0.1:0", "--admin", wrong}).code, 2) << wrong;
    const auto serve_with = [&](const std::string& file) {
        return run({"serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--admin-token-file", file});
    };
    EXPECT_EQ(serve_with((folder / "absent").string()).code, 4);
    EXPECT_EQ(serve_with(folder.string()).code, 4);
    for (const std::string token :
         {"", "short", "has spaces in it, which is wrong", "has two lines, no:\nsecond line"}) {
        const auto o = serve_with(file_with(token).string());
        EXPECT_EQ(o.code, 4) << token;
        EXPECT_NE(o.err.find("--admin-token-file"), std::string::npos) << o.err;
    }
    EXPECT_EQ(run({"serve", "--listen", "127.0.0.1:0", "--admin-token-file", "x"}).code, 2);
}

TEST_F(serve_admin, port_that_is_taken_is_reported) {
    ASSERT_NO_FATAL_FAILURE(start());
    const auto o = run({"serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:" + std::to_string(admin.port())});
    EXPECT_EQ(o.code, 3);
    EXPECT_NE(o.err.find("--admin"), std::string::npos) << o.err;
    EXPECT_EQ(o.err.find("[system:"), std::string::npos) << o.err; // a place in the source is not for operators
}

TEST_F(serve_admin, flood_of_questions_leaves_the_calls_alone) {
    ASSERT_NO_FATAL_FAILURE(start({"--echo"}));
    expect_in_order(numbers(16'000), echo_during_a_flood(16'000, 100));
}

TEST_F(serve_admin, realtime_flood_of_questions_costs_a_call_few_frames) {
    const busy_machine machine;
    ASSERT_NO_FATAL_FAILURE(start({"--echo"}));
    const auto said = numbers(16'000);
    const auto heard = echo_during_a_flood(16'000, 300);
    // The questions make this machine busy, so there is some silence. A thread of calls that waits for answers would
    // have much silence.
    in_real_time(machine, [&] {
        EXPECT_LE(std::ranges::find(heard, said.back()) - std::ranges::find(heard, said.front()), 16'000 + 10 * 160)
            << how_far(said, heard);
    });
}
