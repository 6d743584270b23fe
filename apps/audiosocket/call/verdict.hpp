// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/asterisk/reader.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace audiosocket::app::caller {

/// What came of a call with one release of Asterisk.
enum class fate {
    kept,             ///< The call was kept, or the server ended it and the dialplan went on.
    ended_with_error, ///< The server hung up in order, which this release takes for an error.
    ended_early,      ///< What the server sent, or did not send, ended the call.
    spun,             ///< A thread of Asterisk uses all of a core.
    unheard,          ///< The call was kept, but the caller's audio was held back for more than 2 s (asterisk#2089).
};

fate fate_of(const asterisk::reader& r, time_point now);

/// Whether the server is to blame: for all but `kept` and `ended_with_error`, which is how that release is.
constexpr bool costs_the_call(fate f) noexcept {
    return f == fate::ended_early || f == fate::spun || f == fate::unheard;
}

/// Why, as a clause; empty for a call that was kept.
std::string reason_of(const asterisk::reader& r, time_point now);

/// What all releases together made of a call. The one place that says whether it was good.
class verdict {
  public:
    /// Releases that share a bad fate.
    struct group {
        std::vector<std::string_view> releases;
        fate what = fate::kept;
        std::string why;
    };

    verdict(std::span<const asterisk::reader> readers, time_point now);

    /// Releases with a call that was not the server's fault, in the order of the readers.
    const std::vector<std::string_view>& good() const noexcept { return good_; }
    const std::vector<group>& bad() const noexcept { return bad_; }
    bool costs_the_call() const noexcept { return !bad_.empty(); }

    /// One line: "good on 20.17, 22.7 and later; ends early on 18, 20.14: the connection ended inside a message".
    std::string text() const;

    /// "ends early on 18, 20.14: WHY".
    static std::string text(const group& g);

  private:
    std::string good_text() const;

    std::vector<asterisk::release> all_;
    std::vector<std::string_view> good_;
    std::vector<std::string_view> end_dialplan_; // of the good ones, those with fate::ended_with_error
    std::vector<group> bad_;
};

} // namespace audiosocket::app::caller
