// SPDX-License-Identifier: Apache-2.0
#include "gateway/secret_files.hpp"

#include "base/failure.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include <unistd.h>

using namespace audiosocket::app;
using namespace audiosocket::app::gateway;

namespace {

class secret_files_test : public ::testing::Test {
  protected:
    secret_files_test() { std::filesystem::create_directories(folder); }
    ~secret_files_test() override { std::filesystem::remove_all(folder); }

    std::string file(const std::string& content) {
        const auto path = folder / "secret";
        std::ofstream(path) << content;
        return path.string();
    }

    template <class Action>
    std::string failure_of(Action action) {
        try {
            action();
        } catch (const failure& e) {
            return e.what();
        }
        return "none";
    }

    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("secret_files_" + std::to_string(getpid()));
};

} // namespace

TEST_F(secret_files_test, key_is_the_one_line_of_the_file) {
    EXPECT_EQ(read_key_file(file("sk-abc\n")), "sk-abc");
    EXPECT_EQ(read_key_file(file("sk-abc\r\n")), "sk-abc");
    EXPECT_NE(failure_of([&] { read_key_file(file("\n")); }).find("is empty"), std::string::npos);
    EXPECT_NE(failure_of([&] { read_key_file(file("a\nb\n")); }).find("one line"), std::string::npos);
    EXPECT_NE(failure_of([&] { read_key_file((folder / "no").string()); }).find("No such file"), std::string::npos);
}

TEST_F(secret_files_test, header_is_taken_apart) {
    EXPECT_EQ(parse_header("X-Token:  a: b "), (header_field{"X-Token", "a: b"}));
    EXPECT_EQ(parse_header("Empty:"), (header_field{"Empty", ""}));
    for (const char* wrong : {"none", ": value", "two words: x", "X: a\nY: b"})
        EXPECT_THROW(parse_header(wrong), failure) << wrong;
}

TEST_F(secret_files_test, header_file_has_a_field_a_line) {
    const auto all = read_header_file(file("# ours\nAuthorization: Bearer abc\n\nX-Team: 7\r\n"));
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0], (header_field{"Authorization", "Bearer abc"}));
    EXPECT_EQ(all[1], (header_field{"X-Team", "7"}));
}

TEST_F(secret_files_test, mistake_names_the_line_and_does_not_quote_the_secret) {
    const auto why = failure_of([&] { read_header_file(file("A: b\nsecret without a colon\n")); });
    EXPECT_NE(why.find("secret:2: "), std::string::npos) << why; // which is the name of the file
    EXPECT_EQ(why.find("without"), std::string::npos) << why;
}
