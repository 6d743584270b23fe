// SPDX-License-Identifier: Apache-2.0
#include "diagnosis/framing_judge.hpp"

#include "diagnosis/other_protocol.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace audiosocket::app::diagnosis {
namespace {

// So many valid headers in a row are not a coincidence.
constexpr std::uint64_t swapped_messages_min = 5;

// Shorter than the messages that matter here.
constexpr std::size_t step_bytes = 64;

// After a hangup there may be a second hangup, and a few bytes that were already sent.
constexpr std::uint64_t behind_hangup_min = 32;

// Fewer bytes do not show the shape of samples.
constexpr std::size_t sample_bytes_min = 64;

std::string_view name(sender from) {
    return from == sender::server ? "the server" : "the caller";
}

// Returns whether the bytes look like samples: digital silence, or smooth like sound. Text is smooth as well; exclude
// it first.
bool look_like_samples(std::span<const std::byte> bytes) {
    if (bytes.size() < sample_bytes_min) return false;
    double squares = 0;
    double steps = 0;
    int last = 0;
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
        const int now = static_cast<std::int16_t>(std::to_integer<unsigned>(bytes[i]) |
                                                  std::to_integer<unsigned>(bytes[i + 1]) << 8U);
        squares += static_cast<double>(now) * now;
        if (i > 0) steps += std::abs(now - last);
        last = now;
    }
    const auto samples = bytes.size() / 2;
    const auto n = static_cast<double>(samples);
    const double rms = std::sqrt(squares / n);
    return rms < 64 || steps / n < rms * 0.7; // below 64 it is line noise, which is not smooth
}

} // namespace

template <class Each>
void header_walk::feed(std::span<const std::byte> bytes, Each each) {
    while (!bytes.empty()) {
        if (skip_ > 0) {
            const std::size_t n = std::min(skip_, bytes.size());
            skip_ -= n;
            bytes = bytes.subspan(n);
            continue;
        }
        header_[got_++] = bytes.front();
        bytes = bytes.subspan(1);
        if (got_ < header_bytes) continue;
        got_ = 0;
        if (little_endian_) std::swap(header_[1], header_[2]);
        const header h = read_header(header_);
        skip_ = h.payload_bytes;
        if (!each(h)) return;
    }
}

bool framing_judge::feed(std::span<const std::byte> bytes) {
    if (result_ || bytes.empty()) return false;
    if (head_size_ < head_.size()) {
        const std::size_t n = std::min(bytes.size(), head_.size() - head_size_);
        std::copy_n(bytes.begin(), n, head_.begin() + static_cast<std::ptrdiff_t>(head_size_));
        head_size_ += n;
    }
    bytes_ += bytes.size();
    walk(bytes);
    judge(false);
    return result_.has_value();
}

bool framing_judge::end() {
    if (result_) return false;
    judge(true);
    return result_.has_value();
}

// While both byte orders are possible, both walks go on in parallel: the result must not depend on how many bytes
// arrive at once.
void framing_judge::walk(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const auto piece = bytes.first(std::min(bytes.size(), swapped_fits_ ? step_bytes : bytes.size()));
        bytes = bytes.subspan(piece.size());
        if (!makes_no_sense_) right_.feed(piece, [this](header h) { return follow(h); });
        if (!swapped_fits_) continue;
        swapped_.feed(piece, [this](header h) { return follow_swapped(h); });
        is_swapped_ =
            is_swapped_ || (swapped_messages_ >= swapped_messages_min && messages_ <= 1 + swapped_messages_ / 4);
    }
}

// Follows one header with its length in little endian. An invalid header ends the walk, and so does a hangup.
bool framing_judge::follow_swapped(header h) {
    const auto other = static_cast<std::uint16_t>(h.payload_bytes << 8U | h.payload_bytes >> 8U);
    swapped_fits_ = has_exact_length(h) && h.payload_bytes != other;
    if (swapped_fits_) ++swapped_messages_;
    if (is_audio(h.kind)) swapped_bytes_ = h.payload_bytes;
    return swapped_fits_;
}

// Follows one header with its length in big endian. Returns whether to go on.
bool framing_judge::follow(header h) {
    if (hung_up_) {
        // A second hangup, and audio that was already sent, are not another protocol.
        const bool is_message = has_exact_length(h) && h.kind != kind::hangup;
        nonsense_behind_hangup_ = nonsense_behind_hangup_ || !is_message;
        makes_no_sense_ = nonsense_behind_hangup_;
        return !makes_no_sense_;
    }
    if (is_plausible(h)) {
        ++messages_;
        nonsense_ = 0;
        hung_up_ = h.kind == kind::hangup;
        return true;
    }
    ++nonsense_;
    makes_no_sense_ = messages_ == 0 || nonsense_ > 1;
    return !makes_no_sense_;
}

void framing_judge::judge(bool at_end) {
    // The usual case: nothing to decide.
    if (messages_ > 1 && !makes_no_sense_ && !is_swapped_ && !at_end) return;
    if (messages_ <= 1 || at_end) judge_id();
    if (result_) return;
    if (const auto other = recognise(head())) {
        result_ = finding{code::other_protocol, severity::finding,
                          fmt::format("{} sends {}, not AudioSocket: {}", name(from_), other->name, shown(head())),
                          std::string(other->advice)};
    } else if (is_swapped_) {
        result_ = finding{
            code::little_endian_length, severity::finding,
            fmt::format("the length in the headers of {} is little endian: {} bytes are written as {:02x} {:02x}: {}",
                        name(from_), swapped_bytes_, swapped_bytes_ & 0xffU, swapped_bytes_ >> 8U, shown(head())),
            "write the length big endian, high byte first"};
    } else if (makes_no_sense_) {
        judge_nonsense(at_end);
    }
}

void framing_judge::judge_id() {
    if (from_ != sender::caller || head_size_ < header_bytes) return;
    const header h = read_header(head().first<header_bytes>());
    const auto payload = head().subspan(header_bytes);
    const bool bare = is_uuid_text(head());
    if (!bare && h.kind != kind::id) return;
    if (bare || (h.payload_bytes >= 32 && is_uuid_text(payload))) {
        result_ = finding{code::id_as_text, severity::finding,
                          fmt::format("the caller sends the UUID as text of {} characters{}: {}",
                                      (bare ? head() : payload)[8] == std::byte{'-'} ? 36 : 32,
                                      bare ? ", without a header" : "", shown(head())),
                          "send 01 00 10 and the 16 bytes of the UUID"};
    } else if (h.payload_bytes == uuid::size_bytes << 8U) {
        result_ = finding{code::little_endian_length, severity::finding,
                          "the length of the caller's id is little endian: " + shown(head()),
                          "write the length big endian, high byte first: 01 00 10"};
    }
}

void framing_judge::judge_nonsense(bool at_end) {
    if (nonsense_behind_hangup_ && messages_ > 1) return; // a valid call; the bytes after the hangup are not read
    if (nonsense_behind_hangup_ && bytes_ < behind_hangup_min) return;
    if (head_size_ < head_.size() && !at_end) return; // more bytes will give a better result
    const auto length = fmt::format("{} bytes", bytes_);
    if (messages_ > 2) {
        result_ =
            finding{code::no_audiosocket, severity::finding,
                    fmt::format("{} sends bytes that are not messages, after {} messages", name(from_), messages_),
                    "check that the length in each header is the length of the payload"};
    } else if (!is_text(head()) && look_like_samples(head())) {
        const bool by_hangup = nonsense_behind_hangup_;
        result_ =
            finding{code::no_headers, severity::finding,
                    fmt::format("{} sends audio without headers{}: this is not AudioSocket: {} that begin with {}",
                                name(from_), by_hangup ? " (its zeros look like hangups, but more bytes follow)" : "",
                                length, shown(head())),
                    "put 10 and the length, two bytes big endian, in front of every 20 ms of samples"};
    } else {
        result_ = finding{code::no_audiosocket, severity::finding,
                          fmt::format("{} sends {}, not AudioSocket: {} that begin with {}", name(from_),
                                      is_text(head()) ? "text" : "something else", length, shown(head())),
                          "is the port right?"};
    }
}

std::optional<finding> judge_start(sender from, std::span<const std::byte> bytes) {
    framing_judge judge(from);
    judge.feed(bytes);
    judge.end();
    return judge.result();
}

} // namespace audiosocket::app::diagnosis
