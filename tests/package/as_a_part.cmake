# SPDX-License-Identifier: Apache-2.0
# As a part of another project, the library builds only its rooms.
foreach(room IN ITEMS protocol audio call net server)
    if(NOT TARGET audiosocket::${room})
        message(FATAL_ERROR "there is no target audiosocket::${room}")
    endif()
endforeach()
if(TARGET audiosocket_command OR TARGET unit_protocol OR TARGET 01_echo)
    message(FATAL_ERROR "the command, the tests or the examples came along")
endif()
if(AUDIOSOCKET_WARNINGS_AS_ERRORS OR AUDIOSOCKET_INSTALL)
    message(FATAL_ERROR "warnings became errors, or installation rules came along")
endif()

add_executable(consumer ../consumer.cpp)
target_link_libraries(consumer PRIVATE audiosocket::audiosocket)
