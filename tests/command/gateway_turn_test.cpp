// SPDX-License-Identifier: Apache-2.0
#include "browser.hpp"
#include "gateway_test.hpp"
#include "recorded_call.hpp"

#include <audiosocket/audio/sound_writer.hpp>

#include <boost/json/array.hpp>

// How long a caller waits for an answer, and how much of that is due to the network, the back end and the gateway.

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class gateway_turns : public gateway_test {
  protected:
    using visit = scripted_back_end::visit;

    // Half a second of speech.
    std::filesystem::path speech() const {
        const auto file = folder / "said.wav";
        auto samples = numbers(4000);
        for (auto& s : samples)
            s = static_cast<std::int16_t>(s + 1000);
        sound_writer(file, 8000).write(samples);
        return file;
    }

    // After the speech there is a fifth of a second of silence.
    static bool has_fallen_silent(const visit& one) {
        const auto last = std::find_if(one.samples.rbegin(), one.samples.rend(), [](auto s) { return s != 0; });
        return last != one.samples.rend() && last - one.samples.rbegin() >= 1600;
    }

    // Returns the event of this name in the output.
    boost::json::object event(const std::string& name) const {
        std::istringstream lines(server->out);
        for (std::string line; std::getline(lines, line);)
            if (line.find("\"event\":\"" + name + '"') != std::string::npos)
                return boost::json::parse(line).as_object();
        ADD_FAILURE() << "no event " << name << '\n' << server->out;
        return {};
    }

    boost::json::value backend() const { return get("/calls").json().at("calls").at(0).at("backend"); }

    // Null counts as 0.
    static double number(const boost::json::value& in, std::string_view name) {
        return in.at(name).is_null() ? 0 : in.at(name).to_number<double>();
    }
};

} // namespace

TEST_F(gateway_turns, turn_is_shown_with_the_parts_of_network_back_end_and_queue) {
    scripted_back_end bot;
    gateway({"--dialect", "pcm", "--backend", bot.url(), "--verbose"});
    recorded_call one(where, folder / "heard.slin", {"--play", speech().string()});
    ASSERT_TRUE(bot.wait_for(0, has_fallen_silent));
    ASSERT_TRUE(eventually([&] { return !backend().at("slowest_ping_ms").is_null(); })) << "no ping was answered";
    bot.with(0, [](visit& at_bot) { at_bot.play(numbers(1600)); });
    ASSERT_TRUE(server->wait_for_output(R"("event":"turn")")) << server->out;

    ASSERT_TRUE(eventually([&] { return backend().at("turns") == 1; }));
    const auto shown = backend();
    const auto& turn = shown.at("last_turn");
    EXPECT_GT(number(turn, "total_ms"), 0);
    EXPECT_NEAR(number(turn, "network_ms") + number(turn, "backend_ms") + number(turn, "queue_ms"),
                number(turn, "total_ms"), 0.01);
    EXPECT_EQ(shown.at("mean_turn"), turn) << "there is one";
    const bool is_measured = !turn.at("network_ms").is_null(); // not on a machine that is busy for more than a second
    EXPECT_EQ(get("/metrics").metric("audiosocket_gateway_turn_network_seconds_count"), is_measured ? 1 : 0);
    EXPECT_EQ(get("/metrics").metric("audiosocket_gateway_turn_queue_seconds_count"), 1);
    EXPECT_GE(get("/metrics").metric("audiosocket_gateway_ping_seconds_count"), 1);

    if (const auto chromium = find_chromium(); !chromium.empty()) {
        const auto id = std::string(get("/calls").json().at("calls").at(0).at("id").as_string());
        process browser(browse(chromium, folder / "profile",
                               "http://127.0.0.1:" + std::to_string(admin.port()) + "/#" + id,
                               std::chrono::seconds(4)));
        browser.wait();
        EXPECT_NE(browser.out.find("<dt>Round trip</dt>"), std::string::npos) << browser.out;
        EXPECT_NE(browser.out.find("of that the network</dt>"), std::string::npos) << browser.out;
    }

    EXPECT_EQ(one.hang_up(), 0) << one.caller().out << one.caller().err;
    expect_event(R"("event":"gateway")");
    EXPECT_EQ(stop(), 0) << server->err;
    const auto said = event("turn");
    for (const std::string part : {"total_ms", "network_ms", "backend_ms", "queue_ms"})
        EXPECT_EQ(said.at(part), turn.at(part)) << part;
    EXPECT_EQ(event("gateway").at("backend").at("mean_turn"), turn);
}
