// SPDX-License-Identifier: Apache-2.0
#include "backend/json_fields.hpp"
#include "backend/side.hpp"

#include <audiosocket/audio/g711.hpp>
#include <audiosocket/audio/resampler.hpp>

#include <boost/json/serialize.hpp>

#include <vector>

namespace audiosocket::app::backend {
namespace {

namespace json = boost::json;

/// A server for the `listen` verb of jambonz: binary messages of 16-bit samples, the lower byte first, and JSON text
/// for all else.
class pcm_side final : public side {
  public:
    using side::side;

    int rate_hz() const noexcept override { return rate_hz_; }

    void text(std::string_view message) override {
        const auto read = parse_object(message);
        if (!read) return owner().violated("a text message that is not a JSON object");
        if (rate_hz_ == 0) return start(*read);
        if (text_at(*read, "event") == "dtmf") return owner().pressed(text_at(*read, "dtmf"));
        const auto type = text_at(*read, "type");
        const auto& data = object_at(*read, "data");
        if (type == "mark") return mark_reached(data);
        if (type == "playDone") return owner().noted("playDone", data);
        owner().violated("an unknown message \"" + (type.empty() ? text_at(*read, "event") : type) + '"');
    }

    void binary(std::span<const std::byte> message) override {
        if (rate_hz_ == 0) return owner().violated("audio before the first text message");
        if (message.size() % 2 != 0) return owner().violated("a binary message with half a sample");
        samples_.resize(message.size() / 2);
        decode(encoding::slin, message, samples_);
        owner().heard(samples_);
    }

    void play(std::span<const std::int16_t> samples) override {
        bytes_.resize(samples.size() * 2);
        encode(encoding::slin, samples, bytes_);
        owner().send_binary(bytes_);
    }

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
        rate_hz_ = static_cast<int>(rate);
        owner().started(
            {text_at(about, "callSid"), text_at(about, "callId"), "slin " + std::to_string(rate) + " Hz", about});
    }

    void mark_reached(const json::object& data) {
        const auto event = text_at(data, "event");
        if (event != "playout" && event != "cleared") return owner().violated("a mark with the event \"" + event + '"');
        owner().marked(text_at(data, "name"), event == "playout" ? "reached" : "cleared");
    }

    int rate_hz_ = 0; // not started
    std::vector<std::byte> bytes_;
    std::vector<std::int16_t> samples_;
};

} // namespace

std::unique_ptr<side> make_pcm_side(side_owner& owner) {
    return std::make_unique<pcm_side>(owner);
}

} // namespace audiosocket::app::backend
