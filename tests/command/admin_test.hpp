// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "command_test.hpp"
#include "http_client.hpp"

#include <list>
#include <thread>

namespace audiosocket::test {

/// Tests of `serve --admin`.
class admin_test : public command_test {
  protected:
    /// Starts `serve` with an admin address and these options.
    void start(std::vector<std::string> options = {}, std::vector<std::string> prefix = {}) {
        options.insert(options.begin(), {"--admin", "127.0.0.1:0"});
        serve(std::move(options), std::move(prefix));
        find_admin();
    }

    /// Reads the admin address from the output.
    void find_admin() {
        ASSERT_TRUE(server->wait_for_output(R"("event":"admin")")) << server->err;
        // The line may come in pieces.
        ASSERT_TRUE(server->wait_for_output_times(2, "\n")) << server->out;
        const auto port = server->out.find(R"("port":)", server->out.find(R"("event":"admin")"));
        admin = {boost::asio::ip::make_address("127.0.0.1"),
                 static_cast<std::uint16_t>(std::stoi(server->out.substr(port + 7)))};
    }

    http_answer get(const std::string& target, const std::string& fields = {}) const {
        return ask(admin, "GET " + target, fields);
    }

    /// A call that continues until the server or the test ends it.
    process& long_call(std::vector<std::string> options = {}) {
        options.insert(options.begin(), {"call", where, "--duration", "100", "--json"});
        return callers.emplace_back(command(std::move(options)));
    }

    bool comes_up(std::size_t calls) const {
        return eventually([&] { return get("/calls").json().at("calls_up").to_number<std::size_t>() == calls; });
    }

    raw_peer::tcp::endpoint admin;
    std::list<process> callers;
};

} // namespace audiosocket::test
