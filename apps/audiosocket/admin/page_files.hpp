// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace audiosocket::app::admin {

/// A file of the page, which is part of the program (apps/audiosocket/admin/page/, embedded by CMake).
struct page_file {
    std::string_view path; ///< As a browser asks for it.
    std::string_view type;
    std::string_view content;
};

/// Null if there is none.
const page_file* find_page_file(std::string_view path) noexcept;

} // namespace audiosocket::app::admin
