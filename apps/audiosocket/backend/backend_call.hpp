// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "backend/event_lines.hpp"
#include "backend/plan.hpp"
#include "backend/side.hpp"
#include "backend/speech_detector.hpp"
#include "websocket/websocket.hpp"

#include <audiosocket/audio/resampler.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace audiosocket::app::backend {

/// One call at its back end: echoes, or plays a file, and prints its events. Lives until its WebSocket has closed.
class backend_call final : public std::enable_shared_from_this<backend_call>, private side_owner {
  public:
    /// Called at the end, with the number of violations.
    using end_handler = std::function<void(std::uint64_t violations)>;

    backend_call(unsigned number, const plan& what, event_lines& lines, std::shared_ptr<websocket::websocket> link,
                 const boost::asio::any_io_executor& executor, end_handler on_end);

    /// Returns the handlers for the WebSocket. They keep the call alive.
    websocket::handlers handlers();

    /// Closes the WebSocket, because the process ends.
    void stop();

  private:
    using clock = std::chrono::steady_clock;

    void send_text(std::string_view message) override;
    void send_binary(std::span<const std::byte> message) override;
    void started(const call_start& about) override;
    void heard(std::span<const std::int16_t> samples) override;
    void pressed(std::string_view digits) override;
    void marked(std::string_view name, std::string_view how) override;
    bool answered(const tool_result& result) override;
    void noted(std::string_view what, const boost::json::object& about) override;
    void stopped() override;
    void violated(std::string what) override;
    void close(std::uint16_t code, std::string_view reason) override;

    void say(std::string_view event, boost::json::object fields = {});
    void sent(bool taken);
    void echo(std::span<const std::int16_t> samples);
    void call_tool();
    void ping();
    void wait_for_limit();
    void after(boost::asio::steady_timer& timer, clock::duration time, void (backend_call::*then)());
    void play_file();
    void play_more();
    void file_sent();
    void caller_speaks(bool speaks);
    void hang_up();
    void closed(const websocket::close_report& report);
    void leave(std::uint16_t code, std::string_view reason);
    void rest();
    void limit_is_near();
    void limit_is_reached();
    double ms_of(std::uint64_t samples, int rate_hz) const;

    const unsigned number_;
    const plan& plan_;
    event_lines& lines_;
    const std::shared_ptr<websocket::websocket> link_;
    end_handler on_end_;
    const clock::time_point begin_ = clock::now();
    boost::asio::steady_timer play_timer_;
    boost::asio::steady_timer ping_timer_;
    boost::asio::steady_timer limit_timer_;
    std::unique_ptr<side> side_;
    std::optional<speech_detector> detector_;

    const clip* sound_ = nullptr; // while it is being sent
    clock::time_point play_begin_;
    std::size_t play_sent_ = 0;
    unsigned plays_ = 0;
    std::map<std::string, clock::time_point, std::less<>> marks_; // pending: when they were sent
    std::optional<clock::time_point> tool_asked_;                 // a function is pending
    std::optional<resampler> echo_;
    std::vector<std::int16_t> echo_room_;
    std::chrono::milliseconds limit_{};  // of the session
    std::chrono::milliseconds notice_{}; // how long before its end it is announced
    bool full_ = false;
    bool started_ = false;
    bool closing_ = false; // we have closed: nothing more is sent
    bool deaf_ = false;    // the side has closed: messages of the peer are ignored

    std::uint64_t heard_samples_ = 0;
    std::uint64_t sent_samples_ = 0;
    std::uint64_t violations_ = 0;
};

} // namespace audiosocket::app::backend
