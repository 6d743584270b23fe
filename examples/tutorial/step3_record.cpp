// SPDX-License-Identifier: Apache-2.0
// The tutorial, step 3: records what the caller says after a 1.   ./step3_record [HOST:PORT]
#include <audiosocket/audiosocket.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <filesystem>
#include <iostream>

namespace asio = boost::asio;
using namespace audiosocket;
using namespace std::chrono_literals;

clip beep(double hz) {
    std::vector<std::int16_t> samples(2400); // 0.3 s at 8 kHz
    tone(hz, 8000).fill(samples);
    return {samples, 8000};
}

// Records the caller until they press a key or hang up, for a minute at most.
asio::awaitable<void> take_message(call& caller, asio::thread_pool& disk) {
    co_await caller.async_play(beep(900), asio::use_awaitable);

    call_recorder_options options;
    options.on_failure = [](const std::string& why) { std::cerr << why << std::endl; };
    const std::string file = "messages/" + to_string(caller.id()) + ".wav";
    const auto recorder = std::make_shared<call_recorder>(disk.get_executor(), file, options);
    caller.set_monitor(recorder);

    read_digits_options any_key;
    any_key.first = 60s;
    co_await async_read_digits(caller, any_key, asio::as_tuple(asio::use_awaitable)); // no exception at a hang-up

    caller.set_monitor(nullptr);
    co_await recorder->async_finish(asio::use_awaitable);
    std::cout << "message in " << file << std::endl;
}

asio::awaitable<void> menu(call& caller, const clip& welcome, asio::thread_pool& disk) {
    read_digits_options one_digit;
    one_digit.first = 5s; // from the end of the welcome
    for (int tries = 0; tries < 3; ++tries) {
        caller.async_play(welcome, asio::detached); // does not wait: the first digit stops it
        const digits_result pressed = co_await async_read_digits(caller, one_digit, asio::use_awaitable);
        if (pressed.reason == digits_end::end_digit) co_return; // the caller pressed #
        if (pressed.reason == digits_end::timed_out) {
            std::cout << "no digit in time" << std::endl;
        } else if (pressed.digits == "1") {
            co_await take_message(caller, disk);
            co_return;
        } else {
            std::cout << "digit " << pressed.digits << std::endl;
            co_await caller.async_play(beep(300), asio::use_awaitable);
        }
    }
}

int main(int argc, char** argv) try {
    const clip welcome = clip::load("welcome.wav", 8000);
    std::filesystem::create_directories("messages");
    asio::thread_pool disk{1}; // writes the recordings, so that a slow disk delays no call

    const auto answer = [&](call caller) -> asio::awaitable<void> {
        std::cout << "call from " << caller.peer() << std::endl;
        co_await menu(caller, welcome, disk);
    };

    asio::io_context io{1};
    const call_server server = serve(io, address::parse(argc > 1 ? argv[1] : ":9092"), answer);
    std::cout << "listening on " << server.local_endpoint() << std::endl;
    io.run();
} catch (const std::exception& e) {
    std::cerr << e.what() << std::endl;
    return 1;
}
