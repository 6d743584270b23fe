// SPDX-License-Identifier: Apache-2.0
// Each allocation of a call fails once. The exception leaves io_context::run(), and the application runs it again. Then
// the server must answer the next call as if nothing had happened, and keep nothing of the first.
#include "faults/library/child_trials.hpp"
#include "faults/library/failing_allocations.hpp"
#include "support/bytes.hpp"
#include "support/raw_peer.hpp"
#include "unit/audio/signals.hpp"

#include <audiosocket/net.hpp>
#include <audiosocket/server.hpp>

#include <boost/asio/post.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>

namespace audiosocket::test {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr std::size_t samples_played = 480; // three frames

// Plays, waits for a key, and hangs up.
struct conversation : std::enable_shared_from_this<conversation> {
    explicit conversation(call c) : line(std::move(c)) {}

    void begin() {
        line.async_play(clip({numbered_samples().take(samples_played)}, 8000),
                        [self = shared_from_this()](auto, auto) {});
        wait();
    }

    void wait() {
        line.async_next_event([self = shared_from_this()](boost::system::error_code error, event e) {
            if (error || std::holds_alternative<ended_event>(e)) return;
            if (std::holds_alternative<dtmf_event>(e)) static_cast<void>(self->line.hang_up_when_played());
            self->wait();
        });
    }

    call line;
};

// One call, as a caller that has other things than memory to worry about. Returns whether it was complete.
bool caller(const raw_peer::tcp::endpoint& server, std::chrono::milliseconds patience) try {
    raw_peer peer(server);
    bytes said = frame(kind::id, bytes(16, std::byte{7}));
    for (int i = 0; i < 5; ++i) {
        const auto audio = frame(kind::slin, bytes(320, std::byte{1}));
        said.insert(said.end(), audio.begin(), audio.end());
    }
    const auto key = frame(kind::dtmf, bytes(1, std::byte{'5'}));
    said.insert(said.end(), key.begin(), key.end());
    peer.send(said);

    bytes all;
    for (;;) {
        pollfd file{peer.native_handle(), POLLIN, 0};
        if (poll(&file, 1, static_cast<int>(patience.count())) != 1) break;
        const auto piece = peer.receive();
        if (!piece || piece->empty()) break;
        all.insert(all.end(), piece->begin(), piece->end());
    }
    std::size_t heard = 0;
    bool hung_up = false;
    for (const auto& m : messages_in(all)) {
        hung_up = hung_up || m.kind == kind::hangup;
        for (std::size_t i = 0; is_audio(m.kind) && i + 1 < m.payload.size(); i += 2)
            heard += m.payload[i] != std::byte{0} || m.payload[i + 1] != std::byte{0};
    }
    return hung_up && heard == samples_played;
} catch (const std::exception&) { // reset
    return false;
}

// A server for one call at a time, which two callers call one after the other, the second until its call is complete.
// Returns whether the allocation existed.
bool serve_two_calls(std::size_t failing) {
    asio::io_context io{1};
    listener_options options;
    options.calls_max = 1;
    options.handshakes_max = 2;
    call_server server(io, {"127.0.0.1", 0}, [](call c) { std::make_shared<conversation>(std::move(c))->begin(); },
                       {options});
    const auto where = server.local_endpoint();
    std::thread callers([&] {
        caller(where, 1s); // which may be harmed
        // The first may take its time to end. A server that never answers again is a trial that hangs.
        while (!caller(where, 5s))
            std::this_thread::sleep_for(100ms);
        asio::post(io, [&] {
            const auto drain = [&] { server.async_drain(5s, [](auto, auto) {}); };
            try {
                drain();
            } catch (const std::bad_alloc&) { // it has not begun
                drain();
            }
        });
    });
    fail_allocation(failing);
    for (bool over = false; !over;)
        try {
            io.run();
            over = true;
        } catch (const std::bad_alloc&) {
        }
    const bool failed = has_failed_allocation();
    callers.join();
    return failed;
}

child_trials::result server_trial(std::size_t number) try {
    serve_two_calls(0);
    const auto before = bytes_in_use();
    if (!serve_two_calls(number)) return child_trials::result::last;
    const auto kept = static_cast<std::ptrdiff_t>(bytes_in_use() - before);
    if (kept > 0) std::cerr << "allocation " << number << ": " << kept << " bytes are kept\n";
    return kept <= 0 ? child_trials::result::good : child_trials::result::bad;
} catch (const std::exception& e) {
    std::cerr << "allocation " << number << ": " << e.what() << '\n';
    return child_trials::result::bad;
}

// A server that answers one call after the other: it speaks, listens to a few frames and hangs up.
class raw_server {
  public:
    ~raw_server() {
        over_ = true;
        try {
            raw_peer(where()).finish(); // wakes accept()
        } catch (const std::exception&) {
        }
        thread_.join();
    }

    raw_peer::tcp::endpoint where() const { return acceptor_.local_endpoint(); }

  private:
    void answer() try {
        raw_peer peer(acceptor_);
        if (over_) return;
        for (int i = 0; i < 3; ++i)
            peer.send(frame(kind::slin, bytes(320, std::byte{1})));
        peer.receive_bytes(19 + 5 * 323);
        peer.send(frame(kind::hangup));
        peer.finish();
        peer.receive_all();
    } catch (const std::exception&) { // the caller has gone
    }

    boost::asio::io_context io_;
    raw_peer::tcp::acceptor acceptor_{io_, {asio::ip::address_v4::loopback(), 0}};
    std::atomic<bool> over_ = false;
    std::thread thread_{[this] {
        while (!over_)
            answer();
    }};
};

// Places a call. Returns whether its end was reported, and whether it was the right one.
bool place_call(asio::io_context& io, const raw_peer::tcp::endpoint& where) {
    struct placed : std::enable_shared_from_this<placed> {
        void wait() {
            line->async_next_event([self = shared_from_this()](boost::system::error_code error, event e) {
                if (const auto* end = std::get_if<ended_event>(&e))
                    self->complete = end->reason == end_reason::peer_hung_up;
                if (error || std::holds_alternative<ended_event>(e)) return self->line.reset();
                self->wait();
            });
        }
        std::optional<call> line;
        bool complete = false;
    };
    const auto one = std::make_shared<placed>();
    async_connect(io, address{"127.0.0.1", where.port()}, [one](boost::system::error_code error, call c) {
        if (error) return;
        one->line.emplace(std::move(c));
        static_cast<void>(one->line->play(clip({numbered_samples().take(samples_played)}, 8000)));
        one->wait();
    });
    for (;;) {
        try {
            io.run();
            return one->complete;
        } catch (const std::bad_alloc&) {
            one->line.reset(); // what an application does when something has failed
        }
    }
}

struct outcome {
    bool failed = false;      // the allocation existed
    bool second_call = false; // and was complete
};

outcome place_two_calls(std::size_t failing) {
    outcome out;
    const raw_server server;
    asio::io_context io{1};
    fail_allocation(failing);
    try {
        place_call(io, server.where());
    } catch (const std::bad_alloc&) { // before it began
    }
    out.failed = has_failed_allocation();
    io.restart();
    out.second_call = place_call(io, server.where());
    return out;
}

child_trials::result caller_trial(std::size_t number) try {
    if (!place_two_calls(0).second_call) return child_trials::result::bad;
    const auto before = bytes_in_use();
    const auto one = place_two_calls(number);
    if (!one.failed) return child_trials::result::last;
    if (!one.second_call) std::cerr << "allocation " << number << ": the next call did not work\n";
    const auto kept = static_cast<std::ptrdiff_t>(bytes_in_use() - before);
    if (kept > 0) std::cerr << "allocation " << number << ": " << kept << " bytes are kept\n";
    return one.second_call && kept <= 0 ? child_trials::result::good : child_trials::result::bad;
} catch (const std::exception& e) {
    std::cerr << "allocation " << number << ": " << e.what() << '\n';
    return child_trials::result::bad;
}

// Records three seconds of a call, and its disk executor runs on the same thread. Returns whether the allocation
// existed. Throws what left a function that must not throw.
bool record_a_call(std::size_t failing) {
    constexpr int frames = 150;
    const temporary_directory folder;
    asio::io_context disk{1};
    int completed = 0;
    std::string failure;
    std::chrono::nanoseconds recorded{};
    std::chrono::nanoseconds dropped{};
    {
        call_recorder recorder(disk.get_executor(), folder.path() / "call.wav");
        const auto begin = clock::now();
        const auto sound = numbered_samples().take(160);
        fail_allocation(failing);
        for (int i = 0; i < frames; ++i) {
            recorder.received(sound, 8000, begin + i * 20ms);
            recorder.sent(sound, 8000, begin + i * 20ms);
            disk.restart();
            disk.poll();
        }
        try {
            recorder.async_finish([&](boost::system::error_code) { ++completed; });
        } catch (const std::bad_alloc&) { // it may report that to the application, which tries again
            recorder.async_finish([&](boost::system::error_code) { ++completed; });
        }
        disk.restart();
        disk.poll();
        failure = recorder.failure();
        recorded = recorder.duration();
        dropped = recorder.dropped();
    }
    const bool failed = has_failed_allocation();
    if (completed > 1) throw std::runtime_error("the end was reported twice");
    if (completed == 0 && !failed) throw std::runtime_error("the end was not reported");
    if (!failure.empty()) {
        if (failure != "no memory") throw std::runtime_error(failure);
    } else if (2 * recorded + dropped < 2 * frames * 20ms) {
        throw std::runtime_error("sound is missing and was not counted");
    }
    return failed;
}

child_trials::result recorder_trial(std::size_t number) try {
    return record_a_call(number) ? child_trials::result::good : child_trials::result::last;
} catch (const std::exception& e) {
    std::cerr << "allocation " << number << ": " << e.what() << '\n';
    return child_trials::result::bad;
}

TEST(failing_allocations, recorder_leaves_out_what_has_no_memory_and_says_so) {
    const auto wrong = child_trials::run(recorder_trial, 2000);
    EXPECT_TRUE(wrong.empty()) << child_trials::text(wrong);
}

TEST(failing_allocations, caller_places_the_next_call_whatever_failed_in_the_last_one) {
    const auto wrong = child_trials::run(caller_trial, 2000);
    EXPECT_TRUE(wrong.empty()) << child_trials::text(wrong);
}

TEST(failing_allocations, server_answers_the_next_call_whatever_failed_in_the_last_one) {
    const auto wrong = child_trials::run(server_trial, 2000);
    EXPECT_TRUE(wrong.empty()) << child_trials::text(wrong);
}

} // namespace
} // namespace audiosocket::test
