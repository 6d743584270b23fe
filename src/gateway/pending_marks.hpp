// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace audiosocket::gateway {

/// The marks of a back end that are in the play queue. In the queue each has a name of ours, because the names of back
/// ends may be empty, long, or the same for several marks.
class pending_marks {
  public:
    /// A session takes 10,000 (session::mark). Half of them is a mark for each 120 ms of the longest queue.
    static constexpr std::size_t marks_max = 5000;
    /// Names in the field are UUIDs, or a few words. With marks_max it bounds the memory of a call: 2.5 MB.
    static constexpr std::size_t name_bytes_max = 512;

    /// What a mark is for: a dialect may have several kinds.
    struct mark {
        std::string name;
        int kind = 0;
        /// The back end knows what became of it.
        bool settled = false;
    };

    /// Returns why no mark of this name can be added; an empty text if it can.
    std::string_view refusal(std::string_view name) const noexcept;

    /// Adds a mark, and returns its name in the queue.
    std::string add(std::string_view name, int kind = 0);

    /// Takes out the mark that has this name in the queue; nothing if it is not one of these. Marks before it, which
    /// the queue has passed, are forgotten.
    std::optional<mark> take(std::string_view queue_name);

    /// Calls `use` with each mark, in order.
    template <class Use>
    void for_each(Use use) {
        for (auto& one : marks_)
            use(one);
    }

    std::size_t size() const noexcept { return marks_.size(); }

  private:
    std::deque<mark> marks_;
    std::uint64_t first_ = 0; // the number of the first of them
};

} // namespace audiosocket::gateway
