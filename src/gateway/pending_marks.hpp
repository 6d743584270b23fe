// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace audiosocket::gateway {

/// The marks of a back end that are in the playout queue. In the queue each has a name of our own. The names of back
/// ends may be empty, long, or the same for several marks.
class pending_marks {
  public:
    /// The most marks. A session takes 10,000 (session::mark); half of them allow a mark for each 120 ms of the longest
    /// queue.
    static constexpr std::size_t marks_max = 5000;
    /// The longest name. Usual names are UUIDs or a few words. With marks_max this limits the memory of a call to 2.5
    /// MB.
    static constexpr std::size_t name_bytes_max = 512;

    /// A mark. `kind` says what it is for: a dialect may have several kinds.
    struct mark {
        std::string name;
        int kind = 0;
        /// The back end has been informed about it.
        bool settled = false;
    };

    /// Returns why a mark of this name cannot be added, or an empty text if it can.
    std::string_view refusal(std::string_view name) const noexcept;

    /// Adds a mark, and returns its name in the queue.
    std::string add(std::string_view name, int kind = 0);

    /// Removes and returns the mark with this name in the queue; nothing if it is not a mark of this object. Forgets
    /// the marks before it, which the queue has passed.
    std::optional<mark> take(std::string_view queue_name);

    /// Calls `use` with each mark, in order.
    template <class Use>
    void for_each(Use use) {
        for (auto& one : marks_)
            use(one);
    }

  private:
    std::deque<mark> marks_;
    std::uint64_t first_ = 0; // the number of the first mark
};

} // namespace audiosocket::gateway
