// SPDX-License-Identifier: Apache-2.0
#include "inspect/call_inspector.hpp"
#include "inspect/json_report.hpp"
#include "inspect/text_report.hpp"
#include "inspect/wording.hpp"

#include "unit/app/inspect/captures.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <gtest/gtest.h>

#include <sstream>

namespace audiosocket::app::inspect {
namespace {

using namespace std::chrono_literals;
using test::audio_frame;
using test::bytes;
using test::frame;
using test::id_frame;
using test::operator+;

// Sends a raw stream of a caller through one observer.
template <class Observer, class... Arguments>
void report(const bytes& stream, Arguments&&... arguments) {
    observers tell;
    tell.push_back(std::make_unique<Observer>(std::forward<Arguments>(arguments)...));
    call_inspector call({}, tell);
    call.data(side::caller, stream, 0us);
    call.closed(side::caller, ending::closed, 0us);
    call.finish(0us);
    tell.front()->finish({});
}

bytes short_call() {
    return id_frame() + audio_frame() + audio_frame() + frame(kind::dtmf, test::raw("#")) + audio_frame() +
           frame(kind::error, test::raw({5})) + frame(kind::hangup);
}

TEST(text_report, runs_of_audio_are_one_line_each) {
    std::ostringstream out;
    report<text_report>(short_call(), out, false);
    const std::string text = out.str();
    EXPECT_NE(text.find("         19  slin        320 B  2 x 0.04 s  peak -12.2 dB\n"), std::string::npos) << text;
    EXPECT_NE(text.find("        665  dtmf          1 B  #\n"), std::string::npos) << text;
    EXPECT_NE(text.find("hangup, memory"), std::string::npos) << text;
    EXPECT_NE(text.find("1 id, 1 dtmf, 3 slin"), std::string::npos) << text;
}

TEST(text_report, all_shows_each_message) {
    std::ostringstream out;
    report<text_report>(short_call(), out, true);
    const std::string text = out.str();
    EXPECT_NE(text.find("        342  slin        320 B  20 ms  peak -12.2 dB\n"), std::string::npos) << text;
}

TEST(json_report, every_line_is_an_object_and_the_last_the_summary) {
    std::ostringstream out;
    report<json_report>(short_call(), out);
    std::istringstream lines(out.str());
    std::vector<boost::json::object> objects;
    for (std::string line; std::getline(lines, line);)
        objects.push_back(boost::json::parse(line).as_object());
    ASSERT_EQ(objects.size(), 7U + 2);
    EXPECT_EQ(objects[0].at("kind"), "id");
    EXPECT_EQ(objects[3].at("digit"), "#");
    EXPECT_EQ(objects[5].at("error"), 5U);
    EXPECT_EQ(objects[7].at("type"), "call");
    EXPECT_EQ(objects[7].at("streams").as_array().size(), 1U);
    EXPECT_EQ(objects[8].at("type"), "summary");
}

TEST(inspect_words, numbers_and_bits_read_well) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1'234'567), "1,234,567");
    EXPECT_EQ(peak(-0.0003), "peak 0.0 dB");
    EXPECT_EQ(peak(level::floor_dbfs), "silent");
    EXPECT_EQ(error_names(error_bits{0x16}), "frame forwarding, memory, 0x10");
    EXPECT_EQ(error_names(error_bits::unknown), "no code");
}

} // namespace
} // namespace audiosocket::app::inspect
