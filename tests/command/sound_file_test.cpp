// SPDX-License-Identifier: Apache-2.0
// Common sound files, with the verbs that take one. unit/audio tests how they are read.

#include "command_test.hpp"

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class sound_file : public command_test {
  protected:
    std::string file(const std::string& name, const std::string& content) const {
        std::ofstream(folder / name, std::ios::binary) << content;
        return (folder / name).string();
    }

    std::string file(const std::string& name, const std::vector<std::int16_t>& samples) const {
        return file(name, {reinterpret_cast<const char*>(samples.data()), samples.size() * 2});
    }

    // Returns a WAV file of a second at 8 kHz, as bytes.
    std::string wav() const {
        std::ifstream in(numbered_file("one.wav", 8000), std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    static void expect_shown(const std::string& path, const std::vector<std::string>& words) {
        const auto shown = run({"inspect", path});
        EXPECT_EQ(shown.code, 0) << shown.out << shown.err;
        for (const std::string& word : words)
            EXPECT_NE(shown.out.find(word), std::string::npos) << "wanted: " << word << "\n" << shown.out;
    }
};

} // namespace

TEST_F(sound_file, silence_at_the_start_is_no_hangup) {
    std::vector<std::int16_t> samples(800);
    for (int i = 400; i < 800; ++i)
        samples[static_cast<std::size_t>(i)] = static_cast<std::int16_t>((i - 400) * 20 - 4000);
    expect_shown(file("silent_first.sln", samples), {"RAW", "16 bit", "8000 Hz", "0.10 s"});

    serve({}); // which sends silence
    const auto heard = (folder / "heard.slin").string();
    EXPECT_EQ(call({"--record", heard, "--duration", "0.5"}).code, 0);
    expect_shown(heard, {"RAW", "8000 Hz", "silent"});
    EXPECT_EQ(stop(), 0);
}

TEST_F(sound_file, length_is_that_of_the_file_and_not_of_its_header) {
    std::string streamed = wav();
    streamed.replace(4, 4, 4, '\0');
    streamed.replace(40, 4, 4, '\0');
    expect_shown(file("streamed.wav", streamed), {"8000 Hz", "1.00 s"});
    expect_shown(file("cut.wav", wav().substr(0, 44 + 8000)),
                 {"0.50 s", "the header promises 1.00 s, but the file ends after 0.50 s"});
}

TEST_F(sound_file, notes_are_shown_by_each_verb_that_reads_the_file) {
    const auto two = file("two.wav", wav() + wav());
    const std::string note = "a second WAV file of 1.00 s follows the first";
    expect_shown(two, {"1.00 s", "note: " + two + ": " + note});
    EXPECT_NE(run({"inspect", "--json", two}).json().at("notes").at(0).as_string().find(note), std::string_view::npos);

    serve({"--play", two});
    EXPECT_TRUE(server->wait_for_errors(note)) << server->err;
    const auto placed = call({"--play", two, "--duration", "0.1"});
    EXPECT_EQ(placed.code, 0) << placed.out << placed.err;
    EXPECT_NE(placed.err.find(note), std::string::npos) << placed.err;
    EXPECT_EQ(stop(), 0);
}

TEST_F(sound_file, new_file_is_noted_on_sighup) {
    const auto name = file("prompt.wav", wav());
    const auto settings = file("server.toml", "play = \"" + name + "\"\n");
    serve({"--config", settings});
    file("prompt.wav", wav() + wav());
    server->signal(SIGHUP);
    EXPECT_TRUE(server->wait_for_errors("a second WAV file of 1.00 s follows the first")) << server->err;
    EXPECT_EQ(stop(), 0);
}

TEST_F(sound_file, what_is_not_sound_is_refused_by_each_verb) {
    const auto page = file("page.ulaw", "<!DOCTYPE html><html><body>404 Not Found</body></html>");
    const auto video = file("voice.webm", "\x1a\x45\xdf\xa3\x9f");
    const std::array<std::vector<std::string>, 3> verbs{
        {{"inspect"}, {"call", "localhost", "--play"}, {"serve", "--play"}}};
    for (const auto& verb : verbs) {
        const auto with = [&](const std::string& path) {
            auto line = verb;
            line.push_back(path);
            return run(std::move(line));
        };
        const auto refused = with(page);
        EXPECT_EQ(refused.code, 4) << refused.out << refused.err;
        EXPECT_NE(refused.err.find("page.ulaw: is HTML, not sound"), std::string::npos) << refused.out << refused.err;
        const auto foreign = with(video);
        EXPECT_EQ(foreign.code, 4) << foreign.out << foreign.err;
        EXPECT_NE(foreign.err.find("convert it with: ffmpeg -i " + video), std::string::npos) << foreign.err;
    }
}
