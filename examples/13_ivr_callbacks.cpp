// SPDX-License-Identifier: Apache-2.0
// The IVR of 09_ivr with callbacks.   ./13_ivr_callbacks [HOST:PORT]
#include <audiosocket/audiosocket.hpp>

#include <boost/asio/detached.hpp>

#include <iostream>

namespace asio = boost::asio;
using namespace audiosocket;

clip beep(double hz, std::size_t milliseconds) { // yours are clip::load("menu.wav", 8000)
    std::vector<std::int16_t> samples(milliseconds * 8);
    tone(hz, 8000).fill(samples);
    return {samples, 8000};
}

// One caller. Each pending operation keeps this object alive. Without one it is destroyed, and the call is hung up in
// order.
struct ivr : std::enable_shared_from_this<ivr> {
    explicit ivr(call c) : caller(std::move(c)) {}

    void ask() {
        if (++tries > 3) return leave();
        caller.async_play(beep(440, 3000), asio::detached); // the first digit stops it
        async_read_digits(caller, {},
                          [self = shared_from_this()](boost::system::error_code error, digits_result choice) {
                              if (!error) self->answer(choice); // an error: the call has ended
                          });
    }

    void answer(const digits_result& choice) {
        std::cout << "choice: " << choice.digits << std::endl;
        if (choice.reason == digits_end::end_digit) return leave();
        caller.async_play(beep(choice.digits == "1" ? 300 : 900, 500),
                          [self = shared_from_this()](boost::system::error_code error, play_result) {
                              if (!error) self->ask();
                          });
    }

    void leave() {
        caller.async_play(beep(600, 200), [self = shared_from_this()](boost::system::error_code, play_result played) {
            std::cout << "goodbye: " << played.sent.count() << " ms" << std::endl;
        });
    }

    call caller;
    int tries = 0;
};

int main(int argc, char** argv) try {
    asio::io_context io{1};
    const auto answer = [](call caller) { std::make_shared<ivr>(std::move(caller))->ask(); };
    const call_server server = serve(io, address::parse(argc > 1 ? argv[1] : ":9092"), answer);
    std::cout << "listening on " << server.local_endpoint() << std::endl;
    io.run();
} catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
