// SPDX-License-Identifier: Apache-2.0
#include "loopback/net_test.hpp"
#include "support/allocations.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include <sys/socket.h>

#include <algorithm>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

enum class waits { plain, timed, cancellable };

class call_on_its_own_thread : public testing::TestWithParam<waits> {
  protected:
    // Sends each event's audio back.
    void echo(call& c) {
        auto handler = [this, &c](boost::system::error_code error, const event& e) {
            if (error) return;
            if (const auto* audio = std::get_if<audio_event>(&e)) {
                EXPECT_FALSE(c.play(audio->samples, audio->rate_hz));
            }
            echo(c);
        };
        switch (GetParam()) {
        case waits::plain: return c.async_next_event(handler);
        case waits::timed: return c.async_next_event(std::chrono::hours(1), handler);
        case waits::cancellable: return c.async_next_event(boost::asio::bind_cancellation_slot(stop_.slot(), handler));
        }
    }

  private:
    boost::asio::cancellation_signal stop_;
};

} // namespace

// Everything between the socket and the application, and back: the turn, the session, the wait for events, the send.
TEST_P(call_on_its_own_thread, echo_allocates_nothing_in_steady_state) {
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
    std::thread caller([&] { // does not allocate while it talks
        peer.send(id_bytes());
        bytes said = frame(kind::slin, bytes(160));
        bytes heard(65'536);
        for (int n = 0; n < 60; ++n) {
            if (n == 20) before = allocations();
            // Each frame has its own value, which no header contains. The next frame waits until this one has returned,
            // so no queue grows, however late a thread is.
            const auto value = static_cast<std::byte>(0x11 + n);
            std::fill(said.begin() + header_bytes, said.end(), value);
            EXPECT_EQ(::send(peer.native_handle(), said.data(), said.size(), MSG_NOSIGNAL),
                      static_cast<ssize_t>(said.size()));
            for (bool back = false; !back;) {
                const auto some = ::recv(peer.native_handle(), heard.data(), heard.size(), 0);
                if (some <= 0) return io.stop(); // with the number of frames
                back = std::find(heard.begin(), heard.begin() + some, value) != heard.begin() + some;
            }
        }
        after = allocations();
        io.stop();
    });
    io.run();
    caller.join();
    EXPECT_EQ(after - before, 0U);
    EXPECT_EQ(c.statistics().frames_received, 60U);
}

INSTANTIATE_TEST_SUITE_P(kinds_of_wait, call_on_its_own_thread,
                         testing::Values(waits::plain, waits::timed, waits::cancellable), [](const auto& about) {
                             switch (about.param) {
                             case waits::plain: return "plain";
                             case waits::timed: return "timed";
                             case waits::cancellable: return "cancellable";
                             }
                             return "unknown";
                         });
