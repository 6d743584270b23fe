// SPDX-License-Identifier: Apache-2.0
#include "gateway/reports.hpp"

#include <utility>

namespace audiosocket::gateway {
namespace {

bool continues_character(char c) noexcept {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

} // namespace

std::string excerpt(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return std::string(text);
    std::size_t end = bytes_max;
    while (end > 0 && continues_character(text[end]))
        --end;
    return std::string(text.substr(0, end)) + "...";
}

void report_ignored(dialect_output& out, std::string_view type, std::string why) {
    dialect_report report;
    report.what = dialect_report::type::ignored;
    report.name = excerpt(type);
    report.text = std::move(why);
    out.report(std::move(report));
}

void report_unknown(dialect_output& out, std::string_view type) {
    if (type.empty()) return report_ignored(out, type, "a message without a type");
    report_ignored(out, type, "a message of an unknown type");
}

void report_binary(dialect_output& out, std::size_t bytes) {
    report_ignored(out, "binary",
                   "a binary message of " + std::to_string(bytes) + " bytes; all messages of this dialect are text");
}

void report_warning(dialect_output& out, std::string_view code, std::string_view explanation) {
    dialect_report report;
    report.what = dialect_report::type::warning;
    report.name = excerpt(code);
    report.text = excerpt(explanation, explanation_bytes_max);
    out.report(std::move(report));
}

void report_words(dialect_output& out, std::string_view who, std::string_view words) {
    if (words.empty()) return;
    dialect_report report;
    report.what = dialect_report::type::transcript;
    report.who = who;
    report.text = words;
    out.report(std::move(report));
}

void report_tool_call(dialect_output& out, std::string_view id, std::string_view name, std::string_view arguments) {
    dialect_report report;
    report.what = dialect_report::type::tool_call;
    report.id = id;
    report.name = name;
    report.text = arguments;
    out.report(std::move(report));
}

void report_tool_cancelled(dialect_output& out, std::string_view id) {
    dialect_report report;
    report.what = dialect_report::type::tool_cancelled;
    report.id = id;
    out.report(std::move(report));
}

} // namespace audiosocket::gateway
