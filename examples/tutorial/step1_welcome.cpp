// SPDX-License-Identifier: Apache-2.0
// The tutorial, step 1: plays a welcome to each caller and hangs up.   ./step1_welcome [HOST:PORT]
#include <audiosocket/audiosocket.hpp>

#include <boost/asio/use_awaitable.hpp>

#include <iostream>

namespace asio = boost::asio;
using namespace audiosocket;

int main(int argc, char** argv) try {
    const clip welcome = clip::load("welcome.wav", 8000);

    const auto answer = [&](call caller) -> asio::awaitable<void> {
        std::cout << "call from " << caller.peer() << std::endl;
        co_await caller.async_play(welcome, asio::use_awaitable);
    };

    asio::io_context io{1};
    const call_server server = serve(io, address::parse(argc > 1 ? argv[1] : ":9092"), answer);
    std::cout << "listening on " << server.local_endpoint() << std::endl;
    io.run();
} catch (const std::exception& e) {
    std::cerr << e.what() << std::endl;
    return 1;
}
