// SPDX-License-Identifier: Apache-2.0
// twilio: bidirectional Media Streams, as Twilio's page "WebSocket messages" describes them. All messages are JSON
// text. The counters (sequenceNumber, chunk, timestamp) are strings that hold numbers; the numbers of mediaFormat are
// numbers.
#include "gateway/agent_audio.hpp"
#include "gateway/dialect_entry.hpp"
#include "gateway/json_message.hpp"
#include "gateway/pending_marks.hpp"
#include "gateway/reports.hpp"
#include "gateway/sample_frames.hpp"
#include <audiosocket/gateway/base64.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <limits>
#include <utility>

namespace audiosocket::gateway {
namespace json = boost::json;

namespace {

constexpr payload_format wire{encoding::ulaw, 8000};

// Each media message holds one frame of 20 ms: 160 bytes.
constexpr std::chrono::milliseconds frame_time{20};
constexpr std::size_t frame_samples = 160;

// The timestamp of a message is the length of the caller's audio before it. If no audio comes for this long, the
// timestamp jumps to the time that has passed. Stalls of a network are shorter.
constexpr std::chrono::milliseconds gap_min{500};

// The account of calls that were registered without an "account_sid". Bots require the field, but do not use it.
constexpr std::string_view default_account = "AC00000000000000000000000000000000";

std::string hex_of(const uuid& id) {
    auto text = to_string(id);
    std::erase(text, '-');
    return text;
}

void append_number(std::string& to, std::uint64_t number) {
    std::array<char, std::numeric_limits<std::uint64_t>::digits10 + 1> digits;
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    to.append(digits.data(), written.ptr);
}

class twilio final : public dialect {
  public:
    twilio(call_context context, std::string_view stream_id)
        : context_(std::move(context)), stream_sid_("MZ" + std::string(stream_id)),
          stream_sid_json_(json::serialize(json_text(stream_sid_))), call_sid_("CA" + hex_of(context_.id)) {
        const auto account = context_.parameters.find("account_sid");
        account_sid_ = account == context_.parameters.end() ? default_account : account->second;
    }

    int caller_rate_hz() const noexcept override { return wire.rate_hz; }

    void opened(time_point now, dialect_output& out) override {
        started_at_ = now;
        out.send_text(R"({"event":"connected","protocol":"Call","version":"1.0.0"})");
        json::object start = message("start");
        start["start"] = {{"accountSid", json_text(account_sid_)},
                          {"streamSid", json_text(stream_sid_)},
                          {"callSid", json_text(call_sid_)},
                          {"tracks", json::array{"inbound"}},
                          {"mediaFormat", {{"encoding", "audio/x-mulaw"}, {"sampleRate", 8000}, {"channels", 1}}},
                          {"customParameters", custom_parameters()}};
        out.send_text(json::serialize(start));
        out.ready();
    }

    void text(std::string_view received, time_point, dialect_output& out) override {
        const json_message read(received);
        if (!read) return report_ignored(out, {}, read.error());
        const auto& object = read.object();
        const auto event = text_at(object, "event");
        if (event != "media" && event != "mark" && event != "clear") return report_unknown(out, event);
        if (const auto stream = text_at(object, "streamSid"); stream != stream_sid_)
            return report_ignored(out, event,
                                  "its streamSid is \"" + excerpt(stream) + "\", and this stream is " + stream_sid_);
        if (event == "media") return play(object_at(object, "media"), out);
        if (event == "mark") return mark(object_at(object, "mark"), out);
        audio_.reset();
        out.clear();
    }

    void binary(std::span<const std::byte> received, time_point, dialect_output& out) override {
        report_binary(out, received.size());
    }

    void caller_audio(std::span<const std::int16_t> samples, time_point at, dialect_output& out) override {
        follow(at);
        frames_.add(samples, [&](std::span<const std::int16_t> frame) { send_media(frame, out); });
    }

    void caller_digit(char digit, time_point, dialect_output& out) override {
        auto pressed = message("dtmf");
        pressed["dtmf"] = {{"track", "inbound_track"}, {"digit", json_text({&digit, 1})}};
        out.send_text(json::serialize(pressed));
    }

    void played(const played_event& what, dialect_output& out) override { echo(what.mark, out); }

    // A cleared mark is echoed like a played mark.
    void cleared(const cleared_event& what, dialect_output& out) override { echo(what.mark, out); }

    void call_ended(dialect_output& out) override {
        frames_.finish([&](std::span<const std::int16_t> frame) { send_media(frame, out); });
        auto stop = message("stop");
        stop["stop"] = {{"accountSid", json_text(account_sid_)}, {"callSid", json_text(call_sid_)}};
        out.send_text(json::serialize(stop));
    }

  private:
    // Returns a message with the fields that all messages except "connected" have.
    json::object message(std::string_view event) {
        return {{"event", json_text(event)},
                {"sequenceNumber", json_text(std::to_string(++sequence_))},
                {"streamSid", json_text(stream_sid_)}};
    }

    // Returns the parameters. Bots read the two numbers here, under these names.
    json::object custom_parameters() const {
        json::object parameters;
        for (const auto& [name, value] : context_.parameters)
            parameters[name] = json_text(value);
        if (!context_.from.empty()) parameters["from_number"] = json_text(context_.from);
        if (!context_.to.empty()) parameters["to_number"] = json_text(context_.to);
        return parameters;
    }

    void play(const json::object& media, dialect_output& out) {
        const auto payload = find_text(media, "payload");
        if (!payload) return report_ignored(out, "media", "it has no media.payload");
        audio_.play_base64(*payload, "media", out);
    }

    void mark(const json::object& wanted, dialect_output& out) {
        const auto name = find_text(wanted, "name");
        if (!name) return report_ignored(out, "mark", "it has no mark.name");
        if (const auto refusal = marks_.refusal(*name); !refusal.empty())
            return report_ignored(out, "mark", std::string(refusal));
        out.mark(marks_.add(*name));
    }

    void echo(std::string_view queue_name, dialect_output& out) {
        const auto reached = marks_.take(queue_name);
        if (!reached) return;
        auto echoed = message("mark");
        echoed["mark"] = {{"name", json_text(reached->name)}};
        out.send_text(json::serialize(echoed));
    }

    // Moves the timestamp past audio that was missing before this piece.
    void follow(time_point at) {
        using std::chrono::milliseconds;
        const auto passed = std::chrono::duration_cast<milliseconds>(at - started_at_);
        const milliseconds waiting(frames_.waiting() * 1000 / static_cast<std::size_t>(wire.rate_hz));
        const auto behind = passed - waiting - timestamp_;
        if (chunk_ == 0 ? behind > milliseconds(0) : behind >= gap_min) timestamp_ += behind;
    }

    // Runs 50 times a second for each call, so it uses no JSON tree and allocates nothing.
    void send_media(std::span<const std::int16_t> frame, dialect_output& out) {
        std::array<std::byte, frame_samples> payload;
        encode(wire.coding, frame, payload);
        text_ = R"({"event":"media","sequenceNumber":")";
        append_number(text_, ++sequence_);
        text_ += R"(","media":{"track":"inbound","chunk":")";
        append_number(text_, ++chunk_);
        text_ += R"(","timestamp":")";
        append_number(text_, static_cast<std::uint64_t>(timestamp_.count()));
        text_ += R"(","payload":")";
        append_base64(text_, payload);
        text_ += R"("},"streamSid":)";
        text_ += stream_sid_json_;
        text_ += '}';
        timestamp_ += frame_time;
        out.send_text(text_);
    }

    call_context context_;
    std::string stream_sid_;
    std::string stream_sid_json_; // in quotes
    std::string call_sid_;
    std::string account_sid_;

    time_point started_at_;
    std::uint64_t sequence_ = 0;
    std::uint64_t chunk_ = 0;
    std::chrono::milliseconds timestamp_{}; // of the next media message

    sample_frames frames_{frame_samples};
    std::string text_;
    agent_audio audio_{wire};
    pending_marks marks_;
};

std::unique_ptr<dialect> make(call_context context, json::object, std::string stream_id) {
    return std::make_unique<twilio>(std::move(context), stream_id);
}

} // namespace

const dialect_entry twilio_dialect{
    {.name = "twilio",
     .speakers = "Twilio Media Streams, and bots for it (Pipecat and many others)",
     .subprotocol = ""},
    refuse_session,
    make,
};

} // namespace audiosocket::gateway
