// SPDX-License-Identifier: Apache-2.0
#include "interop_test.hpp"

#include <audiosocket/net/blocking.hpp>

#include <map>

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

/// Checks each row of docs/from-go.md with the library itself, in the version that most applications use and in the
/// newest.
class go_encoding : public go_interop_test {
  protected:
    // As the peer's `pattern`.
    static bytes pattern(std::size_t size) {
        bytes out(size);
        for (std::size_t i = 0; i < size; ++i)
            out[i] = static_cast<std::byte>(i % 251);
        return out;
    }

    // As the peer's `describe`.
    static std::string describe(const bytes& data) {
        error_code error;
        const message m = parse_message(data, error);
        if (error) return error.message();
        const uuid id = m.id(error);
        return "kind=" + std::to_string(static_cast<int>(m.kind)) + " length=" + std::to_string(m.content_length()) +
               " payload=" + hex(m.payload) + " error=" + std::to_string(static_cast<int>(m.error())) +
               " id=" + (error ? "refused" : hex(id.bytes));
    }
};

} // namespace

TEST_F(go_encoding, constants_have_our_values) {
    for_each_version([](const std::string& version, const program& go) {
        std::map<std::string, int> wanted{
            {"KindHangup", static_cast<int>(kind::hangup)},
            {"KindID", static_cast<int>(kind::id)},
            {"KindSilence", static_cast<int>(kind::silence)},
            {"KindSlin", static_cast<int>(kind::slin)},
            {"KindError", static_cast<int>(kind::error)},
            {"ErrNone", static_cast<int>(error_bits::none)},
            {"ErrAstHangup", static_cast<int>(error_bits::hangup)},
            {"ErrAstFrameForwarding", static_cast<int>(error_bits::frame_forwarding)},
            {"ErrAstMemory", static_cast<int>(error_bits::memory)},
            {"ErrUnknown", static_cast<int>(error_bits::unknown)},
            {"DefaultSlinChunkSize", static_cast<int>(chunk_bytes(pacing{}))},
        };
        if (version != "v0.2.1") wanted["KindDTMF"] = static_cast<int>(kind::dtmf);
        std::map<std::string, int> got;
        for (const auto& line : ask(go, {"constants"}))
            got[line.substr(0, line.find(' '))] = std::stoi(line.substr(line.find(' ')));
        EXPECT_EQ(got, wanted);
    });
}

TEST_F(go_encoding, constructors_make_our_bytes) {
    for_each_version([](const std::string&, const program& go) {
        program items{"encode", "hangup"};
        std::vector<std::string> ours{hex(hangup_message().to_bytes())};
        for (const std::string text :
             {id_text, "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"}) {
            items.push_back("id:" + text);
            ours.push_back(hex(id_message(uuid::parse(text)).to_bytes()));
        }
        for (const std::size_t size : std::vector<std::size_t>{2, 160, 254, 256, 320, 640, 1764, 7680, 65'534}) {
            items.push_back("slin:" + std::to_string(size));
            error_code error;
            ours.push_back(hex(slin_message(pattern(size), error).to_bytes()));
            EXPECT_FALSE(error) << size;
        }
        expect_answers(go, items, ours);
    });
}

// Asterisk drops a call over these messages, so we do not send them by default. On request, the bytes are the same.
TEST_F(go_encoding, audio_that_is_not_whole_samples_is_made_there_and_refused_here) {
    for_each_version([](const std::string&, const program& go) {
        program items{"encode"};
        std::vector<std::string> ours;
        for (const std::size_t size : std::vector<std::size_t>{0, 1, 321, 65'535}) {
            items.push_back("slin:" + std::to_string(size));
            const bytes pcm = pattern(size);
            error_code error;
            slin_message(pcm, error);
            EXPECT_EQ(error, usage_errc::not_whole_samples) << size;
            ours.push_back(hex(outgoing_message::with_payload(kind::slin, pcm, error).to_bytes()));
            EXPECT_FALSE(error) << size;
        }
        expect_answers(go, items, ours);
    });
}

TEST_F(go_encoding, audio_over_65535_bytes_panics_there_and_is_an_error_here) {
    for_each_version([](const std::string&, const program& go) {
        for (const std::size_t size : std::vector<std::size_t>{65'536, 100'000}) {
            EXPECT_EQ(ask(go, {"encode", "slin:" + std::to_string(size)}),
                      std::vector<std::string>{"panic: audiosocket: message too large"});
            error_code error;
            slin_message(pattern(size), error);
            EXPECT_EQ(error, usage_errc::payload_too_long);
        }
    });
}

TEST_F(go_encoding, accessors_say_the_same_of_every_message) {
    error_code error;
    std::vector<bytes> messages{
        hangup_message().to_bytes(),
        silence_message().to_bytes(),
        id_message(uuid::parse(id_text)).to_bytes(),
        dtmf_message('#', error).to_bytes(),
        frame(kind::hangup, bytes(5)),
        frame(kind::id),
        frame(kind::id, bytes(15)),
        frame(kind::id, bytes(17)),
        frame(kind::error), // without a code
        frame(kind::error, raw({4, 5})),
        frame(kind::slin),
        frame(0x04, pattern(300)),
        frame(0xfe),
    };
    for (const auto code :
         {error_bits::none, error_bits::hangup, error_bits::frame_forwarding, error_bits::memory, error_bits::unknown})
        messages.push_back(error_message(code).to_bytes());
    for (int k = 0x10; k <= 0x18; ++k)
        messages.push_back(audio_message(static_cast<kind>(k), pattern(320), error).to_bytes());

    for_each_version([&](const std::string&, const program& go) {
        program arguments{"read"};
        std::vector<std::string> ours;
        for (const bytes& m : messages) {
            arguments.push_back(hex(m));
            ours.push_back(describe(m));
        }
        expect_answers(go, arguments, ours);
    });
}

// MessageFromData accepts any bytes, and its accessors read what they can. We find either a message or none.
TEST_F(go_encoding, bytes_that_are_not_one_message_differ_as_documented) {
    struct difference {
        std::string data;
        std::string theirs;
        std::string ours;
    };
    const std::string truncated = make_error_code(protocol_errc::message_truncated).message();
    const std::string id17 = "0010" + std::string(34, '1');
    const std::vector<difference> differences{
        {"", "kind=255 length=0 payload= error=255 id=refused", truncated},
        {"10", "kind=16 length=0 payload= error=0 id=refused", truncated},
        {"1000", "kind=16 length=0 payload= error=0 id=refused", truncated},
        {"100002", "kind=16 length=2 payload= error=0 id=refused", truncated},
        {"10000212", "kind=16 length=2 payload=12 error=0 id=refused", truncated},
        // Bytes behind the message belong to it there.
        {"10000212345678", "kind=16 length=2 payload=12345678 error=0 id=refused",
         "kind=16 length=2 payload=1234 error=0 id=refused"},
        {"ff000004", "kind=255 length=0 payload= error=4 id=refused",
         "kind=255 length=0 payload= error=255 id=refused"},
        {"01" + id17, "kind=1 length=16 payload=" + std::string(34, '1') + " error=0 id=refused",
         "kind=1 length=16 payload=" + std::string(32, '1') + " error=0 id=" + std::string(32, '1')},
    };
    for_each_version([&](const std::string&, const program& go) {
        for (const auto& d : differences) {
            EXPECT_EQ(ask(go, {"read", d.data}), std::vector{d.theirs});
            bytes data;
            for (std::size_t i = 0; i < d.data.size(); i += 2)
                data.push_back(static_cast<std::byte>(std::stoi(d.data.substr(i, 2), nullptr, 16)));
            EXPECT_EQ(describe(data), d.ours) << d.data;
        }
    });
}
