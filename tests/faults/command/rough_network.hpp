// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace audiosocket::test {

/// What a network does to packets. Shares are from 0 to 1.
struct network_faults {
    double loss = 0;
    double duplicated = 0;
    std::chrono::milliseconds delay{};
    std::chrono::milliseconds jitter{}; ///< Each packet waits up to this much longer, so packets overtake each other.
    std::size_t bytes_a_second = 0;     ///< 0: no limit.
    bool stands_still = false;          ///< Nothing passes; packets wait.
};

/// Two hosts with a network between them that loses, delays, reorders and repeats packets, as the kernel's netem does,
/// also where the kernel has no netem. Each host is a network namespace with a TUN device; a thread carries the packets
/// from one to the other. So the TCP of the kernel is under test, and no root of the machine's network is touched.
class rough_network {
  public:
    static constexpr const char* server_address = "10.77.0.1";
    static constexpr const char* caller_address = "10.77.0.2";

    /// Throws std::runtime_error, with the reason, where the system does not allow that.
    explicit rough_network(const network_faults& faults);
    rough_network(const rough_network&) = delete;
    rough_network& operator=(const rough_network&) = delete;
    ~rough_network();

    /// Changes what happens to packets from now on.
    void set(const network_faults& faults);

    /// Runs this on a thread of that host. Processes that it starts belong to the host.
    void on_server(const std::function<void()>& what) { hosts_[0]->run(what); }
    void on_caller(const std::function<void()>& what) { hosts_[1]->run(what); }

    /// Packets that were lost or repeated so far.
    std::size_t harmed() const noexcept { return harmed_; }

  private:
    // A thread in its own network namespace.
    class host {
      public:
        explicit host(const char* address);
        host(const host&) = delete;
        host& operator=(const host&) = delete;
        ~host();

        void run(const std::function<void()>& what);
        int device() const noexcept { return device_; }

      private:
        void live(const char* address);

        std::mutex using_;
        std::condition_variable changed_;
        std::function<void()> work_;
        bool working_ = true; // the thread prepares itself first
        bool over_ = false;
        std::string failure_;
        int device_ = -1;
        std::thread thread_;
    };

    void carry(const std::stop_token& stop);

    std::unique_ptr<host> hosts_[2];
    std::mutex using_;
    network_faults faults_;
    std::atomic<std::size_t> harmed_ = 0;
    std::jthread thread_; // last: it uses the others
};

} // namespace audiosocket::test
