// SPDX-License-Identifier: Apache-2.0
// The tutorial, step 2: reads a digit, with a timeout and three tries.   ./step2_digits [HOST:PORT]
#include <audiosocket/audiosocket.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <iostream>

namespace asio = boost::asio;
using namespace audiosocket;
using namespace std::chrono_literals;

clip beep(double hz) {
    std::vector<std::int16_t> samples(2400); // 0.3 s at 8 kHz
    tone(hz, 8000).fill(samples);
    return {samples, 8000};
}

asio::awaitable<void> menu(call& caller, const clip& welcome) {
    read_digits_options one_digit;
    one_digit.first = 5s; // from the end of the welcome
    for (int tries = 0; tries < 3; ++tries) {
        caller.async_play(welcome, asio::detached); // does not wait: the first digit stops it
        const digits_result pressed = co_await async_read_digits(caller, one_digit, asio::use_awaitable);
        if (pressed.reason == digits_end::end_digit) co_return; // the caller pressed #
        if (pressed.reason == digits_end::timed_out) {
            std::cout << "no digit in time" << std::endl;
        } else {
            std::cout << "digit " << pressed.digits << std::endl;
            co_await caller.async_play(beep(900), asio::use_awaitable);
        }
    }
}

int main(int argc, char** argv) try {
    const clip welcome = clip::load("welcome.wav", 8000);

    const auto answer = [&](call caller) -> asio::awaitable<void> {
        std::cout << "call from " << caller.peer() << std::endl;
        co_await menu(caller, welcome);
    };

    asio::io_context io{1};
    const call_server server = serve(io, address::parse(argc > 1 ? argv[1] : ":9092"), answer);
    std::cout << "listening on " << server.local_endpoint() << std::endl;
    io.run();
} catch (const std::exception& e) {
    std::cerr << e.what() << std::endl;
    return 1;
}
