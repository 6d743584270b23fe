#pragma once

#include "audiosocket/admin/visit.hpp"

#include <audiosocket/call/call_statistics.hpp>
#include <audiosocket/call/event.hpp>

#include <array>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace audiosocket::app::admin {

/// Adds what one call has counted to a sum; of what is no count the largest stands.
void add(call_statistics& sum, const call_statistics& one) noexcept;

/// What the calls that are over have counted.
struct ended_calls {
    static constexpr std::size_t reasons = static_cast<std::size_t>(end_reason::never_started) + 1;

    std::array<std::uint64_t, reasons> by_reason{};
    call_statistics counted;
};

/// Who is up, and what those who were have counted. Safe from any thread: it is told of the begin and the end of each
/// call, and of nothing in between.
class call_book {
  public:
    void started(std::shared_ptr<served_call> call);

    /// On the call's thread.
    void ended(served_call& call, const ended_event& end);

    /// Both as they are at one moment. A call is in one of them, so that sums of both never go back: whoever counts
    /// those that are up later, when they may have ended, counts none of them twice.
    struct page {
        ended_calls ended;
        call_list up;
    };
    page look() const;

  private:
    mutable std::mutex using_;
    ended_calls ended_;
    std::unordered_map<const served_call*, std::shared_ptr<served_call>> up_;
};

} // namespace audiosocket::app::admin
