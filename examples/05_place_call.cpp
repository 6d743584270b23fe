// SPDX-License-Identifier: Apache-2.0
// Places a call, as Asterisk does: presses a key, listens for two seconds.   ./05_place_call HOST:PORT
#include <audiosocket/audio.hpp>
#include <audiosocket/net.hpp>

#include <boost/asio/co_spawn.hpp>

#include <iostream>

namespace asio = boost::asio;
using namespace audiosocket;

asio::awaitable<void> ring(asio::io_context& io, address server) {
    call line = co_await async_connect(io, server);
    if (line.send_dtmf('1')) throw std::runtime_error("the server has ended the call");

    std::chrono::duration<double> heard{};
    level_meter meter;
    for (;;) {
        const event e = co_await line.async_next_event();
        if (const auto* audio = std::get_if<audio_event>(&e)) {
            meter.add(audio->samples);
            heard += std::chrono::duration<double>(double(audio->samples.size()) / audio->rate_hz);
            if (heard >= std::chrono::seconds(2)) line.hang_up();
        }
        if (const auto* ended = std::get_if<ended_event>(&e)) {
            std::cout << name(ended->reason) << "; peak " << meter.take().peak_dbfs << " dBFS in " << heard.count()
                      << " s" << std::endl;
            co_return;
        }
    }
}

int main(int argc, char** argv) try {
    asio::io_context io{1};
    asio::co_spawn(io, ring(io, address::parse(argc > 1 ? argv[1] : "localhost:9092")), [](std::exception_ptr failed) {
        if (failed) std::rethrow_exception(failed);
    });
    io.run();
} catch (const std::exception& e) {
    std::cerr << (argc > 1 ? argv[1] : "localhost:9092") << ": " << e.what() << '\n';
    return 1;
}
