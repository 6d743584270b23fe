# SPDX-License-Identifier: Apache-2.0
# Compiler and linker settings that make faults of memory harder to exploit, and builds equal in any folder. They apply to
# everything that this project builds: the libraries, the command, the C interface. tests/structure/hardened.sh checks
# the results. docs/reliability.md has what they cost.
#
# A project that adds this one as a folder decides for itself.

option(AUDIOSOCKET_HARDEN "Harden the build: FORTIFY, stack protector, assertions of the standard library, RELRO, PIE, CET"
    ${PROJECT_IS_TOP_LEVEL})

# A build without a type is not optimised: it is slow, and without optimisation glibc has no FORTIFY.
get_property(is_multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
if(PROJECT_IS_TOP_LEVEL AND NOT is_multi_config AND NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Debug, Release, RelWithDebInfo or MinSizeRel" FORCE)
endif()

# Without this, objects contain the paths of these folders, and two builds of the same sources differ. Debuggers find the
# sources if they are started in the folder of the sources.
if(PROJECT_IS_TOP_LEVEL)
    foreach(kind IN ITEMS debug macro)
        add_compile_options(
            "$<$<NOT:$<CONFIG:Debug>>:-f${kind}-prefix-map=${PROJECT_SOURCE_DIR}=.>"
            "$<$<NOT:$<CONFIG:Debug>>:-f${kind}-prefix-map=${PROJECT_BINARY_DIR}=./build>") # the last one wins
    endforeach()
endif()

if(NOT AUDIOSOCKET_HARDEN OR AUDIOSOCKET_SANITIZE) # sanitizers find more, and FORTIFY hides faults from them
    return()
endif()

include(CheckCXXCompilerFlag)
include(CheckCXXSourceCompiles)
include(CheckLinkerFlag)
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX) # targets with POSITION_INDEPENDENT_CODE are then linked so as well

# Each of these, where the compiler has it for this processor.
foreach(setting IN ITEMS
        "STACK_PROTECTOR -fstack-protector-strong"
        "STACK_CLASH -fstack-clash-protection"
        "CET -fcf-protection"                    # x86: jumps and returns only to where they may go
        "BRANCH -mbranch-protection=standard")   # aarch64: the same, as BTI and PAC
    string(REGEX REPLACE " .*" "" name "${setting}")
    string(REGEX REPLACE ".* " "" flag "${setting}")
    set(CMAKE_REQUIRED_FLAGS -Werror) # Clang only warns of flags for another processor
    check_cxx_compiler_flag(${flag} AUDIOSOCKET_HAS_${name})
    unset(CMAKE_REQUIRED_FLAGS)
    if(AUDIOSOCKET_HAS_${name})
        add_compile_options(${flag})
    endif()
endforeach()

# Level 3 also checks buffers whose size is only known at run time. It needs GCC 12 or Clang 9, and glibc 2.34.
set(CMAKE_REQUIRED_FLAGS "-O2 -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3")
check_cxx_source_compiles("#include <cstring>\nint main() {}" AUDIOSOCKET_HAS_FORTIFY_3)
unset(CMAKE_REQUIRED_FLAGS)
set(fortify 2)
if(AUDIOSOCKET_HAS_FORTIFY_3)
    set(fortify 3)
endif()
# Only optimised code can be fortified. Targets without optimisation take it back (tests/CMakeLists.txt).
add_compile_options("$<$<NOT:$<CONFIG:Debug>>:SHELL:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=${fortify}>")

# The standard library checks indexes, and that something is in an optional: the process ends instead of going on with
# foreign memory.
add_compile_definitions(_GLIBCXX_ASSERTIONS)

foreach(setting IN ITEMS "RELRO -z,relro" "NOW -z,now" "NOEXECSTACK -z,noexecstack")
    string(REGEX REPLACE " .*" "" name "${setting}")
    string(REGEX REPLACE ".* " "" flag "${setting}")
    check_linker_flag(CXX "-Wl,${flag}" AUDIOSOCKET_HAS_${name})
    if(AUDIOSOCKET_HAS_${name})
        add_link_options("LINKER:${flag}")
    endif()
endforeach()
