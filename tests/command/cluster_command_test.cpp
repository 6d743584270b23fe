// SPDX-License-Identifier: Apache-2.0
#include "command_test.hpp"

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class cluster_command : public command_test {
  protected:
    static outcome cluster(std::vector<std::string> options) {
        options.insert(options.begin(), {"cluster", "haproxy"});
        return run(std::move(options));
    }

    static void expect_refused(std::vector<std::string> options, const std::string& why) {
        const auto result = cluster(std::move(options));
        EXPECT_EQ(result.code, 2);
        EXPECT_NE(result.err.find(why), std::string::npos) << result.err;
        EXPECT_EQ(result.out, "");
    }

    static std::string text_of(const std::filesystem::path& file) {
        std::ifstream in(file);
        return {std::istreambuf_iterator<char>(in), {}};
    }
};

} // namespace

TEST_F(cluster_command, configuration_is_printed_or_written) {
    const auto printed = cluster({"--node", "n1=10.0.0.1:9092"});
    EXPECT_EQ(printed.code, 0) << printed.err;
    EXPECT_NE(printed.out.find("server n1 10.0.0.1:9092 id 1\n"), std::string::npos) << printed.out;
    const auto file = folder / "haproxy.cfg";
    std::ofstream(file) << "an older one";
    const auto written = cluster({"--node", "n1=10.0.0.1:9092", "-o", file.string()});
    EXPECT_EQ(written.code, 0) << written.err;
    EXPECT_EQ(written.out, "");
    EXPECT_EQ(text_of(file), printed.out);
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
}

TEST_F(cluster_command, device_is_written_and_not_replaced) {
    const auto device = folder / "null";
    std::filesystem::create_symlink("/dev/null", device);
    EXPECT_EQ(cluster({"--node", "n1=10.0.0.1:9092", "-o", device.string()}).code, 0);
    EXPECT_TRUE(std::filesystem::is_character_file(device));
}

TEST_F(cluster_command, file_that_cannot_be_written_is_a_failure_of_files) {
    const auto result = cluster({"--node", "n1=10.0.0.1:9092", "-o", (folder / "none" / "x.cfg").string()});
    EXPECT_EQ(result.code, 4);
    EXPECT_NE(result.err.find("x.cfg: No such file or directory"), std::string::npos) << result.err;
}

TEST_F(cluster_command, options_with_mistakes_are_refused_with_the_reason) {
    const std::string node = "n1=10.0.0.1:9092";
    expect_refused({}, "--node is required");
    expect_refused({"--node", "10.0.0.1:9092"}, "--node: \"10.0.0.1:9092\": expected NAME=HOST:PORT");
    expect_refused({"--node", node, "--node", node}, "--node: n1 is given twice");
    expect_refused({"--node", node, "--listen", "9092"}, "--listen: \"9092\": a port alone");
    expect_refused({"--node", node, "--listen", "127.0.0.1:0"},
                   "--listen: \"127.0.0.1:0\": HAProxy needs a port, not 0");
    expect_refused({"--node", node, "--listen-http", "127.0.0.1:9093"}, "--listen-http: no node has an address");
    expect_refused({"--node", node, "--peer", "lb1=10.0.0.8:10000"}, "--peer: without announcements");
    expect_refused({"--node", node, "--stats-socket", "stats"}, "--stats-socket: \"stats\": expected an absolute path");
    expect_refused({"--node", node, "--stats-socket", "/a b"}, "--stats-socket: \"/a b\": expected an absolute path");
    expect_refused({"--node", node, "--check-interval", "0"}, "--check-interval");
    const auto other = run({"cluster", "nginx", "--node", node});
    EXPECT_EQ(other.code, 2);
    EXPECT_NE(other.err.find("nginx not in {haproxy}"), std::string::npos) << other.err;
}
