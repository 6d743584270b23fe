// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/message.hpp"

#include <audiosocket/net/address.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace audiosocket::app::admin {

/// Decides which requests are allowed. With a token: those that send it. Without a token: those of this machine, except
/// requests that a page of another site made in a browser.
class guard {
  public:
    /// `token` may be empty: no token. `own_host` is the host of the admin address as it was given.
    guard(std::string token, std::string own_host) : token_(std::move(token)), own_host_(std::move(own_host)) {}

    /// Replaces the token; there has to be a token already.
    void change_token(std::string token) { token_ = std::move(token); }

    /// Returns the response to a request that is refused; nothing if it is allowed.
    std::optional<response> refuse(const request& r) const;

  private:
    bool has_token(const request& r) const;
    bool names_us(std::string_view host) const;

    std::string token_;
    const std::string own_host_;
};

/// Returns whether the request changes nothing.
bool only_looks(const request& r);

/// Returns the decoded text, or nothing if it is not base64 (RFC 4648, section 4).
std::optional<std::string> from_base64(std::string_view text);

/// Returns whether both are equal, in a time that does not depend on their content.
bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

} // namespace audiosocket::app::admin
