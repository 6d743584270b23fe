// SPDX-License-Identifier: Apache-2.0
// The settings of `serve` and `gateway`: a command line and a file. They are accepted, or refused in lines of text.
// What
// --print-config prints is a settings file that means the same.
//
// Input: a byte for the verb; the arguments, a line each, up to a zero byte; then the file. Arguments about --config
// and
// --check-config themselves are left out, because without these the verb would answer calls.

#include "fuzz/input.hpp"
#include "fuzz/scratch_folder.hpp"

#include "base/failure.hpp"
#include "settings/option_kind.hpp"
#include "settings/settings_file.hpp"
#include "verbs.hpp"

#include <audiosocket/audio/sound_error.hpp>

#include <iostream>
#include <optional>
#include <sstream>

using namespace audiosocket;
using namespace audiosocket::app;

namespace {

// Catches what is printed to standard output and error.
class quiet {
  public:
    quiet() : out_(std::cout.rdbuf(text_.rdbuf())), error_(std::cerr.rdbuf(text_.rdbuf())) {}
    ~quiet() {
        std::cout.rdbuf(out_);
        std::cerr.rdbuf(error_);
    }
    quiet(const quiet&) = delete;
    quiet& operator=(const quiet&) = delete;

    std::string text() const { return text_.str(); }

  private:
    std::ostringstream text_;
    std::streambuf* out_;
    std::streambuf* error_;
};

void require_text(const std::string& what) {
    REQUIRE(!what.empty());
}

// Returns what the verb printed; nothing if it refused.
std::optional<std::string> printed(bool is_gateway, const std::vector<std::string>& arguments) {
    std::vector<const char*> line;
    for (const auto& one : arguments)
        line.push_back(one.c_str());
    CLI::App command{"", "audiosocket"};
    exit_code result = exit_code::good;
    if (is_gateway)
        app::gateway::add_verb(command, result, line);
    else
        app::serve::add_verb(command, result, line);
    const quiet output;
    try {
        command.parse(static_cast<int>(line.size()), line.data());
        return output.text();
    } catch (const CLI::Success&) { // --help
        return std::nullopt;
    } catch (const CLI::ParseError& e) {
        require_text(in_one_form(e.what()));
    } catch (const failure& e) {
        REQUIRE(e.code() != exit_code::good && e.code() != exit_code::internal);
        require_text(e.what());
    } catch (const sound_error& e) {
        require_text(e.what());
    }
    return std::nullopt;
}

std::map<std::string, std::vector<std::string>> values_in(const std::filesystem::path& file) {
    const auto read = read_settings_file(file);
    REQUIRE(read.mistakes.empty());
    std::map<std::string, std::vector<std::string>> values;
    for (const auto& one : read.settings)
        values[one.table + '.' + one.name] = one.values;
    return values;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::scratch_folder folder;
    fuzz::input in(data, size);
    const bool is_gateway = in.byte() % 2 == 1;
    const std::string rest = in.rest_as_text();
    const auto end = std::min(rest.find('\0'), rest.size());
    const auto file =
        folder.write("settings.toml", std::as_bytes(std::span(rest).subspan(std::min(end + 1, rest.size()))));

    const std::string verb = is_gateway ? "gateway" : "serve";
    std::vector<std::string> arguments;
    std::istringstream lines(rest.substr(0, end));
    for (std::string one; std::getline(lines, one);)
        if (one.find("config") == std::string::npos) arguments.push_back(one);

    const auto with = [&](const std::string& what, const std::filesystem::path& settings) {
        std::vector<std::string> all{"audiosocket", verb, what, "--config", settings.string()};
        all.insert(all.end(), arguments.begin(), arguments.end());
        return printed(is_gateway, all);
    };
    (void)with("--check-config", file);
    const auto shown = with("--print-config", file);
    if (!shown || shown->empty()) return 0;
    const auto copy = folder.write("copy.toml", std::as_bytes(std::span(*shown)));
    arguments.clear();
    const auto again = with("--print-config", copy);
    REQUIRE(again);
    REQUIRE(values_in(folder.write("again.toml", std::as_bytes(std::span(*again)))) == values_in(copy));
    return 0;
}
