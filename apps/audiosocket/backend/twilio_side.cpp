// SPDX-License-Identifier: Apache-2.0
#include "backend/audio_codec.hpp"
#include "backend/json_fields.hpp"
#include "backend/side.hpp"

#include <boost/json/serialize.hpp>

#include <utility>

namespace audiosocket::app::backend {
namespace {

namespace json = boost::json;

/// A bot for Media Streams: JSON text both ways, with mu-law at 8 kHz in base64.
class twilio_side final : public side {
  public:
    using side::side;

    int rate_hz() const noexcept override { return 8000; }

    void text(std::string_view message) override {
        const auto read = parse_object(message);
        if (!read) return owner().violated("a text message that is not a JSON object");
        const auto event = text_at(*read, "event");
        if (event == "connected") return connected();
        check_order(*read, event);
        if (event == "start") return start(*read);
        if (stream_.empty()) return owner().violated(shown(event) + " before \"start\"");
        if (text_at(*read, "streamSid") != stream_)
            return owner().violated(shown(event) + " with another streamSid than that of \"start\"");
        if (event == "media") return media(object_at(*read, "media"));
        if (event == "dtmf") return owner().pressed(text_at(object_at(*read, "dtmf"), "digit"));
        if (event == "mark") return owner().marked(text_at(object_at(*read, "mark"), "name"), "reached");
        if (event == "stop") return owner().stopped();
        owner().violated("an unknown event " + shown(event));
    }

    void binary(std::span<const std::byte>) override { owner().violated("a binary message"); }

    void play(std::span<const std::int16_t> samples) override {
        // Written out: this is what a load of calls consists of.
        message_ = R"({"event":"media","streamSid":)" + stream_json_ + R"(,"media":{"payload":")";
        codec_.append_base64(message_, samples);
        message_ += "\"}}";
        owner().send_text(message_);
    }

    void mark(std::string_view name) override {
        auto message = of_stream("mark");
        message["mark"] = {{"name", json_text(name)}};
        owner().send_text(json::serialize(message));
    }

    void clear() override { owner().send_text(json::serialize(of_stream("clear"))); }

  private:
    json::object of_stream(std::string_view event) const {
        return {{"event", json_text(event)}, {"streamSid", json_text(stream_)}};
    }

    void connected() {
        if (std::exchange(connected_, true)) owner().violated("\"connected\" a second time");
    }

    // All messages but the first are counted, in text.
    void check_order(const json::object& message, std::string_view event) {
        if (!connected_ && !std::exchange(order_reported_, true))
            owner().violated(shown(event) + " before \"connected\"");
        const auto wanted = std::to_string(++sequence_);
        const auto given = text_at(message, "sequenceNumber");
        if (given != wanted && !std::exchange(order_reported_, true))
            owner().violated("the sequenceNumber is " + shown(given) + " where " + shown(wanted) + " is due");
    }

    void start(const json::object& message) {
        if (!stream_.empty()) return owner().violated("\"start\" a second time");
        const auto& about = object_at(message, "start");
        stream_ = text_at(about, "streamSid");
        const auto call = text_at(about, "callSid");
        if (stream_.empty() || call.empty()) return owner().violated("\"start\" without streamSid or callSid");
        if (text_at(message, "streamSid") != stream_) owner().violated("\"start\" with two different streamSids");
        const auto& format = object_at(about, "mediaFormat");
        if (text_at(format, "encoding") != "audio/x-mulaw" || number_at(format, "sampleRate") != 8000)
            owner().violated("\"start\" with another mediaFormat than audio/x-mulaw at 8000 Hz");
        stream_json_ = json::serialize(json_text(stream_));
        owner().started({call, stream_, "mu-law 8000 Hz", object_at(about, "customParameters")});
    }

    void media(const json::object& media) {
        const auto samples = codec_.decode_base64(text_at(media, "payload"));
        if (!samples) return owner().violated("\"media\" without a payload in base64");
        owner().heard(*samples);
    }

    bool connected_ = false;
    bool order_reported_ = false; // once: all that follow are wrong as well
    std::uint64_t sequence_ = 0;
    std::string stream_;
    std::string stream_json_;
    std::string message_;
    audio_codec codec_{{encoding::ulaw, 8000}};
};

} // namespace

std::unique_ptr<side> make_twilio_side(side_owner& owner) {
    return std::make_unique<twilio_side>(owner);
}

} // namespace audiosocket::app::backend
