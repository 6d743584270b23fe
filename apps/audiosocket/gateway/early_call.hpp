// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/back_end_link.hpp"
#include "gateway/link_user.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace audiosocket::app::gateway {

/// A back end that is dialled for a call which was announced and has not arrived yet. What it asks for waits, in order,
/// and is asked of the call when that takes the link over.
///
/// It ends without its call when its time is over, or when no back end is left. On the executor of the call to come.
class early_call final : public std::enable_shared_from_this<early_call>, private link_user {
  public:
    /// Audio that waits for the call. A greeting is shorter; this is 1.5 MB at 24 kHz. More is refused, as it is where
    /// the queue of a call is full.
    static constexpr std::chrono::seconds audio_max{30};

    /// Pieces of audio, marks and all else that waits: as many as a call may have marks.
    static constexpr std::size_t asked_max = 10'000;

    /// Texts that wait: transcripts and functions of a greeting are a few kilobytes, and a message may have 16 MiB.
    static constexpr std::size_t text_bytes_max = std::size_t{1} << 20;

    /// Why it ended without its call.
    enum class end { expired, lost };

    /// Called once, if it ends without its call, with what to log.
    using end_handler = std::function<void(end how, const std::string& why)>;

    early_call(boost::asio::any_io_executor executor, std::shared_ptr<const gateway_plan> plan,
               audiosocket::gateway::call_context context, std::chrono::nanoseconds lifetime);

    /// Sets what is called. Before start().
    void on_end(end_handler handler) { on_end_ = std::move(handler); }

    const boost::asio::any_io_executor& executor() const noexcept { return executor_; }

    /// Dials. Once.
    void start();

    /// The call is not expected any more: closes the connection.
    void drop();

    /// When it was made.
    time_point began() const noexcept { return began_; }

    /// Whether there is a link that a call can take over: connected, or being dialled.
    bool has_link() const noexcept { return link_ && link_->is_connected() && !over_because_; }

    /// The link. The call keeps it when it takes it over.
    const std::shared_ptr<back_end_link>& link() const noexcept { return link_; }

    /// The call has arrived: the link serves `call` from now on, which is asked for all that waits.
    void hand_over(link_user& call);

  private:
    // What is asked of the call when it is there.
    struct asked {
        std::function<void(link_user&)> ask;
        bool is_note;
    };

    // link_user
    bool play(std::span<const std::int16_t> samples, int rate_hz) override;
    bool mark(std::string_view name) override;
    void clear() override;
    void hang_up(audiosocket::gateway::hang_up_time when, std::string_view why) override;
    void report(audiosocket::gateway::dialect_report what) override;
    void note(call_note what) override;
    void connected() override;
    void next_back_end() override;
    void no_back_end() override;
    void progressed() override;

    bool wait(std::function<void(link_user&)> ask, bool is_note = false);
    void wait_or_end(std::size_t text_bytes, std::function<void(link_user&)> ask, bool is_note = false);
    void finish(end how, const std::string& why);
    void arm_timer();

    const boost::asio::any_io_executor executor_;
    const std::shared_ptr<const gateway_plan> plan_;
    audiosocket::gateway::call_context context_;
    const time_point began_;
    const time_point expires_at_;
    end_handler on_end_;
    boost::asio::steady_timer timer_;
    time_point timer_at_ = time_point::max();
    std::shared_ptr<back_end_link> link_;
    std::vector<asked> waiting_;
    std::chrono::nanoseconds audio_{}; // of waiting_
    std::size_t text_bytes_ = 0;       // of all that has waited
    std::string last_note_;
    bool dropped_ = false;
    std::optional<std::string> over_because_; // the link is of no use any more
};

} // namespace audiosocket::app::gateway
