// SPDX-License-Identifier: Apache-2.0
#include "check/report.hpp"

#include "base/json_text.hpp"
#include "base/xml_text.hpp"

#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace audiosocket::app::check {
namespace {

namespace json = boost::json;

std::string_view word(outcome o) {
    switch (o) {
    case outcome::passed: return "ok";
    case outcome::failed: return "FAIL";
    default: return "skip";
    }
}

std::string_view json_word(outcome o) {
    switch (o) {
    case outcome::passed: return "passed";
    case outcome::failed: return "failed";
    default: return "skipped";
    }
}

std::size_t count(const std::vector<case_result>& results, outcome o) {
    return static_cast<std::size_t>(std::ranges::count(results, o, &case_result::result));
}

double seconds(nanoseconds d) {
    return std::chrono::duration<double>(d).count();
}

std::string starred_name(const conformance_case& c) {
    return std::string(c.name) + (c.starred ? "*" : "");
}

} // namespace

std::string heading(const std::string& server, const target& t) {
    const auto is = [](bool yes, std::string_view what) {
        return fmt::format("{} {}", yes ? "it" : "it does not", what);
    };
    return fmt::format("AudioSocket conformance of {}{}\n{}; {}; {}\n", server, t.strict ? ", strict" : "",
                       t.traits.sends_first ? "The server sends audio by itself"
                       : t.traits.answers   ? "The server sends audio once it has received some"
                                            : "The server sends no audio",
                       is(t.traits.echoes, t.traits.echoes ? "echoes" : "echo"),
                       is(t.traits.obeys_requests, t.traits.obeys_requests ? "obeys requests" : "obey requests"));
}

std::string to_text(const case_result& r) {
    auto line = fmt::format("  {:4} {:2}  {:36} ", word(r.result), r.of.number, starred_name(r.of));
    if (r.result == outcome::failed)
        line += fmt::format("expected: {}\n{:46}seen: {}", r.of.expected, "", r.seen);
    else
        line += r.seen;
    return line + "\n";
}

std::string sum(const std::vector<case_result>& results) {
    return fmt::format("{} passed, {} failed, {} skipped\n", count(results, outcome::passed),
                       count(results, outcome::failed), count(results, outcome::skipped));
}

std::string list(const std::vector<conformance_case>& cases) {
    std::string out;
    std::optional<group> last;
    for (const auto& c : cases) {
        if (last != c.in) out += fmt::format("{}{}\n", last ? "\n" : "", name(c.in));
        last = c.in;
        out += fmt::format("  {:2}  {:36} {}{}\n{:42} why: {}\n", c.number, starred_name(c), c.expected,
                           c.lasts ? " (--long)" : "", "", c.why);
    }
    return out + "\n* checked in part, or at all, only with --strict\n";
}

json::array list_json(const std::vector<conformance_case>& cases) {
    json::array all;
    for (const auto& c : cases) {
        all.push_back(json::object{{"number", c.number},
                                   {"group", name(c.in)},
                                   {"name", c.name},
                                   {"expected", c.expected},
                                   {"why", c.why},
                                   {"strict", c.starred},
                                   {"long", c.lasts}});
    }
    return all;
}

json::object to_json(const std::string& server, const target* t, const std::vector<case_result>& results) {
    json::array cases;
    for (const auto& r : results) {
        cases.push_back(json::object{{"number", r.of.number},
                                     {"group", name(r.of.in)},
                                     {"name", r.of.name},
                                     {"outcome", json_word(r.result)},
                                     {"expected", r.of.expected},
                                     {"seen", r.seen},
                                     {"seconds", rounded(seconds(r.took))}});
    }
    json::object all{{"address", server},
                     {"passed", count(results, outcome::passed)},
                     {"failed", count(results, outcome::failed)},
                     {"skipped", count(results, outcome::skipped)},
                     {"cases", std::move(cases)}};
    if (t) {
        all["strict"] = t->strict;
        all["sends_first"] = t->traits.sends_first;
        all["echoes"] = t->traits.echoes;
        all["obeys_requests"] = t->traits.obeys_requests;
    }
    return all;
}

std::string to_junit(const std::string& server, const std::vector<case_result>& results) {
    auto out = fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuite name=\"AudioSocket conformance of {}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\">\n",
        xml_escaped(server), results.size(), count(results, outcome::failed), count(results, outcome::skipped));
    for (const auto& r : results) {
        out += fmt::format("  <testcase classname=\"{}\" name=\"{} {}\" time=\"{:.3f}\"", xml_escaped(name(r.of.in)),
                           r.of.number, xml_escaped(r.of.name), seconds(r.took));
        if (r.result == outcome::failed)
            out += fmt::format("><failure message=\"{}\">expected: {}</failure></testcase>\n", xml_escaped(r.seen),
                               xml_escaped(r.of.expected));
        else if (r.result == outcome::skipped)
            out += fmt::format("><skipped message=\"{}\"/></testcase>\n", xml_escaped(r.seen));
        else
            out += fmt::format("><system-out>{}</system-out></testcase>\n", xml_escaped(r.seen));
    }
    return out + "</testsuite>\n";
}

bool any_failed(const std::vector<case_result>& results) {
    return count(results, outcome::failed) > 0;
}

} // namespace audiosocket::app::check
