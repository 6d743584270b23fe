// SPDX-License-Identifier: Apache-2.0
// Echo: every caller hears himself.   ./01_echo [HOST:PORT]
#include <audiosocket/net.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <iostream>

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
    const auto executor = co_await asio::this_coro::executor;
    for (;;) {
        call caller = co_await calls.async_accept(asio::use_awaitable);
        std::cout << "call " << to_string(caller.id()) << " from " << caller.peer() << std::endl;
        asio::co_spawn(executor, echo(std::move(caller)), asio::detached);
    }
}

int main(int argc, char** argv) try {
    asio::io_context io{1};
    listener calls{io, address::parse(argc > 1 ? argv[1] : ":9092")};
    std::cout << "listening on " << calls.local_endpoint() << std::endl;
    asio::co_spawn(io, serve(calls), asio::detached);
    io.run();
} catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
