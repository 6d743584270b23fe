// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/gateway/call_context.hpp>

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace audiosocket::app::gateway {

/// Where a text with placeholders goes, and so what may be in their values.
enum class placeholder_use {
    text,    ///< Anything.
    address, ///< A part of a URL: values are percent-encoded.
    header,  ///< A header field: control characters of values become spaces.
};

/// Replaces {uuid}, {from}, {to} and {NAME of any announced parameter} by what the context has. What it does not have
/// becomes empty. A brace without a name behind it stays as it is.
std::string expand(std::string_view text, const audiosocket::gateway::call_context& context, placeholder_use use);

/// Does so in every text within the value.
void expand(boost::json::value& in, const audiosocket::gateway::call_context& context);

/// Checks the placeholders of a text: throws failure (usage) for a brace that is opened and not closed.
void check_placeholders(std::string_view text);

} // namespace audiosocket::app::gateway
