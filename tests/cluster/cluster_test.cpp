// SPDX-License-Identifier: Apache-2.0
#include "cluster/cluster_test.hpp"

namespace audiosocket::test {
namespace {

constexpr const char* haproxy_path = "/usr/sbin/haproxy";

// HAProxy cannot report a port that the system chose, so the ports are chosen here. Another process may take one
// meanwhile; then others are tried.
std::uint16_t free_port() {
    boost::asio::io_context io;
    return raw_peer::tcp::acceptor(io, {boost::asio::ip::address_v4::loopback(), 0}).local_endpoint().port();
}

raw_peer::tcp::endpoint on_loopback(std::uint16_t port) {
    return {boost::asio::ip::address_v4::loopback(), port};
}

std::string text_of(const raw_peer::tcp::endpoint& where) {
    return where.address().to_string() + ":" + std::to_string(where.port());
}

// Returns the port in the event of this name.
std::uint16_t port_in(process& p, const std::string& event) {
    const auto name = R"("event":")" + event + '"';
    EXPECT_TRUE(p.wait_for_output(name)) << p.out << p.err;
    const auto whole_line = [&] { return p.out.find('\n', p.out.find(name)) != std::string::npos; };
    for (std::size_t lines = 1; !whole_line(); ++lines)
        EXPECT_TRUE(p.wait_for_output_times(lines, "\n")) << p.out << p.err;
    const auto begin = p.out.rfind('{', p.out.find(name));
    const auto line = boost::json::parse(p.out.substr(begin, p.out.find('\n', begin) - begin));
    return line.at("port").to_number<std::uint16_t>();
}

std::vector<std::string> fields_of(const std::string& line) {
    std::istringstream in(line);
    std::vector<std::string> all;
    for (std::string field; std::getline(in, field, ',');)
        all.push_back(field);
    return all;
}

} // namespace

void cluster_test::SetUp() {
    if (!std::filesystem::exists(haproxy_path))
        GTEST_SKIP() << skipped("haproxy is missing; tools/setup --test installs it");
}

void cluster_test::start(node_process& n) {
    auto line = n.options;
    line.insert(line.end(), {"--listen", text_of(n.calls), "--admin", text_of(n.admin), "--agent-check",
                             text_of(n.agent), "--json", "-q"});
    n.running = std::make_unique<process>(command(std::move(line)));
    n.calls.port(port_in(*n.running, "listening"));
    n.admin.port(port_in(*n.running, "admin"));
    n.agent.port(port_in(*n.running, "agent_check"));
}

void cluster_test::start_nodes(const std::string& verb, const std::vector<std::string>& options) {
    for (const auto* name : {"n1", "n2", "n3"}) {
        auto line = options;
        line.insert(line.begin(), verb);
        nodes.push_back({name, std::move(line), nullptr, on_loopback(0), on_loopback(0), on_loopback(0)});
        start(nodes.back());
    }
}

void cluster_test::balance(const std::vector<std::string>& options) {
    const auto file = folder / "haproxy.cfg";
    const auto log = folder / "haproxy.log";
    for (int attempt = 0; attempt < 20; ++attempt) {
        balanced_calls = on_loopback(free_port());
        balanced_http = on_loopback(free_port());
        std::vector<std::string> line{"cluster",
                                      "haproxy",
                                      "--check-interval",
                                      "0.1",
                                      "--listen",
                                      text_of(balanced_calls),
                                      "--listen-http",
                                      text_of(balanced_http),
                                      "--stats-socket",
                                      (folder / "stats").string(),
                                      "-o",
                                      file.string()};
        for (const auto& n : nodes)
            line.insert(line.end(), {"--node", n.name + "=" + text_of(n.calls) + ",admin=" + text_of(n.admin) +
                                                   ",agent=" + text_of(n.agent)});
        line.insert(line.end(), options.begin(), options.end());
        const auto made = run(std::move(line));
        ASSERT_EQ(made.code, 0) << made.err;
        haproxy = std::make_unique<process>(std::vector<std::string>{
            "/bin/sh", "-c", R"(exec "$0" -db -f "$1" >"$2" 2>&1)", haproxy_path, file.string(), log.string()});
        // It ends if it cannot bind. Otherwise its stats socket answers.
        const auto ended = [this] { return haproxy->wait(std::chrono::milliseconds(1)) >= 0; };
        const auto answers = [this] { return !tell_haproxy("show info").empty(); };
        bool running = false;
        ASSERT_TRUE(comes_true([&] { return (running = answers()) || ended(); }));
        if (running) break;
        haproxy.reset();
    }
    ASSERT_TRUE(haproxy) << "HAProxy does not start; see its log: " << std::ifstream(log).rdbuf();
    for (const auto& n : nodes)
        for (const auto* backend : {"nodes/", "announcements/"})
            expect_status(backend + n.name, "UP");
}

std::string cluster_test::tell_haproxy(const std::string& what) const {
    boost::asio::io_context io;
    boost::asio::local::stream_protocol::socket socket(io);
    boost::system::error_code error;
    socket.connect((folder / "stats").string(), error);
    if (error) return "";
    boost::asio::write(socket, boost::asio::buffer(what + "\n"), error);
    std::string all;
    boost::asio::read(socket, boost::asio::dynamic_buffer(all), error);
    return all;
}

std::string cluster_test::status_of(const std::string& which) const {
    std::istringstream lines(tell_haproxy("show stat"));
    std::string line;
    std::getline(lines, line);
    const auto names = fields_of(line);
    const auto status = static_cast<std::size_t>(std::ranges::find(names, "status") - names.begin());
    while (std::getline(lines, line)) {
        const auto fields = fields_of(line);
        if (fields.size() > status && fields[0] + "/" + fields[1] == which) return fields[status];
    }
    return "not found";
}

void cluster_test::expect_status(const std::string& which, const std::string& beginning) const {
    EXPECT_TRUE(comes_true([&] { return status_of(which).starts_with(beginning); }))
        << which << " is " << status_of(which) << ", not " << beginning;
}

} // namespace audiosocket::test
