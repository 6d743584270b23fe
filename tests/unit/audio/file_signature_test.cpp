// SPDX-License-Identifier: Apache-2.0
#include "audio/file_signature.hpp"

#include <gtest/gtest.h>

#include <span>
#include <string>

using namespace audiosocket;

namespace {

std::string name_of(const std::string& head) {
    const auto found = recognise(std::as_bytes(std::span(head)));
    return found ? std::string(found->name) : "nothing";
}

// An Ogg page whose table of segments has one entry, and its first packet.
std::string ogg(const std::string& packet) {
    return "OggS" + std::string(22, '\0') + std::string("\1\7", 2) + packet;
}

} // namespace

TEST(file_signature, first_packet_of_an_ogg_page_names_the_codec) {
    EXPECT_EQ(name_of(ogg("OpusHead")), "an Ogg Opus file");
    EXPECT_EQ(name_of(ogg("Speex   ")), "a Speex file");
    EXPECT_EQ(name_of(ogg("\1vorbis")), "an Ogg file");
}

// Samples may begin with the letters of AU: the number of its codec is small.
TEST(file_signature, letters_of_au_are_followed_by_its_codec) {
    const std::string au = std::string(".snd\0\0\0\x18\0\0\x10\0\0\0\0\3", 16) + std::string(20, '\x55');
    EXPECT_EQ(name_of(au), "an AU file");
    std::string wrong_codec = au;
    wrong_codec[12] = '\x7f';
    EXPECT_EQ(name_of(wrong_codec), "nothing");
}

// Samples may begin with the letters of a tag.
TEST(file_signature, tag_in_front_of_mpeg_audio_has_a_version_and_a_size) {
    const std::string tag = std::string("ID3\3\0\0", 6) + std::string("\0\0\2\1", 4) + std::string(20, '\0');
    EXPECT_NE(name_of(tag), "nothing");
    std::string wrong_size = tag;
    wrong_size[7] = '\xff';
    EXPECT_EQ(name_of(wrong_size), "nothing");
    std::string wrong_version = tag;
    wrong_version[3] = '\5';
    EXPECT_EQ(name_of(wrong_version), "nothing");
    EXPECT_EQ(name_of("ID3"), "nothing");
}
