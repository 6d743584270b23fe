// SPDX-License-Identifier: Apache-2.0
#include "browser.hpp"
#include "hand_over_test.hpp"
#include "http_client.hpp"

#include <sys/stat.h>

#include <thread>

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

    // Returns what the epolls of a process watch although its own descriptor is closed, and maybe reused for another
    // file. The kernel forgets a file when no process has it open. Here a successor has it open.
    static std::string watched_though_closed(pid_t pid) {
        const std::filesystem::path process = "/proc/" + std::to_string(pid);
        std::string found;
        for (const auto& info : std::filesystem::directory_iterator(process / "fdinfo")) {
            std::ifstream lines(info.path());
            for (std::string line; std::getline(lines, line);) {
                const auto inode = line.find(" ino:");
                if (!line.starts_with("tfd:") || inode == std::string::npos) continue;
                struct stat file {};
                const auto descriptor = process / "fd" / std::to_string(std::stoi(line.substr(4)));
                if (stat(descriptor.c_str(), &file) != 0 ||
                    file.st_ino != std::stoul(line.substr(inode + 5), nullptr, 16))
                    found += line + '\n';
            }
        }
        return found;
    }
};

} // namespace

TEST_F(admin_hand_over, successor_answers_at_the_same_address) {
    serve({"--admin", "127.0.0.1:0"});
    ASSERT_TRUE(server->wait_for_output(R"("event":"admin")"));
    raw_peer up = raw_caller();
    ASSERT_TRUE(server->wait_for_output("\"started\""));
    EXPECT_EQ(ask(admin(), "GET /calls").json().at("calls_up").to_number<int>(), 1);
    const auto answering = [&] { return ask(admin(), "GET /status").json().at("pid").to_number<pid_t>(); };
    EXPECT_EQ(answering(), processes().front());
    raw_peer scraper(admin()); // connected to the process that ends
    scraper.send(raw("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    EXPECT_FALSE(scraper.receive_bytes(12).empty());

    hand_over();
    // The call is in progress in the old process, which is no longer reachable.
    EXPECT_EQ(ask(admin(), "GET /readyz").status, 200);
    EXPECT_EQ(ask(admin(), "GET /calls").json().at("calls_up").to_number<int>(), 0);
    EXPECT_EQ(answering(), processes().back());
    const auto unknown = ask(admin(), "GET /calls/07070707-0707-0707-0707-070707070707");
    EXPECT_EQ(unknown.status, 404);
    EXPECT_EQ(unknown.json().at("pid").to_number<pid_t>(), processes().back()); // a page must notice that
    scraper.send(raw("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    const auto end = scraper.receive_all(); // so that the next question goes to the successor
    EXPECT_TRUE(end.orderly);
    up.finish();
    stop_last();
}

// The old process was woken for each connection to the new one, and used a whole processor.
TEST_F(admin_hand_over, old_process_watches_neither_of_its_addresses_any_more) {
    serve({"--admin", "127.0.0.1:0"});
    ASSERT_TRUE(server->wait_for_output(R"("event":"admin")"));
    raw_peer up = raw_caller();
    ASSERT_TRUE(server->wait_for_output("\"started\""));
    const auto old = processes().front();
    EXPECT_EQ(watched_though_closed(old), "");
    hand_over();
    EXPECT_EQ(ask(admin(), "GET /readyz").status, 200);
    std::string watched; // until the thread of the admin address has ended by itself
    EXPECT_TRUE(eventually([&] { return (watched = watched_though_closed(old)).empty(); })) << watched;
    up.finish();
    stop_last();
}

// The page said "This call has ended."
TEST_F(admin_hand_over, page_tells_a_call_that_goes_on_in_the_old_process_from_one_that_is_over) {
    const auto chromium = find_chromium();
    if (chromium.empty()) GTEST_SKIP() << skipped("chromium is missing");
    serve({"--admin", "127.0.0.1:0"});
    ASSERT_TRUE(server->wait_for_output(R"("event":"admin")"));
    raw_peer up = raw_caller();
    ASSERT_TRUE(server->wait_for_output("\"started\""));
    const std::string id = "07070707-0707-0707-0707-070707070707";
    process browser(browse(chromium, folder / "profile",
                           "http://127.0.0.1:" + std::to_string(admin().port()) + "/#" + id, std::chrono::minutes(1)));
    double ours = 0;
    // The page loads some files, and then asks for the call several times. It may send 400 requests in its minute,
    // however long this takes here.
    ASSERT_TRUE(eventually([&] {
        return ask(admin(), "GET /metrics").metric("audiosocket_admin_requests_total") >= ++ours + 20;
    })) << browser.err;
    hand_over();
    browser.wait();
    EXPECT_NE(browser.out.find("After an upgrade, another process answers here."), std::string::npos) << browser.out;
    EXPECT_EQ(browser.out.find("This call has ended."), std::string::npos);
    up.finish();
    stop_last();
}
