// SPDX-License-Identifier: Apache-2.0
// Three gateways and a real NATS with JetStream on loopback. Without nats-server, or without libnats in the command,
// the tests are skipped.
#include "browser.hpp"
#include "gateway_test.hpp"
#include "support/nats_credentials.hpp"
#include "unit/app/websocket/certificates.hpp"

#include "directory/store.hpp"

#include <array>

using namespace audiosocket;
using namespace audiosocket::test;
namespace json = boost::json;

namespace {

constexpr const char* nats_server = "/usr/sbin/nats-server";

class cluster : public gateway_test {
  protected:
    struct node {
        std::unique_ptr<process> running;
        std::string where;
        raw_peer::tcp::endpoint admin;
    };

    void SetUp() override {
        if (!app::directory::has_nats()) GTEST_SKIP() << skipped("libnats was missing in the build");
        if (!std::filesystem::exists(nats_server)) GTEST_SKIP() << skipped("nats-server is missing");
    }

    /// Starts NATS: on a free port first, later on the same one.
    void start_nats(const std::vector<std::string>& more = {}) {
        const auto ports = folder / "ports";
        std::filesystem::create_directory(ports);
        std::vector<std::string> line{
            nats_server,        "-js",          "-sd", (folder / "jetstream").string(),     "-a", "127.0.0.1",
            "--ports_file_dir", ports.string(), "-p",  nats_port.empty() ? "-1" : nats_port};
        line.insert(line.end(), more.begin(), more.end());
        nats = std::make_unique<process>(std::move(line));
        ASSERT_TRUE(nats->wait_for_errors("Server is ready")) << nats->err;
        if (!nats_port.empty()) return;
        const auto file = ports / ("nats-server_" + std::to_string(nats->id()) + ".ports");
        std::string text;
        ASSERT_TRUE(eventually([&] {
            std::ifstream in(file);
            text.assign(std::istreambuf_iterator<char>(in), {});
            return text.find("]") != std::string::npos;
        })) << nats->err;
        const std::string url(json::parse(text).at("nats").as_array().at(0).as_string());
        nats_port = url.substr(url.rfind(':') + 1);
    }

    void kill_nats() {
        nats->signal(SIGKILL);
        nats->wait();
    }

    std::string directory_url() const { return "nats://" + nats_host + ":" + nats_port; }

    node& start_node(const std::string& name, std::vector<std::string> more = {}) {
        for (const auto* word : {"3", "--directory-lease", name.c_str(), "--node"})
            more.insert(more.begin(), word);
        more.insert(more.begin(), {"--directory", directory_url()});
        more.insert(more.begin(), {"--dialect", "pcm", "--backend", bot.url("/{from}"), "--require-context"});
        gateway(std::move(more));
        auto& one = nodes[name];
        one = {std::move(server), where, admin};
        return one;
    }

    void start_three() {
        start_nats();
        for (const auto* name : {"a", "b", "c"})
            start_node(name);
        for (const auto* name : {"a", "b", "c"})
            ASSERT_TRUE(sees(name, "ready", 3)) << ask(nodes[name].admin, "GET /calls?cluster=1").body;
    }

    json::value seen_by(const std::string& name) {
        const auto answer = ask(nodes.at(name).admin, "GET /calls?cluster=1");
        return answer.status == 200 ? answer.json() : json::parse(R"({"nodes":[],"calls":[],"calls_up":0})");
    }

    /// Waits until this node sees so many nodes in this state.
    bool sees(const std::string& name, const std::string& state, std::ptrdiff_t count) {
        return eventually([&] {
            const auto seen = seen_by(name);
            return std::ranges::count_if(seen.at("nodes").as_array(),
                                         [&](const auto& n) { return n.at("state") == state.c_str(); }) == count;
        });
    }
    bool sees_calls(const std::string& name, std::size_t count) {
        return eventually([&] { return seen_by(name).at("calls_up").to_number<std::size_t>() == count; });
    }

    http_answer announce(const std::string& on, const std::string& call_id = id) {
        return ask(nodes.at(on).admin, "PUT /calls/" + call_id, "Content-Type: application/json\r\n",
                   R"({"from":"7"})");
    }

    /// A call to this node that goes on.
    void call_at(const std::string& name, const std::string& call_id) {
        callers.emplace_back(command({"call", nodes.at(name).where, "--duration", "600", "--json", "--id", call_id}));
    }

    static std::string numbered(int n) { return "40325ec2-5efd-4bd3-805f-53576e581d0" + std::to_string(n); }

    inline static const std::string id = "40325ec2-5efd-4bd3-805f-53576e581d13";
    scripted_back_end bot{{.opened = [](auto& one) { one.play(numbers(400)); }}};
    std::unique_ptr<process> nats;
    std::string nats_host = "127.0.0.1";
    std::string nats_port;
    std::map<std::string, node> nodes;
};

} // namespace

TEST_F(cluster, call_is_announced_at_one_node_arrives_at_another_and_is_found_and_ended_from_a_third) {
    start_three();
    const auto answer = announce("a");
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(ask(nodes["c"].admin, "GET /calls/" + id + "/context").body, "{\"from\":\"7\"}\n");
    call_at("b", id); // another node than the answer says
    ASSERT_TRUE(sees_calls("c", 1)) << nodes["b"].running->err;
    ASSERT_TRUE(eventually([&] { return bot.requests() == 1; })) << "the call had no context";
    bot.with(0, [](auto& one) { EXPECT_EQ(one.asked.target, "/7"); });
    const auto shown = ask(nodes["c"].admin, "GET /calls/" + id);
    ASSERT_EQ(shown.status, 200) << shown.body;
    EXPECT_EQ(shown.json().at("node"), "b");
    EXPECT_EQ(seen_by("a").at("calls").as_array().at(0).at("node"), "b");
    EXPECT_TRUE(eventually([&] { return ask(nodes["a"].admin, "GET /calls/" + id + "/context").status == 404; }));
    EXPECT_EQ(ask(nodes["c"].admin, "DELETE /calls/" + id).status, 202);
    EXPECT_EQ(callers.front().wait(), 0);
    EXPECT_TRUE(sees_calls("c", 0));
    EXPECT_EQ(ask(nodes["c"].admin, "DELETE /calls/" + id).status, 404);
    EXPECT_TRUE(nodes["b"].running->wait_for_errors("hung up by node c"));
}

TEST_F(cluster, full_or_draining_node_names_another_that_has_the_context_by_then) {
    start_nats();
    start_node("a", {"--max-calls", "1"});
    start_node("b");
    ASSERT_TRUE(sees("a", "ready", 2));
    EXPECT_EQ(announce("a", numbered(1)).status, 200);
    call_at("a", numbered(1));
    ASSERT_TRUE(sees("b", "full", 1));
    const auto answer = announce("a", numbered(2));
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.json().at("connect").as_string(), nodes["b"].where);
    EXPECT_EQ(ask(nodes["a"].admin, "GET /metrics").metric("audiosocket_directory_sent_elsewhere_total"), 1);
    nodes["b"].running->signal(SIGSTOP); // it cannot confirm
    EXPECT_EQ(announce("a", numbered(3)).status, 503);
    nodes["b"].running->signal(SIGCONT);
    ASSERT_TRUE(sees("a", "ready", 1));
    nodes["a"].running->signal(SIGTERM);
    ASSERT_TRUE(sees("b", "draining", 1));
    EXPECT_EQ(announce("a", numbered(4)).json().at("connect").as_string(), nodes["b"].where);
    nodes["a"].running->signal(SIGINT);
    EXPECT_EQ(nodes["a"].running->wait(), 0);
    EXPECT_TRUE(eventually([&] { return seen_by("b").at("nodes").as_array().size() == 1; })); // without its lease
}

TEST_F(cluster, killed_node_and_its_calls_are_gone_after_the_lease_and_no_others) {
    start_three();
    for (const auto* name : {"a", "b"}) {
        const auto call_id = numbered(*name - 'a');
        EXPECT_EQ(announce(name, call_id).status, 200);
        call_at(name, call_id);
    }
    ASSERT_TRUE(sees_calls("c", 2));
    nodes["a"].running->signal(SIGKILL);
    EXPECT_NE(callers.front().wait(), 0);
    ASSERT_TRUE(sees_calls("c", 1));
    EXPECT_EQ(seen_by("c").at("calls").as_array().at(0).at("node"), "b");
    EXPECT_TRUE(sees("c", "ready", 2));
    EXPECT_EQ(seen_by("c").at("nodes").as_array().size(), 2U);
}

TEST_F(cluster, directory_that_is_killed_or_stands_still_harms_no_call_and_comes_back) {
    start_three();
    EXPECT_EQ(announce("a").status, 200);
    call_at("a", id);
    ASSERT_TRUE(sees_calls("c", 1));
    const auto is_away = [&](const char* name) {
        return ask(nodes[name].admin, "GET /readyz").body.find("the directory is away") != std::string::npos;
    };
    const auto works_alone = [&](int n) {
        EXPECT_EQ(ask(nodes["b"].admin, "GET /readyz").status, 200);
        const auto answer = announce("b", numbered(n));
        EXPECT_EQ(answer.json().at("connect").as_string(), nodes["b"].where);
        call_at("b", numbered(n));
        EXPECT_TRUE(eventually([&] { return bot.requests() == static_cast<std::size_t>(n) + 1; }));
    };
    kill_nats();
    ASSERT_TRUE(eventually([&] { return is_away("b"); }));
    works_alone(1);
    std::filesystem::remove_all(folder / "jetstream"); // all entries are lost
    start_nats();
    ASSERT_TRUE(sees_calls("c", 2)) << nodes["c"].running->err;
    nats->signal(SIGSTOP);
    ASSERT_TRUE(eventually([&] { return is_away("b") && is_away("a"); }));
    works_alone(2);
    nats->signal(SIGCONT);
    ASSERT_TRUE(sees_calls("c", 3)) << nodes["c"].running->err;
    ASSERT_TRUE(sees("c", "ready", 3));
    for (auto& caller : callers)
        EXPECT_EQ(caller.wait(std::chrono::milliseconds(0)), -1) << "a call ended: " << caller.out;
    EXPECT_TRUE(nodes["b"].running->wait_for_errors("the directory is connected again"));
}

TEST_F(cluster, entries_that_cannot_be_read_are_counted_and_harm_nothing) {
    start_nats();
    start_node("a");
    ASSERT_TRUE(eventually([&] { // the bucket is there by then
        return ask(nodes["a"].admin, "GET /metrics").metric("audiosocket_directory_connected") == 1;
    }));
    raw_peer other({boost::asio::ip::make_address("127.0.0.1"), static_cast<std::uint16_t>(std::stoi(nats_port))});
    std::string text = "CONNECT {\"verbose\":false}\r\n";
    const std::array<std::pair<std::string, std::string>, 5> bad{{{"nonsense", "x"},
                                                                  {"node/b=00000001", "{\"state\":\"ready\"}"},
                                                                  {"call/b=00000001/7", "{}"},
                                                                  {"context/" + id, "[1,2"},
                                                                  {"end/b/" + id, "{}"}}};
    for (const auto& [key, value] : bad)
        text += "PUB $KV.audiosocket." + key + " " + std::to_string(value.size()) + "\r\n" + value + "\r\n";
    other.send(raw(text));
    EXPECT_TRUE(eventually(
        [&] { return ask(nodes["a"].admin, "GET /metrics").metric("audiosocket_directory_ignored_total") == 5; }));
    EXPECT_EQ(seen_by("a").at("nodes").as_array().size(), 1U);
    EXPECT_EQ(announce("a").status, 200);
    EXPECT_TRUE(nodes["a"].running->wait_for_errors("entries that cannot be used"));
}

TEST_F(cluster, directory_with_tls_and_password_is_used_and_a_wrong_password_is_said) {
    const auto run_openssl = [&](std::vector<std::string> line) {
        line.insert(line.begin(), "/usr/bin/openssl");
        process p(std::move(line));
        EXPECT_EQ(p.wait(), 0) << p.err;
    };
    const auto key = (folder / "key.pem").string();
    const auto certificate = (folder / "cert.pem").string();
    run_openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                 "-subj", "/CN=nats", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate});
    start_nats({"--tls", "--tlscert", certificate, "--tlskey", key, "--user", "u", "--pass", "p-4711"});
    const auto login = folder / "login";
    std::ofstream(login) << "u:p-4711\n";
    start_node("a", {"--directory-ca", certificate, "--directory-login-file", login.string()});
    start_node("b", {"--directory-ca", certificate, "--directory-login-file", login.string()});
    EXPECT_TRUE(sees("b", "ready", 2)) << nodes["b"].running->err;
    std::ofstream(login) << "u:p-4712\n";
    auto& c = start_node("c", {"--directory-ca", certificate, "--directory-login-file", login.string()});
    EXPECT_TRUE(c.running->wait_for_errors("is away: cannot connect to NATS"));
    EXPECT_EQ(c.running->err.find("p-4712"), std::string::npos);
    EXPECT_EQ(announce("c").status, 200); // it goes on alone
}

TEST_F(cluster, directory_that_asks_for_a_client_certificate_gets_it) {
    const certificates files;
    nats_host = "localhost"; // the name in the certificate
    start_nats(
        {"--tlsverify", "--tlscert", files.server(), "--tlskey", files.server_key(), "--tlscacert", files.authority()});
    const std::vector<std::string> with{"--directory-ca", files.authority(), "--directory-cert",
                                        files.client(),   "--directory-key", files.client_key()};
    start_node("a", with);
    start_node("b", with);
    EXPECT_TRUE(sees("b", "ready", 2)) << nodes["b"].running->err;
    auto& c = start_node("c", {"--directory-ca", files.authority()});
    EXPECT_TRUE(c.running->wait_for_errors("is away: cannot connect to NATS")) << c.running->err;
    EXPECT_EQ(seen_by("a").at("nodes").as_array().size(), 2U);
}

TEST_F(cluster, directory_with_credentials_is_used_and_those_of_another_operator_are_refused) {
    const nats_operator ours;
    const auto write = [&](const std::string& name, const std::string& text) {
        std::ofstream(folder / name) << text;
        return (folder / name).string();
    };
    start_nats({"-c", write("nats.conf", ours.configuration())});
    start_node("a", {"--directory-credentials", write("a.creds", ours.credentials())});
    start_node("b", {"--directory-credentials", write("b.creds", ours.credentials())});
    EXPECT_TRUE(sees("b", "ready", 2)) << nodes["b"].running->err;
    EXPECT_EQ(announce("a").status, 200);
    EXPECT_EQ(ask(nodes["b"].admin, "GET /calls/" + id + "/context").status, 200);
    auto& c = start_node("c", {"--directory-credentials", write("c.creds", nats_operator().credentials())});
    EXPECT_TRUE(c.running->wait_for_errors("is away: cannot connect to NATS")) << c.running->err;
    EXPECT_EQ(seen_by("a").at("nodes").as_array().size(), 2U);
}

namespace {

// Returns what `serve` says of these options.
class directory_mistakes : public command_test {
  protected:
    static std::string mistake(std::vector<std::string> more) {
        std::vector<std::string> line{"serve", "--check-config", "--listen", "127.0.0.1:0"};
        line.insert(line.end(), more.begin(), more.end());
        const auto result = run(std::move(line));
        EXPECT_EQ(result.code, 2) << result.err;
        return result.err;
    }
};

} // namespace

TEST_F(directory_mistakes, wrong_options_are_mistakes) {
    if (!app::directory::has_nats()) { // any use of it is the first mistake
        EXPECT_NE(mistake({"--directory", "nats://127.0.0.1"}).find("built without libnats"), std::string::npos);
        return;
    }
    EXPECT_NE(mistake({"--directory", "127.0.0.1:4222"}).find("nats://"), std::string::npos);
    const auto with_login = mistake({"--directory", "nats://u:secret@127.0.0.1"});
    EXPECT_NE(with_login.find("--directory-login-file"), std::string::npos);
    EXPECT_EQ(with_login.find("secret"), std::string::npos);
    EXPECT_NE(mistake({"--node", "a b"}).find("letters"), std::string::npos);
    EXPECT_NE(mistake({"--directory", "nats://127.0.0.1", "--listen", "0.0.0.0:0"}).find("--advertise"),
              std::string::npos);
    for (const auto* file : {"--directory-ca", "--directory-cert", "--directory-credentials"})
        EXPECT_NE(mistake({"--directory", "nats://127.0.0.1", file, "/no/such"}).find("/no/such"), std::string::npos);
    EXPECT_NE(mistake({"--directory", "nats://127.0.0.1", "--directory-credentials", AUDIOSOCKET_COMMAND})
                  .find("no credentials of NATS"),
              std::string::npos);
}

TEST_F(cluster, browser_shows_the_nodes) {
    const auto browser = find_chromium();
    if (browser.empty()) GTEST_SKIP() << skipped("chromium is missing");
    start_nats();
    start_node("a");
    start_node("b");
    ASSERT_TRUE(sees("a", "ready", 2));
    process page(browse(browser, folder / "profile",
                        "http://127.0.0.1:" + std::to_string(nodes["a"].admin.port()) + "/", std::chrono::seconds(4)));
    page.wait();
    EXPECT_NE(page.out.find("a (this one)"), std::string::npos) << page.out;
    EXPECT_NE(page.out.find(R"(<tr data-node="b">)"), std::string::npos) << page.out;
}
