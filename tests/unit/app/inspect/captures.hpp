// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/protocol.hpp>

#include "support/bytes.hpp"

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

/// \file
/// Captures for tests, made by hand: a TCP conversation in a classic pcap file of link type "raw IP".

namespace audiosocket::test {

/// A folder that is removed with the object.
class scratch {
  public:
    scratch() {
        std::string name = (std::filesystem::temp_directory_path() / "inspect-XXXXXX").string();
        path_ = ::mkdtemp(name.data());
    }
    scratch(const scratch&) = delete;
    scratch& operator=(const scratch&) = delete;
    ~scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    std::string operator/(const std::string& name) const { return (path_ / name).string(); }

  private:
    std::filesystem::path path_;
};

inline void write_file(const std::string& path, const bytes& content) {
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
}

inline bytes id_frame() {
    return frame(kind::id, raw("0123456789abcdef"));
}

/// 20 ms of a tone at 8 kHz.
inline bytes audio_frame() {
    bytes pcm;
    for (int i = 0; i < 160; ++i) {
        const auto value = static_cast<unsigned>(std::lrint(8000 * std::sin(i * 0.3)));
        pcm.push_back(static_cast<std::byte>(value & 0xff));
        pcm.push_back(static_cast<std::byte>(value >> 8 & 0xff));
    }
    return frame(kind::slin, pcm);
}

class conversation {
  public:
    enum flags : std::uint8_t { fin = 1, syn = 2, rst = 4, ack = 16 };
    enum who { client, server };
    static constexpr std::uint32_t raw_ip = 101;

    struct packet {
        double at;
        bytes content;             // an IP packet
        std::size_t kept = 65'535; // bytes of it in the capture
    };

    explicit conversation(std::uint16_t server_port = 9092, bool handshake = true) : ports_{40000, server_port} {
        if (!handshake) return;
        send(0, client, syn);
        send(0.0001, server, syn | ack);
        send(0.0002, client, ack);
    }

    void send(double at, who from, int flag_bits, const bytes& data = {}) {
        std::uint32_t& sequence = sequence_[from];
        bytes tcp;
        put16(tcp, ports_[from]);
        put16(tcp, ports_[1 - from]);
        put32(tcp, sequence);
        put32(tcp, sequence_[1 - from]);
        put8(tcp, 0x50);
        put8(tcp, static_cast<unsigned>(flag_bits));
        for (const unsigned v : {65'535U, 0U, 0U})
            put16(tcp, v);
        bytes ip;
        put8(ip, 0x45);
        put8(ip, 0);
        put16(ip, 40 + data.size());
        for (const unsigned v : {0U, 0x4000U, 0x4006U, 0U})
            put16(ip, v);
        put32(ip, from == client ? 0x0a000001 : 0x0a000002);
        put32(ip, from == client ? 0x0a000002 : 0x0a000001);
        packets.push_back({at, ip + tcp + data});
        sequence += static_cast<std::uint32_t>(data.size()) + ((flag_bits & (syn | fin)) != 0 ? 1 : 0);
    }
    void say(double at, who from, const bytes& data) { send(at, from, ack, data); }

    /// A correct caller and a correct server, for `frames` frames. The server hangs up; both close.
    void talk(int frames) {
        say(0.001, client, id_frame());
        for (int i = 1; i <= frames; ++i) {
            say(i * 0.02, client, audio_frame());
            say(i * 0.02 + 0.001, server, audio_frame());
        }
        const double end = frames * 0.02 + 0.01;
        say(end, server, frame(kind::hangup));
        send(end + 0.001, server, fin | ack);
        send(end + 0.002, client, fin | ack);
    }

    /// Sets the sequence number of the next bytes of `from`.
    void set_sequence(who from, std::uint32_t sequence) { sequence_[from] = sequence; }
    std::uint32_t sequence(who from) const { return sequence_[from]; }

    /// Writes a pcap file. `wrap` makes a packet of the link type from an IP packet.
    template <class Wrap>
    bytes pcap(std::uint32_t link_type, Wrap wrap) const {
        bytes out;
        for (const std::uint32_t v : {0xa1b2c3d4U, 0x00040002U, 0U, 0U, 65'535U, link_type})
            put_little(out, v);
        for (const packet& p : packets) {
            const auto us = std::llround(p.at * 1e6);
            const bytes framed = wrap(p.content);
            const std::size_t kept = std::min(p.kept, framed.size());
            put_little(out, static_cast<std::uint32_t>(1'700'000'000 + us / 1'000'000));
            put_little(out, static_cast<std::uint32_t>(us % 1'000'000));
            put_little(out, static_cast<std::uint32_t>(kept));
            put_little(out, static_cast<std::uint32_t>(framed.size()));
            out.insert(out.end(), framed.begin(), framed.begin() + static_cast<std::ptrdiff_t>(kept));
        }
        return out;
    }
    bytes pcap(std::uint32_t link_type = raw_ip) const {
        return pcap(link_type, [](const bytes& ip) { return ip; });
    }

    std::vector<packet> packets;

  private:
    static void put8(bytes& to, unsigned v) { to.push_back(static_cast<std::byte>(v)); }
    static void put16(bytes& to, std::size_t v) {
        put8(to, static_cast<unsigned>(v >> 8 & 0xff));
        put8(to, static_cast<unsigned>(v & 0xff));
    }
    static void put32(bytes& to, std::uint32_t v) {
        put16(to, v >> 16);
        put16(to, v & 0xffff);
    }
    static void put_little(bytes& to, std::uint32_t v) {
        for (int i = 0; i < 4; ++i)
            put8(to, v >> (8 * i) & 0xff);
    }

    std::uint16_t ports_[2];
    std::uint32_t sequence_[2] = {1000, 0xffffff00}; // the server's number wraps within the call
};

} // namespace audiosocket::test
