// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/asterisk/reader.hpp>

#include <algorithm>
#include <utility>

namespace audiosocket::asterisk {
namespace {

constexpr const char* bad_kind_log = "ERROR: Received AudioSocket message other than hangup or audio";
constexpr const char* short_payload_log = "ERROR: Insufficient payload read from AudioSocket";
constexpr const char* failed_payload_log = "ERROR: Failed to read payload from AudioSocket";

// "0x1a".
std::string in_hex(kind k) {
    constexpr std::string_view digits = "0123456789abcdef";
    const auto value = static_cast<unsigned>(k);
    return {'0', 'x', digits[value / 16], digits[value % 16]};
}

} // namespace

reader::reader(const release& r, interface through, time_point now)
    : release_(r), through_(through), last_activity_(now) {
    // Asterisk reads the channel as soon as it is bridged, even if nothing has arrived (#2089): in the worst case at
    // once.
    in_header_ = through == interface::channel && r.starves();
    note_block(now);
}

std::byte reader::take() {
    const std::byte first = buffer_.front();
    buffer_.pop_front();
    return first;
}

void reader::receive(std::span<const std::byte> bytes, time_point now) {
    if (end_ || bytes.empty()) return;
    advance(now);
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    last_activity_ = now;
    read(now);
}

void reader::read(time_point now) {
    bool more = true;
    while (!end_ && more)
        more = at_ == place::header ? read_header(now) : read_payload(now);
    if (!end_ && ended_stream_ && buffer_.empty()) leave(now);
    note_block(now);
}

// --- Header. True if the next step can be taken at once. ---

bool reader::read_header(time_point now) {
    if (buffer_.empty()) return false;
    in_header_ = true;
    if (release_.header == header_reading::byte_by_byte) return read_header_bytewise(now);
    while (header_got_ < header_bytes && !buffer_.empty()) {
        // How many bytes one read returns: three, or fewer if no more have arrived.
        const bool rest_only = release_.header == header_reading::patient;
        const std::size_t wanted = rest_only ? header_bytes - header_got_ : header_bytes;
        const std::size_t to = rest_only ? header_got_ : 0;
        const std::size_t got = std::min(wanted, buffer_.size());
        for (std::size_t i = 0; i < got; ++i)
            header_[to + i] = take();
        header_got_ += got;
        if (release_.header == header_reading::one_read) break;
    }
    if (header_got_ < header_bytes) {
        if (release_.header != header_reading::one_read) return false; // polls without a limit
        if (static_cast<kind>(header_[0]) != kind::hangup) {
            fail("a header of which " + std::to_string(header_got_) +
                     " bytes came at first is read as a whole header, with a wrong length",
                 failed_payload_log, now);
            return false;
        }
    }
    return judge_header(now);
}

bool reader::read_header_bytewise(time_point now) {
    header_[0] = take();
    if (static_cast<kind>(header_[0]) != kind::hangup) {
        if (buffer_.size() < 2) {
            fail("the rest of a header had not arrived yet", "WARNING: Failed to read data length from AudioSocket",
                 now);
            return false;
        }
        header_[1] = take();
        header_[2] = take();
    }
    return judge_header(now);
}

bool reader::judge_header(time_point now) {
    const auto h = audiosocket::read_header(header_);
    header_got_ = 0;
    in_header_ = false;
    ignored_ = false;
    if (h.kind == kind::hangup) {
        if (release_.clean_end)
            finish(call_outcome::result::goes_on, true, "the server hung up", "", now);
        else
            finish(call_outcome::result::fails, true, "the server hung up, which this release takes for an error",
                   "ERROR: Failed to receive frame from AudioSocket message", now);
        return false;
    }
    if (!judge_kind(h.kind, now)) return false;
    if (h.payload_bytes == 0) {
        if (!release_.strict) return true;
        fail("audio of no bytes", "ERROR: Invalid message length received from AudioSocket server", now);
        return false;
    }
    payload_left_ = h.payload_bytes;
    at_ = place::payload;
    return true;
}

bool reader::judge_kind(kind k, time_point now) {
    if (k == kind::slin || (release_.wideband && is_audio(k))) return true;
    ignored_ = true;
    if (!release_.strict) return true;
    fail("a message of kind " + in_hex(k) +
             (is_audio(k)                                    ? ": this release knows slin at 8 kHz only"
              : release_.header == header_reading::misplaced ? " (or a header in two pieces, misread)"
                                                             : ""),
         bad_kind_log, now);
    return false;
}

// --- Payload ---

bool reader::read_payload(time_point now) {
    const std::size_t got = std::min(payload_left_, buffer_.size());
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(got));
    payload_left_ -= got;
    if (payload_left_ == 0) {
        at_ = place::header;
        payload_deadline_ = time_point::max();
        return true;
    }
    if (ended_stream_)
        fail("the connection ended inside a message", short_payload_log, now);
    else if (!release_.waits_for_payload)
        fail("the rest of a message had not arrived yet, and this release does not wait", failed_payload_log, now);
    else
        payload_deadline_ = now + payload_pause_max;
    return false;
}

// --- The end ---

void reader::finish(call_outcome::result what, bool by_server, std::string why, std::string log, time_point now) {
    if (!end_) end_ = call_outcome{what, by_server, now, std::move(why), std::move(log)};
    note_block(now);
}

void reader::receive_end(time_point now) {
    if (end_) return;
    advance(now);
    ended_stream_ = true;
    last_activity_ = now;
    read(now);
}

// A FIN came where a header was expected, or inside a header.
void reader::leave(time_point now) {
    if (release_.header == header_reading::byte_by_byte) {
        finish(call_outcome::result::spins, true,
               "the server closed without a hangup message, and this release then polls without end", "", now);
        return;
    }
    finish(call_outcome::result::goes_on, true, "the server hung up", "", now);
}

void reader::receive_reset(time_point now) {
    if (end_) return;
    advance(now);
    fail("the server reset the connection", "ERROR: Failed to read header from AudioSocket: Connection reset by peer",
         now);
}

void reader::sent(bool whole, time_point now) {
    if (end_) return;
    last_activity_ = now;
    if (!whole)
        fail("the server does not read: the network did not take a frame of the caller at once",
             "WARNING: Failed to write data to AudioSocket", now);
}

// --- Time ---

void reader::advance(time_point now) {
    if (end_) return;
    if (now >= payload_deadline_)
        return fail("a pause of more than " + std::to_string(payload_pause_max.count()) + " ms inside a message",
                    "WARNING: Poll timed out while waiting for data, then " + std::string(failed_payload_log),
                    payload_deadline_);
    if (now >= idle_deadline())
        fail("2 s without a message in either direction",
             "ERROR: Reached timeout after " + std::to_string(idle_max.count()) + " ms of no activity",
             idle_deadline());
}

time_point reader::deadline() const noexcept {
    if (end_) return time_point::max();
    return std::min(payload_deadline_, idle_deadline());
}

time_point reader::idle_deadline() const noexcept {
    const bool counts = release_.ends_when_idle(through_) && !blocked();
    return counts ? last_activity_ + idle_max : time_point::max();
}

bool reader::blocked() const noexcept {
    return !end_ && (in_header_ || at_ == place::payload);
}

void reader::note_block(time_point now) {
    if (blocked_since_) blocked_max_ = std::max(blocked_max_, now - *blocked_since_);
    if (!blocked())
        blocked_since_.reset();
    else if (!blocked_since_)
        blocked_since_ = now;
}

std::chrono::nanoseconds reader::blocked_max(time_point now) const {
    return blocked_since_ ? std::max<std::chrono::nanoseconds>(blocked_max_, now - *blocked_since_) : blocked_max_;
}

} // namespace audiosocket::asterisk
