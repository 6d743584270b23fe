// SPDX-License-Identifier: Apache-2.0
// Echo, and a stop that cuts no caller off: on SIGTERM or Ctrl-C no more calls are answered, those in progress may end
// by themselves for ten seconds, and what is left is hung up in order.   ./08_graceful_stop [HOST:PORT]
#include <audiosocket/server.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>

#include <iostream>

namespace asio = boost::asio;
using namespace audiosocket;
using namespace std::chrono_literals;

asio::awaitable<void> echo(call caller) {
    for (;;) {
        const event e = co_await caller.async_next_event();
        if (const auto* audio = std::get_if<audio_event>(&e); audio && caller.play(audio->samples, audio->rate_hz))
            co_return; // refused: the call is ending
        if (std::holds_alternative<ended_event>(e)) co_return;
    }
}

int main(int argc, char** argv) try {
    asio::io_context io{1};
    const auto answer = [&](call caller) {
        std::cout << "call from " << caller.peer() << std::endl;
        asio::co_spawn(io, echo(std::move(caller)), asio::detached);
    };
    call_server server{io, address::parse(argc > 1 ? argv[1] : ":9092"), answer};
    std::cout << "listening on " << server.local_endpoint() << std::endl;

    asio::signal_set stop{io, SIGINT, SIGTERM};
    stop.async_wait([&](auto, int) {
        std::cout << "stopping, " << server.calls_in_progress() << " calls in progress" << std::endl;
        server.async_drain(10s, [](auto, drain_report calls) {
            std::cout << calls.ended << " calls ended by themselves, " << calls.hung_up << " were hung up" << std::endl;
        });
    });
    io.run(); // returns when the last call has ended
} catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
