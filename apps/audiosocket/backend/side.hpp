// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace audiosocket::app::backend {

/// What the peer of a back end says of a call at its start.
struct call_start {
    std::string call_id;
    std::string stream_id;
    std::string format;             ///< For people: "mu-law 8000 Hz".
    boost::json::object parameters; ///< What else it sends about the call.
};

/// What a side reports and sends: the call that owns it.
class side_owner {
  public:
    virtual void send_text(std::string_view message) = 0;
    virtual void send_binary(std::span<const std::byte> message) = 0;

    /// The call has started: audio goes both ways from now on, at side::rate_hz().
    virtual void started(const call_start& about) = 0;
    virtual void heard(std::span<const std::int16_t> samples) = 0;
    virtual void pressed(std::string_view digits) = 0;

    /// A mark of ours was reached, or cleared where the dialect says so.
    virtual void marked(std::string_view name, std::string_view how) = 0;

    /// Something else that the dialect knows: `what` names it.
    virtual void noted(std::string_view what, const boost::json::object& about) = 0;

    /// The peer says that the call is over.
    virtual void stopped() = 0;

    /// The peer did what the dialect does not allow.
    virtual void violated(std::string what) = 0;

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

    /// The rate of the audio, both ways.
    virtual int rate_hz() const noexcept = 0;

    virtual void play(std::span<const std::int16_t> samples) = 0;

    /// The end of what is said: side_owner::marked() follows when it was played, in dialects that have marks.
    virtual void mark(std::string_view name) = 0;

    /// What is queued there is not to be played.
    virtual void clear() = 0;

    /// The caller begins or ceases to speak.
    virtual void caller_speaks(bool) {}

    /// Ends the call in order. Returns false where the dialect has no message for it, and the close does it.
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
    std::unique_ptr<side> (*make)(side_owner& owner);
};

/// Returns the dialects that this verb speaks.
std::span<const side_traits> sides() noexcept;

std::unique_ptr<side> make_twilio_side(side_owner& owner);
std::unique_ptr<side> make_pcm_side(side_owner& owner);
std::unique_ptr<side> make_openai_side(side_owner& owner);

} // namespace audiosocket::app::backend
