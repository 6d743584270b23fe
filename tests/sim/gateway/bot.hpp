// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/gateway/language.hpp"
#include "sim/gateway/phone.hpp"
#include "sim/gateway/websocket_peer.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace audiosocket::sim {

/// How a back end treats one connection.
struct bot_plan {
    enum class greeting {
        accepts,        ///< Accepts the handshake.
        accepts_late,   ///< Accepts it within two seconds.
        says_nothing,   ///< Never answers the handshake.
        refuses,        ///< Answers with status 503.
        answers_garbage ///< Answers with bytes that are no HTTP.
    };
    enum class ending {
        stays,           ///< Until the gateway closes.
        disconnects,     ///< Asks for the end of the call by a message.
        closes,          ///< Closes in order, which ends the call.
        closes_failed,   ///< Closes with code 1011.
        resets,          ///< Resets the connection.
        ends_the_stream, ///< Sends a FIN without a close.
        breaks_rules,    ///< Sends a frame that RFC 6455 forbids.
        falls_silent,    ///< Reads and sends nothing any more.
    };
    greeting begins = greeting::accepts;
    ending ends = ending::stays;
    nanoseconds lives{};    ///< Until the ending.
    bool is_nasty = false;  ///< It also sends garbage.
    bool is_narrow = false; ///< The buffers of its connection hold a fraction of a second.
    bool is_slow = false;   ///< It stops reading now and then, for less time than the gateway allows.
    bool is_hasty = false;  ///< It says much at once, with marks behind each piece.
};

/// One connection of a back end: talks, marks, clears, as the dice say, and checks what it gets.
class bot : public std::enable_shared_from_this<bot> {
  public:
    bot(world& in, remote& line, dice random);

    /// Waits for the handshake. Calls `on_request` when it has arrived, with its path: either serve() or kill().
    void start(std::function<void(bot&, const std::string& path)> on_request);

    /// Serves this call from now on. `spoken` and `caller` must outlive this object.
    void serve(const bot_plan& plan, std::string_view dialect, said& spoken, const phone& caller);

    /// Loses the connection at once.
    void kill();

    /// Checks what must be true when the call is over.
    void check_end(bool is_first) const;

    /// Returns whether the gateway believes that this back end serves the call: it was accepted and has not ended.
    bool serves() const noexcept { return socket_.is_open() && !has_ended_; }
    bool was_accepted() const noexcept { return accepted_at_.has_value(); }
    bool has_spoken() const noexcept { return has_spoken_; }
    bot_plan::ending ended_by() const noexcept { return plan_.ends; }

    /// Returns whether its connection is lost.
    bool was_lost() const noexcept { return was_lost_; }

    /// Returns when it ended by its own decision, if it has.
    std::optional<nanoseconds> ended_at() const noexcept { return ended_at_; }

    /// Returns whether it did not read when it ended. The gateway waits for it to read the answer to its close.
    bool ended_unread() const noexcept { return ended_unread_; }

    /// Returns the number behind its last sample that must be heard: nothing has cut it off.
    std::uint64_t last_word() const noexcept { return said_to_; }

  private:
    struct mark {
        std::string name;
        std::uint64_t behind; // the number behind the last sample before it; 0: none since the last clear
        nanoseconds set_at;
        bool behind_others; // audio of a lost back end was not heard yet
        bool was_cleared;   // a clear followed
    };

    void accept();
    void begin();
    void live();
    void act();
    void hurry();
    void speak();
    void set_mark();
    void clear();
    void be_nasty();
    void stop_reading();
    void end();
    void lost(bool with_audio = true);
    void given_up();

    void heard(websocket_peer::opcode kind, std::string_view message);
    void heard_audio(std::string_view payload);
    void heard_sample(std::int16_t sample);
    void heard_mark(const std::string& name, const std::string& event);
    void send(const language::message& what) { socket_.send(what.kind, what.payload); }

    world& world_;
    dice random_;
    bot_plan plan_;
    std::unique_ptr<language> language_;
    said* said_ = nullptr; // from the handshake on
    const phone* caller_ = nullptr;
    websocket_peer socket_;

    std::deque<mark> marks_;
    std::uint64_t named_ = 0;
    std::uint64_t said_to_ = 0; // since the last clear
    const nanoseconds dialled_at_;
    std::optional<nanoseconds> accepted_at_;
    bool has_begun_ = false; // to live
    bool has_spoken_ = false;
    bool has_ended_ = false;
    bool was_closed_ = false; // by the gateway
    bool was_lost_ = false;
    bool missed_some_ = false; // it has not read for some time
    bool ended_unread_ = false;
    std::optional<nanoseconds> ended_at_;
    nanoseconds closed_at_{};

    std::optional<std::uint64_t> first_heard_;
    std::uint64_t heard_to_ = 0;
    std::string digits_;
};

} // namespace audiosocket::sim
