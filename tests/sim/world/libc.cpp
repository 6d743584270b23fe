// SPDX-License-Identifier: Apache-2.0
// The functions of the C library that touch descriptors and time. The linker finds these first. Each forwards to the
// real function if there is no world, or if the descriptor does not belong to it.
#include "sim/world/libc.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdarg>
#include <cstring>

using namespace audiosocket::sim;

namespace {

int control(int descriptor, int command, long argument) {
    kernel& k = now_in_kernel();
    description* const what = k.find(descriptor);
    if (what == nullptr) return failed(EBADF);
    switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC: return result_of(k.duplicate(descriptor));
    case F_GETFD: return FD_CLOEXEC;
    case F_SETFD: return 0;
    case F_GETFL: return O_RDWR | (what->non_blocking ? O_NONBLOCK : 0);
    case F_SETFL: what->non_blocking = (argument & O_NONBLOCK) != 0; return 0;
    default: return failed(EINVAL);
    }
}

int clock_time(clockid_t which, timespec* to) {
    kernel& k = *kernel::present;
    count_clock_read(k);
    switch (which) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE: *to = to_timespec(k.wall()); return 0;
    case CLOCK_THREAD_CPUTIME_ID:
        *to = to_timespec(k.running < k.threads.size() ? k.threads[k.running].used : nanoseconds{});
        return 0;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_BOOTTIME: *to = to_timespec(k.now); return 0;
    default: return REAL(clock_gettime)(which, to);
    }
}

int poll_ours(pollfd* all, nfds_t count, int timeout_ms) {
    kernel& k = now_in_kernel();
    const auto look = [&] {
        int ready = 0;
        for (nfds_t i = 0; i < count; ++i) {
            description* const what = k.find(all[i].fd);
            const std::uint32_t is = what == nullptr ? 0U : what->ready();
            all[i].revents = static_cast<short>(is & (static_cast<std::uint32_t>(all[i].events) | EPOLLERR | EPOLLHUP));
            if (what == nullptr) all[i].revents = POLLNVAL;
            ready += all[i].revents != 0 ? 1 : 0;
        }
        return ready;
    };
    if (timeout_ms == 0) return look();
    const std::function<bool()> some = [&] { return look() > 0; };
    k.run_others(&some, timeout_ms < 0 ? nanoseconds::max() : k.now + std::chrono::milliseconds(timeout_ms));
    return look();
}

} // namespace

extern "C" {

// --- Descriptors ---

ssize_t read(int descriptor, void* to, size_t size) {
    if (!ours(descriptor)) return REAL(read)(descriptor, to, size);
    kernel& k = *kernel::present;
    std::uint64_t* counted = nullptr;
    if (auto* const event = k.find_as<event_descriptor>(descriptor)) counted = &event->count;
    if (auto* const timer = k.find_as<timer_descriptor>(descriptor)) counted = &timer->expirations;
    if (counted == nullptr) return recv(descriptor, to, size, 0);
    k.system_call();
    if (*counted == 0) return failed(EAGAIN);
    std::memcpy(to, counted, sizeof *counted);
    *counted = 0;
    return sizeof *counted;
}

ssize_t write(int descriptor, const void* bytes, size_t size) {
    if (!ours(descriptor)) return REAL(write)(descriptor, bytes, size);
    kernel& k = *kernel::present;
    auto* const event = k.find_as<event_descriptor>(descriptor);
    if (event == nullptr) return send(descriptor, bytes, size, 0);
    k.system_call();
    std::uint64_t more = 0;
    std::memcpy(&more, bytes, sizeof more);
    event->count += more;
    event->wake(EPOLLIN);
    return sizeof more;
}

int close(int descriptor) {
    if (!ours(descriptor)) return REAL(close)(descriptor);
    return result_of(now_in_kernel().close(descriptor));
}

int dup(int descriptor) noexcept {
    if (!ours(descriptor)) return REAL(dup)(descriptor);
    return result_of(now_in_kernel().duplicate(descriptor));
}

int ioctl(int descriptor, unsigned long request, ...) noexcept {
    va_list rest;
    va_start(rest, request);
    void* const argument = va_arg(rest, void*);
    va_end(rest);
    if (!ours(descriptor)) return REAL(ioctl)(descriptor, request, argument);
    description* const what = now_in_kernel().find(descriptor);
    if (what == nullptr) return failed(EBADF);
    if (request == FIONBIO) {
        what->non_blocking = *static_cast<int*>(argument) != 0;
        return 0;
    }
    auto* const s = dynamic_cast<tcp_socket_description*>(what);
    if (request != FIONREAD || s == nullptr || s->end == nullptr) return failed(EINVAL);
    *static_cast<int*>(argument) = static_cast<int>(s->end->in.size());
    return 0;
}

int fcntl(int descriptor, int command, ...) {
    va_list rest;
    va_start(rest, command);
    const long argument = va_arg(rest, long);
    va_end(rest);
    return ours(descriptor) ? control(descriptor, command, argument) : REAL(fcntl)(descriptor, command, argument);
}

int fcntl64(int descriptor, int command, ...) {
    va_list rest;
    va_start(rest, command);
    const long argument = va_arg(rest, long);
    va_end(rest);
    return ours(descriptor) ? control(descriptor, command, argument) : REAL(fcntl)(descriptor, command, argument);
}

int poll(pollfd* all, nfds_t count, int timeout) {
    const bool some_ours = std::any_of(all, all + count, [](const pollfd& one) { return ours(one.fd); });
    return some_ours ? poll_ours(all, count, timeout) : REAL(poll)(all, count, timeout);
}

// --- epoll, timers, events ---

int epoll_create1(int flags) noexcept {
    if (kernel::present == nullptr) return REAL(epoll_create1)(flags);
    kernel& k = now_in_kernel();
    return result_of(k.open(std::make_shared<epoll>(k)));
}

int epoll_ctl(int by, int operation, int descriptor, epoll_event* how) noexcept {
    if (!ours(by)) return REAL(epoll_ctl)(by, operation, descriptor, how);
    kernel& k = now_in_kernel();
    auto* const e = k.find_as<epoll>(by);
    description* const what = k.find(descriptor);
    return e == nullptr || what == nullptr ? failed(EBADF) : result_of(e->control(operation, descriptor, *what, how));
}

int epoll_wait(int by, epoll_event* to, int most, int timeout) {
    if (!ours(by)) return REAL(epoll_wait)(by, to, most, timeout);
    kernel& k = now_in_kernel();
    auto* const e = k.find_as<epoll>(by);
    if (e == nullptr) return failed(EBADF);
    if (timeout != 0)
        k.wait_for(*e, EPOLLIN, timeout < 0 ? nanoseconds::max() : nanoseconds(std::chrono::milliseconds(timeout)));
    return e->fetch(to, most);
}

int timerfd_create(clockid_t clock, int flags) noexcept {
    if (kernel::present == nullptr) return REAL(timerfd_create)(clock, flags);
    kernel& k = now_in_kernel();
    auto made = std::make_shared<timer_descriptor>(k);
    made->non_blocking = (flags & TFD_NONBLOCK) != 0;
    return result_of(k.open(std::move(made)));
}

int timerfd_settime(int descriptor, int flags, const itimerspec* how, itimerspec* before) noexcept {
    if (!ours(descriptor)) return REAL(timerfd_settime)(descriptor, flags, how, before);
    kernel& k = now_in_kernel();
    auto* const timer = k.find_as<timer_descriptor>(descriptor);
    if (timer == nullptr) return failed(EBADF);
    if (before != nullptr) *before = {{}, timer->due == nanoseconds{} ? timespec{} : to_timespec(timer->due - k.now)};
    const nanoseconds value = from_timespec(how->it_value);
    const bool off = value == nanoseconds{};
    timer->set(off ? nanoseconds{} : (flags & TFD_TIMER_ABSTIME) != 0 ? value : k.now + value);
    return 0;
}

int eventfd(unsigned int count, int flags) noexcept {
    if (kernel::present == nullptr) return REAL(eventfd)(count, flags);
    kernel& k = now_in_kernel();
    auto made = std::make_shared<event_descriptor>(k);
    made->count = count;
    made->non_blocking = (flags & EFD_NONBLOCK) != 0;
    return result_of(k.open(std::move(made)));
}

// --- Time ---

int clock_gettime(clockid_t which, timespec* to) noexcept {
    return kernel::present == nullptr ? REAL(clock_gettime)(which, to) : clock_time(which, to);
}

time_t time(time_t* to) noexcept {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    if (to != nullptr) *to = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(timeval* to, void*) noexcept {
    timespec now{};
    clock_gettime(CLOCK_REALTIME, &now);
    *to = {now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

int nanosleep(const timespec* time, timespec* left) {
    if (kernel::present == nullptr) return REAL(nanosleep)(time, left);
    kernel::present->pause_thread(from_timespec(*time), false);
    return 0;
}

int clock_nanosleep(clockid_t clock, int flags, const timespec* time, timespec* left) {
    if (kernel::present == nullptr) return REAL(clock_nanosleep)(clock, flags, time, left);
    const nanoseconds until = from_timespec(*time);
    const nanoseconds now = clock == CLOCK_REALTIME ? kernel::present->wall() : kernel::present->now;
    kernel::present->pause_thread((flags & TIMER_ABSTIME) != 0 ? until - now : until, false);
    return 0;
}

// --- Limits ---

int getrlimit(__rlimit_resource_t which, rlimit* to) noexcept {
    if (kernel::present == nullptr || which != RLIMIT_NOFILE)
        return static_cast<int>(syscall(SYS_prlimit64, 0, which, nullptr, to)); // a sanitizer asks before dlsym works
    to->rlim_cur = to->rlim_max = kernel::first_descriptor + kernel::present->files_max;
    return 0;
}

// Fortified code calls these.
ssize_t __read_chk(int descriptor, void* to, size_t size, size_t) {
    return read(descriptor, to, size);
}

int __poll_chk(pollfd* all, nfds_t count, int timeout, size_t) {
    return poll(all, count, timeout);
}

} // extern "C"
