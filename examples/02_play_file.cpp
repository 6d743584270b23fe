// SPDX-License-Identifier: Apache-2.0
// Plays a sound file to each caller and hangs up; the dialplan goes on.   ./02_play_file FILE [HOST:PORT]
#include <audiosocket/audio.hpp>
#include <audiosocket/server.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>

#include <iostream>

namespace asio = boost::asio;
using namespace audiosocket;
using namespace std::chrono_literals;

asio::awaitable<void> play_to(call caller, clip sound) {
    if (caller.play(sound) || caller.mark("end")) co_return; // refused: the call is ending
    caller.hang_up_when_played();
    for (;;) {
        const event e = co_await caller.async_next_event();
        if (const auto* played = std::get_if<played_event>(&e))
            std::cout << "played " << played->sent.count() << " ms" << std::endl;
        if (const auto* ended = std::get_if<ended_event>(&e)) {
            std::cout << "ended: " << name(ended->reason) << std::endl;
            co_return;
        }
    }
}

int main(int argc, char** argv) try {
    if (argc < 2) throw std::runtime_error("usage: 02_play_file FILE [HOST:PORT]");
    const clip sound = clip::load(argv[1], 8000); // shared by all calls
    asio::io_context io{1};
    const auto answer = [&](call caller) { asio::co_spawn(io, play_to(std::move(caller), sound), asio::detached); };
    call_server server{io, address::parse(argc > 2 ? argv[2] : ":9092"), answer};
    std::cout << "listening on " << server.local_endpoint() << std::endl;

    asio::signal_set stop{io, SIGINT, SIGTERM};
    stop.async_wait([&](auto, int) { server.async_drain(0s, asio::detached); }); // hangs up in order
    io.run();
} catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
