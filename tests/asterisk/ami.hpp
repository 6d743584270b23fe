// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "pbx.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <deque>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace audiosocket::test {

/// A connection to Asterisk's manager interface (AMI). Throws when Asterisk does not answer in time.
class ami {
  public:
    using fields = std::vector<std::pair<std::string, std::string>>;

    explicit ami(const pbx& asterisk) {
        stream_.expires_after(process::patience_usual);
        stream_.connect(asterisk.address(), "5038");
        std::string banner;
        std::getline(stream_, banner);
        act("Login", {{"Username", "bots"}, {"Secret", "secret"}});
    }

    /// Sends an action and waits for its response; throws if that is an error.
    void act(const std::string& name, const fields& arguments) {
        stream_.expires_after(process::patience_usual);
        stream_ << "Action: " << name << "\r\n";
        for (const auto& [key, text] : arguments)
            stream_ << key << ": " << text << "\r\n";
        stream_ << "\r\n" << std::flush;
        for (;;) {
            fields message = next();
            if (message.front().first != "Response") {
                events_.push_back(std::move(message));
                continue;
            }
            if (value(message, "Response") == "Success") return;
            throw std::runtime_error("AMI refuses " + name + ": " + value(message, "Message"));
        }
    }

    /// Returns the first event that has all these fields, and removes it.
    fields wait_for_event(const fields& wanted) {
        stream_.expires_after(process::patience_usual);
        const auto matches = [&](const fields& event) {
            return std::ranges::all_of(wanted, [&](const auto& w) { return value(event, w.first) == w.second; });
        };
        auto found = std::ranges::find_if(events_, matches);
        while (found == events_.end()) {
            events_.push_back(next());
            found = std::ranges::find_if(std::prev(events_.end()), events_.end(), matches);
        }
        fields event = std::move(*found);
        events_.erase(found);
        return event;
    }

    /// Returns the value of a field; empty where it is missing.
    static std::string value(const fields& message, const std::string& key) {
        const auto found = std::ranges::find(message, key, &fields::value_type::first);
        return found == message.end() ? std::string() : found->second;
    }

  private:
    fields next() {
        fields message;
        for (std::string line; std::getline(stream_, line);) {
            if (line.ends_with('\r')) line.pop_back();
            if (line.empty() && !message.empty()) return message;
            const auto colon = line.find(':');
            if (colon == std::string::npos) continue;
            message.emplace_back(line.substr(0, colon), line.substr(std::min(line.size(), colon + 2)));
        }
        throw std::runtime_error("AMI: " + stream_.error().message());
    }

    boost::asio::ip::tcp::iostream stream_;
    std::deque<fields> events_;
};

} // namespace audiosocket::test
