// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace audiosocket::test {

/// An authority and the certificates that it signed, as PEM files that are removed at the end. Each run makes new ones,
/// so none expires.
class certificates {
  public:
    /// The server's only name is `localhost`. The client's name is `gateway`.
    certificates();
    certificates(const certificates&) = delete;
    certificates& operator=(const certificates&) = delete;
    ~certificates();

    std::string authority() const { return file("ca.pem"); }
    std::string server() const { return file("server.pem"); }
    std::string server_key() const { return file("server.key"); }
    std::string client() const { return file("client.pem"); }
    std::string client_key() const { return file("client.key"); }

    /// Returns the path of a file that does not exist yet.
    std::string file(const std::string& name) const { return (folder_ / name).string(); }

  private:
    std::filesystem::path folder_;
};

} // namespace audiosocket::test
