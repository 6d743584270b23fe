// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "admin/message.hpp"

#include <audiosocket/net/address.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace audiosocket::app::admin {

/// Who may ask what. Whoever has the token; without one, whoever is on this machine, as long as he does not come by
/// way of a browser that shows somebody else's page.
class guard {
  public:
    /// `token` may be empty: none. `own_host` is what the address was given as.
    guard(std::string token, std::string own_host) : token_(std::move(token)), own_host_(std::move(own_host)) {}

    /// Another token from now on; there has to have been one.
    void change_token(std::string token) { token_ = std::move(token); }

    /// The response to one who may not; nothing to one who may.
    std::optional<response> refuse(const request& r) const;

  private:
    bool has_token(const request& r) const;
    bool names_us(std::string_view host) const;

    std::string token_;
    const std::string own_host_;
};

/// A request that only looks, and changes nothing.
bool only_looks(const request& r);

/// What was encoded, or nothing where that is no base64 (RFC 4648, section 4).
std::optional<std::string> from_base64(std::string_view text);

/// Whether they are equal, in a time that depends on neither's content.
bool equal_in_constant_time(std::string_view a, std::string_view b) noexcept;

} // namespace audiosocket::app::admin
