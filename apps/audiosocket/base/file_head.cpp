// SPDX-License-Identifier: Apache-2.0
#include "base/file_head.hpp"

#include <audiosocket/net/file_descriptor.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace audiosocket::app {
namespace {

std::string last_error() {
    return "cannot be read: " + std::generic_category().message(errno);
}

} // namespace

std::string read_file_head(const std::filesystem::path& file, std::size_t bytes_max, std::string& into) {
    const file_descriptor opened(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (!opened) return last_error();

    struct stat about {};
    if (fstat(opened.get(), &about) != 0) return last_error();
    if (!S_ISREG(about.st_mode)) return "is not a regular file; it has to be, because SIGHUP reads it again";
    into.resize(bytes_max);
    std::size_t size = 0;
    while (size < into.size()) {
        const ssize_t got = ::read(opened.get(), into.data() + size, into.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return last_error();
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    into.resize(size);
    return {};
}

} // namespace audiosocket::app
