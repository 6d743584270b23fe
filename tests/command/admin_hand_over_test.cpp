#include "hand_over_test.hpp"
#include "http_client.hpp"

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class admin_hand_over : public hand_over_test {
  protected:
    raw_peer::tcp::endpoint admin() const {
        const auto port = server->out.find(R"("port":)", server->out.find(R"("event":"admin")"));
        return {boost::asio::ip::make_address("127.0.0.1"),
                static_cast<std::uint16_t>(std::stoi(server->out.substr(port + 7)))};
    }
};

} // namespace

TEST_F(admin_hand_over, successor_answers_at_the_same_address) {
    serve({"--admin", "127.0.0.1:0"});
    ASSERT_TRUE(server->wait_for_output(R"("event":"admin")"));
    raw_peer up = raw_caller();
    ASSERT_TRUE(server->wait_for_output("\"started\""));
    EXPECT_EQ(ask(admin(), "GET /calls").json().at("calls_up").to_number<int>(), 1);
    raw_peer scraper(admin()); // connected to the one that goes
    scraper.send(raw("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    EXPECT_FALSE(scraper.receive_bytes(12).empty());

    hand_over();
    // The call is up in the old process, which nobody reaches any more.
    EXPECT_EQ(ask(admin(), "GET /readyz").status, 200);
    EXPECT_EQ(ask(admin(), "GET /calls").json().at("calls_up").to_number<int>(), 0);
    scraper.send(raw("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    const auto end = scraper.receive_all(); // so that the next question goes to the successor
    EXPECT_TRUE(end.orderly);
    up.finish();
    stop_last();
}
