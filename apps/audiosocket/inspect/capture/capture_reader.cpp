// SPDX-License-Identifier: Apache-2.0
// packets -> TCP reassembly (libtins) -> capture_stream, one each connection.
//
// The reassembly owns its streams and forgets one when it ends, in the middle of processing a packet; ours, in a map
// beside it, end after that packet, when its flags have been looked at as well.

#include "inspect/capture/capture_reader.hpp"

#include "base/failure.hpp"

#include <fmt/format.h>
#include <pcap/pcap.h>
#include <tins/ip.h>
#include <tins/ipv6.h>
#include <tins/packet.h>
#include <tins/rawpdu.h>
#include <tins/sniffer.h>
#include <tins/tcp.h>
#include <tins/tcp_ip/stream_follower.h>
#include <tins/tcp_ip/stream_identifier.h>

namespace audiosocket::app::inspect {
namespace {

using Tins::TCPIP::Stream;
using Tins::TCPIP::StreamIdentifier;
using timestamp = capture_stream::timestamp;

// What `tcpdump -i any` writes today, and libtins 4 does not know: 20 bytes of header that start with the EtherType.
constexpr int link_type_sll2 = 276;
constexpr std::size_t sll2_header_bytes = 20;

// TCP keeps a closed connection's addresses unused for so long: what still comes for them belongs to the old one.
constexpr std::chrono::seconds time_wait{60};
constexpr std::size_t ended_max = 10'000;

std::unique_ptr<Tins::PDU> parse_sll2(const Tins::RawPDU::payload_type& frame) {
    constexpr unsigned ipv4 = 0x0800, ipv6 = 0x86dd;
    if (frame.size() <= sll2_header_bytes) return nullptr;
    const unsigned type = static_cast<unsigned>(frame[0]) << 8 | frame[1];
    const auto* packet = frame.data() + sll2_header_bytes;
    const auto size = static_cast<std::uint32_t>(frame.size() - sll2_header_bytes);
    if (type == ipv4) return std::make_unique<Tins::IP>(packet, size);
    if (type == ipv6) return std::make_unique<Tins::IPv6>(packet, size);
    return nullptr;
}

bool has(const Tins::TCP& tcp, Tins::TCP::Flags flag) {
    return (tcp.flags() & flag) != 0;
}

class reader {
  public:
    explicit reader(const capture_plan& plan) : plan_(plan) {
        follower_.follow_partial_streams(true);
        follower_.new_stream_callback([this](Stream& s) { open(s); });
        follower_.stream_termination_callback([this](Stream& s, auto) { lose(s); });
    }

    void take(Tins::Packet& packet);
    void finish();

  private:
    struct followed {
        followed(const capture_plan& plan, Stream& s, timestamp at) : stream(&s), ours(plan, s, at) {}
        Stream* stream; // null once the reassembly has forgotten it
        capture_stream ours;
    };
    using map = std::map<StreamIdentifier, followed>;

    void open(Stream& s);
    void close(Stream& s);
    void lose(Stream& s);
    void ignore(map::iterator f);
    void end(map::iterator f);
    bool is_afterthought(const Tins::TCP& tcp);

    capture_plan plan_;
    Tins::TCPIP::StreamFollower follower_;
    map followed_;
    std::map<StreamIdentifier, timestamp> ended_;
    StreamIdentifier current_; // connection of the packet being processed
    timestamp now_{};
};

void reader::take(Tins::Packet& packet) {
    const auto* tcp = packet.pdu()->find_pdu<Tins::TCP>();
    if (tcp == nullptr) return;
    now_ = std::max(now_, timestamp(packet.timestamp())); // a clock set back must not make time negative
    current_ = StreamIdentifier::make_identifier(*packet.pdu());
    if (is_afterthought(*tcp)) return;

    // Whoever is seen first is the client to the reassembly.
    const auto known = followed_.find(current_);
    const bool from_client =
        known == followed_.end() || known->second.stream->client_flow().packet_belongs(*packet.pdu());
    follower_.process_packet(packet);

    const auto found = followed_.find(current_);
    if (found == followed_.end()) return;
    auto& [stream, ours] = found->second;
    ours.packet(from_client, has(*tcp, Tins::TCP::FIN), has(*tcp, Tins::TCP::RST), now_);
    if (stream == nullptr) return end(found);
    ours.check_holes(*stream, now_);
    if (!ours.wanted()) ignore(found);
}

void reader::open(Stream& s) {
    followed& f = followed_.try_emplace(current_, plan_, s, now_).first->second;
    s.client_data_callback(
        [this, &f](Stream& from) { f.ours.data(true, std::as_bytes(std::span(from.client_payload())), now_); });
    s.server_data_callback(
        [this, &f](Stream& from) { f.ours.data(false, std::as_bytes(std::span(from.server_payload())), now_); });
    s.client_out_of_order_callback([this, &f](Stream& from, std::uint32_t sequence, const auto&) {
        f.ours.out_of_order(true, from.client_flow(), sequence, now_);
    });
    s.server_out_of_order_callback([this, &f](Stream& from, std::uint32_t sequence, const auto&) {
        f.ours.out_of_order(false, from.server_flow(), sequence, now_);
    });
    s.stream_closed_callback([this](Stream& from) { close(from); });
}

void reader::close(Stream& s) {
    if (ended_.size() < ended_max) ended_[current_] = now_;
    const auto f = followed_.find(StreamIdentifier::make_identifier(s));
    if (f == followed_.end()) return;
    f->second.ours.flush(s);
    f->second.stream = nullptr;
}

// The reassembly gives a stream up: too long without a packet, or too much behind a hole.
void reader::lose(Stream& s) {
    const auto f = followed_.find(StreamIdentifier::make_identifier(s));
    if (f == followed_.end()) return;
    f->second.ours.flush(s);
    f->second.stream = nullptr;
    if (!(f->first == current_)) end(f);
}

void reader::ignore(map::iterator f) {
    Stream& s = *f->second.stream;
    s.ignore_client_data();
    s.ignore_server_data();
    s.client_data_callback({});
    s.server_data_callback({});
    s.client_out_of_order_callback({});
    s.server_out_of_order_callback({});
    followed_.erase(f);
}

void reader::end(map::iterator f) {
    f->second.ours.finish();
    followed_.erase(f);
}

// A segment sent again after both sides have closed would open a partial stream of its own.
bool reader::is_afterthought(const Tins::TCP& tcp) {
    const auto found = ended_.find(current_);
    if (found == ended_.end()) return false;
    const bool is_new = has(tcp, Tins::TCP::SYN) || now_ - found->second > time_wait;
    if (is_new) ended_.erase(found);
    return !is_new;
}

void reader::finish() {
    for (auto& [id, f] : followed_) {
        if (f.stream != nullptr) f.ours.flush(*f.stream);
        f.ours.finish();
    }
}

// The packet's IP part, from link types that libtins leaves to us.
void take_raw(reader& to, const Tins::Packet& frame) {
    const auto* raw = frame.pdu()->find_pdu<Tins::RawPDU>();
    auto packet = raw == nullptr ? nullptr : parse_sll2(raw->payload());
    if (!packet) return;
    Tins::Packet inner(packet.release(), frame.timestamp(), Tins::Packet::own_pdu());
    to.take(inner);
}

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
    throw failure(exit_code::file, fmt::format("{}: {}", path, why));
}

} // namespace

void read_capture(const std::string& path, const capture_plan& plan) {
    int link_type = 0;
    try {
        Tins::FileSniffer file(path);
        link_type = file.link_type();
        const bool raw = link_type == link_type_sll2;
        file.set_extract_raw_pdus(raw);
        reader calls(plan);
        while (Tins::Packet packet = file.next_packet()) {
            ++plan.totals.packets;
            try {
                raw ? take_raw(calls, packet) : calls.take(packet);
            } catch (const Tins::exception_base&) {
                // A malformed packet is none of ours; TCP will have sent it again.
            }
        }
        plan.totals.capture_failure = pcap_geterr(file.get_pcap_handle());
        calls.finish();
    } catch (const Tins::unknown_link_type&) {
        refuse(path, fmt::format("captured from a link of type {}, which is not supported; capture with: "
                                 "tcpdump -i any -w FILE port 9092",
                                 link_type));
    } catch (const Tins::exception_base& e) {
        refuse(path, fmt::format("cannot be read as a capture ({}); capture it again", e.what()));
    }
}

} // namespace audiosocket::app::inspect
