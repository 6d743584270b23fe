# SPDX-License-Identifier: Apache-2.0
# Lets a build link what another build of the same sources has compiled: packages and shared libraries are made of the
# objects that were tested.

set(AUDIOSOCKET_OBJECTS "" CACHE PATH "A build folder of this tree whose objects are linked instead of compiling again")

# audiosocket_objects(OUT TARGET source...): sets OUT to what TARGET is made of. Without AUDIOSOCKET_OBJECTS these are the
# sources. Otherwise they are the objects of the same target in that build, where CMake with Ninja or Make puts them.
function(audiosocket_objects out target)
    if(NOT AUDIOSOCKET_OBJECTS)
        set(${out} ${ARGN} PARENT_SCOPE)
        return()
    endif()
    file(RELATIVE_PATH folder "${PROJECT_BINARY_DIR}" "${CMAKE_CURRENT_BINARY_DIR}")
    set(objects "")
    foreach(source IN LISTS ARGN)
        cmake_path(IS_PREFIX CMAKE_CURRENT_BINARY_DIR "${source}" is_generated)
        if(is_generated)
            file(RELATIVE_PATH name "${CMAKE_CURRENT_BINARY_DIR}" "${source}")
        else()
            file(RELATIVE_PATH name "${CMAKE_CURRENT_SOURCE_DIR}" "${source}")
        endif()
        cmake_path(SET object NORMALIZE "${AUDIOSOCKET_OBJECTS}/${folder}/CMakeFiles/${target}.dir/${name}.o")
        if(NOT EXISTS "${object}")
            message(FATAL_ERROR "AUDIOSOCKET_OBJECTS has no ${object}: build ${target} there first")
        endif()
        list(APPEND objects "${object}")
    endforeach()
    set(${out} ${objects} PARENT_SCOPE)
endfunction()
