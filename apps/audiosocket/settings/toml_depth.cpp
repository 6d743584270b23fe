// SPDX-License-Identifier: Apache-2.0
// Skips the tokens of TOML that can contain brackets and dots (texts and comments), and counts brackets and dots
// outside of them.
//
// A key ends at '=', at the bracket of its header, or at the separator before the next key. Its dots are counted in
// each of these places. Dots of a number or of a time are counted as well, but are always few.

#include "settings/toml_depth.hpp"

#include <algorithm>

namespace audiosocket::app {
namespace {

class depth_scan {
  public:
    explicit depth_scan(std::string_view text) noexcept : text_(text) {}

    // Returns the offset of the first bracket or dot that is too deep; npos if there is none.
    std::size_t run() noexcept {
        while (at_ < text_.size()) {
            if (is_too_deep()) return at_;
            skip_token();
        }
        return std::string_view::npos;
    }

  private:
    // Counts the character at the current position.
    bool is_too_deep() noexcept {
        switch (text_[at_]) {
        case '[':
        case '{': dots_ = 0; return ++brackets_ > toml_depth_max;
        case ']':
        case '}':
            if (brackets_ > 0) --brackets_;
            dots_ = 0;
            return false;
        case '=':
        case ',':
        case '\n': dots_ = 0; return false;
        case '.': return ++dots_ >= toml_depth_max; // n dots separate n + 1 parts
        default: return false;
        }
    }

    void skip_token() noexcept {
        const char c = text_[at_];
        if (c == '#')
            at_ = std::min(text_.find('\n', at_), text_.size());
        else if (c == '"' || c == '\'')
            skip_text(c);
        else
            ++at_;
    }

    void skip_text(char quote) noexcept {
        const auto here = text_.substr(at_);
        const bool long_text = here.size() >= 3 && here[1] == quote && here[2] == quote;
        at_ += long_text ? 3 : 1;
        for (std::size_t quotes = 0; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (!long_text && c == '\n') return; // not closed: a syntax error, where parsing ends
            if (c == quote && ++quotes == (long_text ? 3U : 1U)) {
                ++at_;
                // A multi-line text may end with two quotes of its own.
                for (int own = 0; long_text && own < 2 && at_ < text_.size() && text_[at_] == quote; ++own)
                    ++at_;
                return;
            }
            if (c != quote) quotes = 0;
            if (c == '\\' && quote == '"') ++at_; // the next character is escaped
        }
        at_ = std::min(at_, text_.size());
    }

    const std::string_view text_;
    std::size_t at_ = 0;
    std::size_t brackets_ = 0;
    std::size_t dots_ = 0;
};

text_place place_of(std::string_view text, std::size_t offset) noexcept {
    const auto before = text.substr(0, offset);
    const auto line_begin = before.rfind('\n') + 1; // npos + 1 is 0
    const auto continues_character = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
    const auto line = before.substr(line_begin);
    return {static_cast<unsigned>(std::ranges::count(before, '\n') + 1),
            static_cast<unsigned>(line.size() -
                                  static_cast<std::size_t>(std::ranges::count_if(line, continues_character)) + 1)};
}

} // namespace

std::optional<text_place> too_deep_toml(std::string_view text) noexcept {
    const auto offset = depth_scan(text).run();
    if (offset == std::string_view::npos) return std::nullopt;
    return place_of(text, offset);
}

} // namespace audiosocket::app
