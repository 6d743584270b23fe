// SPDX-License-Identifier: Apache-2.0
#include "settings/toml_depth.hpp"

#include "settings/settings_file.hpp"

#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <toml++/toml.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

#include <pthread.h>
#include <unistd.h>

using namespace audiosocket::app;
using audiosocket::test::for_each_seed;
using audiosocket::test::replay;

namespace {

std::string repeated(const std::string& what, std::size_t times) {
    std::string out;
    for (std::size_t n = 0; n < times; ++n)
        out += what;
    return out;
}

// "line:column", or "shallow".
std::string place_in(const std::string& text) {
    const auto place = too_deep_toml(text);
    return place ? std::to_string(place->line) + ":" + std::to_string(place->column) : "shallow";
}

// Writes TOML that is deeply nested in one random place, or nowhere. Much around it looks nested and is not.
class random_toml {
  public:
    explicit random_toml(unsigned seed) : dice_(seed) {}

    std::string text(bool deep) {
        std::string out;
        const auto lines = roll(1, 20);
        const auto deep_line = roll(0, lines - 1);
        for (std::size_t n = 0; n < lines; ++n)
            out += line(deep && n == deep_line ? roll(toml_depth_max + 1, 5000) : roll(1, toml_depth_max));
        return out;
    }

  private:
    std::size_t roll(std::size_t low, std::size_t high) {
        return std::uniform_int_distribution<std::size_t>(low, high)(dice_);
    }

    std::string name() { return "k" + std::to_string(++names_); }

    // A value, or a part of a key, in which brackets and dots have no meaning.
    std::string decoy() {
        const auto inside = repeated("[{.=,#", roll(0, 40));
        switch (roll(0, 4)) {
        case 0: return '"' + inside + "\\\"" + inside + '"';
        case 1: return '\'' + inside + "\\'";
        case 2: return "\"\"\"\n" + inside + "\"\"\\\"" + inside + "\n\"\"\"\"\"";
        case 3: return "'''" + inside + "''\n" + inside + "'''";
        default: return "1.5";
        }
    }

    std::string line(std::size_t depth) {
        const auto gap = repeated(" ", roll(0, 2));
        std::string end = roll(0, 1) == 1 ? " # " + repeated("[a.'\"", roll(0, 30)) + "\n" : "\n";
        switch (roll(0, 5)) {
        case 0: return name() + " = " + decoy() + end + deep_key(depth, gap) + " = " + decoy() + end;
        case 1: return "[" + deep_key(depth, gap) + "]" + end;
        case 2: return "[[" + deep_key(std::max<std::size_t>(depth, 2), gap) + "]]" + end;
        case 3: return name() + " = " + repeated("[" + gap, depth) + decoy() + repeated("]", depth) + end;
        case 4: return name() + " = " + repeated("{" + gap + name() + "=", depth) + "1" + repeated("}", depth) + end;
        default:
            return name() + " = " + repeated("[{a=", (depth + 1) / 2) + "1" + repeated("}]", (depth + 1) / 2) + end;
        }
    }

    std::string deep_key(std::size_t parts, const std::string& gap) {
        std::string out = name();
        for (std::size_t n = 1; n < parts; ++n)
            out += gap + "." + gap + (n % 5 == 4 ? "\"a.b[\\\"\"" : "a");
        return out;
    }

    std::mt19937 dice_;
    unsigned names_ = 0;
};

void* read_damaged_files(void*) {
    const auto file = std::filesystem::temp_directory_path() / ("audiosocket-" + std::to_string(getpid()) + ".toml");
    for_each_seed(200, [&](unsigned seed) {
        random_toml random(seed);
        auto text = random.text(seed % 2 == 0);
        std::mt19937 dice(seed);
        for (int n = 0; n < 5; ++n)
            text[dice() % text.size()] = "[]{}.\"'\\#=\n,"[dice() % 12];
        std::ofstream(file, std::ios::trunc) << text;
        const auto read = read_settings_file(file);
        EXPECT_LE(read.mistakes.size(), 1U) << replay(seed);
        return !testing::Test::HasFailure();
    });
    std::filesystem::remove(file);
    return nullptr;
}

} // namespace

TEST(toml_depth_test, deepest_nesting_that_is_allowed_is_shallow) {
    EXPECT_EQ(place_in(""), "shallow");
    EXPECT_EQ(place_in("a" + repeated(".a", toml_depth_max - 1) + " = 1\n"), "shallow");
    EXPECT_EQ(place_in("a = " + repeated("[", toml_depth_max) + repeated("]", toml_depth_max)), "shallow");
    EXPECT_EQ(place_in(repeated("a = [[1.5, 2.5], [3.5]]\n", 100)), "shallow");
    EXPECT_EQ(place_in("a = [" + repeated("1.5, ", 100) + "]"), "shallow");
}

TEST(toml_depth_test, every_kind_of_nesting_is_found_at_its_first_level_too_many) {
    EXPECT_EQ(place_in("# x\na" + repeated(".a", 31'249) + " = 1"), "2:32");
    EXPECT_EQ(place_in("[a" + repeated(".a", 31'249) + "]"), "1:33");
    EXPECT_EQ(place_in("a = " + repeated("[", 1'000'000)), "1:21");
    EXPECT_EQ(place_in("\n\nä = " + repeated("{a=", 100'000)), "3:53"); // 'ä' has two bytes and one column
    EXPECT_EQ(place_in("a = [\n" + repeated("[\n", 16)), "17:1");
    EXPECT_EQ(place_in("a" + repeated(" . \"a\"", 16) + " = 1"), "1:93");
}

TEST(toml_depth_test, brackets_and_dots_in_texts_and_comments_do_not_count) {
    const auto much = repeated("[.{", 50);
    EXPECT_EQ(place_in("# " + much + "\na = 1"), "shallow");
    EXPECT_EQ(place_in("a = \"" + much + "\\\"" + much + "\\\\\" # " + much), "shallow");
    EXPECT_EQ(place_in("a = '" + much + "\\' # " + much), "shallow");
    EXPECT_EQ(place_in("a = \"\"\"\n" + much + "\\\"\"\"" + much + "\"\"\"\"\"\nb = 1"), "shallow");
    EXPECT_EQ(place_in("a = '''\n" + much + "''" + much + "'''\nb = \"\""), "shallow");
    EXPECT_EQ(place_in("a = \"\" # " + much), "shallow");
    EXPECT_EQ(place_in("a = \"never closed " + much), "shallow");
    // Counting continues behind each of them.
    EXPECT_EQ(place_in("a = \"\"\"x\"\"\"\"\"\nb = " + repeated("[", 17)), "2:21");
    EXPECT_EQ(place_in("a = '''x'''''\nb = " + repeated("[", 17)), "2:21");
    EXPECT_EQ(place_in("a = ''\nb = " + repeated("[", 17)), "2:21");
}

// The scan and the parser must agree on where a string ends. Otherwise a string could hide deep nesting.
TEST(toml_depth_test, random_nesting_is_found_where_it_is_and_nowhere_else) {
    for_each_seed(300, [](unsigned seed) {
        random_toml random(seed);
        const auto shallow = random.text(false);
        EXPECT_EQ(place_in(shallow), "shallow") << shallow << replay(seed);
        EXPECT_NO_THROW((void)toml::parse(shallow)) << shallow << replay(seed);
        const auto deep = random.text(true);
        EXPECT_NE(place_in(deep), "shallow") << deep << replay(seed);
        return !testing::Test::HasFailure();
    });
}

// Invalid TOML ends the parser early. Whatever the scan accepts must be shallow up to there. The stack has the size of
// a thread's stack under the service manager's limit (LimitSTACK).
TEST(toml_depth_test, damaged_nesting_is_refused_or_parsed_and_never_ends_the_process) {
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 512 * 1024);
    pthread_t thread{};
    ASSERT_EQ(pthread_create(&thread, &small, &read_damaged_files, nullptr), 0);
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&small);
}
