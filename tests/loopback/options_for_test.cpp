// SPDX-License-Identifier: Apache-2.0
// listener_options::options_for: the rules of a single call, selected by its id and its peer.

#include "net_test.hpp"

#include <map>
#include <stdexcept>

using namespace audiosocket;
using namespace audiosocket::test;
using namespace std::chrono_literals;

namespace {

const uuid other_id = uuid::parse("40325ec2-5efd-4bd3-805f-53576e581d14");

class options_for_on_loopback : public net_test {
  protected:
    // Listens with rules for `other_id`, and the defaults for all other calls.
    template <class Function>
    void listen_with(Function for_the_other) {
        listener_options options;
        options.options_for = [for_the_other](const uuid& id, const boost::asio::ip::tcp::endpoint&) {
            return id == other_id ? for_the_other() : call_options{};
        };
        listen(options);
        calls_->on_refused([this](const refusals& r) {
            ++reports_;
            last_refusal_ = r;
        });
    }

    std::pair<raw_peer, call> answered_as(const uuid& id) {
        raw_peer peer = connect();
        peer.send(id_bytes(id));
        return {std::move(peer), accept()};
    }

    // Returns the refusal of a call with `other_id`.
    refusals refused() {
        raw_peer peer = connect();
        peer.send(id_bytes(other_id));
        EXPECT_TRUE(peer.is_reset());
        EXPECT_TRUE(eventually([&] { return on_io([&] { return reports_; }) > 0; }));
        return on_io([&] { return last_refusal_; });
    }

    int reports_ = 0; // on the io_context
    refusals last_refusal_;
};

} // namespace

TEST_F(options_for_on_loopback, call_gets_the_rules_that_were_chosen_for_its_id) {
    listen_with([] {
        call_options wide;
        wide.send_format = parse_format("slin16");
        wide.ptime = 40ms;
        wide.playout_queue = 1s;
        return wide;
    });
    auto [usual_peer, usual] = answered_as(sample_id);
    auto [wide_peer, wide] = answered_as(other_id);
    EXPECT_EQ(usual.id(), sample_id);
    EXPECT_EQ(wide.id(), other_id);
    EXPECT_EQ(usual_peer.receive_bytes(323), frame(kind::slin, bytes(320)));
    EXPECT_EQ(wide_peer.receive_bytes(1283), frame(kind::slin16, bytes(1280)));
    EXPECT_EQ(wide.play(std::vector<std::int16_t>(32'000), 16'000), usage_errc::playout_full);
    EXPECT_FALSE(usual.play(std::vector<std::int16_t>(32'000), 16'000));
    wide_peer.send(frame(kind::dtmf, raw("5")));
    EXPECT_EQ(next_of<dtmf_event>(wide).digit, '5');
}

TEST_F(options_for_on_loopback, function_is_asked_with_the_id_and_the_peer_of_each_call) {
    std::map<uuid, boost::asio::ip::tcp::endpoint> asked;
    listener_options options;
    options.options_for = [&](const uuid& id, const boost::asio::ip::tcp::endpoint& peer) {
        asked[id] = peer;
        return call_options{};
    };
    listen(options);
    auto [first_peer, first] = answered_as(sample_id);
    auto [second_peer, second] = answered_as(other_id);
    EXPECT_EQ(on_io([&] { return asked[sample_id]; }), first_peer.socket().local_endpoint());
    EXPECT_EQ(on_io([&] { return asked[other_id]; }), second_peer.socket().local_endpoint());
}

TEST_F(options_for_on_loopback, exception_refuses_its_call_with_the_reason_and_no_other) {
    listen_with([]() -> call_options { throw std::runtime_error("no such tenant"); });
    auto [peer, c] = answered_as(sample_id);
    const refusals why = refused();
    EXPECT_EQ(why.first_reason, refusal::options);
    EXPECT_EQ(why.options, 1U);
    EXPECT_EQ(why.total(), 1U);
    EXPECT_EQ(why.first_detail, "call " + to_string(other_id) + ": no such tenant");
    EXPECT_EQ(counted().refused_options, 1U);
    EXPECT_EQ(counted().refused, 1U);
    EXPECT_EQ(counted().calls_up, 1U);
    peer.send(frame(kind::dtmf, raw("5")));
    EXPECT_EQ(next_of<dtmf_event>(c).digit, '5');
    EXPECT_TRUE(answered_as(sample_id).second);
}

TEST_F(options_for_on_loopback, options_that_make_no_sense_refuse_the_call_and_say_which) {
    listen_with([] {
        call_options wrong;
        wrong.ptime = 21ms;
        return wrong;
    });
    const refusals why = refused();
    EXPECT_EQ(why.first_reason, refusal::options);
    EXPECT_NE(why.first_detail.find("ptime is 21 ms"), std::string::npos) << why.first_detail;
}

TEST_F(options_for_on_loopback, refused_call_leaves_its_place_to_the_next) {
    listener_options options;
    options.calls_per_host_max = 1;
    options.options_for = [](const uuid& id, const boost::asio::ip::tcp::endpoint&) {
        if (id == other_id) throw 42; // not even an exception
        return call_options{};
    };
    listen(options);
    for (int i = 0; i < 3; ++i) {
        raw_peer peer = connect();
        peer.send(id_bytes(other_id));
        EXPECT_TRUE(peer.is_reset());
    }
    EXPECT_TRUE(answered_as(sample_id).second);
}
