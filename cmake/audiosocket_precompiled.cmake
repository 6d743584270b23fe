# SPDX-License-Identifier: Apache-2.0
# Precompiled headers for the tests, which are compiled without optimisation: reading Boost.Asio and GoogleTest is
# nearly half of the cost of a test's source. Optimised sources gain nothing measurable. A kind is a small library that
# owns the precompiled headers of every target with the same compiler options. They contain few headers of this tree, so
# that a change does not recompile everything.

option(AUDIOSOCKET_PRECOMPILE "Precompile the headers of other projects (the presets do)" OFF)

# audiosocket_precompiled_kind(KIND HEADERS header... [LINK targets...] [OPTIONS options...]): LINK provides the headers
# and their definitions. OPTIONS are those of the targets that use the kind.
function(audiosocket_precompiled_kind kind)
    if(NOT AUDIOSOCKET_PRECOMPILE OR AUDIOSOCKET_OBJECTS)
        return()
    endif()
    cmake_parse_arguments(arg "" "" "HEADERS;LINK;OPTIONS" ${ARGN})
    set(target audiosocket_precompiled_${kind})
    set(source "${CMAKE_CURRENT_BINARY_DIR}/precompiled_${kind}.cpp")
    file(CONFIGURE OUTPUT "${source}" CONTENT "// Owns the precompiled headers.\n")
    add_library(${target} OBJECT "${source}")
    audiosocket_flags(${target})
    target_compile_options(${target} PRIVATE ${arg_OPTIONS})
    target_link_libraries(${target} PRIVATE ${arg_LINK})
    target_precompile_headers(${target} PRIVATE ${arg_HEADERS})
endfunction()

# audiosocket_precompiled(TARGET KIND): the sources of TARGET use the precompiled headers of that kind.
function(audiosocket_precompiled target kind)
    if(AUDIOSOCKET_PRECOMPILE AND NOT AUDIOSOCKET_OBJECTS)
        target_precompile_headers(${target} REUSE_FROM audiosocket_precompiled_${kind})
    endif()
endfunction()

set(audiosocket_standard_headers
    <algorithm> <array> <atomic> <chrono> <cstdint> <deque> <functional> <map> <memory> <mutex> <optional> <span> <string>
    <string_view> <system_error> <thread> <utility> <variant> <vector>)
