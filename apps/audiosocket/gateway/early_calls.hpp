// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "gateway/early_call.hpp"

#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace audiosocket::app::gateway {

/// The back ends that are dialled when a call is announced (--dial-early), so that they have begun to speak when it
/// arrives.
///
/// Each lives where its call is going to live: home_of() says so to the listener. It ends with its announcement. A call
/// whose early back end is lost dials as any other. Functions are safe from any thread, unless they say otherwise.
class early_calls : public std::enable_shared_from_this<early_calls> {
  public:
    /// What may wait, and for how long.
    struct bounds {
        /// Connections at once; 0: none is dialled early. Each of them is a session that a service counts, and may
        /// charge for, although there is no caller.
        std::size_t most = 0;
        std::chrono::nanoseconds lifetime{}; ///< Of an announcement.
    };

    /// Numbers at one moment.
    struct figures {
        std::size_t waiting = 0;     ///< For their calls.
        std::uint64_t used = 0;      ///< Taken over by their calls.
        std::uint64_t expired = 0;   ///< No call came in time.
        std::uint64_t withdrawn = 0; ///< The announcement was withdrawn or replaced, or the process stopped.
        std::uint64_t lost = 0;      ///< No back end could be reached, or it ended the connection.
        std::uint64_t refused = 0;   ///< Not dialled, because too many waited.
    };

    /// Dials by this plan from now on, for calls that live on these io_contexts. What was dialled before stays.
    void use(std::span<boost::asio::io_context* const> homes, std::shared_ptr<const gateway_plan> plan, bounds how);

    /// Dials nothing more, and closes what waits. The io_contexts may end then.
    void stop();

    /// A call was announced, or announced again.
    void announced(audiosocket::gateway::call_context context);

    /// Its announcement was withdrawn.
    void withdrawn(const uuid& id);

    /// Returns which io_context a call has to live on to find its back end; nothing: any.
    std::optional<std::size_t> home_of(const uuid& id) const;

    /// The call has arrived. Returns its early back end, or null: it had none, lost it, or does not live on this
    /// executor. Call it only there.
    std::shared_ptr<early_call> take(const uuid& id, const boost::asio::any_io_executor& here);

    figures look() const;

    /// Returns what the log should say since this was called last, in sums.
    std::vector<std::string> take_news();

  private:
    struct place {
        std::size_t home;
        std::shared_ptr<early_call> call;
    };
    using places = std::unordered_map<uuid, place>;

    std::size_t emptiest_home();
    void ended(const uuid& id, const early_call* which, early_call::end how, const std::string& why);
    std::shared_ptr<early_call> remove(places::iterator which);
    static void drop(std::shared_ptr<early_call> call);

    mutable std::mutex using_;
    std::vector<boost::asio::io_context*> homes_;
    std::vector<std::size_t> waiting_at_; // by home
    std::size_t turn_ = 0;                // which home is next, of several that are equally empty
    std::shared_ptr<const gateway_plan> plan_;
    bounds bounds_;
    places places_;
    figures counted_; // without what is counted as it is asked for
    std::uint64_t lost_said_ = 0;
    std::uint64_t refused_said_ = 0;
    std::string last_loss_;
};

} // namespace audiosocket::app::gateway
