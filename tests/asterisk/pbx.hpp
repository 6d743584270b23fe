// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/process.hpp"

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

namespace audiosocket::test {

/// A running Asterisk (see the script of the same name) with a folder and a log of its own. It never outlives the test.
class pbx {
  public:
    /// Why there is no Asterisk here; empty if there is one.
    static std::string why_not() {
        process check({AUDIOSOCKET_PBX, "check"});
        const int code = check.wait();
        if (code == 0) return {};
        const std::string why = check.out + check.err;
        const auto colon = why.find(": ");
        return colon == std::string::npos ? why : why.substr(colon + 2, why.find('\n') - colon - 2);
    }

    /// Starts it and waits until it is ready; `server` is where its calls go, and `admin` where they are announced.
    pbx(std::filesystem::path folder, const std::string& server, const std::string& admin = {})
        : folder_(std::move(folder)),
          asterisk_({AUDIOSOCKET_PBX, "run", folder_.string(), "SERVER=" + server, "ADMIN=" + admin}) {
        if (!wait_for_log("Asterisk Ready"))
            throw std::runtime_error("Asterisk does not start: " + log() + asterisk_.out + asterisk_.err);
        const std::string start = log();
        if (start.find("declined to load") != start.npos || start.find("Error loading") != start.npos)
            throw std::runtime_error("Asterisk does not like its configuration: " + start);
        ready_ = start.size();
    }

    /// Calls: what the dialplan calls WAY, DEED (etc/extensions.conf).
    void originate(const std::string& way, const std::string& deed) const {
        const std::string said = rx("channel originate Local/" + way + "@meet extension " + deed + "@phone");
        if (!said.empty()) throw std::runtime_error("cannot originate: " + said);
    }

    /// The same, with a caller whose phone is a server as well.
    void originate_from(const std::string& phone, const std::string& format, const std::string& way) const {
        rx("channel originate AudioSocket/" + phone + "/40325ec2-5efd-4bd3-805f-53576e581d13/c(" + format +
           ") extension " + way + "@meet");
    }

    void hang_up_all() const { rx("channel request hangup all"); }

    /// A command of the console, and what it says.
    std::string rx(const std::string& line) const {
        process console({AUDIOSOCKET_PBX, "rx", folder_.string(), line});
        if (console.wait() != 0) throw std::runtime_error("rx " + line + ": " + console.out + console.err);
        return console.out;
    }

    /// All that Asterisk has said so far, since it was ready.
    std::string log() const {
        std::ifstream in(folder_ / "log" / "full");
        in.seekg(static_cast<std::streamoff>(ready_));
        std::ostringstream text;
        text << in.rdbuf();
        return text.str();
    }

    /// Whether it says so within `patience`.
    bool wait_for_log(const std::string& text, std::chrono::seconds patience = process::patience_usual) const {
        const auto limit = std::chrono::steady_clock::now() + patience;
        while (log().find(text) == std::string::npos) {
            if (std::chrono::steady_clock::now() > limit) return false;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        return true;
    }

    /// Its warnings and errors, but for those that the application makes of every caller who hangs up: it finds out
    /// when it cannot receive from his channel, or cannot forward to it.
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

  private:
    std::filesystem::path folder_;
    process asterisk_;
    std::size_t ready_ = 0;
};

} // namespace audiosocket::test
