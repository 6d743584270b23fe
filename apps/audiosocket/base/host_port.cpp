// SPDX-License-Identifier: Apache-2.0
#include "base/host_port.hpp"

#include "base/failure.hpp"

namespace audiosocket::app {
namespace {

constexpr const char* server_example = "pbx.example:9092 or [::1]:9092";
constexpr const char* listen_example = "0.0.0.0:9092 or [::1]:9092";
constexpr int port_max = 65535;
constexpr const char* example_with_port = "127.0.0.1:9093 or [::1]:9093";

// Says what is wrong, if known, and what to write instead. The caller adds the name of the option.
failure wrong(const std::string& text, const std::string& reason, const char* example) {
    return failure(exit_code::usage, (text.empty() ? "no address is given" : '"' + text + '"') + ": " + reason +
                                         "expected HOST:PORT or [IPV6]:PORT, as " + example);
}

address parse(const std::string& text, const char* example, const char* own_host) {
    const auto where = parse_address(text);
    if (where) return *where;
    const auto digits = text.substr(text.find_last_of(':') + 1);
    const bool number = !digits.empty() && digits.find_first_not_of("0123456789") == std::string::npos;
    if (number && text.size() > digits.size() && (digits.size() > 5 || std::stoi(digits) > port_max))
        throw wrong(text, "a port is at most 65535; ", example);
    const bool port_alone = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
    throw wrong(text, port_alone ? "a port alone is written as " + (own_host + (':' + text)) + "; " : "", example);
}

} // namespace

address parse_server_address(const std::string& text) {
    address where = parse(text, server_example, "127.0.0.1");
    if (where.host.empty()) throw wrong(text, "the host is missing; ", server_example);
    if (where.port == 0) throw wrong(text, "no server has port 0; ", server_example);
    return where;
}

address parse_listen_address(const std::string& text) {
    return parse(text, listen_example, "");
}

address parse_listen_address_with_port(const std::string& text) {
    address where = parse(text, example_with_port, "127.0.0.1");
    if (text.ends_with(']') || text.find(':') == std::string::npos)
        throw wrong(text, "the port is missing; ", example_with_port);
    return where;
}

std::string host_port(const boost::asio::ip::tcp::endpoint& where) {
    namespace ip = boost::asio::ip;
    auto host = where.address();
    if (host.is_v6() && host.to_v6().is_v4_mapped()) host = ip::make_address_v4(ip::v4_mapped, host.to_v6());
    return to_string(address{host.to_string(), where.port()});
}

} // namespace audiosocket::app
