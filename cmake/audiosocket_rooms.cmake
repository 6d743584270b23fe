# SPDX-License-Identifier: Apache-2.0
# One library a room: audiosocket_room(call) builds every src/call/*.cpp into the target audiosocket_call; users link
# audiosocket::call. audiosocket_flags() gives a target the project's compiler settings.

include(audiosocket_objects)
include(audiosocket_precompiled)

add_library(audiosocket_flags_ INTERFACE)
target_compile_features(audiosocket_flags_ INTERFACE cxx_std_20)
target_compile_options(audiosocket_flags_ INTERFACE
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Woverloaded-virtual
    $<$<CXX_COMPILER_ID:Clang>:-Wno-gnu-zero-variadic-macro-arguments>
    $<$<BOOL:${AUDIOSOCKET_WARNINGS_AS_ERRORS}>:-Werror>)
if(AUDIOSOCKET_SANITIZE)
    target_compile_options(audiosocket_flags_ INTERFACE
        -fsanitize=${AUDIOSOCKET_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(audiosocket_flags_ INTERFACE -fsanitize=${AUDIOSOCKET_SANITIZE})
endif()
if(AUDIOSOCKET_SANITIZE MATCHES "undefined" AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    # Clang 14 cannot assemble a coroutine with this check ("Cannot represent a difference across sections").
    target_compile_options(audiosocket_flags_ INTERFACE -fno-sanitize=function)
endif()
if(AUDIOSOCKET_SANITIZE STREQUAL "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # The compiler warns that it does not follow the fences in Asio's handlers. It does follow the locks and atomics
    # beside them.
    target_compile_options(audiosocket_flags_ INTERFACE -Wno-tsan)
endif()

function(audiosocket_flags target)
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:audiosocket_flags_>)
    set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
endfunction()

set(audiosocket_rooms "")

function(audiosocket_room name)
    set(audiosocket_rooms ${audiosocket_rooms} ${name} PARENT_SCOPE)
    file(GLOB sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/src/${name}/*.cpp")
    set(target audiosocket_${name})
    audiosocket_objects(objects ${target} ${sources})
    add_library(${target} ${objects})
    add_library(audiosocket::${name} ALIAS ${target})
    audiosocket_flags(${target})
    target_compile_features(${target} PUBLIC cxx_std_20)
    target_include_directories(${target}
        PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
        PRIVATE ${PROJECT_SOURCE_DIR}/src)
    set_target_properties(${target} PROPERTIES
        EXPORT_NAME ${name}
        LINKER_LANGUAGE CXX
        CXX_VISIBILITY_PRESET hidden
        VISIBILITY_INLINES_HIDDEN ON
        POSITION_INDEPENDENT_CODE ON
        VERSION ${PROJECT_VERSION}
        SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
endfunction()

# audiosocket_every_folder_is_a_room(PARENT rooms...): stops if PARENT has a folder that is not one of the rooms,
# because its sources would not be compiled, without any message.
function(audiosocket_every_folder_is_a_room parent)
    file(GLOB folders RELATIVE "${PROJECT_SOURCE_DIR}/${parent}" LIST_DIRECTORIES true CONFIGURE_DEPENDS
         "${PROJECT_SOURCE_DIR}/${parent}/*")
    foreach(folder IN LISTS folders)
        if(IS_DIRECTORY "${PROJECT_SOURCE_DIR}/${parent}/${folder}" AND NOT folder IN_LIST ARGN)
            message(FATAL_ERROR "${parent}/${folder} has no CMake target: add a room for it beside those of ${parent}")
        endif()
    endforeach()
endfunction()
