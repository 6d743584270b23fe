// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin_test.hpp"
#include "scripted_back_end.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <span>

namespace audiosocket::test {

/// Tests of `gateway` as users run it: callers and the gateway are processes, and the back end is in the test.
class gateway_test : public admin_test {
  protected:
    /// Starts it with an admin address and these options.
    void gateway(std::vector<std::string> options, std::vector<std::string> prefix = {}) {
        options.insert(options.begin(), {"--admin", "127.0.0.1:0"});
        start_verb("gateway", std::move(options), std::move(prefix));
        find_admin();
    }

    /// A call that continues until the gateway hangs up.
    struct conversation {
        int code;
        boost::json::value report;
        std::vector<std::int16_t> heard;

        /// Whether the gateway hung up, and not the caller or a lost connection.
        bool hung_up() const { return report.at("end").at("reason").as_string() == "peer hung up"; }
        std::size_t sounds() const {
            return static_cast<std::size_t>(std::ranges::count_if(heard, [](auto s) { return s != 0; }));
        }
    };

    conversation converse(std::vector<std::string> options = {}) {
        const auto heard = folder / "conversation.slin";
        std::filesystem::remove(heard);
        options.insert(options.begin(), {"--record", heard.string(), "--duration", "300", "--json"});
        const auto result = call(std::move(options));
        if (result.out.empty()) {
            ADD_FAILURE() << "no report: " << result.err;
            return {result.code, boost::json::parse(R"({"end":{"reason":"none"}})"), {}};
        }
        return {result.code, result.json(),
                std::filesystem::exists(heard) ? read_mono(heard) : std::vector<std::int16_t>()};
    }

    /// Expects that the gateway ended the call in order, after all of this, and no other sound.
    void expect_heard(const conversation& one, const std::vector<std::int16_t>& what) const {
        EXPECT_TRUE(one.hung_up()) << one.report;
        expect_whole(what, one.heard);
        EXPECT_EQ(one.sounds(), what.size());
    }

    /// A sound file of negative numbered samples; no back end sends such samples.
    std::filesystem::path our_sound(const std::string& name, std::size_t samples) const {
        const auto file = folder / name;
        sound_writer(file, 8000).write(negative(samples));
        return file;
    }
    static std::vector<std::int16_t> negative(std::size_t samples) {
        auto out = numbers(samples);
        for (auto& s : out)
            s = static_cast<std::int16_t>(-s);
        return out;
    }

    /// Plays this and hangs up, in the dialect pcm.
    static scripted_back_end::script plays(std::vector<std::int16_t> audio) {
        return {.opened = [audio = std::move(audio)](auto& one) {
            one.play(audio);
            one.close();
        }};
    }

    /// Waits until the gateway has printed this on its standard output.
    void expect_event(const std::string& part) {
        EXPECT_TRUE(server->wait_for_output(part)) << part << '\n' << server->out << server->err;
    }

    /// A message for people in the dialect pcm.
    static std::string mark(const std::string& name) { return R"({"type":"mark","data":{"name":")" + name + R"("}})"; }
};

/// Whether this many samples have arrived that are not silence.
inline auto has_sounds(std::size_t samples) {
    return [samples](const scripted_back_end::visit& one) {
        return std::ranges::count_if(one.samples, [](auto s) { return s != 0; }) >=
               static_cast<std::ptrdiff_t>(samples);
    };
}

inline bool has_closed(const scripted_back_end::visit& one) {
    return one.closed.has_value();
}

} // namespace audiosocket::test
