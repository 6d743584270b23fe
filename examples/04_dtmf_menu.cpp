// SPDX-License-Identifier: Apache-2.0
// A menu with barge-in: 1 plays a low tone, 2 a high one, # hangs up; a key stops what is playing.   ./04_dtmf_menu
// [HOST:PORT]
#include <audiosocket/audio.hpp>
#include <audiosocket/net.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <iostream>

namespace asio = boost::asio;
using namespace audiosocket;

clip beep(double hz, int seconds) {
    std::vector<std::int16_t> samples(static_cast<std::size_t>(8000 * seconds));
    tone(hz, 8000).fill(samples);
    return {samples, 8000};
}

asio::awaitable<void> menu(call caller) {
    caller.play(beep(440, 10)); // the prompt
    caller.mark("prompt");
    for (;;) {
        const event e = co_await caller.async_next_event(asio::use_awaitable);
        if (const auto* key = std::get_if<dtmf_event>(&e)) {
            caller.clear(); // barge-in: silent within one frame
            if (key->digit == '1') caller.play(beep(300, 1));
            if (key->digit == '2') caller.play(beep(900, 1));
            if (key->digit == '#') caller.hang_up();
        }
        if (const auto* cut = std::get_if<cleared_event>(&e))
            std::cout << cut->mark << " heard for " << cut->sent.count() << " ms" << std::endl;
        if (std::holds_alternative<ended_event>(e)) co_return;
    }
}

asio::awaitable<void> serve(listener& calls) {
    const auto executor = co_await asio::this_coro::executor;
    for (;;) {
        call caller = co_await calls.async_accept(asio::use_awaitable);
        asio::co_spawn(executor, menu(std::move(caller)), asio::detached);
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
