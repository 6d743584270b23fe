// SPDX-License-Identifier: Apache-2.0
#include "rough_network.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <map>
#include <random>
#include <stdexcept>
#include <vector>

namespace audiosocket::test {
namespace {

using clock = std::chrono::steady_clock;

void check(int result, const char* what) {
    if (result < 0) throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

ifreq named(const char* name) {
    ifreq request{};
    std::strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
    return request;
}

void set_address(int socket, const char* device, unsigned long what, const char* address) {
    ifreq request = named(device);
    auto* to = reinterpret_cast<sockaddr_in*>(&request.ifr_addr);
    to->sin_family = AF_INET;
    inet_pton(AF_INET, address, &to->sin_addr);
    check(ioctl(socket, what, &request), "address of a TUN device");
}

void bring_up(int socket, const char* device) {
    ifreq request = named(device);
    check(ioctl(socket, SIOCGIFFLAGS, &request), "flags of a network device");
    request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP | IFF_RUNNING);
    check(ioctl(socket, SIOCSIFFLAGS, &request), "network device up");
}

// Makes a namespace for this thread with a TUN device of this address. Returns the device.
int make_host(const char* address) {
    check(unshare(CLONE_NEWNET), "network namespace");
    const int device = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    check(device, "/dev/net/tun");
    ifreq request = named("wire");
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    check(ioctl(device, TUNSETIFF, &request), "TUN device");
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    check(socket, "socket");
    set_address(socket, "wire", SIOCSIFADDR, address);
    set_address(socket, "wire", SIOCSIFNETMASK, "255.255.255.0");
    bring_up(socket, "wire");
    bring_up(socket, "lo");
    close(socket);
    return device;
}

// Packets on their way to one host.
struct direction {
    std::multimap<clock::time_point, std::vector<char>> waiting;
    clock::time_point free_at{}; // when the line has sent what was accepted
};

} // namespace

rough_network::host::host(const char* address) : thread_([this, address] { live(address); }) {
    std::unique_lock lock(using_);
    changed_.wait(lock, [this] { return !working_; });
    if (failure_.empty()) return;
    lock.unlock();
    thread_.join();
    throw std::runtime_error(failure_);
}

rough_network::host::~host() {
    {
        const std::lock_guard lock(using_);
        over_ = true;
    }
    changed_.notify_all();
    thread_.join();
    close(device_);
}

void rough_network::host::run(const std::function<void()>& what) {
    std::unique_lock lock(using_);
    work_ = what;
    working_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !working_; });
}

void rough_network::host::live(const char* address) {
    std::unique_lock lock(using_);
    try {
        device_ = make_host(address);
    } catch (const std::exception& e) {
        failure_ = e.what();
    }
    working_ = false;
    changed_.notify_all();
    while (failure_.empty()) {
        changed_.wait(lock, [this] { return over_ || working_; });
        if (over_) return;
        work_();
        working_ = false;
        changed_.notify_all();
    }
}

rough_network::rough_network(const network_faults& faults)
    : hosts_{std::make_unique<host>(server_address), std::make_unique<host>(caller_address)}, faults_(faults),
      thread_([this](const std::stop_token& stop) { carry(stop); }) {}

rough_network::~rough_network() {
    thread_.request_stop();
    thread_.join();
}

void rough_network::set(const network_faults& faults) {
    const std::lock_guard lock(using_);
    faults_ = faults;
}

void rough_network::carry(const std::stop_token& stop) {
    std::mt19937_64 random(1); // packets come at different times anyway
    std::uniform_real_distribution<double> chance;
    std::array<direction, 2> to; // to host 0, to host 1
    std::array<char, 2048> packet;
    while (!stop.stop_requested()) {
        network_faults faults;
        {
            const std::lock_guard lock(using_);
            faults = faults_;
        }
        const auto next = [](const direction& d) {
            return d.waiting.empty() ? clock::time_point::max() : d.waiting.begin()->first;
        };
        const auto due = faults.stands_still ? clock::time_point::max() : std::min(next(to[0]), next(to[1]));
        const auto wait = std::clamp<clock::duration>(due == clock::time_point::max() ? std::chrono::milliseconds(5)
                                                                                      : due - clock::now(),
                                                      clock::duration::zero(), std::chrono::milliseconds(5));
        const timespec for_ppoll{0, std::chrono::nanoseconds(wait).count()};
        pollfd files[2] = {{hosts_[0]->device(), POLLIN, 0}, {hosts_[1]->device(), POLLIN, 0}};
        ppoll(files, 2, &for_ppoll, nullptr);
        for (std::size_t from = 0; from < 2; ++from) {
            direction& there = to[1 - from];
            for (ssize_t size; (size = read(hosts_[from]->device(), packet.data(), packet.size())) > 0;) {
                if (chance(random) < faults.loss) {
                    ++harmed_;
                    continue;
                }
                const auto now = clock::now();
                there.free_at = std::max(there.free_at, now);
                if (faults.bytes_a_second > 0)
                    there.free_at +=
                        std::chrono::nanoseconds(1'000'000'000LL * size / static_cast<long>(faults.bytes_a_second));
                const bool twice = chance(random) < faults.duplicated;
                harmed_ += twice;
                for (int copies = twice ? 2 : 1; copies > 0; --copies)
                    there.waiting.emplace(
                        there.free_at + faults.delay +
                            std::chrono::duration_cast<clock::duration>(chance(random) * faults.jitter),
                        std::vector<char>(packet.data(), packet.data() + size));
            }
        }
        for (std::size_t at = 0; at < 2 && !faults.stands_still; ++at) {
            auto& waiting = to[at].waiting;
            while (!waiting.empty() && waiting.begin()->first <= clock::now()) {
                const auto& one = waiting.begin()->second;
                static_cast<void>(!write(hosts_[at]->device(), one.data(), one.size())); // a full device loses it
                waiting.erase(waiting.begin());
            }
        }
    }
}

} // namespace audiosocket::test
