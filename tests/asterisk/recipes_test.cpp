// SPDX-License-Identifier: Apache-2.0
// Runs the dialplan of docs/asterisk.md. The script pbx copies it from there.

#include "ami.hpp"
#include "asterisk_test.hpp"

#include "support/raw_peer.hpp"
#include "support/web_server.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <thread>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class asterisk_recipes : public asterisk_test {
  protected:
    void call(const std::string& recipe, const std::string& deed = "quiet") const {
        asterisk->rx("channel originate Local/" + recipe + " extension " + deed + "@phone");
    }

    // Makes a call, and returns its UUID when the server has it.
    std::string call_of(const answerer& us, const std::string& recipe) const {
        call(recipe);
        const auto seen = us.wait_for([](const auto&) { return true; });
        return seen ? to_string(seen->id) : "no call";
    }

    static constexpr auto nothing_listens_here = "127.0.0.1:1";
};

} // namespace

TEST_F(asterisk_recipes, status_after_the_servers_hangup_is_success) {
    answerer us;
    start_asterisk(us.where());
    for (const std::string recipe : {"100@bot-application", "200@bot-channel"})
        call(recipe);
    ASSERT_FALSE(us.wait_for(2, [](const auto&) { return true; }).empty());
    us.hang_up_all();
    EXPECT_TRUE(asterisk->wait_for_log(": SUCCESS"));
    EXPECT_TRUE(asterisk->wait_for_log(": ANSWER"));
}

TEST_F(asterisk_recipes, status_without_a_server_is_failed_and_the_dialplan_goes_on) {
    expect_complaints();
    start_asterisk(nothing_listens_here);
    call("100@bot-application");
    EXPECT_TRUE(asterisk->wait_for_log(": FAILED"));
    call("200@bot-channel");
    EXPECT_TRUE(asterisk->wait_for_log(": CHANUNAVAIL"));
}

TEST_F(asterisk_recipes, caller_is_announced_by_http_before_the_call) {
    answerer us;
    web_server web;
    start_asterisk(us.where(), {"WEB=" + web.url("")});
    const auto id = call_of(us, "110@bot-context");
    const auto asked = web.requests(1);
    ASSERT_EQ(asked.size(), 1U);
    EXPECT_EQ(asked.front().target, "/calls/" + id);
    EXPECT_EQ(asked.front().body, "from=&to=110");
}

TEST_F(asterisk_recipes, call_that_lasts_too_long_goes_on_at_the_extension_for_that) {
    expect_complaints(); // "Reached timeout ... of no activity"
    answerer us;
    start_asterisk(us.where());
    call("120@bot-limit");
    EXPECT_TRUE(asterisk->wait_for_log(": the time is over"));
}

TEST_F(asterisk_recipes, listener_hears_a_call_of_two_phones) {
    answerer us;
    start_asterisk(us.where());
    write_prompt(numbers(80'000));
    call("130@bot-listen");
    EXPECT_TRUE(
        us.wait_for([](const auto& r) { return std::ranges::any_of(r.heard, [](std::int16_t s) { return s != 0; }); }));
}

TEST_F(asterisk_recipes, result_is_asked_for_by_http) {
    answerer us;
    web_server web([](const auto&) { return web_server::answer{200, "sales"}; });
    start_asterisk(us.where(), {"WEB=" + web.url("")});
    const auto id = call_of(us, "140@bot-result");
    us.hang_up_all();
    EXPECT_TRUE(asterisk->wait_for_log(id + ": to sales"));
    EXPECT_EQ(web.requests(1).front().target, "/result/" + id);
}

TEST_F(asterisk_recipes, result_comes_through_asterisks_database) {
    answerer us;
    start_asterisk(us.where());
    ami manager(*asterisk);
    const auto id = call_of(us, "150@bot-result-database");
    manager.act("DBPut", {{"Family", "bot"}, {"Key", id}, {"Val", "sales"}});
    us.hang_up_all();
    EXPECT_TRUE(asterisk->wait_for_log(id + ": sales"));
    EXPECT_EQ(asterisk->rx("database show bot").find(id), std::string::npos);
}

TEST_F(asterisk_recipes, fastagi_server_runs_the_bot_and_sets_the_result) {
    using boost::asio::ip::tcp;
    boost::asio::io_context io;
    tcp::acceptor agi(io, {boost::asio::ip::address_v4::loopback(), 0});
    answerer us;
    start_asterisk(us.where(), {"AGI_SERVER=127.0.0.1:" + std::to_string(agi.local_endpoint().port())});
    call("170@bot-agi");

    tcp::iostream asterisk_side;
    pollfd file{agi.native_handle(), POLLIN, 0};
    ASSERT_EQ(::poll(&file, 1, 60'000), 1) << "Asterisk does not connect";
    agi.accept(asterisk_side.socket());
    asterisk_side.expires_after(process::patience_usual);
    std::string line;
    while (std::getline(asterisk_side, line) && !line.empty()) {
    }
    const auto say = [&](const std::string& command) { asterisk_side << command << '\n' << std::flush; };
    const auto answer = [&] {
        std::getline(asterisk_side, line);
        return line;
    };
    say("GET VARIABLE ID");
    const std::string found = answer();
    ASSERT_TRUE(found.starts_with("200 result=1 (") && found.size() > 50) << found;
    const std::string id = found.substr(14, 36);
    say("EXEC AudioSocket " + id + "," + us.where());
    const auto call = us.wait_for([](const auto&) { return true; });
    ASSERT_TRUE(call);
    EXPECT_EQ(to_string(call->id), id);
    us.hang_up_all();
    EXPECT_EQ(answer(), "200 result=0");
    say("SET VARIABLE RESULT sales");
    EXPECT_EQ(answer(), "200 result=1");
    asterisk_side.close();
    EXPECT_TRUE(asterisk->wait_for_log(id + ": sales"));
}

namespace {

// Resets each connection, as `audiosocket serve` does with --max-calls calls.
class refusing_server {
  public:
    refusing_server()
        : thread_([this] {
              while (!stopping_)
                  raw_peer(acceptor_).reset();
          }) {}
    refusing_server(const refusing_server&) = delete;
    refusing_server& operator=(const refusing_server&) = delete;
    ~refusing_server() {
        stopping_ = true;
        boost::system::error_code ignored;
        boost::asio::ip::tcp::socket(io_).connect(acceptor_.local_endpoint(), ignored); // ends accept()
        thread_.join();
    }

    std::string where() const { return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }

  private:
    boost::asio::io_context io_;
    boost::asio::ip::tcp::acceptor acceptor_{io_, {boost::asio::ip::address_v4::loopback(), 0}};
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

} // namespace

TEST_F(asterisk_recipes, servers_that_refuse_are_passed_over) {
    expect_complaints();
    answerer us;
    const refusing_server full;
    start_asterisk(full.where(), {"SERVER2=" + full.where() + "&" + us.where()});
    const auto id = call_of(us, "180@bot-servers");
    us.hang_up_all();
    EXPECT_TRUE(asterisk->wait_for_log(id + ": SUCCESS at " + us.where()));
}

TEST_F(asterisk_recipes, servers_that_do_not_answer_are_passed_over) {
    expect_complaints();
    answerer us;
    // The recipe begins with either of the two, at random. The first never answers.
    start_asterisk(nothing_listens_here, {"SERVER2=" + std::string(nothing_listens_here) + "&" + us.where()});
    const auto id = call_of(us, "180@bot-servers");
    us.hang_up_all();
    EXPECT_TRUE(asterisk->wait_for_log(id + ": SUCCESS at " + us.where()));
}
