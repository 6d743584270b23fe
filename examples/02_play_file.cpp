// SPDX-License-Identifier: Apache-2.0
// Plays a sound file to each caller and hangs up; the dialplan goes on.   ./02_play_file FILE [HOST:PORT]
#include <audiosocket/audio.hpp>
#include <audiosocket/net.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <iostream>

namespace asio = boost::asio;
using namespace audiosocket;

asio::awaitable<void> play_to(call caller, clip sound) {
    caller.play(sound);
    caller.mark("end");
    caller.hang_up_when_played();
    for (;;) {
        const event e = co_await caller.async_next_event(asio::use_awaitable);
        if (const auto* played = std::get_if<played_event>(&e))
            std::cout << "played " << played->sent.count() << " ms" << std::endl;
        if (const auto* ended = std::get_if<ended_event>(&e)) {
            std::cout << "ended: " << name(ended->reason) << std::endl;
            co_return;
        }
    }
}

asio::awaitable<void> serve(listener& calls, clip sound) {
    const auto executor = co_await asio::this_coro::executor;
    for (;;) {
        call caller = co_await calls.async_accept(asio::use_awaitable);
        asio::co_spawn(executor, play_to(std::move(caller), sound), asio::detached);
    }
}

int main(int argc, char** argv) try {
    if (argc < 2) throw std::runtime_error("usage: 02_play_file FILE [HOST:PORT]");
    const clip sound = clip::load(argv[1], 8000); // shared by all calls
    asio::io_context io{1};
    listener calls{io, address::parse(argc > 2 ? argv[2] : ":9092")};
    std::cout << "listening on " << calls.local_endpoint() << std::endl;
    asio::co_spawn(io, serve(calls, sound), asio::detached);
    io.run();
} catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
