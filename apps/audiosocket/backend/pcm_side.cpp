// SPDX-License-Identifier: Apache-2.0
#include "backend/audio_codec.hpp"
#include "backend/json_fields.hpp"
#include "backend/side.hpp"

#include <audiosocket/audio/resampler.hpp>

#include <boost/json/serialize.hpp>

namespace audiosocket::app::backend {
namespace {

namespace json = boost::json;

/// A server for the `listen` verb of jambonz: binary messages of 16-bit samples, the lower byte first, and JSON text
/// for all else.
class pcm_side final : public side {
  public:
    using side::side;

    int rate_hz() const noexcept override { return codec_.format().rate_hz; }

    void text(std::string_view message) override {
        const auto read = parse_object(message);
        if (!read) return owner().violated("a text message that is not a JSON object");
        if (!started_) return start(*read);
        if (text_at(*read, "event") == "dtmf") return owner().pressed(text_at(*read, "dtmf"));
        const auto type = text_at(*read, "type");
        const auto& data = object_at(*read, "data");
        if (type == "mark") return mark_reached(data);
        if (type == "playDone") return owner().noted("playDone", data);
        owner().violated("an unknown message " + shown(type.empty() ? text_at(*read, "event") : type));
    }

    void binary(std::span<const std::byte> message) override {
        if (!started_) return owner().violated("audio before the first text message");
        const auto samples = codec_.decode(message);
        if (!samples) return owner().violated("a binary message without whole samples");
        owner().heard(*samples);
    }

    void play(std::span<const std::int16_t> samples) override { owner().send_binary(codec_.encode(samples)); }

    void mark(std::string_view name) override { send({{"type", "mark"}, {"data", {{"name", json_text(name)}}}}); }

    void clear() override { send({{"type", "killAudio"}}); }

    bool hang_up() override {
        send({{"type", "disconnect"}});
        return true;
    }

  private:
    void send(const json::object& message) { owner().send_text(json::serialize(message)); }

    void start(const json::object& about) {
        const auto rate = number_at(about, "sampleRate").value_or(0);
        if (rate > resampler::rate_hz_max || !resampler::takes(static_cast<int>(rate)))
            return owner().violated("the first message has no sampleRate");
        if (text_at(about, "callSid").empty()) owner().violated("the first message has no callSid");
        codec_ = audio_codec({encoding::slin, static_cast<int>(rate)});
        started_ = true;
        owner().started({text_at(about, "callSid"), text_at(about, "callId"),
                         format_text(codec_.format(), codec_.format()), about});
    }

    void mark_reached(const json::object& data) {
        const auto event = text_at(data, "event");
        if (event != "playout" && event != "cleared") return owner().violated("a mark with the event " + shown(event));
        owner().marked(text_at(data, "name"), event == "playout" ? "reached" : "cleared");
    }

    bool started_ = false;
    audio_codec codec_;
};

} // namespace

std::unique_ptr<side> make_pcm_side(side_owner& owner) {
    return std::make_unique<pcm_side>(owner);
}

} // namespace audiosocket::app::backend
