// SPDX-License-Identifier: Apache-2.0
// Answers each call, calls another AudioSocket server, and joins the two.   ./12_bridge SERVER:PORT [HOST:PORT]
#include <audiosocket/audiosocket.hpp>

#include <boost/asio/use_awaitable.hpp>

#include <iostream>

namespace asio = boost::asio;
using namespace audiosocket;

int main(int argc, char** argv) try {
    if (argc < 2) throw std::runtime_error("usage: 12_bridge SERVER:PORT [HOST:PORT]");
    const address next = address::parse(argv[1]);
    asio::io_context io{1};

    serve_options options;
    options.listener.call.live = true; // keeps the delay short
    options.on_failed = [](const failed_call& failed) {
        std::cerr << "call " << to_string(failed.id) << ": " << failed.what() << std::endl;
    };
    const auto answer = [&](call caller) -> asio::awaitable<void> {
        connect_options how;
        how.call.live = true;
        const uuid id = caller.id();
        call called = co_await async_connect(io, next, id, how, asio::use_awaitable);
        const bridge_result end = co_await async_bridge(std::move(caller), std::move(called), asio::use_awaitable);
        std::cout << (end.ended_first == 0 ? "the caller" : "the server")
                  << " ended it: " << name(end.ends[end.ended_first].reason) << std::endl;
    };
    const call_server server = serve(io, address::parse(argc > 2 ? argv[2] : ":9092"), answer, options);
    std::cout << "listening on " << server.local_endpoint() << std::endl;
    io.run();
} catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
