# SPDX-License-Identifier: Apache-2.0
# Makes the files of the admin page a part of the command: sets `admin_page` to a source that holds them all.

set(admin_page_folder "${CMAKE_CURRENT_LIST_DIR}/page")
set(admin_page "${CMAKE_CURRENT_BINARY_DIR}/admin_page.cpp")
set(admin_page_files index.html page.css page.js calls.js outline.js icon.svg)
list(TRANSFORM admin_page_files PREPEND "${admin_page_folder}/" OUTPUT_VARIABLE admin_page_sources)
add_custom_command(OUTPUT "${admin_page}"
    COMMAND "${CMAKE_COMMAND}" "-Dfolder=${admin_page_folder}" "-Dfiles=${admin_page_files}" "-Dsource=${admin_page}"
            -P "${CMAKE_CURRENT_LIST_DIR}/embed.cmake"
    DEPENDS ${admin_page_sources} "${CMAKE_CURRENT_LIST_DIR}/embed.cmake" VERBATIM)
