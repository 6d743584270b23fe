# SPDX-License-Identifier: Apache-2.0
# cmake -Dfolder=... -Dfiles=a;b -Dsource=... -P embed.cmake: writes a C++ source with find_page_file() for these files.

set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_svg "image/svg+xml")

set(arrays "")
set(entries "")
foreach(file IN LISTS files)
    get_filename_component(suffix "${file}" LAST_EXT)
    string(SUBSTRING "${suffix}" 1 -1 suffix)
    string(MAKE_C_IDENTIFIER "${file}" name)
    file(READ "${folder}/${file}" bytes HEX)
    string(LENGTH "${bytes}" length)
    math(EXPR length "${length} / 2")
    # Lines of 32 numbers: some tools choke on a line of a megabyte.
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
    string(REPEAT "'.x..'," 32 row)
    string(REGEX REPLACE "(${row})" "\\1\n" bytes "${bytes}")
    string(APPEND arrays "constexpr char ${name}[] = {\n${bytes}};\n")
    set(path "/${file}")
    if(file STREQUAL "index.html")
        set(path "/")
    endif()
    string(APPEND entries "    {\"${path}\", \"${type_${suffix}}\", {${name}, ${length}}},\n")
endforeach()

file(CONFIGURE OUTPUT "${source}" @ONLY CONTENT [[// Made by embed.cmake.
#include "admin/page_files.hpp"

namespace audiosocket::app::admin {
namespace {

@arrays@
constexpr page_file all[] = {
@entries@};

} // namespace

const page_file* find_page_file(std::string_view path) noexcept {
    for (const page_file& file : all)
        if (file.path == path) return &file;
    return nullptr;
}

} // namespace audiosocket::app::admin
]])
