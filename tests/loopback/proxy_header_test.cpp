// SPDX-License-Identifier: Apache-2.0
#include "net_test.hpp"

#include <string_view>

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

namespace {

const bytes version_1 = raw("PROXY TCP4 198.51.100.7 192.0.2.9 56324 9092\r\n");
const bytes version_2 = raw("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc6\x33\x64\x07\xc0\0\2\x09\xdc\4\x23\x84"sv);
const bytes health_check = raw("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"sv);
const bytes no_addresses = raw("\r\n\r\n\0\r\nQUIT\n\x21\0\0\0"sv);
const bytes unknown = raw("PROXY UNKNOWN\r\n");

// Connections that come through a proxy at 127.0.0.1.
class proxied_on_loopback : public net_test {
  protected:
    // A summary may be reported up to a second after its refusals.
    void TearDown() override {
        if (!calls_) return;
        calls_->on_refused({});
        on_io([] {});
    }

    void listen_behind_proxy(listener_options options = {}) {
        options.proxies = {network::parse("127.0.0.1")};
        listen(options);
        calls_->on_refused([this](const refusals& r) { reported_.push_back(r); });
    }

    std::vector<refusals> reported() {
        return on_io([this] { return reported_; });
    }

    // A call whose header and id arrive in one piece, with audio behind them.
    std::pair<raw_peer, call> relayed(const bytes& header) {
        raw_peer peer = connect();
        peer.send(header + id_bytes() + frame(kind::dtmf, raw("5")));
        return {std::move(peer), accept()};
    }

    std::vector<refusals> reported_;
};

std::string peer_of(const call& c) {
    return c.peer().address().to_string() + " " + std::to_string(c.peer().port());
}

} // namespace

TEST_F(proxied_on_loopback, call_has_the_peer_of_the_header_and_loses_no_byte_behind_it) {
    listen_behind_proxy();
    for (const auto& header : {version_1, version_2}) {
        auto [peer, c] = relayed(header);
        EXPECT_EQ(peer_of(c), "198.51.100.7 56324");
        EXPECT_EQ(c.id(), sample_id);
        EXPECT_EQ(next_of<dtmf_event>(c).digit, '5');
    }
}

TEST_F(proxied_on_loopback, header_and_id_may_come_in_pieces) {
    listener_options options;
    options.call.id_timeout = 1h;
    options.call.message_timeout = 1h;
    listen_behind_proxy(options);
    for (const auto& header : {version_1, version_2}) {
        raw_peer peer = connect();
        bytes left = header + id_bytes();
        while (!left.empty()) {
            const auto piece = left.begin() + std::min<std::ptrdiff_t>(9, std::ssize(left));
            peer.send({left.begin(), piece});
            left.erase(left.begin(), piece);
            EXPECT_TRUE(peer.wait_until_read());
        }
        EXPECT_EQ(peer_of(accept()), "198.51.100.7 56324");
    }
}

TEST_F(proxied_on_loopback, own_connection_of_the_proxy_is_not_limited) {
    listener_options options;
    options.allow = {network::parse("198.51.100.0/24")};
    options.calls_per_host_max = 1;
    listen_behind_proxy(options);
    auto first = relayed(health_check);
    auto second = relayed(health_check);
    EXPECT_EQ(second.second.peer().address().to_string(), "127.0.0.1");
    {
        raw_peer probe = connect(); // a health check without a header: it closes without a byte
    }
    EXPECT_TRUE(eventually([&] { return counted().never_started == 1; }));
    EXPECT_EQ(counted().refused, 0U);
}

TEST_F(proxied_on_loopback, peer_that_the_proxy_does_not_know_is_judged_by_the_address_of_the_proxy) {
    listener_options options;
    options.calls_per_host_max = 1;
    listen_behind_proxy(options);
    auto first = relayed(no_addresses);
    EXPECT_EQ(first.second.peer().address().to_string(), "127.0.0.1");
    raw_peer second = connect();
    second.send(unknown + id_bytes());
    EXPECT_TRUE(second.is_reset());
    EXPECT_EQ(counted().refused_host, 1U);

    options.allow = {network::parse("198.51.100.0/24")};
    options.proxies = {network::parse("127.0.0.1")};
    calls_->set_options(options);
    for (const auto& header : {unknown, no_addresses}) {
        raw_peer peer = connect();
        peer.send(header + id_bytes());
        EXPECT_TRUE(peer.is_reset());
    }
    EXPECT_EQ(counted().refused_network, 2U);
    EXPECT_TRUE(relayed(health_check).second);
}

TEST_F(proxied_on_loopback, connection_of_the_proxy_takes_no_place_of_a_peer_with_its_address) {
    listener_options options;
    options.calls_per_host_max = 1;
    listen_behind_proxy(options);
    raw_peer silent = connect();
    auto health = relayed(health_check);
    auto named = relayed(raw("PROXY TCP4 127.0.0.1 192.0.2.9 56324 9092\r\n"));
    EXPECT_EQ(peer_of(named.second), "127.0.0.1 56324");
    EXPECT_EQ(counted().refused, 0U);
}

TEST_F(proxied_on_loopback, limits_apply_to_the_peer_of_the_header) {
    listener_options options;
    options.allow = {network::parse("198.51.100.0/24")};
    options.calls_per_host_max = 1;
    listen_behind_proxy(options);

    raw_peer waiting = connect(); // counts for its host before its id arrives
    waiting.send(version_1);
    EXPECT_TRUE(waiting.wait_until_read());
    raw_peer second = connect();
    second.send(version_2 + id_bytes());
    EXPECT_TRUE(second.is_reset());
    EXPECT_EQ(counted().refused_host, 1U);

    raw_peer stranger = connect();
    stranger.send(raw("PROXY TCP4 203.0.113.1 192.0.2.9 1 2\r\n") + id_bytes());
    EXPECT_TRUE(stranger.is_reset());
    EXPECT_EQ(counted().refused_network, 1U);
    EXPECT_TRUE(eventually([&] { return reported().size() == 2; }));
    EXPECT_EQ(reported()[1].first_peer.address().to_string(), "203.0.113.1");

    waiting.send(id_bytes());
    call c = accept();
    EXPECT_EQ(peer_of(c), "198.51.100.7 56324");
    waiting.finish();
    ASSERT_TRUE(eventually([&] { return counted().calls_up == 0; }));
    EXPECT_TRUE(relayed(version_1).second); // its place is free again
}

TEST_F(proxied_on_loopback, proxy_without_a_valid_header_is_reset_and_reported) {
    listen_behind_proxy();
    raw_peer without = connect();
    without.send(id_bytes());
    EXPECT_TRUE(without.is_reset());
    ASSERT_TRUE(eventually([&] { return reported().size() == 1; }));
    EXPECT_EQ(reported()[0].first_reason, refusal::proxy_header);
    EXPECT_EQ(reported()[0].first_detail, "no PROXY header at the start");
    EXPECT_EQ(reported()[0].first_peer.address().to_string(), "127.0.0.1");

    raw_peer cut = connect();
    cut.send(raw("PROXY TCP4 1"));
    cut.finish();
    EXPECT_TRUE(eventually([&] { return counted().refused_proxy_header == 2; }));
    EXPECT_EQ(counted().refused, 2U);
    EXPECT_EQ(counted().handshakes, 0U);
    EXPECT_EQ(counted().never_started, 0U);
}

TEST_F(proxied_on_loopback, header_from_another_address_is_a_bad_first_message) {
    listen_behind_proxy();
    raw_peer direct(calls_->local_endpoint(), "127.0.0.2");
    direct.send(version_1 + id_bytes());
    EXPECT_TRUE(eventually([&] { return counted().never_started == 1; }));
    EXPECT_EQ(counted().calls, 0U);
    raw_peer plain(calls_->local_endpoint(), "127.0.0.2");
    plain.send(id_bytes());
    EXPECT_EQ(accept().peer().address().to_string(), "127.0.0.2");
}

TEST_F(proxied_on_loopback, proxies_change_while_it_runs) {
    listen_behind_proxy();
    auto [peer, c] = relayed(version_1);
    calls_->set_options({});
    EXPECT_EQ(next_of<dtmf_event>(c).digit, '5');
    auto [direct, d] = answered();
    EXPECT_EQ(d.peer().address().to_string(), "127.0.0.1");
}

TEST_F(proxied_on_loopback, header_is_late_when_the_id_would_be) {
    listener_options options;
    options.call.id_timeout = 50ms;
    listen_behind_proxy(options);
    raw_peer slow = connect();
    slow.send(raw("PROXY TCP4 "));
    EXPECT_TRUE(eventually([&] { return counted().never_started == 1; }));
    EXPECT_EQ(counted().handshakes, 0U);
}

TEST_F(proxied_on_loopback, full_listener_refuses_the_proxy_too) {
    listener_options options;
    options.calls_max = 1;
    listen_behind_proxy(options);
    auto up = relayed(version_1);
    EXPECT_TRUE(connect().is_reset());
    EXPECT_EQ(counted().refused_full, 1U);
}

TEST_F(proxied_on_loopback, more_networks_than_the_limit_are_refused) {
    listener_options options;
    options.proxies.assign(listener_options::networks_max + 1, network::parse("10.0.0.0/8"));
    EXPECT_THROW(listen(options), std::invalid_argument);
}
