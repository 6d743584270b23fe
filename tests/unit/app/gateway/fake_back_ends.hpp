// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/gateway_plan.hpp"
#include "gateway/link_user.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace audiosocket::test {

namespace gw = app::gateway;
namespace ws = app::websocket;

/// A WebSocket without a network: the test is the peer.
class fake_websocket final : public ws::websocket {
  public:
    explicit fake_websocket(ws::client_options where, ws::handlers handlers, time_point now)
        : asked(std::move(where)), on(std::move(handlers)), heard(now) {}

    bool send_text(std::string_view message) override {
        if (!takes) return false;
        texts.emplace_back(message);
        return true;
    }
    bool send_binary(std::span<const std::byte> message) override {
        if (!takes) return false;
        bytes += message.size();
        return true;
    }
    std::size_t queued_bytes() const noexcept override { return 0; }
    std::chrono::steady_clock::time_point heard_at() const noexcept override { return heard; }
    void close(std::uint16_t code, std::string_view) override { closed = code; }
    void abandon() override { abandoned = true; } // the test calls no handler after this
    std::string_view subprotocol() const noexcept override { return {}; }

    // --- Actions of the peer ---

    void open() { on.on_open(); }
    void say(std::string_view text) { on.on_text(text); }
    void play(std::span<const std::int16_t> samples) { on.on_binary(std::as_bytes(samples)); }
    void end(std::uint16_t code, const std::string& reason = {}) {
        const auto tell = std::move(on.on_closed);
        on = {};
        tell({.code = code, .reason = reason});
    }

    const ws::client_options asked;
    ws::handlers on;
    std::vector<std::string> texts;
    std::size_t bytes = 0; // of binary messages
    time_point heard;
    bool takes = true;
    bool abandoned = false;
    std::uint16_t closed = 0; // code of our close
};

/// Records what a gateway dials, in place of back ends, and has its clock.
class fake_back_ends {
  public:
    fake_back_ends() = default;
    fake_back_ends(const fake_back_ends&) = delete;
    fake_back_ends& operator=(const fake_back_ends&) = delete;
    ~fake_back_ends() {
        for (const auto& one : dialled) // handlers keep their link, and the link keeps its WebSocket
            one->on = {};
    }

    /// A plan that dials here: first.example, then second.example. Its dialect is pcm, which is ready as soon as the
    /// WebSocket is open.
    std::shared_ptr<gw::gateway_plan> new_plan(std::vector<std::string> urls = {"ws://first.example/",
                                                                                "ws://second.example/"}) {
        auto plan = std::make_shared<gw::gateway_plan>();
        plan->dialect = gateway::find_dialect("pcm");
        plan->back_ends = std::move(urls);
        plan->dial = [this, p = plan.get()](const auto&, const ws::client_options& options, ws::handlers handlers) {
            dialled.push_back(std::make_shared<fake_websocket>(options, std::move(handlers), p->now()));
            return dialled.back();
        };
        return plan;
    }

    /// The last WebSocket that was dialled.
    fake_websocket& last() const {
        if (dialled.empty()) throw std::logic_error("nothing was dialled");
        return *dialled.back();
    }

    /// The addresses that were dialled, in order.
    std::vector<std::string> hosts() const {
        std::vector<std::string> all;
        for (const auto& one : dialled)
            all.push_back(one->asked.url.host);
        return all;
    }

    std::vector<std::shared_ptr<fake_websocket>> dialled;
    time_point now{std::chrono::hours(100)}; // of a link without a call
};

/// Records what a link asks for.
class recorded_user final : public gw::link_user {
  public:
    bool play(std::span<const std::int16_t> samples, int) override {
        add("play " + std::to_string(samples.size()));
        return has_room;
    }
    bool mark(std::string_view name) override {
        add("mark " + std::string(name));
        return has_room;
    }
    void clear() override { add("clear"); }
    void hang_up(gateway::hang_up_time, std::string_view why) override { add("hang up: " + std::string(why)); }
    void report(gateway::dialect_report what) override { add("report " + what.name); }
    void note(app::call_note what) override {
        add(what.name);
        if (const auto* reason = what.details.if_contains("reason")) reasons.emplace_back(reason->as_string());
    }
    void connected() override { add("connected"); }
    void next_back_end() override { add("next"); }
    void no_back_end() override { add("none"); }
    void progressed() override { ++progress; }

    /// Returns what the link asked for since the last call.
    std::vector<std::string> take() { return std::exchange(asked, {}); }

    std::vector<std::string> asked;
    std::vector<std::string> reasons; // of losses
    std::size_t progress = 0;
    bool has_room = true;

  private:
    void add(std::string what) { asked.push_back(std::move(what)); }
};

} // namespace audiosocket::test
