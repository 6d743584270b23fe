// SPDX-License-Identifier: Apache-2.0
#include "loopback/net_test.hpp"

#include <audiosocket/server.hpp>

#include <boost/asio/bind_executor.hpp>

#include <list>
#include <map>
#include <stdexcept>

using namespace audiosocket;
using namespace audiosocket::test;
namespace asio = boost::asio;

namespace {

class shards_on_loopback : public net_test {
  protected:
    explicit shards_on_loopback() {
        calls_.emplace(io_.context(), address{"127.0.0.1", 0}, listener_options{}, cores_->contexts());
    }

    ~shards_on_loopback() override {
        if (cores_) close();
    }

    // The listener has another thread: it must have closed before the shards are destroyed.
    void close() {
        calls_->close();
        boost::system::error_code closed;
        do {
            try {
                accept();
            } catch (const boost::system::system_error& e) {
                closed = e.code();
            }
        } while (!closed);
        calls_.reset();
        cores_.reset();
    }

    std::optional<shards> cores_{std::in_place, 3};
};

using executor = call::executor_type;

// Returns a number for the thread of a call.
std::ptrdiff_t shard_of(const call& c, const shards& among) {
    const auto contexts = among.contexts();
    return std::ranges::find_if(contexts, [&](auto* one) { return one->get_executor() == c.get_executor(); }) -
           contexts.begin();
}

} // namespace

TEST(shards, none_or_too_many_are_refused) {
    EXPECT_THROW(shards(0), std::invalid_argument);
    EXPECT_THROW(shards(shards::count_max + 1), std::invalid_argument);
}

TEST_F(shards_on_loopback, calls_go_where_the_fewest_are) {
    std::list<std::pair<raw_peer, call>> up;
    std::map<std::ptrdiff_t, int> calls_of;
    for (int i = 0; i < 9; ++i) {
        up.push_back(answered());
        ++calls_of[shard_of(up.back().second, *cores_)];
    }
    EXPECT_EQ(calls_of, (std::map<std::ptrdiff_t, int>{{0, 3}, {1, 3}, {2, 3}}));

    // Two calls of one shard end; the next two go there.
    const auto there = shard_of(up.front().second, *cores_);
    std::erase_if(up, [&, left = 2](auto& one) mutable {
        if (shard_of(one.second, *cores_) != there || left-- <= 0) return false;
        one.second.hang_up();
        one.first.finish();
        while (!std::holds_alternative<ended_event>(next(one.second))) {
        }
        return true;
    });
    ASSERT_TRUE(eventually([&] { return counted().calls_up == 7; }));
    for (int i = 0; i < 2; ++i) {
        up.push_back(answered());
        EXPECT_EQ(shard_of(up.back().second, *cores_), there);
    }
}

TEST_F(shards_on_loopback, call_lives_where_the_application_wants_it) {
    listener_options options;
    std::optional<std::size_t> wanted = 2;
    options.home_for = [&](const uuid&) { return wanted; };
    calls_->set_options(options);
    std::list<std::pair<raw_peer, call>> all;
    for (int i = 0; i < 3; ++i) {
        all.push_back(answered());
        EXPECT_EQ(shard_of(all.back().second, *cores_), 2);
    }
    for (const std::optional<std::size_t> without_effect :
         {std::optional<std::size_t>(), std::optional<std::size_t>(3)}) {
        on_io([&] { wanted = without_effect; });
        all.push_back(answered());
        EXPECT_NE(shard_of(all.back().second, *cores_), 2); // the other shards have the fewest
    }
    calls_->set_options({});
}

TEST_F(shards_on_loopback, handlers_without_an_executor_run_on_the_thread_of_the_call) {
    auto line = answered();
    call& c = line.second;
    std::promise<bool> at_home;
    c.async_next_event(
        [&](boost::system::error_code, const event&) { at_home.set_value(c.get_executor().running_in_this_thread()); });
    line.first.send(frame(kind::dtmf, raw("1")));
    EXPECT_TRUE(at_home.get_future().get());
}

TEST_F(shards_on_loopback, echo_goes_on_when_the_listener_is_closed) {
    auto line = answered();
    calls_->close();
    line.first.send(frame(kind::slin, bytes(320, std::byte{7})));
    const auto audio = next_of<audio_event>(line.second);
    ASSERT_EQ(audio.samples.size(), 160U);
    EXPECT_FALSE(line.second.play(std::vector<std::int16_t>(160, 1234), 8000));
    line.second.hang_up_when_played();
    const auto said = line.first.receive_all();
    EXPECT_TRUE(said.orderly);
    const bytes sample = raw("\xd2\x04");
    EXPECT_NE(std::search(said.all.begin(), said.all.end(), sample.begin(), sample.end()), said.all.end());
    line.first.finish();
}

// The accept handler runs on one thread and the call lives on another. What the handler sets up must come before any
// event.
TEST_F(shards_on_loopback, monitor_set_on_acceptance_hears_the_first_sample) {
    struct ear final : call_monitor {
        void received(std::span<const std::int16_t> samples, int, time_point) override { total += samples.size(); }
        void sent(std::span<const std::int16_t>, int, time_point) override {}
        std::atomic<std::size_t> total = 0;
    };
    for (int i = 0; i < 30; ++i) {
        raw_peer peer = connect();
        peer.send(id_bytes() + frame(kind::slin, bytes(320)) + frame(kind::slin, bytes(320)));
        call c = accept();
        const auto monitor = std::make_shared<ear>();
        c.set_monitor(monitor);
        ASSERT_TRUE(eventually([&] { return monitor->total == 320; })) << monitor->total;
    }
}

TEST_F(shards_on_loopback, shards_that_go_first_hang_their_calls_up) {
    raw_peer peer = connect();
    peer.send(id_bytes());
    auto waiting = std::make_shared<call>(accept());
    waiting->async_next_event([waiting](boost::system::error_code, const event&) {}); // holds its own call
    waiting.reset();
    close();
    const auto end = peer.receive_all();
    EXPECT_TRUE(end.orderly);
    EXPECT_EQ(messages_in(end.all).back().kind, kind::hangup);
}

// The other thread has no call of its own, and still runs for the end of this one.
TEST_F(shards_on_loopback, handler_on_another_thread_hears_of_the_end_when_the_shards_go) {
    auto [first_peer, first] = answered();
    auto [peer, c] = answered();
    const auto other = shard_of(first, *cores_);
    ASSERT_NE(shard_of(c, *cores_), other);
    first.hang_up();
    first_peer.finish();
    while (!std::holds_alternative<ended_event>(next(first))) {
    }
    std::atomic<bool> ended{false};
    c.async_next_event(asio::bind_executor(
        cores_->contexts()[static_cast<std::size_t>(other)]->get_executor(),
        [&](boost::system::error_code, const event& e) { ended = std::holds_alternative<ended_event>(e); }));
    const auto begin = clock::now();
    close(); // the peer does not answer the hangup, so that the call ends after hangup_timeout
    if (clock::now() - begin < io_thread::hang_up_max) { // otherwise the call was dropped
        EXPECT_TRUE(ended);
    }
}
