// SPDX-License-Identifier: Apache-2.0
#include "command_test.hpp"

#include "unit/app/inspect/captures.hpp"

#include <audiosocket/audio/sound_writer.hpp>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class inspect_command : public command_test {
  protected:
    std::string file(const std::string& name, const bytes& content) const {
        const auto path = (folder / name).string();
        write_file(path, content);
        return path;
    }
    static bytes whole_call() {
        conversation c;
        c.talk(20);
        return c.pcap();
    }
};

} // namespace

TEST_F(inspect_command, capture_is_read_from_a_file_and_from_a_pipe) {
    const auto path = file("call.pcap", whole_call());
    const auto from_file = run({"inspect", path});
    EXPECT_EQ(from_file.code, 0) << from_file.err;
    process from_pipe({"/bin/sh", "-c", "cat \"$1\" | \"$0\" inspect -", AUDIOSOCKET_COMMAND, path});
    EXPECT_EQ(from_pipe.wait(), 0) << from_pipe.err;
    EXPECT_EQ(from_pipe.out, from_file.out);
    EXPECT_NE(from_file.out.find("1 hangup, 20 slin"), std::string::npos) << from_file.out;
}

TEST_F(inspect_command, capture_without_a_call_says_why_in_one_line) {
    conversation c;
    c.talk(20);
    for (auto& p : c.packets)
        p.kept = 30;
    const auto cut = run({"inspect", file("cut.pcap", c.pcap())});
    EXPECT_EQ(cut.code, 1);
    EXPECT_NE(cut.err.find("47 packets, cut off at 30 bytes: capture with -s 0"), std::string::npos) << cut.err;
    EXPECT_EQ(std::ranges::count(cut.err, '\n'), 1);
}

TEST_F(inspect_command, audio_never_replaces_a_file) {
    const auto capture = file("call.pcap", whole_call());
    const auto calls = (folder / "calls").string();
    for (const std::size_t files : {2U, 4U}) {
        EXPECT_EQ(run({"inspect", capture, "--audio", calls}).code, 0);
        const std::filesystem::directory_iterator all(calls);
        EXPECT_EQ(static_cast<std::size_t>(std::distance(begin(all), end(all))), files);
    }
    const auto stream = file("call.raw", id_frame() + audio_frame());
    const auto taken = file("taken.wav", raw("mine"));
    const auto refused = run({"inspect", stream, "--audio", taken});
    EXPECT_EQ(refused.code, 4);
    EXPECT_NE(refused.err.find("exists already"), std::string::npos) << refused.err;
    EXPECT_EQ(std::filesystem::file_size(taken), 4U);
}

TEST_F(inspect_command, picture_replaces_a_file_and_not_what_a_link_leads_to) {
    const auto sound = (folder / "sound.wav").string();
    sound_writer(sound, 8000).write(numbers(8000));
    const auto svg = file("picture.svg", raw("old"));
    EXPECT_EQ(run({"inspect", sound, "--svg", svg}).code, 0);
    const auto size = std::filesystem::file_size(svg);
    EXPECT_GT(size, 100U);

    const auto precious = file("precious", raw("do not touch"));
    const auto link = (folder / "link.svg").string();
    std::filesystem::create_symlink(precious, link);
    const auto refused = run({"inspect", sound, "--svg", link});
    EXPECT_EQ(refused.code, 4);
    EXPECT_NE(refused.err.find("link.svg: is a symbolic link; name the file itself"), std::string::npos) << refused.err;
    EXPECT_EQ(std::filesystem::file_size(precious), 12U);

    const auto dangling = (folder / "dangling.svg").string();
    std::filesystem::create_symlink(folder / "not there", dangling);
    EXPECT_EQ(run({"inspect", sound, "--svg", dangling}).code, 4);
    EXPECT_FALSE(std::filesystem::exists(folder / "not there"));

    const auto printed = run({"inspect", sound, "--svg", "/dev/stdout"}); // a link to a pipe
    EXPECT_EQ(printed.code, 0) << printed.err;
    EXPECT_NE(printed.out.find("</svg>"), std::string::npos);
}
