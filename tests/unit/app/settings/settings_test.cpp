// SPDX-License-Identifier: Apache-2.0
#include "settings/settings.hpp"

#include "support/environment.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

using namespace audiosocket::app;
using audiosocket::test::environment_variable;

namespace {

// A verb with an option of each kind.
struct small_verb {
    small_verb() {
        auto* sound = verb.add_option("--play", play)->type_name("FILE");
        verb.add_flag("--loop", loop)->needs(sound);
        auto* hum = said.reloadable(verb.add_option("--tone", tone))->type_name("HZ")->check(CLI::Range(1.0, 20'000.0));
        hum->excludes(sound);
        verb.add_option("--listen", listen)->type_name("HOST:PORT")->capture_default_str();
        said.reloadable(verb.add_option("--max-calls", max_calls))
            ->type_name("N")
            ->check(CLI::Range(1, 1000))
            ->capture_default_str();
        verb.add_option("--allow", allow)->type_name("CIDR");
        verb.add_option("--format", format)
            ->type_name("FORMAT")
            ->check(CLI::IsMember({"text", "json"}).description(""));
        auto* less = verb.add_flag("-q,--quiet", quiet);
        verb.add_flag("-v,--verbose", verbose)->excludes(less);
    }

    CLI::App command{"", "audiosocket"};
    CLI::App& verb{*command.add_subcommand("serve")};
    CLI::App& other{*command.add_subcommand("call")};
    settings said{verb};
    std::optional<std::string> play;
    std::optional<double> tone;
    std::string listen = "0.0.0.0:9092";
    int max_calls = 800;
    std::vector<std::string> allow;
    std::string format;
    bool loop = false;
    bool quiet = false;
    bool verbose = false;
};

class settings_test : public testing::Test {
  protected:
    settings_test() {
        std::string pattern = (std::filesystem::temp_directory_path() / "audiosocket-test-XXXXXX").string();
        folder = mkdtemp(pattern.data());
    }
    ~settings_test() override { std::filesystem::remove_all(folder); }

    // Reads this file, named f.toml, and the command line.
    void read(const std::string& toml, std::vector<const char*> line = {}) {
        const auto file = (folder / "f.toml").string();
        std::ofstream(file) << toml;
        line.insert(line.begin(), {"audiosocket", "serve", "--config", file.c_str()});
        read(line);
    }

    void read(const std::vector<const char*>& line) {
        v = std::make_unique<small_verb>();
        v->command.parse(static_cast<int>(line.size()), line.data());
    }

    // Returns the mistakes, without the folder's name; empty if there are none.
    std::string mistakes() const {
        try {
            v->said.throw_if_wrong();
            return {};
        } catch (const failure& e) {
            std::string text = e.what();
            const auto prefix = folder.string() + "/";
            for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix))
                text.erase(at, prefix.size());
            return text;
        }
    }

    std::filesystem::path folder;
    std::unique_ptr<small_verb> v;
};

} // namespace

TEST_F(settings_test, file_sets_options_of_every_kind) {
    read("play = 'a.wav'\nloop = true\nlisten = \"[::1]:1\"\nmax-calls = 5\nallow = [\"10.0.0.0/8\", \"::1\"]\n"
         "format = \"json\"\nquiet = false\n");
    EXPECT_EQ(mistakes(), "");
    EXPECT_EQ(v->play, (folder / "a.wav").string()); // beside the file
    EXPECT_TRUE(v->loop);
    EXPECT_EQ(v->listen, "[::1]:1");
    EXPECT_EQ(v->max_calls, 5);
    EXPECT_EQ(v->allow, (std::vector<std::string>{"10.0.0.0/8", "::1"}));
    EXPECT_EQ(v->format, "json");
    EXPECT_FALSE(v->quiet);
    read("tone = 440\n");
    EXPECT_EQ(v->tone, 440);
    read("tone = 440.5\nplay_ = 1\n");
    EXPECT_EQ(mistakes(), "f.toml:2:1: play_: no such setting; did you mean play?");
    read("play = \"/sounds/a.wav\"\nallow = \"::1\"\n");
    EXPECT_EQ(v->play, "/sounds/a.wav");
    EXPECT_EQ(v->allow, std::vector<std::string>{"::1"});
}

TEST_F(settings_test, command_line_goes_before_environment_before_file) {
    const environment_variable calls("AUDIOSOCKET_MAX_CALLS", "6");
    const environment_variable listen("AUDIOSOCKET_LISTEN", "env:1");
    const std::string file = "max-calls = 5\nlisten = \"file:1\"\nformat = \"json\"\n";
    read(file, {"--max-calls", "7"});
    EXPECT_EQ(v->max_calls, 7);
    EXPECT_EQ(v->listen, "env:1");
    EXPECT_EQ(v->format, "json");
    read(file);
    EXPECT_EQ(v->max_calls, 6);
    EXPECT_EQ(mistakes(), "");
}

TEST_F(settings_test, environment_has_switches_lists_and_the_file) {
    const environment_variable allow("AUDIOSOCKET_ALLOW", "10.0.0.0/8, ::1");
    const environment_variable verbose("AUDIOSOCKET_VERBOSE", "Yes");
    const environment_variable empty("AUDIOSOCKET_MAX_CALLS", "");
    const auto file = folder / "env.toml";
    std::ofstream(file) << "max-calls = 9\n";
    const environment_variable config("AUDIOSOCKET_CONFIG", file.string());
    read(std::vector<const char*>{"audiosocket", "serve"});
    EXPECT_EQ(mistakes(), "");
    EXPECT_EQ(v->allow, (std::vector<std::string>{"10.0.0.0/8", "::1"}));
    EXPECT_TRUE(v->verbose);
    EXPECT_EQ(v->max_calls, 9);
}

TEST_F(settings_test, switch_that_is_off_in_the_environment_overrules_the_file) {
    const environment_variable verbose("AUDIOSOCKET_VERBOSE", "0");
    read("verbose = true\n");
    EXPECT_FALSE(v->verbose);
    EXPECT_EQ(mistakes(), "");
}

TEST_F(settings_test, table_of_the_verb_goes_before_the_top) {
    read("max-calls = 5\nformat = \"json\"\n[serve]\nmax-calls = 6\n");
    EXPECT_EQ(v->max_calls, 6);
    EXPECT_EQ(v->format, "json");
    EXPECT_EQ(mistakes(), "");
}

TEST_F(settings_test, higher_place_takes_the_place_of_what_it_excludes) {
    read("play = \"a.wav\"\nloop = true\nquiet = true\n", {"--tone", "440", "-v"});
    EXPECT_EQ(mistakes(), "");
    EXPECT_EQ(v->tone, 440);
    EXPECT_FALSE(v->play);
    EXPECT_FALSE(v->loop);
    EXPECT_FALSE(v->quiet);
}

TEST_F(settings_test, all_mistakes_are_reported_with_their_places) {
    const environment_variable listen("AUDIOSOCKET_QUIET", "perhaps");
    read("max-cals = 3\n"
         "max-calls = \"500\"\n"
         "tone = true\n"
         "loop = true\n"
         "listen = 12\n"
         "format = \"xml\"\n"
         "allow = [1]\n"
         "nonsense = 1\n"
         "verbose = 1\n"
         "[serv]\n"
         "[call]\n"
         "x = 1\n",
         {"--play", "x"});
    EXPECT_EQ(
        mistakes(),
        "AUDIOSOCKET_QUIET: expected true or false, found \"perhaps\"\n"
        "f.toml:1:1: max-cals: no such setting; did you mean max-calls?\n"
        "f.toml:2:13: max-calls: expected a whole number, found the text \"500\"; write it without quotes\n"
        "f.toml:3:8: tone: expected a number, found true\n"
        "f.toml:5:10: listen: expected a text in quotes, found the number 12; write it in quotes\n"
        "f.toml:6:10: format: \"xml\": expected text or json\n"
        "f.toml:7:9: allow: expected a list of texts, such as [\"...\", \"...\"], found a list\n"
        "f.toml:8:1: nonsense: no such setting; settings have the names of the options in --help, without the dashes\n"
        "f.toml:9:11: verbose: expected true or false, found the number 1\n"
        "f.toml:10:2: [serv]: no such table; use [serve], or put the settings at the top of the file\n"
        "f.toml:11:2: [call]: this verb reads no settings");
}

TEST_F(settings_test, mistake_of_the_command_line_stands_beside_those_of_the_file) {
    read("tone = 0\nloop = true\n", {"--max-calls", "0"});
    EXPECT_EQ(mistakes(), "--max-calls: \"0\": expected 1 to 1000\n"
                          "f.toml:1:8: tone: \"0\": expected 1 to 20000\n"
                          "f.toml:2:8: loop: only together with play");
}

TEST_F(settings_test, options_of_one_place_that_exclude_each_other_are_a_mistake) {
    read("tone = 440\nplay = \"a\"\n");
    EXPECT_EQ(mistakes(), "f.toml:2:8: play: not together with f.toml:1:8: tone");
}

TEST_F(settings_test, file_that_is_no_toml_names_the_place) {
    read("max-calls = 5\nlisten = = 1\n");
    EXPECT_EQ(mistakes().find("f.toml:2:10: "), 0U) << mistakes();
    read("max-calls = 5\nmax-calls = 6\n");
    EXPECT_EQ(mistakes().find("f.toml:2:"), 0U) << mistakes();
    read("listen = \"\xff\"\n");
    EXPECT_EQ(mistakes().find("f.toml:1:"), 0U) << mistakes();
    read("tone = inf\n");
    EXPECT_EQ(mistakes(), "f.toml:1:8: tone: expected a number, found a number that is not finite");
}

TEST_F(settings_test, text_that_is_not_closed_is_called_that) {
    for (const char* text :
         {"listen = \"9092\nx = 1\n", "listen = \"9092", "listen = '9092\n", "allow = [\"::1\", \"::2\n"}) {
        read(text);
        EXPECT_NE(mistakes().find("the text is not closed; a quote is missing"), std::string::npos) << mistakes();
    }
    read("# one\nlisten = \"90\x01\"\n");
    EXPECT_EQ(mistakes().find("quote"), std::string::npos) << mistakes();
}

TEST_F(settings_test, what_is_no_file_is_refused) {
    const auto missing = (folder / "missing.toml").string();
    const auto fifo = (folder / "fifo").string();
    ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
    const std::vector<std::pair<std::string, std::string>> all{
        {missing, "missing.toml: cannot be read: No such file or directory"},
        {folder.string() + "/.", ".: is not a regular file; it has to be, because SIGHUP reads it again"},
        {fifo, "fifo: is not a regular file; it has to be, because SIGHUP reads it again"}};
    for (const auto& [file, complaint] : all) {
        read(std::vector<const char*>{"audiosocket", "serve", "--config", file.c_str()});
        EXPECT_EQ(mistakes(), complaint);
    }
    read(std::vector<const char*>{"audiosocket", "serve", "--config", ""});
    EXPECT_EQ(mistakes(), "--config: expected the name of a file");
}

TEST_F(settings_test, file_that_is_too_long_is_refused) {
    const std::string line = "# settings\n";
    std::string longest;
    while (longest.size() + line.size() <= settings_file_bytes_max)
        longest += line;
    read(longest);
    EXPECT_EQ(mistakes(), "");
    read(longest + line);
    EXPECT_EQ(mistakes(), "f.toml: has more than 1048576 bytes, the most for a settings file");
}

TEST_F(settings_test, file_nested_too_deep_is_a_mistake_with_its_place) {
    std::string parts = "a";
    for (int n = 0; n < 31'249; ++n)
        parts += ".a";
    read("max-calls = 5\n" + parts + " = 1\n");
    EXPECT_EQ(mistakes(),
              "f.toml:2:32: is nested deeper than 16 levels; settings stand at the top of the file or in the "
              "table of a verb");
}

TEST_F(settings_test, file_with_a_mistake_in_each_line_shows_the_first_ones_and_their_number) {
    std::string lines;
    for (int n = 0; n < 20'000; ++n)
        lines += "wrong" + std::to_string(n) + " = 1\n";
    read(lines);
    const auto all = mistakes();
    EXPECT_TRUE(all.starts_with("f.toml:1:1: wrong0: no such setting")) << all.substr(0, 100);
    EXPECT_EQ(std::count(all.begin(), all.end(), '\n'), 50);
    EXPECT_TRUE(all.ends_with("\nand 19950 more mistakes; correct the first and try again"));
}

TEST_F(settings_test, what_is_printed_can_be_read_again) {
    const environment_variable format("AUDIOSOCKET_FORMAT", "text");
    read("listen = \"a\\\"b\\\\c\\u0001\"\nallow = [\"::1\", \"::2\"]\n", {"--max-calls", "7", "--quiet"});
    const auto before = v->said.values();
    const auto printed = v->said.as_toml();
    EXPECT_NE(printed.find("# --max-calls\n"), std::string::npos) << printed;
    EXPECT_NE(printed.find("# AUDIOSOCKET_FORMAT\n"), std::string::npos) << printed;
    EXPECT_NE(printed.find("/f.toml:2\n"), std::string::npos) << printed;
    read(printed);
    EXPECT_EQ(mistakes(), "");
    EXPECT_EQ(v->said.values(), before);
    EXPECT_EQ(v->listen, "a\"b\\c\x01");
}

TEST_F(settings_test, what_no_file_can_have_is_not_printed) {
    read("", {"--play", "sounds/\xf3.wav"});
    EXPECT_EQ(mistakes(), "");
    try {
        (void)v->said.as_toml();
        FAIL() << "TOML is UTF-8";
    } catch (const failure& e) {
        EXPECT_STREQ(e.what(), "--play: the value is not UTF-8, so no settings file can have it");
    }
}

TEST_F(settings_test, values_say_which_of_them_can_be_reloaded) {
    read("tone = 440\n");
    const auto values = v->said.values();
    EXPECT_EQ(values.at("tone"), (setting_value{"440", true}));
    EXPECT_EQ(values.at("max-calls"), (setting_value{"800", true})); // a default
    EXPECT_EQ(values.at("listen"), (setting_value{"\"0.0.0.0:9092\"", false}));
    EXPECT_FALSE(values.contains("play"));
}

TEST_F(settings_test, variable_that_is_nearly_an_option_is_remarked_on) {
    const environment_variable near("AUDIOSOCKET_MAX_CALL", "1");
    const environment_variable far("AUDIOSOCKET_NIGHTLY", "1");
    read("");
    EXPECT_EQ(v->said.remarks(),
              std::vector<std::string>{"AUDIOSOCKET_MAX_CALL is not read; did you mean AUDIOSOCKET_MAX_CALLS?"});
}

TEST_F(settings_test, help_does_not_read_the_file) {
    EXPECT_THROW(read("nonsense\n", {"--help"}), CLI::CallForHelp);
}
