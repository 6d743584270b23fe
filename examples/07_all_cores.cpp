// SPDX-License-Identifier: Apache-2.0
// Echo on every core: each call lives, from its id to its end, on one of several threads.   ./07_all_cores [HOST:PORT]
#include <audiosocket/net.hpp>
#include <audiosocket/server.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <iostream>
#include <thread>

namespace asio = boost::asio;
using namespace audiosocket;

asio::awaitable<void> echo(call caller) {
    for (;;) {
        const event e = co_await caller.async_next_event(asio::use_awaitable);
        if (const auto* audio = std::get_if<audio_event>(&e)) caller.play(audio->samples, audio->rate_hz);
        if (std::holds_alternative<ended_event>(e)) co_return;
    }
}

asio::awaitable<void> serve(listener& calls) {
    for (;;) {
        call caller = co_await calls.async_accept(asio::use_awaitable);
        const auto home = caller.get_executor(); // its shard: what runs there needs no lock
        asio::co_spawn(home, echo(std::move(caller)), asio::detached);
    }
}

int main(int argc, char** argv) try {
    asio::io_context io{1};
    shards cores{std::max(std::thread::hardware_concurrency(), 1U)};
    listener calls{io, address::parse(argc > 1 ? argv[1] : ":9092"), {}, cores.contexts()};
    std::cout << "listening on " << calls.local_endpoint() << " for " << cores.size() << " cores" << std::endl;
    asio::co_spawn(io, serve(calls), asio::detached);
    io.run();
} catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
