# SPDX-License-Identifier: Apache-2.0
# Lets a build link the objects of another build of the same sources: packages and shared libraries contain the tested
# objects.

set(AUDIOSOCKET_OBJECTS "" CACHE PATH "A build folder of this tree whose objects are linked instead of compiling again")

# audiosocket_objects(OUT TARGET source...): sets OUT to what TARGET is made of. Without AUDIOSOCKET_OBJECTS these are
# the sources. Otherwise they are the same target's objects in that build, where CMake with Ninja or Make puts them.
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
            # A fault only where the target is built.
            add_custom_command(OUTPUT "${object}" VERBATIM
                COMMAND "${CMAKE_COMMAND}" -E echo "AUDIOSOCKET_OBJECTS has no ${object}: build ${target} there first"
                COMMAND "${CMAKE_COMMAND}" -E false)
        endif()
        list(APPEND objects "${object}")
    endforeach()
    set(${out} ${objects} PARENT_SCOPE)
endfunction()
