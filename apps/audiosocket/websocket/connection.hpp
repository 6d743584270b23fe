// SPDX-License-Identifier: Apache-2.0
#pragma once

// Part of the unit of Beast and OpenSSL: included by websocket.cpp alone.
//
// How it works: one read is always in progress while the WebSocket is open, and at most one write; what is sent
// meanwhile waits in a queue, in strings that are used again. One timer serves all deadlines. It is set when the next
// deadline is earlier than the one it waits for, and otherwise only when it has expired: not for each message.

#include "websocket/close_reason.hpp"
#include "websocket/dialer.hpp"
#include "websocket/link.hpp"
#include "websocket/peer_watch.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace audiosocket::app::websocket {

/// What both sides have in common. A derived class opens it.
class connection : public websocket, public std::enable_shared_from_this<connection> {
  public:
    /// `of_link` is what a link is made of.
    template <class OfLink>
    connection(OfLink of_link, const limits& bounds)
        : stream_(std::move(of_link)), timer_(stream_.get_executor()), bounds_(bounds), peer_(bounds) {
        stream_.auto_fragment(false);
        stream_.write_buffer_bytes(write_buffer_bytes);
        stream_.read_message_max(bounds.message_bytes_max);
        stream_.control_callback([this](beast::websocket::frame_type kind, beast::string_view payload) {
            const auto now = clock::now();
            peer_.heard(now);
            if (kind == beast::websocket::frame_type::pong) return ponged({payload.data(), payload.size()}, now);
            if (kind != beast::websocket::frame_type::close) return;
            peer_closes_ = true;
            set_deadline(now + (stage_ == stage::closing ? crossing_max : bounds_.close_timeout));
        });
    }

    bool send_text(std::string_view message) override { return enqueue(message, true); }
    bool send_binary(std::span<const std::byte> message) override {
        return enqueue({reinterpret_cast<const char*>(message.data()), message.size()}, false);
    }
    std::size_t queued_bytes() const noexcept override { return queued_; }
    clock::time_point heard_at() const noexcept override { return peer_.heard_at(); }
    std::string_view subprotocol() const noexcept override { return subprotocol_; }

    void close(std::uint16_t code, std::string_view reason) override {
        if (stage_ == stage::opening) return give_up("closed before it was open");
        if (stage_ != stage::open) return;
        stage_ = stage::closing;
        closing_ = sendable_close(code, reason);
        set_deadline(clock::now() + bounds_.close_timeout);
        if (!writing_) send_close();
    }

    void abandon() override {
        if (abandoned_) return;
        // The handler that called this may be one of them.
        asio::post(stream_.get_executor(), [self = shared_from_this()] { self->on_ = {}; });
        abandoned_ = true;
        if (stage_ == stage::opening) return give_up({});
        close(beast::websocket::close_code::going_away, {});
    }

    /// The connection below has ended, after the WebSocket.
    void link_ended() {
        below().drop();
        timer_.cancel();
        stop_suspended();
        gone();
    }

  protected:
    using wire = beast::websocket::stream<link, false>;

    link& below() { return stream_.next_layer(); }
    wire& stream() noexcept { return stream_; }
    const limits& bounds() const noexcept { return bounds_; }
    void set_handlers(handlers on) { on_ = std::move(on); }
    bool is_opening() const noexcept { return stage_ == stage::opening; }

    /// The timer calls late() at this time.
    void set_deadline(clock::time_point when) {
        deadline_ = when;
        if (when < timer_at_) wait_until(when);
    }

    /// A deadline has passed while the WebSocket was opening.
    virtual void opening_late() = 0;

    /// There is no connection any more; the owner may keep this object.
    virtual void gone() {}

    /// The handshake is over. Called on the executor, in no function of the owner.
    void opened(std::string subprotocol) {
        subprotocol_ = std::move(subprotocol);
        stage_ = stage::open;
        peer_.opened(clock::now(), on_.on_pong != nullptr);
        next_watch();
        if (!abandoned_ && on_.on_open) on_.on_open();
        read();
    }

    /// It is over. Called on the executor, in no function of the owner.
    void end(close_report report) {
        if (stage_ == stage::over) return;
        finish();
        link_ended();
        tell(std::move(report));
    }

    /// It is over, and everything of ours has been sent: the peer is given the time to read it.
    void end_in_order(close_report report) {
        if (stage_ == stage::over) return;
        finish();
        set_deadline(clock::now() + bounds_.close_timeout);
        below().linger(shared_from_this());
        tell(std::move(report));
    }

  private:
    enum class stage { opening, open, closing, over };

    struct outgoing {
        std::string bytes;
        bool text = false;
    };

    // A masked frame is sent in pieces of this size. One second of audio in base64 is no more than 128 KiB; a message
    // of 20 ms fits whole. TLS packs 8 KiB at once, with the frame's header.
    static constexpr std::size_t write_buffer_bytes = 8192 - 16;

    // A buffer that a long message has left behind is given back.
    static constexpr std::size_t kept_bytes_max = 64 * 1024;
    static constexpr std::size_t spare_max = 8;

    // Both sides have sent their closes: Beast ends the connection at once, unless its operations wait for each other
    // (stop_suspended).
    static constexpr std::chrono::milliseconds crossing_max{200};

    // The smallest and the largest piece in which a message is read: what a header promises is not allocated yet.
    static constexpr std::size_t piece_bytes_min = 2048;
    static constexpr std::size_t piece_bytes_max = 256 * 1024;

    // --- Sending ---

    bool enqueue(std::string_view message, bool text) {
        if (stage_ != stage::open ||
            message.size() > bounds_.queue_bytes_max - std::min(queued_, bounds_.queue_bytes_max))
            return false;
        outgoing next;
        if (!spare_.empty()) {
            next.bytes = std::move(spare_.back());
            spare_.pop_back();
        }
        next.bytes.assign(message);
        next.text = text;
        queued_ += message.size();
        queue_.push_back(std::move(next));
        if (!writing_) write();
        return true;
    }

    void write() {
        writing_ = true;
        write_began_ = clock::now();
        const auto& next = queue_.front();
        stream_.text(next.text);
        stream_.async_write(
            asio::buffer(next.bytes),
            [self = shared_from_this()](const error_code& error, std::size_t) { self->written(error); });
    }

    void written(const error_code& error) {
        writing_ = false;
        auto sent = std::move(queue_.front());
        queue_.pop_front();
        queued_ -= sent.bytes.size();
        if (sent.bytes.capacity() <= kept_bytes_max && spare_.size() < spare_max)
            spare_.push_back(std::move(sent.bytes));
        if (stage_ == stage::over) return;
        if (error) return failed(error);
        if (stage_ == stage::closing) set_deadline(clock::now() + bounds_.close_timeout);
        if (!queue_.empty()) return write();
        if (stage_ == stage::closing) send_close();
    }

    void send_close() {
        auto then = [self = shared_from_this()](const error_code& error) {
            if (error)
                self->failed(error);
            else
                self->end_in_order(self->peers_close());
        };
        stream_.async_close(closing_, asio::bind_cancellation_slot(stop_closing_.slot(), std::move(then)));
    }

    // Where the peer's close arrives while ours is being sent, Beast's two operations may wait for each other (1.81:
    // close_op for the reading, read_some_op, which holds it, for the writing), and a ping for both. No end of the link
    // wakes them up, and they would keep this object and the executor for ever.
    void stop_suspended() {
        const auto stay = shared_from_this();
        stop_closing_.emit(asio::cancellation_type::terminal);
        stop_reading_.emit(asio::cancellation_type::terminal);
        stop_pinging_.emit(asio::cancellation_type::terminal);
    }

    // An aborted operation says nothing: the one that ended the WebSocket reports it.
    void failed(const error_code& error) {
        if (error != asio::error::operation_aborted) end({1006, words(error), 0});
    }

    // --- Receiving ---

    void read() {
        if (stage_ == stage::over) return;
        const std::size_t wanted = stream_.read_size_hint(piece_bytes_min);
        // A long message doubles the buffer each time, so that its bytes are moved a few times only.
        const auto room =
            in_.prepare(std::clamp(wanted, std::size_t{1}, std::clamp(in_.size(), piece_bytes_min, piece_bytes_max)));
        auto then = [self = shared_from_this()](const error_code& error, std::size_t bytes) {
            self->arrived(error, bytes);
        };
        stream_.async_read_some(room, asio::bind_cancellation_slot(stop_reading_.slot(), std::move(then)));
    }

    void arrived(const error_code& error, std::size_t bytes) {
        if (stage_ == stage::over) return;
        if (error) return read_failed(error);
        peer_.heard(clock::now());
        in_.commit(bytes);
        if (stream_.is_message_done()) deliver();
        read();
    }

    void deliver() {
        const auto data = in_.cdata();
        if (!abandoned_) {
            if (stream_.got_text()) {
                if (on_.on_text) on_.on_text({static_cast<const char*>(data.data()), data.size()});
            } else if (on_.on_binary) {
                on_.on_binary({static_cast<const std::byte*>(data.data()), data.size()});
            }
        }
        in_.consume(in_.size());
        if (in_.capacity() > kept_bytes_max) in_.shrink_to_fit();
    }

    void read_failed(const error_code& error) {
        using wrong = beast::websocket::error;
        if (error == wrong::closed) return end_in_order(peers_close());
        if (error == wrong::message_too_big)
            return end_in_order(
                {1009, "a message longer than " + std::to_string(bounds_.message_bytes_max) + " bytes", 0});
        if (error == wrong::bad_frame_payload) return end_in_order({1007, "text that is not UTF-8", 0});
        if (error == beast::websocket::condition::protocol_violation)
            return end_in_order({1002, "the peer broke the protocol: " + error.message(), 0});
        failed(error);
    }

    close_report peers_close() const {
        const auto& peers = stream_.reason();
        const bool given = peers.code != beast::websocket::close_code::none;
        return {given ? peers.code : std::uint16_t{1005}, std::string(peers.reason.data(), peers.reason.size()), 0};
    }

    static std::string words(const error_code& error) {
        if (error == asio::error::eof || error == asio::ssl::error::stream_truncated)
            return "the peer ended the connection without a close";
        if (error == asio::error::connection_reset || error == asio::error::broken_pipe)
            return "the peer reset the connection";
        return error.message();
    }

    // --- Time ---

    void wait_until(clock::time_point when) {
        timer_at_ = when;
        timer_.expires_at(when);
        timer_.async_wait([self = shared_from_this()](const error_code& error) {
            if (!error) self->expired();
        });
    }

    void expired() {
        timer_at_ = clock::time_point::max();
        const auto now = clock::now();
        if (now >= deadline_) late(now);
        if (deadline_ < timer_at_) wait_until(deadline_);
    }

    void late(clock::time_point now) {
        deadline_ = clock::time_point::max();
        switch (stage_) {
        case stage::opening: return opening_late();
        case stage::open: return peer_closes_ ? end(peers_close()) : watch(now);
        case stage::closing:
            if (peer_closes_) return end(peers_close());
            return end({1006, "the peer did not answer the close within " + in_seconds(bounds_.close_timeout), 0});
        case stage::over: return link_ended();
        }
    }

    void watch(clock::time_point now) {
        if (now >= peer_.silent_at())
            return end({1006, "nothing has arrived for " + in_seconds(bounds_.silent_max), 0});
        if (now >= unread_at())
            return end({1006, "the peer has read nothing for " + in_seconds(bounds_.unread_max), 0});
        if (now >= peer_.ping_at() && !std::exchange(pinging_, true)) {
            auto then = [self = shared_from_this()](const error_code& error) {
                self->pinging_ = false;
                if (error) return self->failed(error);
                self->peer_.ping_sent(clock::now());
                if (self->stage_ == stage::open && !self->peer_closes_) self->next_watch();
            };
            stream_.async_ping(peer_.ping(now).c_str(),
                               asio::bind_cancellation_slot(stop_pinging_.slot(), std::move(then)));
        }
        next_watch();
    }

    // A write that begins later is seen when the next ping is due.
    void next_watch() {
        const auto lost_at = std::min(peer_.silent_at(), unread_at());
        set_deadline(pinging_ ? lost_at : std::min(peer_.ping_at(), lost_at));
    }

    void ponged(std::string_view payload, clock::time_point now) {
        const auto took = peer_.pong(payload, now);
        if (!took) return;
        if (on_.on_pong) on_.on_pong(*took);
        if (stage_ == stage::open && !peer_closes_) next_watch();
    }

    clock::time_point unread_at() const {
        return writing_ ? write_began_ + bounds_.unread_max : clock::time_point::max();
    }

    // --- The end ---

    void finish() {
        stage_ = stage::over;
        deadline_ = clock::time_point::max();
    }

    void tell(close_report report) {
        const auto on = std::exchange(on_, {});
        if (!abandoned_ && on.on_closed) on.on_closed(report);
    }

    // From within a function of the owner.
    void give_up(std::string why) {
        finish();
        link_ended();
        asio::post(stream_.get_executor(), [self = shared_from_this(), why = std::move(why)] {
            self->tell({1006, why, 0});
        });
    }

    wire stream_;
    asio::steady_timer timer_;
    asio::cancellation_signal stop_reading_;
    asio::cancellation_signal stop_closing_;
    asio::cancellation_signal stop_pinging_;
    const limits bounds_;
    peer_watch peer_;
    handlers on_;
    std::string subprotocol_;

    std::deque<outgoing> queue_; // the first is being written while writing_
    std::vector<std::string> spare_;
    std::size_t queued_ = 0;
    beast::flat_buffer in_;
    beast::websocket::close_reason closing_;

    clock::time_point deadline_ = clock::time_point::max();
    clock::time_point timer_at_ = clock::time_point::max(); // earlier than the deadline, or it
    clock::time_point write_began_;                         // of the message that is being written
    stage stage_ = stage::opening;
    bool writing_ = false;
    bool pinging_ = false;
    bool peer_closes_ = false; // its close has arrived, and the answer may be on its way
    bool abandoned_ = false;
};

} // namespace audiosocket::app::websocket
