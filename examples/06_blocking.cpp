// SPDX-License-Identifier: Apache-2.0
// No event loop: a bare socket, one thread that speaks and one that listens.   ./06_blocking [ADDRESS:PORT]
// Without the library's call, the rules of docs/asterisk.md are ours to keep: speak every 20 ms, read always, end in
// order.
#include <audiosocket/audio/g711.hpp>
#include <audiosocket/audio/tone.hpp>
#include <audiosocket/net/address.hpp>
#include <audiosocket/net/blocking.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <iostream>
#include <thread>

namespace asio = boost::asio;
using namespace audiosocket;
using namespace std::chrono_literals;
using asio::ip::tcp;

// Plays a tone for five seconds, then hangs up; stops earlier if the caller hangs up.
void speak(tcp::socket& socket) {
    std::vector<std::int16_t> samples(8000 * 5);
    tone(440, 8000).fill(samples);
    std::vector<std::byte> pcm(bytes_for(encoding::slin, samples.size()));
    encode(encoding::slin, samples, pcm);

    boost::system::error_code error;
    write_paced(socket, pcm, {}, 5s, error); // a caller that does not read must not hold us
    if (!error) write_message(socket, hangup_message(), std::chrono::steady_clock::now() + 5s, error);
    if (!error) socket.shutdown(tcp::socket::shutdown_send, error);
}

void serve(tcp::socket socket) {
    boost::system::error_code error;
    socket.set_option(tcp::no_delay(true), error);
    const uuid id = read_id(socket, std::chrono::steady_clock::now() + 5s, error);
    if (error) return;
    std::cout << "call " << to_string(id) << std::endl;

    std::thread speaker(speak, std::ref(socket));
    std::vector<std::byte> store;
    for (;;) { // to the end of the stream, or closing would reset it
        const message m = read_message(socket, store, std::chrono::steady_clock::now() + 1min, error);
        if (error) break;
        if (const auto digit = m.dtmf_digit()) std::cout << "digit " << *digit << std::endl;
    }
    std::cout << "ended: " << error.message() << std::endl;
    speaker.join();
}

int main(int argc, char** argv) try {
    const address where = address::parse(argc > 1 ? argv[1] : "0.0.0.0:9092");
    asio::io_context io;
    tcp::acceptor acceptor{io, *tcp::resolver(io).resolve(where.host, std::to_string(where.port)).begin()};
    std::cout << "listening on " << acceptor.local_endpoint() << std::endl;
    for (;;)
        std::thread(serve, acceptor.accept()).detach();
} catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
