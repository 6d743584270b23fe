// SPDX-License-Identifier: Apache-2.0
// The tests; or, with --server, the table for a server that is running:
//
//   hostile --server HOST:PORT [--admin HOST:PORT] [--pid PID] [--only NAME]
//
// AUDIOSOCKET_HOSTILE_SECONDS is how long each attack lasts (5).
#include "base/failure.hpp"
#include "base/file_limit.hpp"
#include "base/host_port.hpp"
#include "hostile/duration.hpp"
#include "hostile/measured_row.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

namespace {

using namespace audiosocket;
using namespace audiosocket::test;

int print_table(std::map<std::string, std::string>& options) {
    attacked_server server;
    server.where = app::parse_server_address(options["--server"]);
    if (options.contains("--admin")) server.admin = app::parse_server_address(options["--admin"]);
    if (options.contains("--pid")) server.pid = static_cast<pid_t>(std::stol(options["--pid"]));
    std::cout << table_head() << std::endl;
    for (const attack& a : attacks())
        if (!options.contains("--only") || options["--only"] == a.name)
            std::cout << table_line(measure(server, a, attack_time())) << std::endl;
    return 0;
}

} // namespace

int main(int argc, char** argv) {
    testing::InitGoogleTest(&argc, argv);
    app::raise_file_limit();
    if (argc < 2) return RUN_ALL_TESTS();
    std::map<std::string, std::string> options;
    for (int i = 1; i + 1 < argc; i += 2)
        options[argv[i]] = argv[i + 1];
    try {
        if (options.contains("--server")) return print_table(options);
    } catch (const std::exception& e) {
        std::cerr << "hostile: " << e.what() << '\n';
        return 1;
    }
    std::cerr << "usage: hostile --server HOST:PORT [--admin HOST:PORT] [--pid PID] [--only NAME]\n";
    return 2;
}
