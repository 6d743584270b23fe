// SPDX-License-Identifier: Apache-2.0
#include "log/line_writer.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <sstream>
#include <thread>
#include <utility>
#include <vector>

using namespace audiosocket::app;

namespace {

// A pipe whose reader is the test. It holds one page, so it is full soon.
class line_writer_test : public testing::Test {
  protected:
    line_writer_test() {
        std::signal(SIGPIPE, SIG_IGN);
        if (pipe2(ends_.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe");
        fcntl(ends_[1], F_SETPIPE_SZ, 4096);
    }
    ~line_writer_test() override {
        close_reader();
        ::close(ends_[1]);
    }

    int file() const { return ends_[1]; }

    void close_reader() {
        if (ends_[0] >= 0) ::close(std::exchange(ends_[0], -1));
    }

    static std::string lost_line(std::uint64_t lines) { return "lost " + std::to_string(lines) + "\n"; }

    // Reads until the text contains this and ends with a line.
    std::string read_until(const std::string& what) const {
        std::string text;
        std::array<char, 4096> buffer{};
        while (text.find(what) == std::string::npos || text.back() != '\n') {
            const ssize_t n = ::read(ends_[0], buffer.data(), buffer.size());
            if (n <= 0) break;
            text.append(buffer.data(), static_cast<std::size_t>(n));
        }
        return text;
    }

    static std::vector<std::string> lines_of(const std::string& text) {
        std::vector<std::string> lines;
        std::istringstream in(text);
        for (std::string line; std::getline(in, line);)
            lines.push_back(line);
        return lines;
    }

  private:
    std::array<int, 2> ends_{-1, -1};
};

// Returns a line of a hundred characters that begins with its number.
std::string numbered(std::size_t number) {
    std::string line = std::to_string(number) + " ";
    line.resize(99, 'x');
    return line + "\n";
}

} // namespace

TEST_F(line_writer_test, lines_come_in_order_and_the_end_waits_for_them) {
    line_writer out(file(), lost_line);
    for (std::size_t i = 0; i < 20; ++i)
        out.write(numbered(i));
    out.finish();
    EXPECT_EQ(out.unwritten(), 0U);
    const auto lines = lines_of(read_until("\n19 "));
    ASSERT_EQ(lines.size(), 20U);
    for (std::size_t i = 0; i < lines.size(); ++i)
        EXPECT_EQ(lines[i] + "\n", numbered(i));
}

TEST_F(line_writer_test, lines_without_a_reader_are_counted_and_reported_where_they_are_missing) {
    line_writer out(file(), lost_line);
    const std::size_t count = 2 * line_writer::queue_bytes_max / 100;
    for (std::size_t i = 0; i < count; ++i)
        out.write(numbered(i)); // returns without a reader
    const auto lines = lines_of(read_until("lost "));
    for (std::size_t i = 0; i + 1 < lines.size(); ++i)
        ASSERT_EQ(lines[i] + "\n", numbered(i));
    const std::size_t written = lines.size() - 1;
    EXPECT_GE(written, line_writer::queue_bytes_max / 100);
    EXPECT_EQ(lines.back(), "lost " + std::to_string(count - written));

    out.write("and on\n");
    EXPECT_EQ(read_until("\n"), "and on\n");
}

TEST_F(line_writer_test, end_does_not_wait_long_for_a_reader_that_does_not_read) {
    line_writer out(file(), lost_line);
    for (std::size_t i = 0; i < 1000; ++i)
        out.write(numbered(i));
    out.finish();
    EXPECT_GE(out.unwritten(), 1000U - 4096 / 100);
    EXPECT_EQ(out.error(), 0);
    close_reader(); // releases the thread, which uses the file until then
    while (out.error() == 0)
        std::this_thread::yield();
}

TEST_F(line_writer_test, reader_that_has_gone_ends_the_writing) {
    close_reader();
    line_writer out(file(), lost_line);
    for (std::size_t i = 0; i < 10; ++i)
        out.write(numbered(i));
    out.finish();
    EXPECT_EQ(out.error(), EPIPE);
    EXPECT_EQ(out.unwritten(), 10U);
}

TEST_F(line_writer_test, what_will_be_outdated_soon_does_not_wait) {
    line_writer out(file(), lost_line);
    out.write(std::string(10'000, 'x') + "\n");
    out.write_if_idle("outdated\n");
    out.write("news\n");
    EXPECT_TRUE(read_until("news").ends_with("x\nnews\n"));
    out.finish();
    EXPECT_EQ(out.unwritten(), 0U);
}
