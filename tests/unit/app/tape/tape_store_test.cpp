// SPDX-License-Identifier: Apache-2.0
#include "tape/tape_store.hpp"

#include "tapes.hpp"
#include "unit/audio/signals.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <future>

using namespace audiosocket;
using namespace audiosocket::app::tape;
using namespace std::chrono_literals;
using test::content_of;
using test::sample_head;
using test::temporary_directory;

namespace {

constexpr auto digit = R"("what":"digit","digit":"5")";

std::vector<tape_entry> entries_of(const std::filesystem::path& file) {
    tape_reader tape(test::pieces_of(content_of(file), 4096));
    std::vector<tape_entry> all;
    while (auto one = tape.next())
        all.push_back(std::move(*one));
    EXPECT_EQ(tape.damaged_lines(), 0U);
    return all;
}

} // namespace

TEST(tape_store, lines_are_in_the_file_when_the_store_has_gone) {
    const temporary_directory folder;
    auto store = std::make_shared<tape_store>();
    auto sink = store->begin(folder.path(), "call", sample_head(), {});
    store.reset();
    sink->add(20ms, digit);
    sink->add(1234ms, R"("what":"ended","reason":"hung up")");
    sink.reset();
    EXPECT_EQ(content_of(folder.path() / "call.tape"), to_line(sample_head()) +
                                                           "\n{\"t\":20,\"what\":\"digit\",\"digit\":\"5\"}\n"
                                                           "{\"t\":1234,\"what\":\"ended\",\"reason\":\"hung up\"}\n");
    struct stat about {};
    ASSERT_EQ(stat((folder.path() / "call.tape").c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0137U, 0U); // callers' audio is private
}

// What a crash would leave.
TEST(tape_store, lines_are_written_while_the_call_goes_on) {
    const temporary_directory folder;
    const auto store = std::make_shared<tape_store>();
    const auto sink = store->begin(folder.path(), "call", sample_head(), {});
    sink->add(20ms, digit);
    while (content_of(folder.path() / "call.tape").find("digit") == std::string::npos)
        std::this_thread::yield();
    sink->add(40ms, digit);
    store->flush();
    EXPECT_EQ(entries_of(folder.path() / "call.tape").size(), 2U);
}

TEST(tape_store, calls_of_one_name_have_files_of_their_own) {
    const temporary_directory folder;
    const auto store = std::make_shared<tape_store>();
    std::ofstream(folder.path() / "call.tape") << "mine";
    std::filesystem::create_symlink("elsewhere", folder.path() / "call-2.tape");
    const auto first = store->begin(folder.path(), "call", sample_head(), {});
    const auto second = store->begin(folder.path(), "call", sample_head(), {});
    store->flush();
    EXPECT_EQ(content_of(folder.path() / "call.tape"), "mine");
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "elsewhere"));
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "call-3.tape"));
    EXPECT_TRUE(std::filesystem::exists(folder.path() / "call-4.tape"));
}

TEST(tape_store, lines_beyond_the_memory_are_left_out_and_a_line_says_how_many) {
    const temporary_directory folder;
    std::promise<void> entered;
    std::promise<void> go_on;
    {
        tape_limits limits;
        limits.memory_bytes = 1000;
        const auto store = std::make_shared<tape_store>(limits);
        // A disk that does not answer: another tape, which failed, blocks the writing thread.
        const auto failing = store->begin(folder.path() / "missing", "call", sample_head(), [&](const std::string&) {
            entered.set_value();
            go_on.get_future().wait();
        });
        entered.get_future().wait();
        auto sink = store->begin(folder.path(), "call", sample_head(), {});
        for (int i = 0; i < 100; ++i)
            sink->add(std::chrono::milliseconds(i), digit);
        go_on.set_value();
        store->flush();
        sink->add(200ms, digit);
    }
    const auto all = entries_of(folder.path() / "call.tape");
    ASSERT_GE(all.size(), 3U);
    const auto& left_out = all[all.size() - 2];
    EXPECT_EQ(left_out.what, "left_out");
    EXPECT_EQ(left_out.number("lines"), 100 - static_cast<std::int64_t>(all.size() - 2));
    EXPECT_EQ(all.back().at, 200ms);
}

TEST(tape_store, file_is_no_longer_than_it_may_be) {
    const temporary_directory folder;
    {
        tape_limits limits;
        limits.file_bytes = 1000;
        const auto sink = std::make_shared<tape_store>(limits)->begin(folder.path(), "call", sample_head(), {});
        for (int i = 0; i < 100; ++i)
            sink->add(std::chrono::milliseconds(i), digit);
    }
    EXPECT_LE(std::filesystem::file_size(folder.path() / "call.tape"), 1050U);
    EXPECT_EQ(entries_of(folder.path() / "call.tape").back().what, "full");
}

TEST(tape_store, failure_is_reported_once_with_the_file) {
    const temporary_directory folder;
    const auto store = std::make_shared<tape_store>();
    std::promise<std::string> failed; // a second report would throw
    const auto sink = store->begin(folder.path() / "missing", "call", sample_head(),
                                   [&](const std::string& why) { failed.set_value(why); });
    const auto why = failed.get_future().get();
    EXPECT_NE(why.find("missing/call.tape: cannot be written: No such file"), std::string::npos) << why;
    for (int i = 0; i < 3; ++i) {
        sink->add(1ms, digit);
        store->flush();
    }
}
