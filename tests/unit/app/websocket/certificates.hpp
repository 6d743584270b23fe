// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace audiosocket::test {

/// An authority, and what it has signed, as files in PEM that are removed at the end. Made for each run, so that none
/// expires.
class certificates {
  public:
    /// The server is called `localhost`, and nothing else. The client is called `gateway`.
    certificates();
    certificates(const certificates&) = delete;
    certificates& operator=(const certificates&) = delete;
    ~certificates();

    std::string authority() const { return file("ca.pem"); }
    std::string server() const { return file("server.pem"); }
    std::string server_key() const { return file("server.key"); }
    std::string client() const { return file("client.pem"); }
    std::string client_key() const { return file("client.key"); }

    /// A file here that does not exist yet.
    std::string file(const std::string& name) const { return (folder_ / name).string(); }

  private:
    std::filesystem::path folder_;
};

} // namespace audiosocket::test
