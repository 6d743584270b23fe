// SPDX-License-Identifier: Apache-2.0
// A sample application of the library: it uses the protocol, audio and net rooms, and calls itself.
#include <audiosocket/audiosocket.hpp>

#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace asio = boost::asio;
using namespace audiosocket;

namespace {

void require(bool good, const char* what) {
    if (good) return;
    std::cerr << "consumer: " << what << '\n';
    std::exit(EXIT_FAILURE);
}

void use_protocol() {
    const uuid id = uuid::random();
    const auto bytes = id_message(id).to_bytes();
    decoder d;
    d.feed(bytes);
    const auto m = d.next();
    require(m && m->kind == kind::id, "the id message did not come back");
    require(uuid::parse(to_string(id)) == id, "the id did not come back");
    error_code error;
    uuid::parse("no id", error);
    require(error == usage_errc::malformed_uuid, "errors of the library are not recognised");
}

std::vector<std::int16_t> use_audio(const std::filesystem::path& file) {
    std::vector<std::int16_t> second(16'000);
    tone(440, 16'000).fill(second);
    require(sound_writer(file, 16'000).write(second), "cannot write a sound file");
    try {
        clip::load("missing.wav", 8000);
        require(false, "a missing file did not throw");
    } catch (const sound_error&) { // thrown there, caught here: its type information is shared
    }
    std::vector<std::int16_t> half(8000);
    require(sound_reader(file, 8000).read(half) == 8000, "cannot read it back at another rate");
    return half;
}

// Waits for the end of the call. The other events only have to arrive.
void listen_to(call& line, std::size_t& samples) {
    line.async_next_event([&](boost::system::error_code error, event e) {
        require(!error, "the call broke off");
        if (const auto* audio = std::get_if<audio_event>(&e)) samples += audio->samples.size();
        if (!std::holds_alternative<ended_event>(e)) listen_to(line, samples);
    });
}

void use_net(const std::vector<std::int16_t>& sound) {
    asio::io_context io{1};
    listener calls{io, {"127.0.0.1", 0}};
    call answered, placed;
    std::size_t heard_by_server = 0, heard_by_caller = 0;
    calls.async_accept([&](boost::system::error_code error, call line) {
        require(!error, "cannot accept");
        answered = std::move(line);
        require(!answered.play(std::span(sound).first(1600), 8000), "cannot play");
        answered.hang_up_when_played();
        listen_to(answered, heard_by_server);
        calls.close();
    });
    const address server{"127.0.0.1", calls.local_endpoint().port()};
    async_connect(io, server, uuid::random(), {}, [&](boost::system::error_code error, call line) {
        require(!error, "cannot connect");
        placed = std::move(line);
        listen_to(placed, heard_by_caller);
    });
    io.run();
    require(heard_by_caller >= 1600 && heard_by_server > 0, "too little audio");
}

} // namespace

int main() {
    use_protocol();
    use_net(use_audio("consumer.wav"));
    std::cout << "consumer: works\n";
}
