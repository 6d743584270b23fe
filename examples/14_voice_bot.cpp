// SPDX-License-Identifier: Apache-2.0
// A voice bot: hears when the caller stops speaking, answers with speech that is made while it plays, and stops when
// the caller interrupts. docs/voice-bot.md explains it.   ./14_voice_bot [HOST:PORT]
#include <audiosocket/audiosocket.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <iostream>

namespace asio = boost::asio;
using namespace audiosocket;
using namespace std::chrono_literals;

constexpr std::size_t rate = 16'000; // what most speech services take

// --- In place of a vendor ---

// Speech to text.
std::string transcribe(std::span<const std::int16_t> speech) {
    return std::to_string(speech.size() * 1000 / rate) + " ms of speech";
}

// A language model.
std::string think(const std::string& text) {
    return "You have said " + text + ".";
}

// Text to speech, in pieces of 100 ms: half a second of sound for each word.
class synthesis {
  public:
    explicit synthesis(const std::string& text) : pieces_left_(5 * (1 + std::ranges::count(text, ' '))) {}

    bool next(std::vector<std::int16_t>& piece) {
        piece.resize(rate / 10);
        voice_.fill(piece);
        return pieces_left_-- > 0;
    }

  private:
    tone voice_{440, int{rate}};
    std::ptrdiff_t pieces_left_;
};

// --- Whose turn it is ---

// Finds by the level where the caller's speech begins and ends, and keeps the speech.
class turn_detector {
  public:
    enum class change { none, begins, ends };

    change add(std::span<const std::int16_t> samples) {
        speech_.insert(speech_.end(), samples.begin(), samples.end());
        meter_.add(samples);
        const std::chrono::milliseconds length(samples.size() * 1000 / rate);
        const bool is_loud = meter_.take().rms_dbfs > -40;
        loud_ = is_loud ? loud_ + length : 0ms;
        quiet_ = is_loud ? 0ms : quiet_ + length;
        if (!speaking_ && loud_ >= 60ms) return speaking_ = true, change::begins;
        if (speaking_ && (quiet_ >= 700ms || speech_.size() >= 60 * rate)) return speaking_ = false, change::ends;
        if (!speaking_ && speech_.size() > rate) // the first sound of a word is soft: some of the silence is kept
            speech_.erase(speech_.begin(), speech_.end() - rate / 5);
        return change::none;
    }

    std::vector<std::int16_t> take() { return std::exchange(speech_, {}); }

  private:
    level_meter meter_;
    std::vector<std::int16_t> speech_;
    std::chrono::milliseconds loud_{};
    std::chrono::milliseconds quiet_{};
    bool speaking_ = false;
};

// --- The bot ---

// Runs on the threads of the services. When the stream is cleared, or the call has ended, async_write throws.
asio::awaitable<void> say(std::string text, playout_stream speech) {
    std::cout << "bot: " << text << std::endl;
    synthesis voice(text);
    std::vector<std::int16_t> piece;
    while (voice.next(piece))
        co_await speech.async_write(piece, asio::use_awaitable); // waits while two seconds are ahead
    speech.finish();
}

asio::awaitable<void> answer(std::vector<std::int16_t> heard, playout_stream speech) {
    const std::string text = transcribe(heard);
    std::cout << "caller: " << text << std::endl;
    co_await say(think(text), std::move(speech));
}

asio::awaitable<void> converse(call caller, asio::thread_pool& services) {
    turn_detector turns;
    asio::co_spawn(services, say("Hello, how can I help?", playout_stream(caller, int{rate})), asio::detached);
    for (;;) {
        const event e = co_await caller.async_next_event(asio::use_awaitable);
        if (std::holds_alternative<ended_event>(e)) co_return;
        if (const auto* cut = std::get_if<cleared_event>(&e))
            std::cout << "interrupted after " << cut->sent.count() << " ms" << std::endl;
        const auto* audio = std::get_if<audio_event>(&e);
        if (!audio) continue;
        const auto change = turns.add(audio->samples);
        if (change == turn_detector::change::begins) caller.clear(); // barge-in; ends the stream as well
        if (change == turn_detector::change::ends)
            asio::co_spawn(services, answer(turns.take(), playout_stream(caller, int{rate})), asio::detached);
    }
}

int main(int argc, char** argv) try {
    asio::thread_pool services{4}; // speech services block and compute, which must not delay a call
    asio::io_context io{1};
    serve_options options;
    options.listener.call.receive_rate_hz = int{rate};
    const auto on_call = [&](call caller) { return converse(std::move(caller), services); };
    const call_server server = serve(io, address::parse(argc > 1 ? argv[1] : ":9092"), on_call, options);
    std::cout << "listening on " << server.local_endpoint() << std::endl;
    io.run();
} catch (const std::exception& e) {
    std::cerr << e.what() << std::endl;
    return 1;
}
