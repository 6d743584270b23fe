// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace audiosocket::app::admin {

/// A file of the page, which is embedded into the command (apps/audiosocket/admin/page/).
struct page_file {
    std::string_view path; ///< The path that a browser requests.
    std::string_view type;
    std::string_view content;
};

/// Returns null if there is none.
const page_file* find_page_file(std::string_view path) noexcept;

} // namespace audiosocket::app::admin
