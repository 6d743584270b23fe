// SPDX-License-Identifier: Apache-2.0
// Echo on every core: each call lives, from its id to its end, on one of several threads.   ./07_all_cores [HOST:PORT]
#include <audiosocket/server.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>

#include <algorithm>
#include <iostream>
#include <thread>

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
    const auto answer = [](call caller) {
        const auto home = caller.get_executor(); // its thread: what runs there needs no lock
        asio::co_spawn(home, echo(std::move(caller)), asio::detached);
    };
    call_server_options options;
    options.threads = std::max(std::thread::hardware_concurrency(), 1U);
    call_server server{io, address::parse(argc > 1 ? argv[1] : ":9092"), answer, options};
    std::cout << "listening on " << server.local_endpoint() << " for " << options.threads << " cores" << std::endl;

    asio::signal_set stop{io, SIGINT, SIGTERM};
    stop.async_wait([&](auto, int) { server.async_drain(0s, asio::detached); }); // hangs up in order
    io.run();
} catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
