// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

namespace audiosocket::test {

/// Returns the path of Chromium; empty if it is missing.
inline std::string find_chromium() {
    std::istringstream folders(std::getenv("PATH") ? std::getenv("PATH") : "");
    for (std::string folder; std::getline(folders, folder, ':');)
        if (const auto file = folder + "/chromium"; access(file.c_str(), X_OK) == 0) return file;
    return {};
}

/// Prints what a page has become after this much virtual time, which passes faster than real time, as HTML. `profile`
/// is the browser's folder.
inline std::vector<std::string> browse(const std::string& chromium, const std::filesystem::path& profile,
                                       const std::string& url, std::chrono::milliseconds time) {
    return {chromium,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--user-data-dir=" + profile.string(),
            "--virtual-time-budget=" + std::to_string(time.count()),
            "--dump-dom",
            url};
}

} // namespace audiosocket::test
