// SPDX-License-Identifier: Apache-2.0
#include "base/file_limit.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace audiosocket::app {
namespace {

// All zeros if the system does not report it, which never happens on Linux.
rlimit limits() {
    rlimit both{};
    getrlimit(RLIMIT_NOFILE, &both);
    return both;
}

} // namespace

std::size_t file_limit() {
    return limits().rlim_cur;
}

std::size_t file_limit_max() {
    return limits().rlim_max;
}

std::size_t raise_file_limit(std::size_t wanted) {
    rlimit both = limits();
    if (both.rlim_cur < wanted) {
        both.rlim_cur = std::min<rlim_t>(wanted, both.rlim_max);
        setrlimit(RLIMIT_NOFILE, &both);
    }
    return file_limit();
}

std::size_t raise_file_limit() {
    return raise_file_limit(file_limit_max());
}

} // namespace audiosocket::app
