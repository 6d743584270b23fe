// SPDX-License-Identifier: Apache-2.0
// A menu with barge-in: 1 plays a low tone, 2 a high one, # hangs up; a key stops what is playing.
//   ./04_dtmf_menu [HOST:PORT]
#include <audiosocket/audio.hpp>
#include <audiosocket/server.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>

#include <iostream>

namespace asio = boost::asio;
using namespace audiosocket;
using namespace std::chrono_literals;

clip beep(double hz, int seconds) {
    std::vector<std::int16_t> samples(static_cast<std::size_t>(8000 * seconds));
    tone(hz, 8000).fill(samples);
    return {samples, 8000};
}

asio::awaitable<void> menu(call caller) {
    error_code refused = caller.play(beep(440, 10)); // the prompt
    if (!refused) refused = caller.mark("prompt");
    while (!refused) { // a call that is ending refuses
        const event e = co_await caller.async_next_event();
        if (const auto* key = std::get_if<dtmf_event>(&e)) {
            caller.clear(); // barge-in: silent within one frame
            if (key->digit == '1') refused = caller.play(beep(300, 1));
            if (key->digit == '2') refused = caller.play(beep(900, 1));
            if (key->digit == '#') caller.hang_up();
        }
        if (const auto* cut = std::get_if<cleared_event>(&e))
            std::cout << cut->mark << " heard for " << cut->sent.count() << " ms" << std::endl;
        if (std::holds_alternative<ended_event>(e)) co_return;
    }
}

int main(int argc, char** argv) try {
    asio::io_context io{1};
    const auto answer = [&](call caller) { asio::co_spawn(io, menu(std::move(caller)), asio::detached); };
    call_server server{io, address::parse(argc > 1 ? argv[1] : ":9092"), answer};
    std::cout << "listening on " << server.local_endpoint() << std::endl;

    asio::signal_set stop{io, SIGINT, SIGTERM};
    stop.async_wait([&](auto, int) { server.async_drain(0s, asio::detached); }); // hangs up in order
    io.run();
} catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
