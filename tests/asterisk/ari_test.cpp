// SPDX-License-Identifier: Apache-2.0
// externalMedia with encapsulation=audiosocket, as docs/asterisk.md describes it.

#include "ari.hpp"
#include "asterisk_test.hpp"

#include "ami.hpp"

#include <boost/asio/io_context.hpp>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class asterisk_ari : public asterisk_test {
  protected:
    static constexpr auto id = "40325ec2-5efd-4bd3-805f-53576e581d13";

    static std::string external_media(const std::string& server, const std::string& more) {
        return "/channels/externalMedia?app=bots&external_host=" + server + "&encapsulation=audiosocket" + more;
    }

    static std::string channel_of(const boost::json::value& event, const char* what = "id") {
        return std::string(event.at("channel").at(what).as_string());
    }
};

bool is_loud(const answerer::record& r) {
    return std::ranges::any_of(r.heard, [](std::int16_t s) { return s != 0; });
}

} // namespace

TEST_F(asterisk_ari, external_media_brings_audio_and_digits_of_the_bridge_and_its_end_is_an_event) {
    answerer us;
    start_asterisk(us.where());
    write_prompt(numbers(16'000));
    ari bots(*asterisk);
    ami manager(*asterisk);
    asterisk->rx("channel originate Local/160@bot-ari extension talk-3600@phone");
    const auto caller = bots.wait_for_event("StasisStart");

    const auto made = bots.request("POST", external_media(us.where(), "&transport=tcp&format=slin&data=") + id);
    ASSERT_EQ(made.status, 200) << made.body;
    EXPECT_EQ(made.body.at("name").as_string(), "AudioSocket/" + us.where() + "-" + id);
    EXPECT_EQ(made.body.at("channelvars").at("AUDIOSOCKET_UUID").as_string(), id);
    const auto media = bots.wait_for_event("StasisStart");
    EXPECT_EQ(media.at("args").at(0).as_string(), id);

    EXPECT_EQ(bots.request("POST", "/bridges?type=mixing&bridgeId=call-1").status, 200);
    EXPECT_EQ(bots.request("POST", "/bridges/call-1/addChannel?channel=" + channel_of(caller) + "," + channel_of(media))
                  .status,
              204);
    const auto call = us.wait_for(is_loud);
    ASSERT_TRUE(call);
    EXPECT_EQ(to_string(call->id), id);
    EXPECT_EQ(name(call->format), "slin");
    manager.act("PlayDTMF", {{"Channel", channel_of(caller, "name")}, {"Digit", "5"}, {"Receive", "true"}});
    EXPECT_TRUE(us.wait_for([](const auto& r) { return r.digits == "5"; }));

    us.hang_up_all();
    EXPECT_EQ(channel_of(bots.wait_for_event("StasisEnd")), channel_of(media));
    EXPECT_EQ(bots.request("POST", "/channels/" + channel_of(caller) + "/continue").status, 204);
    EXPECT_TRUE(asterisk->wait_for_log("the ARI application has ended"));
}

TEST_F(asterisk_ari, external_media_without_what_it_needs_is_refused) {
    expect_complaints();
    answerer us;
    start_asterisk(us.where());
    const ari bots(*asterisk);
    const std::string with_id = std::string("&data=") + id;
    EXPECT_EQ(bots.request("POST", external_media(us.where(), "&format=slin&transport=tcp")).status, 400);
    EXPECT_EQ(bots.request("POST", external_media(us.where(), "&format=slin" + with_id)).status, 400);
    EXPECT_EQ(bots.request("POST", external_media(us.where(), "&format=slin&transport=tcp&data=7")).status, 500);
    EXPECT_EQ(bots.request("POST", external_media("127.0.0.1:1", "&format=slin&transport=tcp" + with_id)).status, 500);
}

TEST_F(asterisk_ari, variable_of_a_channel_outside_of_stasis_is_refused) {
    answerer us;
    start_asterisk(us.where());
    const ari bots(*asterisk);
    ami manager(*asterisk);
    asterisk->rx("channel originate Local/100@bot-application extension quiet@phone");
    const auto set = manager.wait_for_event({{"Event", "VarSet"}, {"Variable", "ID"}});
    ASSERT_TRUE(us.wait_for([](const auto&) { return true; }));
    EXPECT_EQ(bots.request("POST", "/channels/" + ami::value(set, "Uniqueid") + "/variable?variable=RESULT&value=sales")
                  .status,
              409);
    us.hang_up_all();
    EXPECT_TRUE(asterisk->wait_for_log(": SUCCESS"));
}
