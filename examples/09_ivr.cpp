// SPDX-License-Identifier: Apache-2.0
// An IVR: a menu, a digit that stops the prompt, a timeout, three tries.   ./09_ivr [HOST:PORT]
#include <audiosocket/audiosocket.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <iostream>

namespace asio = boost::asio;
using namespace audiosocket;
using namespace std::chrono_literals;

clip beep(double hz, std::size_t milliseconds) { // yours are clip::load("menu.wav", 8000)
    std::vector<std::int16_t> samples(milliseconds * 8);
    tone(hz, 8000).fill(samples);
    return {samples, 8000};
}

asio::awaitable<void> answer(call caller) {
    const clip menu = beep(440, 3000);
    read_digits_options one_digit;
    one_digit.first = 5s; // from the end of the menu
    for (int tries = 0; tries < 3; ++tries) {
        caller.async_play(menu, asio::detached); // does not wait: the first digit stops it
        const digits_result choice = co_await async_read_digits(caller, one_digit, asio::use_awaitable);
        std::cout << "choice: " << choice.digits << std::endl;
        if (choice.digits == "1") co_await caller.async_play(beep(300, 500), asio::use_awaitable);
        if (choice.digits == "2") co_await caller.async_play(beep(900, 500), asio::use_awaitable);
        if (choice.reason == digits_end::end_digit) break;
    }
    const play_result goodbye = co_await caller.async_play(beep(600, 200), asio::use_awaitable);
    std::cout << "goodbye: " << goodbye.sent.count() << " ms" << std::endl;
} // hangs up in order; if the caller did so before, call_ended ends the coroutine

int main(int argc, char** argv) try {
    asio::io_context io{1};
    const call_server server = serve(io, address::parse(argc > 1 ? argv[1] : ":9092"), answer);
    std::cout << "listening on " << server.local_endpoint() << std::endl;
    io.run();
} catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
