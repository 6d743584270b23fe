// No event loop: one thread a call, reading and writing a socket by hand.   ./06_blocking [HOST:PORT]
#include <audiosocket/net/address.hpp>
#include <audiosocket/net/blocking.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <iostream>
#include <thread>

namespace asio = boost::asio;
using namespace audiosocket;

// Answers each audio message with itself: that also keeps the pace, for the caller speaks every 20 ms.
void echo(asio::ip::tcp::socket socket) {
    boost::system::error_code error;
    socket.set_option(asio::ip::tcp::no_delay(true), error);
    const uuid id = read_id(socket, error);
    if (error) return;
    std::cout << "call " << to_string(id) << std::endl;

    std::vector<std::byte> store;
    for (;;) {
        const message m = read_message(socket, store, error);
        if (error || m.kind == kind::hangup) break;
        if (const auto digit = m.dtmf_digit()) std::cout << "digit " << *digit << std::endl;
        audiosocket::error_code refused; // empty or odd audio, which must not be sent back
        const auto answer = audio_message(m.kind, m.payload, refused);
        if (!refused) write_message(socket, answer, error);
    }
    std::cout << "ended: " << (error ? error.message() : "hangup") << std::endl;
}

int main(int argc, char** argv) {
    const address where = parse_address(argc > 1 ? argv[1] : "0.0.0.0:9092").value();
    asio::io_context io;
    asio::ip::tcp::acceptor acceptor{io, {asio::ip::make_address(where.host), where.port}};
    std::cout << "listening on " << acceptor.local_endpoint() << std::endl;
    for (;;)
        std::thread(echo, acceptor.accept()).detach();
}
