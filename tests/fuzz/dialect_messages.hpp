// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace audiosocket::fuzz {

/// Passes messages of a back end to a call in this dialect.
void receive_messages(std::string_view dialect, const std::uint8_t* data, std::size_t size);

} // namespace audiosocket::fuzz
