// SPDX-License-Identifier: Apache-2.0
#include "admin/site.hpp"

#include "admin_calls.hpp"
#include "admin_server.hpp"

#include <boost/json/parse.hpp>

#include <gtest/gtest.h>

#include <map>

using namespace audiosocket;
using namespace audiosocket::app::admin;
using namespace audiosocket::test;

namespace {

const std::string path = "/calls/07070707-0707-0707-0707-070707070707"; // like the calls of admin_calls_test
const std::string resource = "/2010-04-01/Accounts/AC1/Calls/CA07070707070707070707070707070707.json";

// Keeps each announcement and returns the address of the audio server.
class plain_directory final : public call_directory {
  public:
    std::size_t body_bytes_max() const noexcept override { return 100; }
    void announce(const announcement& what, const reply& respond) override {
        waiting[what.id] = what.body;
        respond({200, "text/plain", what.connect + " " + what.type});
    }
    std::optional<std::string> find(const uuid& id) const override {
        const auto found = waiting.find(id);
        if (found == waiting.end()) return std::nullopt;
        return found->second;
    }
    std::optional<bool> remove(const uuid& id) override {
        if (handed_over) return std::nullopt;
        return waiting.erase(id) > 0;
    }
    context_registry_counts counts() const override {
        context_registry_counts c;
        c.entries = waiting.size();
        return c;
    }
    std::vector<waiting_context> hand_over() override { return {}; }
    void inherit_begins() override {}
    bool inherit(waiting_context) override { return false; }
    void inherit_ends() override {}

    std::map<uuid, std::string> waiting;
    bool handed_over = false;
};

// Returns what the admin address answers, without HTTP.
class admin_directory : public admin_calls_test {
  protected:
    admin_directory() { open(directory); }

    void open(std::shared_ptr<call_directory> with) {
        site_ = std::make_unique<site>(server, registry, guard("", "127.0.0.1"), back, std::move(with));
    }

    response ask(const std::string& method, const std::string& target, const std::string& body = {},
                 const std::string& origin = {}) {
        request r;
        r.method = method;
        r.target = target;
        r.host = "127.0.0.1:9093";
        r.origin = origin;
        r.local = local;
        r.type = "text/x";
        r.body = body;
        std::optional<response> answer;
        site_->answer(r, {}, [&](response what) { answer = std::move(what); });
        for (int turns = 0; turns < 100 && !answer; ++turns) {
            settle();
            server.main_context().restart();
            server.main_context().poll();
        }
        return answer.value_or(response{0, "", "never answered"});
    }

    static boost::asio::ip::tcp::endpoint endpoint(const char* host, std::uint16_t port) {
        return {boost::asio::ip::make_address(host), port};
    }

    // Returns where a client that connected to `ours` sends its call when the server listens at `listening`.
    std::string connect(const char* listening, const char* ours) {
        server.calls_endpoint = endpoint(listening, 9092);
        local = endpoint(ours, 9093);
        open(directory); // without an earlier snapshot
        const auto body = ask("PUT", path, "{}").body;
        return body.substr(0, body.find(' '));
    }

    idle_server server;
    audiosocket::app::call_registry registry;
    const std::shared_ptr<plain_directory> directory = std::make_shared<plain_directory>();
    boost::asio::ip::tcp::endpoint local = endpoint("127.0.0.1", 9093);

  private:
    std::unique_ptr<site> site_;
};

} // namespace

TEST_F(admin_directory, call_is_announced_shown_and_removed) {
    EXPECT_EQ(ask("GET", path + "/context").status, 404U);
    const auto announced = ask("PUT", path, "first");
    EXPECT_EQ(announced.status, 200U) << announced.body;
    EXPECT_EQ(announced.body, "192.0.2.7:9092 text/x");
    EXPECT_EQ(ask("GET", path + "/context").body, "first\n");
    EXPECT_EQ(ask("POST", path, "second").status, 200U); // the dialplan has no PUT
    EXPECT_EQ(ask("HEAD", path + "/context").body, "second\n");
    EXPECT_NE(ask("GET", "/metrics").body.find("\naudiosocket_contexts 1\n"), std::string::npos);
    EXPECT_EQ(ask("DELETE", path + "/context").status, 200U);
    EXPECT_EQ(ask("DELETE", path + "/context").status, 404U);
    directory->handed_over = true; // only a copy would be removed
    EXPECT_EQ(ask("DELETE", path + "/context").status, 503U);
    EXPECT_TRUE(directory->waiting.empty());
    EXPECT_EQ(ask("GET", path).status, 404U); // it was not a call
}

TEST_F(admin_directory, wrong_request_is_refused) {
    EXPECT_EQ(ask("PUT", "/calls/not-an-id", "{}").status, 400U);
    EXPECT_EQ(ask("GET", "/calls/not-an-id/context").status, 400U);
    EXPECT_EQ(ask("PUT", "/calls", "{}").status, 405U);
    for (const auto& [method, target, allowed] : {std::tuple{"PATCH", path, "GET, HEAD, PUT, POST, DELETE"},
                                                  {"PUT", path + "/context", "GET, HEAD, DELETE"},
                                                  {"PUT", path + "/outline", "GET, HEAD"},
                                                  {"GET", resource, "POST"},
                                                  {"PUT", resource, "POST"}}) {
        const auto refused = ask(method, target, "{}");
        EXPECT_EQ(refused.status, 405U) << method << target;
        EXPECT_EQ(refused.fields.at(0).second, allowed) << method << target;
    }
    EXPECT_TRUE(directory->waiting.empty());
}

TEST_F(admin_directory, page_of_another_site_announces_nothing_and_hangs_up_nothing) {
    for (const char* method : {"PUT", "POST", "DELETE"})
        for (const auto& target : {path, path + "/context", resource})
            EXPECT_EQ(ask(method, target, "Status=completed", "http://evil.example").status, 403U) << method << target;
    EXPECT_TRUE(directory->waiting.empty());
}

TEST_F(admin_directory, without_a_directory_there_is_none_of_this) {
    open(nullptr);
    const auto refused = ask("PUT", path, "{}");
    EXPECT_EQ(refused.status, 405U);
    EXPECT_EQ(refused.fields.at(0).second, "GET, HEAD, DELETE");
    EXPECT_EQ(ask("POST", path, "{}").status, 405U);
    EXPECT_EQ(ask("GET", path + "/context").status, 400U);
    EXPECT_EQ(ask("POST", resource, "Status=completed").status, 404U);
    EXPECT_NE(ask("GET", "/metrics").body.find("\naudiosocket_contexts 0\n"), std::string::npos);
}

TEST_F(admin_directory, caller_is_sent_to_where_it_can_connect) {
    EXPECT_EQ(connect("10.0.0.7", "127.0.0.1"), "10.0.0.7:9092");
    EXPECT_EQ(connect("0.0.0.0", "10.0.0.8"), "10.0.0.8:9092");
    EXPECT_EQ(connect("0.0.0.0", "::ffff:10.0.0.8"), "10.0.0.8:9092");
    EXPECT_EQ(connect("::", "10.0.0.8"), "10.0.0.8:9092");
    EXPECT_EQ(connect("::", "2001:db8::8"), "[2001:db8::8]:9092");
    EXPECT_EQ(connect("::ffff:10.0.0.7", "::1"), "10.0.0.7:9092");
    EXPECT_EQ(connect("0.0.0.0", "2001:db8::8"), ""); // no listener there
}

TEST_F(admin_directory, server_that_stops_or_is_full_takes_no_announcement) {
    server.stopping = true;
    const auto stopping = ask("PUT", path, "{}");
    EXPECT_EQ(stopping.status, 503U);
    EXPECT_NE(stopping.body.find("stopping"), std::string::npos);
    server.stopping = false;
    server.calls_max = 0;
    open(directory);
    EXPECT_NE(ask("PUT", path, "{}").body.find("full"), std::string::npos);
    EXPECT_TRUE(directory->waiting.empty());
}

TEST_F(admin_directory, bot_hangs_up_its_call_as_at_twilio) {
    EXPECT_EQ(ask("POST", resource, "Status=completed").status, 404U);
    const auto call = new_call();
    registry.started(call);
    std::optional<ended_event> end;
    call->line().async_next_event([&](boost::system::error_code, const event& e) { end = std::get<ended_event>(e); });

    EXPECT_EQ(ask("POST", resource, "Status=busy").status, 400U);
    settle();
    EXPECT_FALSE(end);

    const auto done = ask("POST", resource, "Status=completed");
    EXPECT_EQ(done.status, 200U);
    EXPECT_EQ(boost::json::parse(done.body).at("status").as_string(), "completed");
    while (!end)
        calls_io.run_one();
    EXPECT_EQ(end->reason, end_reason::hung_up);
    registry.ended(*call, *end, {});
    EXPECT_EQ(boost::json::parse(ask("POST", resource, "Status=completed").body).at("code").to_number<int>(), 20404);
}
