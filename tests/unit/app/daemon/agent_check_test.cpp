// SPDX-License-Identifier: Apache-2.0
#include "daemon/agent_check.hpp"

#include "support/raw_peer.hpp"

#include <audiosocket/net/io_thread.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include <fcntl.h>

#include <list>

namespace audiosocket::app {
namespace {

using test::raw_peer;

class agent : public testing::Test {
  protected:
    template <class Function>
    auto on_io(Function f) {
        return boost::asio::post(io.context(), boost::asio::use_future(std::move(f))).get();
    }

    ~agent() override {
        on_io([this] { check.reset(); });
    }

    static std::string text_of(raw_peer& peer) {
        std::string all;
        while (const auto part = peer.receive()) {
            if (part->empty()) break;
            all.append(reinterpret_cast<const char*>(part->data()), part->size());
        }
        return all;
    }

    io_thread io;
    std::string line = "up ready 80%\n";
    std::unique_ptr<agent_check> check =
        std::make_unique<agent_check>(io.context(), address{"127.0.0.1", 0}, std::nullopt, [this] { return line; });
};

} // namespace

TEST_F(agent, each_connection_gets_one_line_and_the_end) {
    raw_peer first(check->local_endpoint());
    EXPECT_EQ(text_of(first), "up ready 80%\n");
    on_io([this] { line = "drain\n"; });
    raw_peer second(check->local_endpoint());
    second.send(test::raw("agent-send is ignored\n")); // unread data must not discard the answer
    EXPECT_EQ(text_of(second), "drain\n");
}

TEST_F(agent, silent_connections_are_bounded_and_keep_none_out) {
    std::list<raw_peer> silent;
    for (std::size_t n = 0; n < 3 * agent_check::connections_max; ++n) {
        silent.emplace_back(check->local_endpoint());
        EXPECT_EQ(text_of(silent.back()), "up ready 80%\n");
    }
}

TEST_F(agent, successor_answers_on_the_same_port) {
    const auto where = check->local_endpoint();
    auto successor_socket = listening_socket::adopt(file_descriptor(::fcntl(check->descriptor(), F_DUPFD_CLOEXEC, 0)));
    agent_check successor(io.context(), {"", 0}, std::move(successor_socket), [] { return std::string("up\n"); });
    on_io([this] { check->stop(); });
    raw_peer peer(where);
    EXPECT_EQ(text_of(peer), "up\n");
    on_io([&] { successor.stop(); });
}

TEST_F(agent, address_in_use_names_the_option) {
    try {
        agent_check second(io.context(), {"127.0.0.1", check->local_endpoint().port()}, std::nullopt,
                           [] { return ""; });
        FAIL();
    } catch (const boost::system::system_error& e) {
        EXPECT_NE(std::string(e.what()).find("(--agent-check)"), std::string::npos) << e.what();
    }
}

} // namespace audiosocket::app
