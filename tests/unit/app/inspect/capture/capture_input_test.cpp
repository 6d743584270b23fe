// SPDX-License-Identifier: Apache-2.0
#include "inspect/capture/capture_input.hpp"

#include "base/failure.hpp"

#include "unit/app/inspect/captures.hpp"

#include <gtest/gtest.h>

namespace audiosocket::app::inspect {
namespace {

using test::bytes;
using test::operator+;

TEST(capture_input, kinds_are_recognised_by_the_content) {
    const test::scratch scratch;
    const bytes call = test::id_frame() + test::audio_frame();
    const auto kind_of = [&](const std::string& name, const bytes& content) {
        test::write_file(scratch / name, content);
        return capture_input(scratch / name).kind();
    };
    test::conversation c;
    EXPECT_EQ(kind_of("a", c.pcap()), input_kind::capture);
    EXPECT_EQ(kind_of("b", call), input_kind::stream);
    EXPECT_EQ(kind_of("c.ulaw", bytes(800, std::byte{0xff})), input_kind::sound);
    EXPECT_EQ(kind_of("d.ulaw", call), input_kind::stream);
    EXPECT_EQ(kind_of("e.txt", test::raw("hello")), input_kind::stream);
    EXPECT_EQ(kind_of("f.raw", test::raw("hello")), input_kind::stream);
    EXPECT_EQ(kind_of("g", test::raw({1})), input_kind::stream);
    EXPECT_EQ(kind_of("h", test::raw("RIFF....")), input_kind::sound);
}

TEST(capture_input, suffix_of_a_sound_is_believed_unless_the_file_is_surely_messages) {
    const test::scratch scratch;
    const auto kind_of = [&](const std::string& name, const bytes& content) {
        test::write_file(scratch / name, content);
        return capture_input(scratch / name).kind();
    };
    const bytes silence(800);
    const bytes html = test::raw("<!DOCTYPE html><html>404 Not Found</html>");
    for (const std::string suffix : {".sln", ".slin", ".sln16", ".ulaw", ".alw", ".pcm"}) {
        EXPECT_EQ(kind_of("silent" + suffix, silence), input_kind::sound) << suffix;
        EXPECT_EQ(kind_of("zeros_first" + suffix, bytes(3) + bytes(800, std::byte{7})), input_kind::sound) << suffix;
        EXPECT_EQ(kind_of("page" + suffix, html), input_kind::sound) << suffix; // its reader refuses it by name
        EXPECT_EQ(kind_of("call" + suffix, test::audio_frame() + test::audio_frame()), input_kind::stream) << suffix;
    }
    EXPECT_EQ(kind_of("x.g722", bytes(800, std::byte{7})), input_kind::sound);
    EXPECT_EQ(kind_of("x.webm", test::raw("\x1a\x45\xdf\xa3....")), input_kind::sound);
    EXPECT_EQ(kind_of("x.bin", test::raw("\x1a\x45\xdf\xa3....")), input_kind::sound);
    EXPECT_EQ(kind_of("silent.bin", silence), input_kind::stream);
    EXPECT_EQ(kind_of("page.html", html), input_kind::stream);
}

TEST(capture_input, what_cannot_be_read_is_refused_in_one_line) {
    const test::scratch scratch;
    test::write_file(scratch / "empty", {});
    test::write_file(scratch / "packed", test::raw({0x1f, 0x8b, 8, 0}));
    for (const std::string name : {"missing", "empty", "packed", ""}) {
        try {
            capture_input input(scratch / name);
            ADD_FAILURE() << name;
        } catch (const failure& e) {
            EXPECT_EQ(e.code(), exit_code::file);
            EXPECT_EQ(std::string(e.what()).find('\n'), std::string::npos);
        }
    }
}

} // namespace
} // namespace audiosocket::app::inspect
