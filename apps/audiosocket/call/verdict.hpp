// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/asterisk/reader.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace audiosocket::app::caller {

/// The outcome of a call with one release of Asterisk.
enum class fate {
    kept,             ///< The call was kept, or the server ended it and the dialplan went on.
    ended_with_error, ///< The server hung up correctly, which this release takes for an error.
    ended_early,      ///< The server's messages, or their absence, ended the call.
    spun,             ///< A thread of Asterisk uses all of a core.
    unheard,          ///< The call was kept, but the caller's audio was held back for more than 2 s (asterisk#2089).
};

fate fate_of(const asterisk::reader& r, time_point now);

/// Returns whether the server is to blame. That release takes every hang-up for an error, so ended_with_error is not
/// its fault.
constexpr bool costs_the_call(fate f) noexcept {
    return f == fate::ended_early || f == fate::spun || f == fate::unheard;
}

/// Returns the reason as a clause; empty for a call that was kept.
std::string reason_of(const asterisk::reader& r, time_point now);

/// The outcome of a call with all releases together. Only this class decides whether it was good.
class verdict {
  public:
    /// Releases with the same bad outcome.
    struct group {
        std::vector<std::string_view> releases;
        fate what = fate::kept;
        std::string why;
    };

    verdict(std::span<const asterisk::reader> readers, time_point now);

    /// Returns the releases whose call had no fault of the server, in the order of the readers.
    const std::vector<std::string_view>& good() const noexcept { return good_; }
    const std::vector<group>& bad() const noexcept { return bad_; }
    bool costs_the_call() const noexcept { return !bad_.empty(); }

    /// Returns one line: "good on 20.17, 22.7 and later; ends early on 18, 20.14: the connection ended inside a
    /// message".
    std::string text() const;

    /// Returns "ends early on 18, 20.14: WHY".
    static std::string text(const group& g);

  private:
    std::string good_text() const;

    std::vector<asterisk::release> all_;
    std::vector<std::string_view> good_;
    std::vector<std::string_view> end_dialplan_; // of the good releases, those with fate::ended_with_error
    std::vector<group> bad_;
};

} // namespace audiosocket::app::caller
