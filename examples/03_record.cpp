// Records what each caller says into ID-N.wav.   ./03_record FOLDER [HOST:PORT]
#include <audiosocket/audio.hpp>
#include <audiosocket/net.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <filesystem>
#include <iostream>

namespace asio = boost::asio;
using namespace audiosocket;

asio::awaitable<void> record(call caller, std::filesystem::path file) {
    sound_writer recording{file, 8000};
    for (;;) {
        const event e = co_await caller.async_next_event(asio::use_awaitable);
        if (const auto* audio = std::get_if<audio_event>(&e)) recording.write(audio->samples);
        if (std::holds_alternative<ended_event>(e)) break;
    }
    recording.close();
    std::cout << "recorded " << file << std::endl;
}

asio::awaitable<void> serve(listener& calls, std::filesystem::path folder) {
    const auto executor = co_await asio::this_coro::executor;
    for (int n = 1;; ++n) { // ids are not unique
        call caller = co_await calls.async_accept(asio::use_awaitable);
        const auto file = folder / (to_string(caller.id()) + "-" + std::to_string(n) + ".wav");
        asio::co_spawn(executor, record(std::move(caller), file), [file](std::exception_ptr failed) {
            if (failed) std::cerr << "cannot record " << file << std::endl; // the call has been hung up
        });
    }
}

int main(int argc, char** argv) try {
    if (argc < 2) throw std::runtime_error("usage: 03_record FOLDER [HOST:PORT]");
    asio::io_context io{1};
    listener_options options;
    options.call.receive_rate_hz = 8000; // whatever the caller sends
    listener calls{io, address::parse(argc > 2 ? argv[2] : ":9092"), options};
    std::cout << "listening on " << calls.local_endpoint() << std::endl;
    asio::co_spawn(io, serve(calls, argv[1]), asio::detached);
    io.run();
} catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
