// SPDX-License-Identifier: Apache-2.0
#include "admin/metrics.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

using namespace audiosocket;
using namespace audiosocket::app;
using namespace std::chrono_literals;

namespace {

std::string text_of(const admin::snapshot& s, const std::vector<admin::metric>& of_verb = {}) {
    return admin::metrics_text(s, {}, {}, of_verb);
}

void expect_line(const std::string& text, const std::string& line) {
    EXPECT_NE(text.find('\n' + line + '\n'), std::string::npos) << line << '\n' << text;
}

} // namespace

TEST(metrics, each_reason_of_a_refusal_has_a_label) {
    admin::snapshot s;
    s.server.listening.refused_network = 1;
    s.server.listening.refused_full = 2;
    s.server.listening.refused_host = 3;
    s.server.listening.refused_files = 4;
    s.server.listening.refused_options = 5;
    s.server.listening.refused_proxy_header = 6;
    const auto text = text_of(s);
    expect_line(text, R"(audiosocket_connections_refused_total{reason="network"} 1)");
    expect_line(text, R"(audiosocket_connections_refused_total{reason="full"} 2)");
    expect_line(text, R"(audiosocket_connections_refused_total{reason="host"} 3)");
    expect_line(text, R"(audiosocket_connections_refused_total{reason="files"} 4)");
    expect_line(text, R"(audiosocket_connections_refused_total{reason="options"} 5)");
    expect_line(text, R"(audiosocket_connections_refused_total{reason="proxy_header"} 6)");
}

TEST(metrics, queued_audio_is_that_of_all_calls_and_of_the_one_with_most) {
    admin::snapshot s;
    expect_line(text_of(s), "audiosocket_queued_longest_seconds 0");
    s.calls.resize(3);
    s.calls[0].queued = 500ms;
    s.calls[1].queued = 2s;
    const auto text = text_of(s);
    expect_line(text, "audiosocket_queued_seconds 2.5");
    expect_line(text, "audiosocket_queued_longest_seconds 2");
}

TEST(metrics, waits_of_a_verb_are_a_histogram) {
    wait_histogram waits;
    waits.add(40ms);
    waits.add(2500ms);
    const auto text = text_of({}, {{"audiosocket_gateway_turn_seconds", "Help.", waits}});
    expect_line(text, "# TYPE audiosocket_gateway_turn_seconds histogram");
    expect_line(text, R"(audiosocket_gateway_turn_seconds_bucket{le="0.02"} 0)");
    expect_line(text, R"(audiosocket_gateway_turn_seconds_bucket{le="2"} 1)");
    expect_line(text, R"(audiosocket_gateway_turn_seconds_bucket{le="3"} 2)");
    expect_line(text, R"(audiosocket_gateway_turn_seconds_bucket{le="+Inf"} 2)");
    expect_line(text, "audiosocket_gateway_turn_seconds_count 2");
}
