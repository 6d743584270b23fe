// SPDX-License-Identifier: Apache-2.0
// Records both sides of each call into FOLDER/ID-N.wav, and echoes.   ./03_record FOLDER [HOST:PORT]
#include <audiosocket/net.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <filesystem>
#include <iostream>

namespace asio = boost::asio;
using namespace audiosocket;

asio::awaitable<void> record(call caller, std::shared_ptr<call_recorder> recorder) {
    for (;;) {
        const event e = co_await caller.async_next_event(asio::use_awaitable);
        if (const auto* audio = std::get_if<audio_event>(&e)) caller.play(audio->samples, audio->rate_hz);
        if (std::holds_alternative<ended_event>(e)) break;
    }
    co_await recorder->async_finish(asio::use_awaitable);
    std::cout << "recorded " << recorder->file() << std::endl;
}

asio::awaitable<void> serve(listener& calls, asio::thread_pool& disk, std::filesystem::path folder) {
    const auto executor = co_await asio::this_coro::executor;
    for (int n = 1;; ++n) { // ids are not unique
        call caller = co_await calls.async_accept(asio::use_awaitable);
        const auto file = folder / (to_string(caller.id()) + "-" + std::to_string(n) + ".wav");
        call_recorder_options options;
        options.on_failure = [](const std::string& why) { std::cerr << why << std::endl; }; // the call goes on
        auto recorder = std::make_shared<call_recorder>(disk.get_executor(), file, options);
        caller.set_monitor(recorder); // before the first wait for an event: nothing is missed
        asio::co_spawn(executor, record(std::move(caller), std::move(recorder)), asio::detached);
    }
}

int main(int argc, char** argv) try {
    if (argc < 2) throw std::runtime_error("usage: 03_record FOLDER [HOST:PORT]");
    if (!std::filesystem::is_directory(argv[1])) throw std::runtime_error(std::string(argv[1]) + ": no such folder");
    asio::thread_pool disk{1}; // a slow disk must not delay a frame
    asio::io_context io{1};
    listener calls{io, address::parse(argc > 2 ? argv[2] : ":9092")};
    std::cout << "listening on " << calls.local_endpoint() << std::endl;
    asio::co_spawn(io, serve(calls, disk, argv[1]), asio::detached);
    io.run();
} catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
