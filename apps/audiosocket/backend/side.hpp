// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace audiosocket::app::backend {

/// What the peer of a back end sends about a call at its start.
struct call_start {
    std::string call_id;
    std::string stream_id;
    std::string format;             ///< For people: "mu-law 8000 Hz".
    boost::json::object parameters; ///< The set-up, or what else the peer sends about the call.
    bool resumed = false;           ///< The session began in another connection.
};

/// A function that the peer is asked to call.
struct tool_call {
    std::string id;
    std::string name;
    boost::json::object arguments;
};

/// The peer's result of a function.
struct tool_result {
    std::string id;
    std::string name; ///< Empty: the dialect does not repeat it.
    std::string result;
    bool is_error = false;
};

/// What a side reports and sends: the call that owns it.
class side_owner {
  public:
    virtual void send_text(std::string_view message) = 0;
    virtual void send_binary(std::span<const std::byte> message) = 0;

    /// The call has started. Audio goes both ways from now on.
    virtual void started(const call_start& about) = 0;
    virtual void heard(std::span<const std::int16_t> samples) = 0;
    virtual void pressed(std::string_view digits) = 0;

    /// A mark of ours was reached, or cleared where the dialect says so.
    virtual void marked(std::string_view name, std::string_view how) = 0;

    /// A function has its result. Returns false if no such function is pending.
    virtual bool answered(const tool_result& result) = 0;

    /// Another message that the dialect knows: `what` names it.
    virtual void noted(std::string_view what, const boost::json::object& about) = 0;

    /// The peer has said that the call is over.
    virtual void stopped() = 0;

    /// The peer has broken a rule of the dialect.
    virtual void violated(std::string what) = 0;

    /// Closes the WebSocket, behind what was sent. Messages of the peer are ignored from now on.
    virtual void close(std::uint16_t code, std::string_view reason) = 0;

  protected:
    side_owner() = default;
    ~side_owner() = default;
};

/// One call in a dialect, at its far end: a voice service or a bot. Its peer is a gateway.
class side {
  public:
    explicit side(side_owner& owner) : owner_(owner) {}
    virtual ~side() = default;
    side(const side&) = delete;
    side& operator=(const side&) = delete;

    // --- From the peer ---

    virtual void opened() {}
    virtual void text(std::string_view message) = 0;
    virtual void binary(std::span<const std::byte> message) = 0;

    // --- To the peer, between side_owner::started() and the end ---

    /// Returns the rate of the samples that play() takes, in Hz.
    virtual int rate_hz() const noexcept = 0;

    /// Returns the rate of the samples that side_owner::heard() gets, in Hz.
    virtual int caller_rate_hz() const noexcept { return rate_hz(); }

    virtual void play(std::span<const std::int16_t> samples) = 0;

    /// Ends what is said. In dialects with marks, side_owner::marked() follows when the caller has heard it.
    virtual void mark(std::string_view name) = 0;

    /// Tells the peer to drop the audio that it has queued.
    virtual void clear() = 0;

    /// Called when the caller begins or ceases to speak.
    virtual void caller_speaks(bool) {}

    /// Asks for a function; side_owner::answered() follows. Called only where side_traits::tools.
    virtual void call_tool(const tool_call&) {}

    /// Asks whether the peer is alive. Called every two seconds, only where side_traits::pings.
    virtual void ping() {}

    /// Announces that the session ends after this time, in dialects that have a message for it.
    virtual void announce_end(std::chrono::milliseconds) {}

    /// Ends the session because it has reached its longest time. Called only where side_traits::limit.
    virtual void expire() {}

    /// Ends the call in order. Returns false in dialects without a message for it: closing the WebSocket ends it.
    virtual bool hang_up() { return false; }

  protected:
    side_owner& owner() noexcept { return owner_; }

  private:
    side_owner& owner_;
};

/// What a dialect is to this verb.
struct side_traits {
    std::string_view name;
    std::string_view subprotocols; ///< What its peers offer, the best first: "a, b"; empty: none.
    double speed;                  ///< How fast its back ends send audio, in times of real time; 0: all at once.
    bool marks;                    ///< Whether its peers say when a mark was reached.
    bool tools;                    ///< Whether its peers call functions.
    bool limit;                    ///< Whether its sessions have a longest time.
    bool pings;                    ///< Whether it has pings of its own, beside those of WebSocket.
    std::unique_ptr<side> (*make)(side_owner& owner);
};

/// Returns the dialects that this verb speaks.
std::span<const side_traits> sides() noexcept;

std::unique_ptr<side> make_twilio_side(side_owner& owner);
std::unique_ptr<side> make_pcm_side(side_owner& owner);
std::unique_ptr<side> make_openai_side(side_owner& owner);
std::unique_ptr<side> make_openai_live_side(side_owner& owner);
std::unique_ptr<side> make_gemini_side(side_owner& owner);
std::unique_ptr<side> make_deepgram_side(side_owner& owner);
std::unique_ptr<side> make_elevenlabs_side(side_owner& owner);

} // namespace audiosocket::app::backend
