// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/process.hpp"

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

namespace audiosocket::test {

/// A running Asterisk (see the script of the same name) with its own folder and log. It ends with the test.
class pbx {
  public:
    /// Returns why Asterisk cannot be run here; empty if it can.
    static std::string why_not() {
        process check({AUDIOSOCKET_PBX, "check"});
        const int code = check.wait();
        if (code == 0) return {};
        const std::string why = check.out + check.err;
        const auto colon = why.find(": ");
        return colon == std::string::npos ? why : why.substr(colon + 2, why.find('\n') - colon - 2);
    }

    /// Starts Asterisk and waits until it is ready. The variables (NAME=VALUE) are globals of the dialplan.
    pbx(std::filesystem::path folder, const std::vector<std::string>& variables)
        : folder_(std::move(folder)), asterisk_(command_line(folder_, variables)) {
        if (!wait_for_log("Asterisk Ready"))
            throw std::runtime_error("Asterisk does not start: " + log() + asterisk_.out + asterisk_.err);
        const std::string start = log();
        if (start.find("declined to load") != start.npos || start.find("Error loading") != start.npos)
            throw std::runtime_error("Asterisk cannot load a module: " + start);
        ready_ = start.size();
    }

    /// Joins a WAY to the server and a DEED of a phone (etc/extensions.conf).
    void originate(const std::string& way, const std::string& deed) const {
        const std::string said = rx("channel originate Local/" + way + "@meet extension " + deed + "@phone");
        if (!said.empty()) throw std::runtime_error("cannot originate: " + said);
    }

    /// The same, with a phone that is a server as well.
    void originate_from(const std::string& phone, const std::string& format, const std::string& way) const {
        rx("channel originate AudioSocket/" + phone + "/40325ec2-5efd-4bd3-805f-53576e581d13/c(" + format +
           ") extension " + way + "@meet");
    }

    void hang_up_all() const { rx("channel request hangup all"); }

    /// Sends a command to the console and returns its output.
    std::string rx(const std::string& line) const {
        process console({AUDIOSOCKET_PBX, "rx", folder_.string(), line});
        if (console.wait() != 0) throw std::runtime_error("rx " + line + ": " + console.out + console.err);
        return console.out;
    }

    /// The log since Asterisk was ready.
    std::string log() const {
        std::ifstream in(folder_ / "log" / "full");
        in.seekg(static_cast<std::streamoff>(ready_));
        std::ostringstream text;
        text << in.rdbuf();
        return text.str();
    }

    /// Waits until the log has this text; false after `patience`.
    bool wait_for_log(const std::string& text, std::chrono::seconds patience = process::patience_usual) const {
        const auto limit = std::chrono::steady_clock::now() + patience;
        while (log().find(text) == std::string::npos) {
            if (std::chrono::steady_clock::now() > limit) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        return true;
    }

    /// Returns the warnings and errors of the log, without those that AudioSocket() logs for each caller who hangs up:
    /// it then cannot receive from the channel, or cannot forward to it.
    std::string complaints() const {
        std::istringstream lines(log());
        std::string found;
        for (std::string line; std::getline(lines, line);) {
            const bool complaint = line.find("] WARNING[") != line.npos || line.find("] ERROR[") != line.npos;
            const bool ordinary = line.find("app_audiosocket.c: Failed to receive frame from channel") != line.npos ||
                                  line.find("app_audiosocket.c: Failed to forward frame from AudioSocket") != line.npos;
            if (complaint && !ordinary) found += line + '\n';
        }
        return found;
    }

    const std::filesystem::path& folder() const { return folder_; }

    /// The IP address of AMI (port 5038) and ARI (port 8088).
    std::string address() const {
        std::string text;
        std::ifstream(folder_ / "address") >> text;
        return text;
    }

  private:
    static std::vector<std::string> command_line(const std::filesystem::path& folder,
                                                 const std::vector<std::string>& variables) {
        std::vector<std::string> line{AUDIOSOCKET_PBX, "run", folder.string()};
        line.insert(line.end(), variables.begin(), variables.end());
        return line;
    }

    std::filesystem::path folder_;
    process asterisk_;
    std::size_t ready_ = 0;
};

} // namespace audiosocket::test
