// SPDX-License-Identifier: Apache-2.0
#include "asterisk_test.hpp"

#include "admin/admin_service.hpp"
#include "gateway/context_directory.hpp"
#include "unit/app/admin/admin_server.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <thread>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

// An admin address that takes announcements of calls.
class announcing_server {
  public:
    explicit announcing_server(const std::string& calls) {
        const auto port = static_cast<std::uint16_t>(std::stoi(calls.substr(calls.rfind(':') + 1)));
        view_.calls_endpoint = {boost::asio::ip::make_address("127.0.0.1"), port};
        app::admin::admin_options options{.listen = address{"127.0.0.1", 0}, .token = "0123456789abcdef"};
        options.directory = directory;
        service_.emplace(options, std::nullopt, view_, calls_);
    }
    announcing_server(const announcing_server&) = delete;
    announcing_server& operator=(const announcing_server&) = delete;
    ~announcing_server() {
        service_.reset();
        view_.main_context().stop();
        thread_.join();
    }

    std::string where() const { return "127.0.0.1:" + std::to_string(service_->local_endpoint().port()); }

    const std::shared_ptr<app::gateway::context_directory> directory =
        std::make_shared<app::gateway::context_directory>();

  private:
    idle_server view_;
    app::call_registry calls_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{view_.main_context().get_executor()};
    std::thread thread_{[this] { view_.main_context().run(); }};
    std::optional<app::admin::admin_service> service_;
};

class asterisk_context : public asterisk_test {};

} // namespace

TEST_F(asterisk_context, call_that_the_dialplan_announced_with_curl_arrives_with_its_context) {
    answerer us;
    announcing_server announced(us.where());
    start_asterisk(us.where(), {"ADMIN=" + announced.where()});
    asterisk->originate("announced", "quiet");
    const auto call = us.wait_for([](const auto&) { return true; });
    ASSERT_TRUE(call);
    EXPECT_TRUE(asterisk->wait_for_log(to_string(call->id) + ": {\"connect\":\"" + us.where() + "\""));
    const auto context = announced.directory->take(call->id);
    ASSERT_TRUE(context);
    EXPECT_EQ(context->from, "+4930123");
    EXPECT_EQ(context->to, "announced");
    EXPECT_EQ(context->parameters.at("name"), "O\"Neill & Sons, Inc.");
    us.hang_up_all();
    EXPECT_TRUE(asterisk->wait_for_log(to_string(call->id) + ": the dialplan goes on"));
}
