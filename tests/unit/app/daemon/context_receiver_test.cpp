// SPDX-License-Identifier: Apache-2.0
#include "daemon/context_receiver.hpp"

#include "gateway/context_directory.hpp"

#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <limits>

using namespace audiosocket;
using namespace audiosocket::app;
using app::gateway::context_directory;
using namespace std::chrono_literals;

namespace {

const uuid id = uuid::parse("40325ec2-5efd-4bd3-805f-53576e581d13");

// A process that receives; the test is its predecessor.
class receiver : public testing::Test {
  protected:
    using channel = boost::asio::local::stream_protocol::socket;

    void make(std::chrono::nanoseconds receive_time = 1h) {
        receiver_ = std::make_unique<context_receiver>(io_, directory_, true, *report_, receive_time);
        EXPECT_TRUE(receiver_->expects());
    }

    // Starts with one end of a channel.
    void start() {
        channel own(io_);
        boost::asio::local::connect_pair(peer_, own);
        receiver_->start(file_descriptor(own.release()));
    }

    void send(const std::vector<std::byte>& bytes) { boost::asio::write(peer_, boost::asio::buffer(bytes)); }

    // Runs until nothing is expected, and returns the log.
    std::string run() {
        io_.run();
        EXPECT_FALSE(receiver_->expects());
        EXPECT_FALSE(directory_->fetch(id, [](const auto&) {})) << "calls still wait";
        receiver_.reset();
        report_.reset();
        return testing::internal::GetCapturedStderr();
    }

    boost::asio::io_context io_;
    channel peer_{io_};
    std::shared_ptr<context_directory> directory_ = std::make_shared<context_directory>();
    std::unique_ptr<server_report> report_ =
        (testing::internal::CaptureStderr(), std::make_unique<server_report>(server_report::options{}));
    std::unique_ptr<context_receiver> receiver_;
};

void expect_contains(const std::string& log, const std::string& text) {
    EXPECT_NE(log.find(text), std::string::npos) << log;
}

std::vector<std::byte> one_announcement() {
    const std::vector<waiting_context> all{{id, "{}", 1s}};
    return to_bytes(all);
}

} // namespace

TEST_F(receiver, announcements_are_kept_and_those_without_room_are_counted) {
    make();
    start();
    const std::vector<waiting_context> all{
        {id, "{}", 1s}, {uuid{}, "not JSON", 1s}, {uuid{}, std::string(directory_->body_bytes_max() + 1, ' '), 1s}};
    send(to_bytes(all));
    const auto log = run();
    EXPECT_EQ(directory_->counts().entries, 1U);
    expect_contains(log, "1 announced calls were taken over");
    expect_contains(log, "2 announced calls of the predecessor were not taken over");
}

TEST_F(receiver, predecessor_that_closes_midway_is_reported) {
    make();
    start();
    auto bytes = one_announcement();
    bytes.pop_back();
    send(bytes);
    peer_.close();
    expect_contains(run(), "the predecessor has closed the channel; 1 were taken over");
}

TEST_F(receiver, wrong_format_is_reported) {
    make();
    start();
    send(std::vector<std::byte>(100));
    expect_contains(run(), "they are not in the expected format; 0 were taken over");
}

TEST_F(receiver, silent_predecessor_is_not_waited_for) {
    make(1ms);
    start();
    expect_contains(run(), "the predecessor does not send them; 0 were taken over");
}

// Calls waited for the announcements until the process ended.
TEST_F(receiver, channel_that_cannot_be_read_is_reported) {
    make();
    receiver_->start(file_descriptor(std::numeric_limits<int>::max())); // not open
    expect_contains(run(), "announced calls of the predecessor are lost: Bad file descriptor");
}

TEST_F(receiver, channel_that_is_missing_is_reported) {
    make();
    receiver_->start({});
    expect_contains(run(), "the channel to the predecessor was lost");
}

TEST_F(receiver, process_that_stops_waits_for_nothing) {
    make();
    start();
    receiver_->stop();
    expect_contains(run(), "this process stops");
}

TEST_F(receiver, verb_without_announcements_expects_nothing) {
    context_receiver none(io_, nullptr, true, *report_);
    EXPECT_FALSE(none.expects());
    none.start({});
    none.stop();
    report_.reset();
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}
