// SPDX-License-Identifier: Apache-2.0
#include "inspect/capture/capture_input.hpp"

#include "base/failure.hpp"

#include "unit/app/inspect/captures.hpp"

#include <gtest/gtest.h>

namespace audiosocket::app::inspect {
namespace {

using test::bytes;
using test::operator+;

TEST(capture_input, kinds_are_told_from_the_content) {
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
