// SPDX-License-Identifier: Apache-2.0
// Records both sides of each call into FOLDER/ID-N.wav, and echoes.   ./03_record FOLDER [HOST:PORT]
#include <audiosocket/net.hpp>
#include <audiosocket/server.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <filesystem>
#include <iostream>

namespace asio = boost::asio;
using namespace audiosocket;
using namespace std::chrono_literals;

asio::awaitable<void> record(call caller, std::shared_ptr<call_recorder> recorder) {
    for (;;) {
        const event e = co_await caller.async_next_event();
        const auto* audio = std::get_if<audio_event>(&e);
        if (audio && caller.play(audio->samples, audio->rate_hz)) break; // refused: the call is ending
        if (std::holds_alternative<ended_event>(e)) break;
    }
    co_await recorder->async_finish(asio::use_awaitable);
    std::cout << "recorded " << recorder->file() << std::endl;
}

int main(int argc, char** argv) try {
    if (argc < 2) throw std::runtime_error("usage: 03_record FOLDER [HOST:PORT]");
    const std::filesystem::path folder = argv[1];
    if (!is_directory(folder)) throw std::runtime_error(folder.string() + ": no such folder");
    asio::thread_pool disk{1}; // a slow disk must not delay a frame
    asio::io_context io{1};
    const auto answer = [&, n = 0](call caller) mutable {
        const auto file = folder / (to_string(caller.id()) + "-" + std::to_string(++n) + ".wav"); // ids are not unique
        call_recorder_options options;
        options.on_failure = [](const std::string& why) { std::cerr << why << std::endl; }; // the call goes on
        auto recorder = std::make_shared<call_recorder>(disk.get_executor(), file, options);
        caller.set_monitor(recorder); // before the first wait for an event: nothing is missed
        asio::co_spawn(io, record(std::move(caller), std::move(recorder)), asio::detached);
    };
    call_server server{io, address::parse(argc > 2 ? argv[2] : ":9092"), answer};
    std::cout << "listening on " << server.local_endpoint() << std::endl;

    asio::signal_set stop{io, SIGINT, SIGTERM};
    stop.async_wait([&](auto, int) { server.async_drain(0s, asio::detached); }); // hangs up in order
    io.run();
} catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
