# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` installs, in four components: lib (shared libraries), c (the library of the C interface), dev
# (what a build against them needs; static libraries as well) and command. find_package(audiosocket) then provides
# audiosocket::protocol, ::audio, ::call, ::asterisk, ::net, ::server, and ::audiosocket for all of them. The name for
# pkg-config is audiosocket; that of the C interface is audiosocket-c.

include(CMakePackageConfigHelpers)

set(cmake_dir "${CMAKE_INSTALL_LIBDIR}/cmake/audiosocket")
set(doc_root "${CMAKE_INSTALL_DATAROOTDIR}/doc")
set(room_targets audiosocket_protocol audiosocket_audio audiosocket_call audiosocket_asterisk audiosocket_gateway
    audiosocket_net audiosocket_server)

# --- Libraries and headers ---

# Outside the system's folders, a shared library must be found by the other libraries and by the command.
if(BUILD_SHARED_LIBS AND NOT CMAKE_INSTALL_PREFIX STREQUAL "/usr")
    file(RELATIVE_PATH bin_to_lib "${CMAKE_INSTALL_FULL_BINDIR}" "${CMAKE_INSTALL_FULL_LIBDIR}")
    set_target_properties(${room_targets} PROPERTIES INSTALL_RPATH "$ORIGIN")
    if(TARGET audiosocket_c)
        set_target_properties(audiosocket_c PROPERTIES INSTALL_RPATH "$ORIGIN")
    endif()
    if(TARGET audiosocket_command)
        set_target_properties(audiosocket_command PROPERTIES INSTALL_RPATH "$ORIGIN/${bin_to_lib}")
    endif()
endif()

install(TARGETS ${room_targets} audiosocket_all EXPORT audiosocketTargets
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT lib NAMELINK_COMPONENT dev
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/audiosocket"
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev FILES_MATCHING PATTERN "*.hpp")

if(TARGET audiosocket_c)
    install(TARGETS audiosocket_c EXPORT audiosocketTargets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT c NAMELINK_COMPONENT dev)
    install(FILES "${PROJECT_SOURCE_DIR}/bindings/c/audiosocket.h"
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev)
endif()

# --- find_package ---

install(EXPORT audiosocketTargets NAMESPACE audiosocket:: DESTINATION ${cmake_dir} COMPONENT dev)
configure_package_config_file(
    "${PROJECT_SOURCE_DIR}/cmake/audiosocketConfig.cmake.in" "${PROJECT_BINARY_DIR}/audiosocketConfig.cmake"
    INSTALL_DESTINATION ${cmake_dir})
# While the major version is 0, every minor version may break users' builds. The SOVERSION does the same.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/audiosocketConfigVersion.cmake"
    COMPATIBILITY SameMinorVersion)
install(FILES
    "${PROJECT_BINARY_DIR}/audiosocketConfig.cmake" "${PROJECT_BINARY_DIR}/audiosocketConfigVersion.cmake"
    DESTINATION ${cmake_dir} COMPONENT dev)

# --- pkg-config ---

# Static libraries need their dependencies listed here; shared ones record them.
if(BUILD_SHARED_LIBS)
    set(pc_requires "")
else()
    set(pc_requires "speexdsp sndfile")
endif()
file(RELATIVE_PATH pc_to_prefix "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/audiosocket.pc.in" "${PROJECT_BINARY_DIR}/audiosocket.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/audiosocket.pc"
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)
if(TARGET audiosocket_c)
    configure_file("${PROJECT_SOURCE_DIR}/cmake/audiosocket-c.pc.in" "${PROJECT_BINARY_DIR}/audiosocket-c.pc" @ONLY)
    install(FILES "${PROJECT_BINARY_DIR}/audiosocket-c.pc"
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)
endif()

# --- The command, its manual and its completion ---

if(TARGET audiosocket_command)
    install(TARGETS audiosocket_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT command)

    file(GLOB manuals CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/man/*.[15]")
    find_program(AUDIOSOCKET_GZIP gzip)
    foreach(manual IN LISTS manuals)
        string(REGEX MATCH "[15]$" section "${manual}")
        if(AUDIOSOCKET_GZIP)
            get_filename_component(name "${manual}" NAME)
            set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${manual}")
            execute_process(COMMAND "${AUDIOSOCKET_GZIP}" -9nc "${manual}"
                OUTPUT_FILE "${PROJECT_BINARY_DIR}/${name}.gz" COMMAND_ERROR_IS_FATAL ANY)
            set(manual "${PROJECT_BINARY_DIR}/${name}.gz")
        endif()
        install(FILES "${manual}" DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} COMPONENT command)
    endforeach()

    install(FILES "${PROJECT_SOURCE_DIR}/packaging/completions/audiosocket" OPTIONAL
        DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/bash-completion/completions COMPONENT command)

    # Monitoring: files for Grafana and Prometheus.
    install(FILES "${PROJECT_SOURCE_DIR}/packaging/grafana/audiosocket.json"
        "${PROJECT_SOURCE_DIR}/packaging/prometheus/audiosocket.rules.yml"
        DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/audiosocket COMPONENT command)
endif()

# --- Documents, examples, sounds ---

# A Debian package has its documents in a folder of its own name, and its own license file (audiosocket_deb.cmake).
set(dev_doc "${doc_root}/audiosocket")
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
    set(dev_doc "${doc_root}/libaudiosocket-dev")
else()
    install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION ${doc_root}/audiosocket COMPONENT dev)
endif()
set(documents FILES_MATCHING PATTERN "*.md" PATTERN "*.svg" PATTERN "*.png")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/docs" DESTINATION ${dev_doc} COMPONENT dev ${documents})
install(DIRECTORY "${PROJECT_SOURCE_DIR}/examples" DESTINATION ${dev_doc} COMPONENT dev FILES_MATCHING PATTERN "*.cpp")
install(FILES "${PROJECT_SOURCE_DIR}/examples/tutorial/CMakeLists.txt" DESTINATION ${dev_doc}/examples/tutorial COMPONENT dev)
if(TARGET audiosocket_command)
    install(FILES "${PROJECT_SOURCE_DIR}/README.md" DESTINATION ${doc_root}/audiosocket COMPONENT command)
    set(changes "${PROJECT_SOURCE_DIR}/CHANGELOG.md")
    if(CMAKE_INSTALL_PREFIX STREQUAL "/usr") # the name that Debian's tools look for
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${changes}")
        execute_process(COMMAND "${AUDIOSOCKET_GZIP}" -9nc "${changes}"
            OUTPUT_FILE "${PROJECT_BINARY_DIR}/changelog.gz" COMMAND_ERROR_IS_FATAL ANY)
        set(changes "${PROJECT_BINARY_DIR}/changelog.gz")
    endif()
    install(FILES "${changes}" DESTINATION ${doc_root}/audiosocket COMPONENT command)
    install(DIRECTORY "${PROJECT_SOURCE_DIR}/docs" DESTINATION ${doc_root}/audiosocket COMPONENT command ${documents})
    install(DIRECTORY "${PROJECT_SOURCE_DIR}/share/sounds" DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/audiosocket
        COMPONENT command FILES_MATCHING PATTERN "*.wav")
endif()
