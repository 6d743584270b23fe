// SPDX-License-Identifier: Apache-2.0
// Each allocation of the hand-over of announcements fails once. It is repeated, as the daemon does each second, and the
// successor gets each announcement once.
#include "daemon/context_sender.hpp"

#include "daemon/context_stream.hpp"
#include "faults/library/failing_allocations.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/connect_pair.hpp>

#include <gtest/gtest.h>

#include <array>
#include <new>

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t entries = 3;

class three_announcements final : public app::admin::call_directory {
  public:
    std::size_t body_bytes_max() const noexcept override { return 100; }
    void announce(const app::admin::announcement&, const app::admin::reply&) override {}
    std::optional<std::string> find(const uuid&) const override { return std::nullopt; }
    std::optional<bool> remove(const uuid&) override { return false; }
    context_registry_counts counts() const override { return {}; }
    std::vector<waiting_context> hand_over() override {
        std::vector<waiting_context> all;
        for (std::size_t i = 0; i < entries; ++i) {
            uuid id{};
            id.bytes[0] = static_cast<std::byte>(i);
            all.push_back({id, "{\"from\": \"a caller with a long name\"}", 1s});
        }
        return all;
    }
    void inherit_begins() override {}
    bool inherit(waiting_context) override { return false; }
    void inherit_ends() override {}
};

class pair_of_processes {
  public:
    explicit pair_of_processes(std::size_t failing) {
        boost::asio::local::connect_pair(own_, successors_);
        app::server_report::options quiet;
        quiet.how = app::console::verbosity::quiet;
        app::server_report report(quiet);
        app::context_sender sender(io_, report);
        fail_allocation(failing);
        sender.set(std::move(own_), directory_);
        start(sender);
        start(sender); // has begun, so this does nothing
        fail_allocation(0);
        io_.run();
        read();
    }

    std::size_t refused() const { return refused_; }
    std::size_t received() const { return received_; }
    app::context_reader::state end() const { return reader_.current_state(); }

  private:
    void start(app::context_sender& sender) {
        for (;; ++refused_) {
            try {
                return sender.start();
            } catch (const std::bad_alloc&) { // repeated
            }
        }
    }

    void read() {
        std::array<std::byte, 1'000> buffer{};
        boost::system::error_code error;
        while (const auto bytes = successors_.read_some(boost::asio::buffer(buffer), error)) {
            reader_.feed(std::span(buffer).first(bytes));
            while (reader_.next())
                ++received_;
        }
        EXPECT_EQ(error, boost::asio::error::eof);
    }

    boost::asio::io_context io_{1};
    app::successor::channel own_{io_};
    app::successor::channel successors_{io_};
    const std::shared_ptr<three_announcements> directory_ = std::make_shared<three_announcements>();
    app::context_reader reader_{100, 10};
    std::size_t refused_ = 0;
    std::size_t received_ = 0;
};

} // namespace

TEST(context_sender_without_memory, each_announcement_arrives_once) {
    std::size_t refused = 0;
    for (std::size_t number = 1;; ++number) {
        SCOPED_TRACE(number);
        const pair_of_processes one(number);
        EXPECT_EQ(one.received(), entries);
        EXPECT_EQ(one.end(), app::context_reader::state::complete);
        refused += one.refused();
        if (one.refused() == 0 || HasFailure()) break;
    }
    EXPECT_GT(refused, 3U);
}
