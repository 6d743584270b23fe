// SPDX-License-Identifier: Apache-2.0
#include "base/file_head.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

using namespace audiosocket::app;

namespace {

class file_head : public testing::Test {
  protected:
    file_head() {
        std::string name = (std::filesystem::temp_directory_path() / "file_head-XXXXXX").string();
        folder_ = mkdtemp(name.data());
    }
    ~file_head() override { std::filesystem::remove_all(folder_); }

    std::filesystem::path file_with(const std::string& text) const {
        std::ofstream(folder_ / "file") << text;
        return folder_ / "file";
    }

    std::filesystem::path folder_;
    std::string text_;
};

} // namespace

TEST_F(file_head, file_is_read_up_to_the_limit) {
    const auto file = file_with("0123456789");
    EXPECT_EQ(read_file_head(file, 4, text_), "");
    EXPECT_EQ(text_, "0123");
    EXPECT_EQ(read_file_head(file, 10, text_), "");
    EXPECT_EQ(text_, "0123456789");
    EXPECT_EQ(read_file_head(file, 1000, text_), "");
    EXPECT_EQ(text_, "0123456789");
}

TEST_F(file_head, what_is_not_a_file_is_refused_without_waiting) {
    EXPECT_EQ(read_file_head(folder_ / "missing", 10, text_), "cannot be read: No such file or directory");
    EXPECT_NE(read_file_head(folder_, 10, text_).find("is not a regular file"), std::string::npos);
    ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
    EXPECT_NE(read_file_head(folder_ / "pipe", 10, text_).find("is not a regular file"), std::string::npos);
}
