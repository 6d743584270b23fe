// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/raw_peer.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <map>
#include <sstream>
#include <string>

namespace audiosocket::test {

/// An answer of the admin address.
struct http_answer {
    int status = 0; ///< 0: no answer.
    std::string head;
    std::string body;

    boost::json::value json() const { return boost::json::parse(body); }

    /// Returns a metric in Prometheus' text format; -1 if it does not exist. The name includes the labels.
    double metric(const std::string& name) const {
        std::istringstream lines(body);
        for (std::string line; std::getline(lines, line);)
            if (line.starts_with(name + " ")) return std::stod(line.substr(name.size() + 1));
        return -1;
    }
};

/// Asks once, in a connection of its own. `fields` are more lines of the header, each with its line end.
inline http_answer ask(const raw_peer::tcp::endpoint& where, const std::string& what, const std::string& fields = {},
                       const std::string& body = {}) {
    raw_peer peer(where);
    const auto length = body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n";
    peer.send(raw(what + " HTTP/1.1\r\nConnection: close\r\n" + length +
                  (fields.find("Host:") == std::string::npos ? "Host: localhost\r\n" : "") + fields + "\r\n" + body));
    const auto all = peer.receive_all().all;
    const std::string text(reinterpret_cast<const char*>(all.data()), all.size());
    http_answer answer;
    const auto end = text.find("\r\n\r\n");
    if (!text.starts_with("HTTP/1.1 ") || end == std::string::npos) return answer;
    answer.status = std::stoi(text.substr(9, 3));
    answer.head = text.substr(0, end + 2);
    answer.body = text.substr(end + 4);
    return answer;
}

} // namespace audiosocket::test
