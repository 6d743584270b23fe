// SPDX-License-Identifier: Apache-2.0
#include "admin/admin_service.hpp"

#include "command/http_client.hpp"
#include "unit/app/admin/admin_server.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <gtest/gtest.h>

#include <thread>

using namespace audiosocket;
using namespace audiosocket::app::admin;
using namespace audiosocket::test;

namespace {

// An admin address and a server with faults.
class admin_service_failing : public testing::Test {
  protected:
    http_answer get(const std::string& target) const { return ask(service_.local_endpoint(), "GET " + target); }

    idle_server server_;
    audiosocket::app::call_registry calls_;

  private:
    struct server_thread {
        explicit server_thread(boost::asio::io_context& io) : work(io.get_executor()), thread([&io] { io.run(); }) {}
        ~server_thread() {
            work.get_executor().context().stop();
            thread.join();
        }
        boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work;
        std::thread thread;
    };

    server_thread thread_{server_.main_context()};
    admin_service service_{{.listen = address{"127.0.0.1", 0}, .token = {}}, std::nullopt, server_, calls_};
};

} // namespace

// An exception other than that for a bad request ended the process and all its calls.
TEST_F(admin_service_failing, question_that_cannot_be_answered_gets_an_error_and_harms_no_other) {
    server_.to_failure = 1;
    const auto failed = get("/calls");
    EXPECT_EQ(failed.status, 500);
    EXPECT_NE(failed.body.find("the log"), std::string::npos) << failed.body;
    EXPECT_EQ(get("/calls").status, 200);
    EXPECT_EQ(server_.failures(), std::vector<std::string>{"out of order"});
}

TEST_F(admin_service_failing, failure_between_two_threads_is_reported_and_harms_no_other) {
    server_.to_failure = 2; // when the main thread has answered
    EXPECT_EQ(get("/calls").status, 500);
    EXPECT_EQ(get("/calls").status, 200);
    EXPECT_EQ(get("/status").status, 200);
    EXPECT_EQ(server_.failures(), std::vector<std::string>{"out of order"});
}
