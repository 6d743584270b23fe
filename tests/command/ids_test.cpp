// SPDX-License-Identifier: Apache-2.0
// What the id of a call is worth. Callers choose it, so a stranger may repeat or guess the id of another call. This
// must be worth nothing to the stranger, and harm nothing of the other call (SECURITY.md).
#include "gateway_test.hpp"

#include "command/recorded_call.hpp"

using namespace audiosocket;
using namespace audiosocket::test;
namespace json = boost::json;

namespace {

const std::string id = "40325ec2-5efd-4bd3-805f-53576e581d13";

class repeated_id : public gateway_test {
  protected:
    std::filesystem::path file_of(const std::string& name, const std::vector<std::int16_t>& samples) const {
        const auto file = folder / name;
        sound_writer(file, 8000).write(samples);
        return file;
    }

    static std::vector<std::int16_t> without_silence(std::vector<std::int16_t> samples) {
        std::erase(samples, 0);
        return samples;
    }
};

} // namespace

TEST_F(repeated_id, calls_hear_and_record_only_their_own_and_end_alone) {
    ASSERT_NO_FATAL_FAILURE(start({"--echo", "--record", (folder / "rec").string()}));
    const auto ours = numbers(4000);
    const auto strangers = negative(4000);
    recorded_call first(where, folder / "first.slin", {"--id", id, "--play", file_of("ours.wav", ours).string()});
    ASSERT_TRUE(comes_up(1));
    {
        recorded_call stranger(where, folder / "stranger.slin",
                               {"--id", id, "--play", file_of("strangers.wav", strangers).string()});
        ASSERT_TRUE(comes_up(2));
        EXPECT_TRUE(stranger.wait_for_sound(strangers.size()));
        stranger.hang_up();
        EXPECT_EQ(without_silence(stranger.heard()), strangers);
    }
    ASSERT_TRUE(comes_up(1)); // the other call goes on
    EXPECT_TRUE(first.wait_for_sound(ours.size()));
    first.hang_up();
    EXPECT_EQ(without_silence(first.heard()), ours);
    EXPECT_EQ(stop(), 0) << server->err;

    std::vector<std::vector<std::int16_t>> recorded;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "rec"))
        recorded.push_back(without_silence(channel(entry.path(), 0)));
    ASSERT_EQ(recorded.size(), 2U);
    std::ranges::sort(recorded);
    EXPECT_EQ(recorded, (std::vector<std::vector<std::int16_t>>{strangers, ours}));
}

TEST_F(repeated_id, hang_up_by_the_administrator_ends_each_call_of_the_id_and_no_other) {
    ASSERT_NO_FATAL_FAILURE(start({"--echo"}));
    process& first = long_call({"--id", id});
    process& stranger = long_call({"--id", id});
    process& other = long_call();
    ASSERT_TRUE(comes_up(3));
    EXPECT_EQ(ask(admin, "DELETE /calls/" + id).json().at("hung_up").to_number<int>(), 2);
    for (process* one : {&first, &stranger})
        EXPECT_EQ(one->wait(), 0) << one->out << one->err;
    EXPECT_TRUE(comes_up(1));
    other.signal(SIGINT);
    other.wait();
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(repeated_id, call_of_a_gateway_has_a_back_end_and_no_context_of_the_other) {
    scripted_back_end bot({.opened = [](auto& one) { one.play(numbers(800)); }});
    gateway({"--dialect", "pcm", "--backend", bot.url("/?caller={from}")});
    EXPECT_EQ(ask(admin, "PUT /calls/" + id, "Content-Type: application/json\r\n", R"({"from":"4930"})").status, 200);
    long_call({"--id", id});
    ASSERT_TRUE(bot.wait_for(0, [](auto&) { return true; }));
    process& stranger = long_call({"--id", id});
    ASSERT_TRUE(bot.wait_for(1, [](auto&) { return true; }));
    bot.with(0, [](auto& one) { EXPECT_EQ(one.asked.target, "/?caller=4930"); });
    bot.with(1, [](auto& one) { EXPECT_EQ(one.asked.target, "/?caller="); });
    stranger.signal(SIGINT);
    stranger.wait();
    EXPECT_TRUE(bot.wait_for(1, has_closed));
    EXPECT_TRUE(comes_up(1));
    bot.with(0, [](auto& one) { EXPECT_FALSE(one.closed); });
    EXPECT_EQ(bot.requests(), 2U);
    EXPECT_EQ(ask(admin, "DELETE /calls/" + id).status, 202);
    EXPECT_EQ(stop(), 0) << server->err;
}

TEST_F(repeated_id, guess_leaves_the_announced_call_its_context) {
    scripted_back_end bot(plays(numbers(800)));
    gateway({"--dialect", "pcm", "--backend", bot.url("/?caller={from}"), "--require-context"});
    EXPECT_EQ(ask(admin, "PUT /calls/" + id, "Content-Type: application/json\r\n", R"({"from":"4930"})").status, 200);
    for (const auto* guess : {"40325ec2-5efd-4bd3-805f-53576e581d12", "00000000-0000-0000-0000-000000000000"}) {
        const auto stranger = converse({"--id", guess});
        EXPECT_TRUE(stranger.hung_up()) << stranger.report;
        EXPECT_EQ(stranger.sounds(), 0U);
    }
    EXPECT_EQ(bot.requests(), 0U);
    expect_heard(converse({"--id", id}), numbers(800));
    bot.with(0, [](auto& one) { EXPECT_EQ(one.asked.target, "/?caller=4930"); });
    EXPECT_EQ(stop(), 0) << server->err;
}
