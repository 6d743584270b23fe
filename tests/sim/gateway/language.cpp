// SPDX-License-Identifier: Apache-2.0
#include "sim/gateway/language.hpp"

#include <gtest/gtest.h>

#include <openssl/evp.h>

#include <cstdint>

namespace audiosocket::sim {
namespace {

// Returns the text of a member of a JSON object of the gateway.
std::string member(std::string_view json, std::string_view name) {
    const auto key = '"' + std::string(name) + "\":\"";
    const auto at = json.find(key);
    if (at == std::string_view::npos) return {};
    const auto begin = at + key.size();
    return std::string(json.substr(begin, json.find('"', begin) - begin));
}

std::uint64_t number(std::string_view json, std::string_view name) {
    const auto text = member(json, name);
    return text.empty() ? 0 : std::stoull(text);
}

std::string to_base64(std::string_view bytes) {
    std::string out((bytes.size() + 2) / 3 * 4 + 1, 0);
    const int length =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    out.resize(static_cast<std::size_t>(length));
    return out;
}

std::string from_base64(std::string_view text) {
    std::string out(text.size(), 0);
    const int length =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                        reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
    EXPECT_GE(length, 0) << "not base64: " << text;
    const auto padding = text.size() - (text.find_last_not_of('=') + 1);
    out.resize(length < 0 ? 0 : static_cast<std::size_t>(length) - padding);
    return out;
}

class pcm_language final : public language {
  public:
    bool may_begin() const noexcept override { return true; }
    bool splits_samples() const noexcept override { return true; }

    message audio(std::string_view bytes) const override { return {opcode::binary, std::string(bytes)}; }
    message mark(std::string_view name) const override {
        return {opcode::text, R"({"type":"mark","data":{"name":")" + std::string(name) + "\"}}"};
    }
    message clear() const override { return {opcode::text, R"({"type":"killAudio"})"}; }
    message garbage(std::size_t which) const override {
        switch (which) {
        case 0: return {opcode::text, R"({"type":"mark","data":[1,2,3]})"};
        case 1: return {opcode::text, R"({"type":"playAudio","data":{"audioContent":"*"}})"};
        default: return {opcode::binary, ""};
        }
    }

    news read(opcode kind, std::string_view received) override {
        if (kind == opcode::binary) return {news::type::audio, std::string(received), {}};
        if (received.find("callSid") != std::string_view::npos) return {news::type::start, {}, {}};
        if (auto digit = member(received, "dtmf"); !digit.empty()) return {news::type::digit, std::move(digit), {}};
        if (member(received, "type") == "mark")
            return {news::type::mark, member(received, "name"), member(received, "event")};
        ADD_FAILURE() << "the gateway sends " << received;
        return {};
    }
};

class twilio_language final : public language {
  public:
    bool may_begin() const noexcept override { return !stream_.empty(); }
    bool splits_samples() const noexcept override { return false; }

    message audio(std::string_view bytes) const override {
        return {opcode::text, head("media") + R"(,"media":{"payload":")" + to_base64(bytes) + "\"}}"};
    }
    message mark(std::string_view name) const override {
        return {opcode::text, head("mark") + R"(,"mark":{"name":")" + std::string(name) + "\"}}"};
    }
    message clear() const override { return {opcode::text, head("clear") + '}'}; }
    message garbage(std::size_t which) const override {
        switch (which) {
        case 0: return {opcode::text, R"({"event":"clear","streamSid":"MZ00"})"};
        case 1: return {opcode::text, head("media") + R"(,"media":{"payload":"*"}})"};
        default: return {opcode::binary, "abc"};
        }
    }

    news read(opcode kind, std::string_view received) override {
        EXPECT_EQ(kind, opcode::text) << "twilio has only text messages";
        EXPECT_FALSE(has_stopped_) << "a message behind the stop: " << received;
        const auto event = member(received, "event");
        if (event == "connected") return {};
        EXPECT_EQ(number(received, "sequenceNumber"), ++sequence_) << received;
        if (event == "start") {
            EXPECT_TRUE(stream_.empty()) << "a second start";
            stream_ = member(received, "streamSid");
            return {news::type::start, {}, {}};
        }
        EXPECT_EQ(member(received, "streamSid"), stream_) << received;
        if (event == "media") return media(received);
        if (event == "dtmf") return {news::type::digit, member(received, "digit"), {}};
        if (event == "mark") return {news::type::mark, member(received, "name"), {}};
        if (event == "stop")
            has_stopped_ = true;
        else
            ADD_FAILURE() << "the gateway sends " << received;
        return {};
    }

  private:
    std::string head(std::string_view event) const {
        return R"({"event":")" + std::string(event) + R"(","streamSid":")" + stream_ + '"';
    }

    news media(std::string_view received) {
        EXPECT_EQ(number(received, "chunk"), ++chunk_) << received;
        const auto timestamp = number(received, "timestamp");
        EXPECT_GE(timestamp, timestamp_) << received;
        auto audio = from_base64(member(received, "payload"));
        timestamp_ = timestamp + audio.size() / 8; // milliseconds
        return {news::type::audio, std::move(audio), {}};
    }

    std::string stream_;
    std::uint64_t sequence_ = 0;
    std::uint64_t chunk_ = 0;
    std::uint64_t timestamp_ = 0; // the least of the next one
    bool has_stopped_ = false;
};

} // namespace

std::unique_ptr<language> make_language(std::string_view dialect) {
    if (dialect == "twilio") return std::make_unique<twilio_language>();
    return std::make_unique<pcm_language>();
}

encoding encoding_of(std::string_view dialect) {
    return dialect == "twilio" ? encoding::ulaw : encoding::slin;
}

} // namespace audiosocket::sim
