// SPDX-License-Identifier: Apache-2.0
#include "tape/tape_reader.hpp"

#include "base/failure.hpp"
#include "tapes.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::app::tape;
using namespace std::chrono_literals;
using test::pieces_of;
using test::tape_with;

namespace {

const std::string digit = R"({"t":20,"what":"digit","digit":"5"})";

std::vector<tape_entry> read_all(tape_reader& tape) {
    std::vector<tape_entry> all;
    while (auto one = tape.next())
        all.push_back(std::move(*one));
    return all;
}

std::string refusal(const std::string& text) {
    try {
        tape_reader tape(pieces_of(text));
    } catch (const app::failure& e) {
        return e.what();
    }
    return "taken";
}

} // namespace

TEST(tape_reader, head_says_which_call_it_was) {
    const tape_reader tape(pieces_of(tape_with({})));
    EXPECT_EQ(tape.head().id, "40325ec2-5efd-4bd3-805f-53576e581d13");
    EXPECT_EQ(tape.head().dialect, "twilio");
    EXPECT_EQ(tape.head().started, "2026-11-30T12:00:00.000Z");
    EXPECT_EQ(tape.head().back_end, "ws://bot.example/ws");
    EXPECT_EQ(tape.head().from, "+4930123");
    EXPECT_EQ(tape.head().to, "100");
    EXPECT_EQ(tape.head().parameters.at("language"), "de");
}

TEST(tape_reader, entries_come_in_order_however_the_file_is_split) {
    const auto text = tape_with({digit, R"({"t":30,"what":"play","count":160,"rate":8000,"refused":true})"});
    for (const std::size_t piece : {1U, 2U, 64U, 100'000U}) {
        tape_reader tape(pieces_of(text, piece));
        const auto all = read_all(tape);
        ASSERT_EQ(all.size(), 2U);
        EXPECT_EQ(all[0].line, 2U);
        EXPECT_EQ(all[0].at, 20ms);
        EXPECT_EQ(all[0].text("digit"), "5");
        EXPECT_EQ(all[1].what, "play");
        EXPECT_EQ(all[1].number("count"), 160);
        EXPECT_TRUE(all[1].flag("refused"));
        EXPECT_EQ(tape.damaged_lines(), 0U);
    }
}

TEST(tape_reader, damaged_line_is_left_out_and_said) {
    tape_reader tape(pieces_of(tape_with({"{\"t\":1,", digit, R"({"what":"digit"})", R"({"t":-1,"what":"digit"})",
                                          R"({"t":3})", "[]", "", std::string("\0\xff", 2), digit})));
    EXPECT_EQ(read_all(tape).size(), 2U);
    EXPECT_EQ(tape.damaged_lines(), 7U);
    ASSERT_EQ(tape.damages().size(), 7U);
    EXPECT_EQ(tape.damages()[0].line, 2U);
    EXPECT_EQ(tape.damages()[1].line, 4U);
    EXPECT_NE(tape.damages()[1].why.find("has no time"), std::string::npos) << tape.damages()[1].why;
}

TEST(tape_reader, tape_that_is_cut_at_any_byte_is_read_up_to_there) {
    const auto head = tape_with({});
    const auto text = tape_with({digit, digit});
    for (std::size_t size = head.size(); size <= text.size(); ++size) {
        tape_reader tape(pieces_of(text.substr(0, size)));
        const auto entries = read_all(tape).size();
        const auto rest = size - head.size();
        const bool is_cut = rest % (digit.size() + 1) > 0 && rest % (digit.size() + 1) < digit.size();
        EXPECT_EQ(entries, (rest + 1) / (digit.size() + 1)) << size;
        EXPECT_EQ(tape.damaged_lines(), is_cut ? 1U : 0U) << size;
        if (is_cut) {
            EXPECT_NE(tape.damages()[0].why.find("is not complete"), std::string::npos) << tape.damages()[0].why;
        }
    }
}

TEST(tape_reader, line_without_end_is_damage_and_takes_no_memory) {
    tape_reader tape(pieces_of(tape_with({std::string(line_bytes_max + 1, 'x'), digit}), 65'536));
    EXPECT_EQ(read_all(tape).size(), 1U);
    ASSERT_EQ(tape.damaged_lines(), 1U);
    EXPECT_EQ(tape.damages()[0].why, "is longer than 8 MiB");
}

TEST(tape_reader, many_damages_are_counted_and_the_first_are_kept) {
    tape_reader tape(pieces_of(tape_with(std::vector<std::string>(1000, "x")), 4096));
    EXPECT_TRUE(read_all(tape).empty());
    EXPECT_EQ(tape.damaged_lines(), 1000U);
    EXPECT_EQ(tape.damages().size(), tape_reader::damages_kept);
}

TEST(tape_reader, what_is_not_a_tape_is_refused_with_the_reason) {
    EXPECT_EQ(refusal(""), "is empty");
    EXPECT_EQ(refusal("{}\n"), "line 1 is not the head of a tape: \"audiosocket_tape\" is missing");
    EXPECT_EQ(refusal("{\"audiosocket_tape\":2}\n"), "the tape has format 2, and this version reads format 1");
    EXPECT_EQ(refusal("{\"audiosocket_tape\":1,\n").find("line 1, the head of the tape, is not JSON"), 0U);
    EXPECT_EQ(refusal("{\"audiosocket_tape\":1}\n"), "taken");
    EXPECT_EQ(refusal(std::string(line_bytes_max + 1, ' ')), "line 1 is too long for the head of a tape");
}

TEST(tape_format, long_message_is_cut_between_two_characters) {
    EXPECT_EQ(text_message("a\"b"), R"("text":"a\"b")");
    const std::string umlaut = "\xc3\xa4";
    std::string text(message_bytes_max - 1, 'x');
    text += umlaut;
    const auto kept = text_message(text);
    EXPECT_EQ(kept, "\"text\":\"" + std::string(message_bytes_max - 1, 'x') + "\",\"bytes\":1048577");
    EXPECT_EQ(binary_message(std::vector<std::byte>(3, std::byte{0xff})), "\"binary\":\"////\"");
    EXPECT_TRUE(binary_message(std::vector<std::byte>(message_bytes_max + 1)).ends_with("\"bytes\":1048577"));
}
