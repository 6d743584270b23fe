// SPDX-License-Identifier: Apache-2.0
#include "options.hpp"

#include "error.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <string>

namespace audiosocket::c {
namespace {

using std::chrono::milliseconds;

/// A value that an option does not take: what the option expects.
struct not_taken {
    std::string expected;
};

template <class Number>
Number number_of(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) throw not_taken{"a whole number"};
    return value;
}

milliseconds time_of(std::string_view text) {
    static constexpr std::array units{std::pair{std::string_view("ms"), 1}, std::pair{std::string_view("min"), 60'000},
                                      std::pair{std::string_view("s"), 1000}};
    const not_taken otherwise{"a time with its unit, such as 500ms, 5s or 10min, of at most a year"};
    for (const auto& [unit, length] : units) {
        if (!text.ends_with(unit)) continue;
        std::uint32_t value{};
        const auto digits = text.substr(0, text.size() - unit.size());
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        const milliseconds time(std::int64_t{value} * length);
        if (error != std::errc{} || end != digits.data() + digits.size() || time > std::chrono::years(1))
            throw not_taken(otherwise);
        return time;
    }
    throw not_taken(otherwise);
}

bool truth_of(std::string_view text) {
    if (text == "true") return true;
    if (text == "false") return false;
    throw not_taken{"true or false"};
}

media_format format_of_name(std::string_view text) {
    if (const auto format = parse_format(text)) return *format;
    throw not_taken{"ulaw, alaw, slin, slin12, slin16, slin24, slin32, slin44, slin48, slin96 or slin192"};
}

input_format input_of(std::string_view text) {
    if (text == "automatic") return input_format::automatic;
    const auto format = format_of_name(text);
    for (int i = 0; i <= static_cast<int>(input_format::slin192); ++i)
        if (format_of(static_cast<input_format>(i)) == format) return static_cast<input_format>(i);
    throw not_taken{"automatic, or the name of a format"};
}

std::vector<network> networks_of(std::string_view text) {
    std::vector<network> all;
    while (!text.empty()) {
        const auto comma = text.find(',');
        try {
            all.push_back(network::parse(text.substr(0, comma)));
        } catch (const std::invalid_argument& e) {
            throw not_taken{std::string("networks with commas between them; ") + e.what()};
        }
        text.remove_prefix(comma == text.npos ? text.size() : comma + 1);
    }
    return all;
}

struct option {
    std::string_view name;
    void (*set)(option_set& to, std::string_view value);
};

// In the order of the documentation of audiosocket_options_set().
constexpr std::array all_options{
    option{"ptime", [](option_set& to, std::string_view v) { to.listener.call.ptime = time_of(v); }},
    option{"input", [](option_set& to, std::string_view v) { to.listener.call.input = input_of(v); }},
    option{"send", [](option_set& to, std::string_view v) { to.listener.call.send_format = format_of_name(v); }},
    option{"rate_max_hz", [](option_set& to, std::string_view v) { to.listener.call.rate_max_hz = number_of<int>(v); }},
    option{"live", [](option_set& to, std::string_view v) { to.listener.call.live = truth_of(v); }},
    option{"id_timeout", [](option_set& to, std::string_view v) { to.listener.call.id_timeout = time_of(v); }},
    option{"message_timeout",
           [](option_set& to, std::string_view v) { to.listener.call.message_timeout = time_of(v); }},
    option{"idle_timeout", [](option_set& to, std::string_view v) { to.listener.call.idle_timeout = time_of(v); }},
    option{"send_timeout", [](option_set& to, std::string_view v) { to.listener.call.send_timeout = time_of(v); }},
    option{"hangup_timeout", [](option_set& to, std::string_view v) { to.listener.call.hangup_timeout = time_of(v); }},
    option{"receive_queue", [](option_set& to, std::string_view v) { to.listener.call.receive_queue = time_of(v); }},
    option{"playout_queue", [](option_set& to, std::string_view v) { to.listener.call.playout_queue = time_of(v); }},
    option{"catch_up_frames",
           [](option_set& to, std::string_view v) { to.listener.call.catch_up_frames = number_of<int>(v); }},
    option{"calls_max", [](option_set& to, std::string_view v) { to.listener.calls_max = number_of<std::size_t>(v); }},
    option{"handshakes_max",
           [](option_set& to, std::string_view v) { to.listener.handshakes_max = number_of<std::size_t>(v); }},
    option{"calls_per_host_max",
           [](option_set& to, std::string_view v) { to.listener.calls_per_host_max = number_of<std::size_t>(v); }},
    option{"files_reserved",
           [](option_set& to, std::string_view v) { to.listener.files_reserved = number_of<std::size_t>(v); }},
    option{"allow", [](option_set& to, std::string_view v) { to.listener.allow = networks_of(v); }},
    option{"proxies", [](option_set& to, std::string_view v) { to.listener.proxies = networks_of(v); }},
    option{"connect_timeout", [](option_set& to, std::string_view v) { to.connect_timeout = time_of(v); }},
    option{"audio_ms", [](option_set& to, std::string_view v) { to.audio.event_ms = number_of<int>(v); }},
    option{"audio_rate_hz", [](option_set& to, std::string_view v) { to.audio.rate_hz = number_of<int>(v); }},
};

} // namespace

void validate(const audio_options& options) {
    if (options.rate_hz != 0 && (options.rate_hz < 8000 || options.rate_hz > 192'000))
        throw failure(AUDIOSOCKET_BAD_RATE, "the rate of received audio is " + std::to_string(options.rate_hz) +
                                                " Hz; expected 8000 to 192000, or 0 for the rate of the call");
    if (options.event_ms < 10 || options.event_ms > 1000)
        throw failure(AUDIOSOCKET_BAD_ARGUMENT, "received audio makes an event every " +
                                                    std::to_string(options.event_ms) + " ms; expected 10 to 1000");
}

void option_set::set(std::string_view name, std::string_view value) {
    for (const auto& one : all_options) {
        if (one.name != name) continue;
        try {
            option_set changed = *this;
            one.set(changed, value);
            validate(changed.listener.call);
            validate(changed.audio);
            *this = std::move(changed);
        } catch (const not_taken& why) {
            throw failure(AUDIOSOCKET_BAD_ARGUMENT,
                          std::string(name) + " \"" + std::string(value) + "\": expected " + why.expected);
        } catch (const std::invalid_argument& why) {
            throw failure(AUDIOSOCKET_BAD_ARGUMENT, why.what());
        } catch (const failure& why) { // of validate(), which has another code for a rate
            throw failure(AUDIOSOCKET_BAD_ARGUMENT, why.what());
        }
        return;
    }
    std::string known;
    for (const auto& one : all_options)
        known.append(known.empty() ? "" : ", ").append(one.name);
    throw failure(AUDIOSOCKET_UNKNOWN_OPTION, "no option is called \"" + std::string(name) + "\"; there are " + known);
}

} // namespace audiosocket::c

extern "C" {

audiosocket_options* audiosocket_options_new(void) {
    return audiosocket::c::guarded<audiosocket_options*>(nullptr, nullptr, [] { return new audiosocket_options; });
}

int audiosocket_options_set(audiosocket_options* options, const char* name, const char* value,
                            audiosocket_error* error) {
    return audiosocket::c::guarded_code(error, [&] {
        using audiosocket::c::given;
        given(options, "options")->set.set(given(name, "name"), given(value, "value"));
        return static_cast<int>(AUDIOSOCKET_OK);
    });
}

void audiosocket_options_free(audiosocket_options* options) {
    delete options;
}

} // extern "C"
