// SPDX-License-Identifier: Apache-2.0
// An IVR in blocking style: a thread for each call waits for futures; the library keeps the calls alive on a thread of
// its own.   ./10_blocking_ivr [HOST:PORT]
#include <audiosocket/audiosocket.hpp>

#include <boost/asio/detached.hpp>
#include <boost/asio/use_future.hpp>

#include <iostream>
#include <thread>

namespace asio = boost::asio;
using namespace audiosocket;

void answer(call caller, clip menu) try {
    for (int tries = 0; tries < 3; ++tries) {
        caller.async_play(menu, asio::detached); // the first digit stops it
        const digits_result choice = async_read_digits(caller, {}, asio::use_future).get();
        std::cout << "choice: " << choice.digits << std::endl;
        if (choice.reason == digits_end::end_digit) break;
    }
    const play_result goodbye = caller.async_play(menu, asio::use_future).get();
    std::cout << "goodbye: " << goodbye.sent.count() << " ms" << std::endl;
} catch (const std::exception& e) { // "the call has ended", if the caller hung up
    std::cout << e.what() << std::endl;
}

int main(int argc, char** argv) try {
    std::vector<std::int16_t> samples(8000);
    tone(440, 8000).fill(samples);
    const clip menu(samples, 8000); // yours is clip::load("menu.wav", 8000)
    io_thread io;
    listener calls{io.context(), address::parse(argc > 1 ? argv[1] : ":9092")};
    std::cout << "listening on " << calls.local_endpoint() << std::endl;
    for (;;)
        std::thread(answer, calls.async_accept(asio::use_future).get(), menu).detach();
} catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
