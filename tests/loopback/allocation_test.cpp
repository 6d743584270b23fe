#include "loopback/net_test.hpp"
#include "support/allocations.hpp"

#include <sys/socket.h>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

// Sends each event's audio back.
void echo(call& c) {
    c.async_next_event([&c](boost::system::error_code error, const event& e) {
        if (error) return;
        if (const auto* audio = std::get_if<audio_event>(&e)) c.play(audio->samples, audio->rate_hz);
        echo(c);
    });
}

} // namespace

// Everything between the socket and the program, and back: the turn, the session, the wait for events, the send.
TEST(call_on_its_own_thread, echo_allocates_nothing_in_steady_state) {
    boost::asio::io_context io{1};
    call_options fast;
    fast.ptime = std::chrono::milliseconds(10);
    listener here(io, {"127.0.0.1", 0}, {.call = fast});
    call c;
    here.async_accept([&](boost::system::error_code, call accepted) {
        c = std::move(accepted);
        echo(c);
    });

    raw_peer peer(here.local_endpoint());
    std::size_t before = 0;
    std::size_t after = 0;
    std::thread caller([&] { // allocates nothing itself while it talks
        peer.send(id_bytes());
        const bytes said = frame(kind::slin, bytes(160, std::byte{3}));
        bytes heard(65'536);
        for (int n = 0; n < 60; ++n) {
            if (n == 20) before = allocations();
            EXPECT_EQ(::send(peer.native_handle(), said.data(), said.size(), MSG_NOSIGNAL),
                      static_cast<ssize_t>(said.size()));
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
            EXPECT_GT(::recv(peer.native_handle(), heard.data(), heard.size(), 0), 0);
        }
        after = allocations();
        io.stop();
    });
    io.run();
    caller.join();
    EXPECT_EQ(after - before, 0U);
    EXPECT_GE(c.statistics().frames_received, 50U);
}
