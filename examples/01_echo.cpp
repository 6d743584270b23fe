// SPDX-License-Identifier: Apache-2.0
// Echo: callers hear themselves.   ./01_echo [HOST:PORT]
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
        std::cout << "call " << to_string(caller.id()) << " from " << caller.peer() << std::endl;
        asio::co_spawn(io, echo(std::move(caller)), asio::detached);
    };
    call_server server{io, address::parse(argc > 1 ? argv[1] : ":9092"), answer};
    std::cout << "listening on " << server.local_endpoint() << std::endl;

    asio::signal_set stop{io, SIGINT, SIGTERM};
    stop.async_wait([&](auto, int) { server.async_drain(0s, asio::detached); }); // hangs up in order
    io.run();
} catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
