// SPDX-License-Identifier: Apache-2.0
// Speech that is made while it plays, on threads of its own, until the caller presses a key (barge-in).
//   ./11_speech_stream [HOST:PORT]
#include <audiosocket/audiosocket.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <iostream>

namespace asio = boost::asio;
using namespace audiosocket;

// Stands for a speech synthesis: makes ten seconds of sound, faster than it plays.
asio::awaitable<void> speak(std::shared_ptr<playout_stream> speech) {
    tone voice(440, 16'000);
    std::vector<std::int16_t> piece(1600); // 100 ms
    for (int i = 0; i < 100; ++i) {
        voice.fill(piece);
        co_await speech->async_write(piece, asio::use_awaitable); // waits while two seconds are ahead
    }
    speech->finish();
} // when the stream is cleared, or the call has ended, async_write throws and ends this

int main(int argc, char** argv) try {
    asio::thread_pool synthesis{2}; // hard work, which must not delay a call
    asio::io_context io{1};
    const auto answer = [&](call caller) -> asio::awaitable<void> {
        const auto speech = std::make_shared<playout_stream>(caller, 16'000);
        asio::co_spawn(synthesis, speak(speech), asio::detached);
        for (;;) {
            const event e = co_await caller.async_next_event(asio::use_awaitable);
            if (std::holds_alternative<dtmf_event>(e)) caller.clear(); // ends the stream
            if (std::holds_alternative<dtmf_event>(e) || std::holds_alternative<ended_event>(e)) break;
        }
        std::cout << "heard " << speech->result().sent.count() << " ms" << std::endl;
    };
    const call_server server = serve(io, address::parse(argc > 1 ? argv[1] : ":9092"), answer);
    std::cout << "listening on " << server.local_endpoint() << std::endl;
    io.run();
} catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
