// SPDX-License-Identifier: Apache-2.0
#include "websocket/name_lookup.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <optional>
#include <vector>

using namespace audiosocket::app::websocket;
using namespace std::chrono_literals;

namespace {

constexpr auto for_ever = 24h;

class name_lookups : public testing::Test {
  protected:
    // A resolver that answers when the test says so.
    void start(const name_lifetimes& lifetimes) {
        names_ = std::make_shared<name_lookup>(io_.get_executor(), lifetimes,
                                               [this](const std::string&, std::uint16_t, name_lookup::handler done) {
                                                   asked_.push_back(std::move(done));
                                               });
    }

    void find(const std::string& host = "bot") {
        names_->find(host, 80, [this](const auto& error, const name_lookup::addresses& found) {
            results_.push_back(error ? error.message() : found.front().address().to_string());
        });
    }

    void answer(const std::string& address) {
        const auto done = std::move(asked_.front());
        asked_.erase(asked_.begin());
        done({}, {{boost::asio::ip::make_address(address), 80}});
    }

    void answer(const boost::system::error_code& error) {
        const auto done = std::move(asked_.front());
        asked_.erase(asked_.begin());
        done(error, {});
    }

    void run() {
        io_.restart();
        io_.poll();
    }

    using texts = std::vector<std::string>;

    boost::asio::io_context io_{1};
    std::shared_ptr<name_lookup> names_;
    std::vector<name_lookup::handler> asked_;
    texts results_;
};

const boost::system::error_code unknown = make_error_code(boost::asio::error::host_not_found);

} // namespace

TEST_F(name_lookups, one_question_serves_all_waiting_requests) {
    start({for_ever, for_ever, for_ever});
    find();
    find();
    find("other");
    EXPECT_EQ(asked_.size(), 2U);
    answer("10.0.0.1");
    EXPECT_EQ(results_, (texts{"10.0.0.1", "10.0.0.1"}));
    find();
    EXPECT_EQ(results_.size(), 2U) << "a handler was called within a function";
    run();
    EXPECT_EQ(results_.size(), 3U);
    EXPECT_EQ(asked_.size(), 1U) << "only \"other\" is still asked for";
}

TEST_F(name_lookups, older_addresses_are_used_at_once_and_looked_up_again) {
    start({0ms, for_ever, for_ever});
    find();
    answer("10.0.0.1");
    find();
    find();
    run();
    EXPECT_EQ(results_, (texts{"10.0.0.1", "10.0.0.1", "10.0.0.1"}));
    ASSERT_EQ(asked_.size(), 1U);
    answer("10.0.0.2");
    find();
    run();
    EXPECT_EQ(results_.back(), "10.0.0.2");
}

TEST_F(name_lookups, old_addresses_serve_where_looking_up_fails) {
    start({0ms, 0ms, for_ever});
    find();
    answer("10.0.0.1");
    find();
    run();
    EXPECT_EQ(results_.size(), 1U) << "too old to be used at once";
    answer(unknown);
    EXPECT_EQ(results_, (texts{"10.0.0.1", "10.0.0.1"}));
}

TEST_F(name_lookups, unknown_name_is_an_error_and_is_asked_for_again) {
    start({for_ever, for_ever, 0ms});
    find();
    answer(unknown);
    EXPECT_EQ(results_, texts{unknown.message()});
    find();
    EXPECT_EQ(asked_.size(), 1U);
    answer("10.0.0.1");
    EXPECT_EQ(results_.back(), "10.0.0.1");
}

TEST_F(name_lookups, too_old_addresses_are_forgotten) {
    start({0ms, 0ms, 0ms});
    find();
    answer("10.0.0.1");
    find();
    answer(unknown);
    EXPECT_EQ(results_.back(), unknown.message());
}

TEST_F(name_lookups, the_system_knows_localhost) {
    names_ = std::make_shared<name_lookup>(io_.get_executor());
    std::optional<std::size_t> count;
    names_->find("localhost", 80, [&](const auto&, const name_lookup::addresses& found) { count = found.size(); });
    io_.run();
    ASSERT_TRUE(count);
    EXPECT_GE(*count, 1U);
}
