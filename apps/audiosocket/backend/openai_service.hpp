// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/audio_codec.hpp"
#include "backend/side.hpp"

#include <boost/json/object.hpp>

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace audiosocket::app::backend {

/// The common part of OpenAI Realtime and OpenAI Live: JSON text both ways with types and ids, audio in base64, and
/// errors that keep the session.
class openai_service : public side {
  public:
    /// `client_id` is the name under which an error repeats the event_id of the client's message.
    openai_service(side_owner& owner, std::string_view client_id) : side(owner), client_id_(client_id) {}

    void text(std::string_view message) final;
    void binary(std::span<const std::byte> message) final;

  protected:
    /// Called with each message that is a JSON object.
    virtual void take(std::string_view type, const boost::json::object& message) = 0;

    std::string next_event_id() { return "event_" + std::to_string(++events_); }

    /// Sends the event; its type and id are added.
    void send(std::string_view type, boost::json::object rest);

    /// Answers with an error, which keeps the session.
    void refuse(const boost::json::object& message, std::string_view code, const std::string& why);

    /// Returns the coding that the "type" of the format names; nothing if there is no such type.
    static std::optional<encoding> coding_of(const boost::json::object& format);

    /// Gives the message's "audio" to the owner, or refuses it. Returns the number of samples.
    std::size_t hear(const boost::json::object& message, audio_codec& codec);

    /// Sends a message: `before`, the samples in base64, and the end of a JSON object.
    void send_audio(std::string before, std::span<const std::int16_t> samples, audio_codec& codec);

    /// Reports the result of a function. Refuses it, and returns false, if that function is not pending.
    bool answer(const boost::json::object& message, const tool_result& result);

  private:
    const std::string_view client_id_;
    unsigned events_ = 0;
};

} // namespace audiosocket::app::backend
