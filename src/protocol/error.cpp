// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/protocol/error.hpp>

namespace audiosocket {
namespace {

const char* text(protocol_errc e) {
    switch (e) {
    case protocol_errc::id_expected: return "the first message is not an id; the peer may not speak AudioSocket";
    case protocol_errc::id_length: return "the payload of an id message is not 16 bytes";
    case protocol_errc::id_repeated: return "the peer sent a second id in one call";
    case protocol_errc::id_timeout: return "no id arrived in time";
    case protocol_errc::message_timeout: return "the peer began a message and did not finish it in time";
    case protocol_errc::message_truncated: return "the stream ended inside a message";
    case protocol_errc::wrong_kind: return "the kind of the message does not fit";
    case protocol_errc::error_received: return "the peer sent an error message";
    case protocol_errc::send_timeout:
        return "the peer does not read, or reads too slowly; audio could not be sent in time";
    case protocol_errc::idle_timeout: return "nothing arrived from the peer for longer than the idle limit";
    }
    return "unknown protocol error";
}

const char* text(usage_errc e) {
    switch (e) {
    case usage_errc::payload_too_long: return "the payload is longer than 65,535 bytes";
    case usage_errc::malformed_uuid: return "not a UUID (8-4-4-4-12 hexadecimal digits)";
    case usage_errc::not_a_dtmf_digit: return "not a DTMF digit (0-9 * # A-D)";
    case usage_errc::not_whole_samples: return "audio must be one or more whole 16-bit samples";
    case usage_errc::playout_full: return "the playout queue is full; play less, or wait for a mark";
    case usage_errc::call_ended: return "the call has ended";
    case usage_errc::caller_only: return "only the calling side may send this";
    case usage_errc::unsupported_rate: return "the sample rate must be between 4,000 and 768,000 Hz";
    case usage_errc::playout_cleared: return "the playout queue was cleared";
    }
    return "unknown usage error";
}

template <class Errc>
class category final : public std::error_category {
  public:
    explicit category(const char* name) : name_(name) {}
    const char* name() const noexcept override { return name_; }
    std::string message(int value) const override { return text(static_cast<Errc>(value)); }

  private:
    const char* name_;
};

} // namespace

const std::error_category& protocol_category() noexcept {
    static const category<protocol_errc> instance{"audiosocket.protocol"};
    return instance;
}

const std::error_category& usage_category() noexcept {
    static const category<usage_errc> instance{"audiosocket.usage"};
    return instance;
}

} // namespace audiosocket
