# SPDX-License-Identifier: Apache-2.0
# Four Debian packages, made by `cpack` from a build with the preset "package" (tools/package does both):
# libaudiosocketX.Y, libaudiosocket-c1, libaudiosocket-dev and audiosocket.

if(NOT CMAKE_INSTALL_PREFIX STREQUAL "/usr" OR NOT BUILD_SHARED_LIBS)
    return()
endif()

set(lib_package "libaudiosocket${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}")
set(c_package "libaudiosocket-c1")
set(dev_package "libaudiosocket-dev")
set(command_package "audiosocket")
set(debian "${PROJECT_SOURCE_DIR}/packaging/debian")

# --- In every package: its copyright and its changelog ---

find_program(AUDIOSOCKET_GZIP gzip REQUIRED)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${debian}/changelog")
execute_process(COMMAND "${AUDIOSOCKET_GZIP}" -9nc "${debian}/changelog"
    OUTPUT_FILE "${PROJECT_BINARY_DIR}/changelog.Debian.gz" COMMAND_ERROR_IS_FATAL ANY)
foreach(component IN ITEMS lib c dev command)
    install(FILES "${debian}/copyright" "${PROJECT_BINARY_DIR}/changelog.Debian.gz"
        DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/${${component}_package} COMPONENT ${component})
    install(FILES "${debian}/${component}.lintian-overrides" OPTIONAL RENAME ${${component}_package}
        DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/lintian/overrides COMPONENT ${component})
endforeach()

# What the packages are built with. tools/package makes the list.
foreach(component IN ITEMS lib command)
    install(FILES "${PROJECT_BINARY_DIR}/audiosocket.cdx.json" OPTIONAL
        DESTINATION ${CMAKE_INSTALL_DATAROOTDIR}/doc/${${component}_package} COMPONENT ${component})
endforeach()

# --- The service: its units, its settings, and the scripts for installing and removing them ---

if(TARGET audiosocket_command)
    install(FILES "${PROJECT_SOURCE_DIR}/packaging/systemd/audiosocket.service"
        "${PROJECT_SOURCE_DIR}/packaging/systemd/audiosocket.socket"
        DESTINATION lib/systemd/system COMPONENT command)
    install(FILES "${PROJECT_SOURCE_DIR}/packaging/audiosocket.toml"
        DESTINATION /etc/audiosocket COMPONENT command)
    # CPack requires the names that the scripts have in the package.
    foreach(script IN ITEMS postinst prerm postrm)
        configure_file("${debian}/command.${script}" "${PROJECT_BINARY_DIR}/debian/${script}" COPYONLY)
        list(APPEND command_control "${PROJECT_BINARY_DIR}/debian/${script}")
    endforeach()
    list(APPEND command_control "${debian}/conffiles")
endif()

# --- The packages ---

set(CPACK_GENERATOR DEB)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}")
set(CPACK_PACKAGE_VENDOR "AudioSocket for C++ maintainers")
set(CPACK_PACKAGE_CONTACT "AudioSocket for C++ maintainers <maintainers@localhost>")
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL lib c dev)
if(TARGET audiosocket_command)
    list(APPEND CPACK_COMPONENTS_ALL command)
endif()

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${PROJECT_BINARY_DIR}")
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")

# Otherwise CPack prepends the description of the project to that of each package.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${CMAKE_PROJECT_NAME} built using CMake")

set(about "AudioSocket is the protocol by which the Asterisk PBX hands the audio of a\n\
call to an application: speech recognition, voice bots, recorders.")

set(CPACK_DEBIAN_LIB_PACKAGE_NAME ${lib_package})
set(CPACK_DEBIAN_LIB_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIB_PACKAGE_CONTROL_EXTRA "${debian}/triggers")
set(CPACK_COMPONENT_LIB_DESCRIPTION "AudioSocket for C++: shared libraries\n${about}\n\
This package has the libraries that applications built with it need.")

set(CPACK_DEBIAN_C_PACKAGE_NAME ${c_package})
set(CPACK_DEBIAN_C_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_C_PACKAGE_CONTROL_EXTRA "${debian}/triggers")
set(CPACK_DEBIAN_C_PACKAGE_DEPENDS "${lib_package} (= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")
set(CPACK_COMPONENT_C_DESCRIPTION "AudioSocket for C: shared library\n${about}\n\
This package has the library for applications in C, and in languages that\n\
call C.")

# A version of Boost in Debian and Ubuntu, 1.81 or later, because the headers include Boost.Asio.
set(CPACK_DEBIAN_DEV_PACKAGE_NAME ${dev_package})
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS
    "${lib_package} (= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}), ${c_package} (= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}), libboost1.81-dev | libboost1.83-dev | libboost-dev (>= 1.81)")
set(CPACK_COMPONENT_DEV_DESCRIPTION "AudioSocket for C++: development files\n${about}\n\
This package has the headers, and what CMake and pkg-config need.")

set(CPACK_DEBIAN_COMMAND_PACKAGE_NAME ${command_package})
set(CPACK_DEBIAN_COMMAND_PACKAGE_SECTION comm)
set(CPACK_DEBIAN_COMMAND_PACKAGE_DEPENDS
    "${lib_package} (>= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}), adduser, init-system-helpers (>= 1.54)")
# The certificates that wss:// addresses trust.
set(CPACK_DEBIAN_COMMAND_PACKAGE_RECOMMENDS "ca-certificates")
set(CPACK_DEBIAN_COMMAND_PACKAGE_CONTROL_EXTRA ${command_control})
set(CPACK_COMPONENT_COMMAND_DESCRIPTION "answer, record, test and inspect AudioSocket calls\n${about}\n\
This command is a server that plays, echoes and records calls, a caller that\n\
behaves as Asterisk does and reports on the server, and a reader of captures.\n\
The server is a service of systemd as well, which has to be enabled.")

include(CPack)
