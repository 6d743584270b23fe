// SPDX-License-Identifier: Apache-2.0
// Calls that come and go on several threads while others use everything that is safe from any thread. It asserts
// little: ThreadSanitizer finds what is wrong.
#include "loopback/net_test.hpp"

#include <audiosocket/server.hpp>

#include <boost/asio/use_future.hpp>

#include <atomic>
#include <mutex>
#include <vector>

using namespace audiosocket;
using namespace audiosocket::test;
namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr int callers = 4;
constexpr int calls_each = 30;

// The calls in progress, for threads that are not theirs.
class shared_calls {
  public:
    void add(const std::shared_ptr<call>& c) {
        const std::lock_guard lock(using_);
        all_.push_back(c);
    }

    template <class Action>
    void each(Action action) {
        std::vector<std::shared_ptr<call>> now;
        {
            const std::lock_guard lock(using_);
            std::erase_if(all_, [](const auto& weak) { return weak.expired(); });
            for (const auto& weak : all_)
                if (auto c = weak.lock()) now.push_back(std::move(c));
        }
        for (const auto& c : now)
            action(*c);
    }

  private:
    std::mutex using_;
    std::vector<std::weak_ptr<call>> all_;
};

// Echoes until the end, on the thread of the call.
void echo(std::shared_ptr<call> line) {
    auto& c = *line;
    c.async_next_event([line = std::move(line)](boost::system::error_code error, event e) {
        if (error || std::holds_alternative<ended_event>(e)) return;
        if (const auto* audio = std::get_if<audio_event>(&e))
            static_cast<void>(line->play(audio->samples, audio->rate_hz));
        if (std::holds_alternative<dtmf_event>(e)) static_cast<void>(line->hang_up_when_played());
        echo(line);
    });
}

// One call, which ends in one of five ways.
void place_call(const raw_peer::tcp::endpoint& server, int number) try {
    raw_peer peer(server);
    peer.send(id_bytes(uuid::random()));
    const auto audio = frame(kind::slin, bytes(320, std::byte{1}));
    for (int i = 0; i < 3; ++i)
        peer.send(audio);
    switch (number % 5) {
    case 0: peer.send(frame(kind::hangup)); break;
    case 1: peer.finish(); break;
    case 2: return peer.reset();
    case 3: peer.send(frame(kind::dtmf, bytes(1, std::byte{'1'}))); break;
    case 4: return; // closes with unread data
    }
    peer.receive_all();
} catch (const boost::system::system_error&) { // hung up by the other threads, and closed
}

} // namespace

TEST(churn, calls_come_and_go_while_other_threads_use_them) {
    io_thread main;
    shared_calls live;
    std::atomic<std::size_t> answered = 0;
    call_server_options options;
    options.threads = 3;
    std::optional<call_server> server;
    server.emplace(
        main.context(), address{"127.0.0.1", 0},
        [&](call c) {
            ++answered;
            const auto line = std::make_shared<call>(std::move(c));
            live.add(line);
            asio::post(line->get_executor(), [line] { echo(line); });
        },
        options);
    const auto where = server->local_endpoint();

    std::atomic<bool> over = false;
    std::vector<std::thread> others;
    others.emplace_back([&] { // an operator
        for (int n = 0; !over; ++n) {
            if (n % 8 == 0) server->hang_up_all();
            static_cast<void>(server->calls_in_progress());
            std::this_thread::sleep_for(5ms);
        }
    });
    others.emplace_back([&] { // a monitor, and a reload
        listener_options fresh;
        while (!over) {
            fresh.calls_max = fresh.calls_max == 50 ? 60 : 50;
            server->listening().set_options(fresh);
            asio::post(main.context(), asio::use_future([&] { return server->listening().statistics().calls_up; }))
                .get();
            std::this_thread::sleep_for(3ms);
        }
    });
    others.emplace_back([&] { // an application with threads of its own
        const std::vector<std::int16_t> tone(160, 1000);
        while (!over) {
            live.each([&](call& c) {
                static_cast<void>(c.play(tone, 8000));
                static_cast<void>(c.queued());
                static_cast<void>(c.receive_format());
                static_cast<void>(c.clear());
            });
            std::this_thread::sleep_for(1ms);
        }
    });

    std::vector<std::thread> making;
    for (int t = 0; t < callers; ++t)
        making.emplace_back([&, t] {
            for (int n = 0; n < calls_each; ++n)
                place_call(where, n + t);
        });
    for (auto& one : making)
        one.join();
    over = true;
    for (auto& one : others)
        one.join();
    server->async_drain(1s, asio::use_future).get();
    EXPECT_EQ(server->calls_in_progress(), 0U);
    EXPECT_GT(answered, 0U);
    asio::post(main.context(), asio::use_future([&] { server.reset(); })).get();
}
