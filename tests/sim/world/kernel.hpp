// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sim/world/world.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

// The inside of the world: descriptors, TCP, epoll, timers, events. Only the files of this folder include it.
//
// Invariant: nothing here depends on addresses in memory, so that a seed repeats. Tables are ordered by numbers.

namespace audiosocket::sim {

/// Bytes in order: written at the end, taken from the front.
class byte_queue {
  public:
    std::size_t size() const noexcept { return bytes_.size() - from_; }
    const std::byte* data() const noexcept { return bytes_.data() + from_; }
    void write(const std::byte* bytes, std::size_t count) { bytes_.insert(bytes_.end(), bytes, bytes + count); }
    void take(std::size_t count) {
        from_ += count;
        if (from_ == bytes_.size()) {
            bytes_.clear();
            from_ = 0;
        } else if (from_ > 65'536) {
            bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(from_));
            from_ = 0;
        }
    }
    void free() { *this = {}; }

  private:
    std::vector<std::byte> bytes_;
    std::size_t from_ = 0;
};

constexpr std::uint32_t can_read = EPOLLIN;
constexpr std::uint32_t can_write = EPOLLOUT;
constexpr std::uint32_t was_closed = EPOLLHUP;

struct watch;

/// What a descriptor refers to (an open file description). Several descriptors may share it.
struct description {
    explicit description(kernel& in) : k(in) {}
    description(const description&) = delete;
    description& operator=(const description&) = delete;
    virtual ~description() = default;

    /// Returns what is ready now, as epoll events.
    virtual std::uint32_t ready() = 0;

    /// Called when the last descriptor is closed.
    virtual void closed() {}

    /// Wakes the epolls that watch it for these events.
    void wake(std::uint32_t events);

    kernel& k;
    int descriptors = 0;
    bool non_blocking = false;
    std::vector<watch*> watches;
};

struct epoll;

/// A description that an epoll watches.
struct watch {
    epoll* by;
    description* what;
    std::uint32_t events;
    epoll_data_t data;
    std::optional<std::list<watch*>::iterator> queued; // in the ready list of the epoll
};

struct epoll final : description {
    using description::description;
    std::uint32_t ready() override;
    void closed() override;

    int control(int operation, int descriptor, description& what, const epoll_event* how);
    int fetch(epoll_event* to, int most);
    void queue(watch& w);
    void forget(description& what);

    std::map<int, watch> watched; // by descriptor
    std::list<watch*> waiting;    // in the order in which they became ready
};

struct timer_descriptor final : description, std::enable_shared_from_this<timer_descriptor> {
    using description::description;
    std::uint32_t ready() override { return expirations > 0 ? can_read : 0; }
    void set(nanoseconds when); // zero: never
    std::uint64_t expirations = 0;
    std::uint64_t generation = 0;
    nanoseconds due{};
};

struct event_descriptor final : description {
    using description::description;
    std::uint32_t ready() override { return (count > 0 ? can_read : 0) | can_write; }
    std::uint64_t count = 0;
};

/// One end of a TCP connection.
struct tcp_end {
    struct segment {
        nanoseconds at;
        std::size_t bytes;
    };

    tcp_end(kernel& of, std::uint64_t connection, std::uint64_t side);

    kernel& k;
    std::uint64_t number; // of the connection
    dice random;
    conditions network; // of what this end sends
    tcp_end* other = nullptr;
    tcp_endpoint local;

    // The application of this end: a descriptor of the machine, or a remote. Neither: nothing has the end any more.
    description* socket = nullptr;
    std::unique_ptr<remote> far;
    bool orphan = false;

    bool connected = false;
    bool refused = false;
    bool reset = false;
    bool over = false; // nothing more happens
    int error = 0;

    // Receiving.
    byte_queue in;
    std::size_t in_max = 256 * 1024;
    bool fin_in = false;
    nanoseconds last_arrival{};
    nanoseconds last_stamp{}; // the same, on the wall clock
    bool stamps = false;

    // Sending.
    byte_queue out; // on its way
    std::deque<segment> segments;
    std::size_t out_max = 256 * 1024;
    bool fin_sent = false;
    nanoseconds fin_at{};
    bool fin_delivered = false;
    nanoseconds latest{}; // no later bytes arrive earlier
    bool send_was_cut = false;
    bool lost = false;              // the network loses what this end sends
    std::size_t unacknowledged = 0; // delivered, but the answers were lost
    std::uint64_t delivery = 0;     // number of the delivery that is scheduled
    nanoseconds delivery_at = nanoseconds::max();

    std::size_t room() const noexcept {
        const std::size_t used = out.size() + unacknowledged;
        return used < out_max ? out_max - used : 0;
    }
    std::uint32_t ready() const noexcept;
    std::size_t send(const std::byte* bytes, std::size_t count);
    std::size_t receive(std::byte* to, std::size_t most, bool peek);
    void end_sending();
    void send_reset();
    void close(bool with_reset);

    void schedule(nanoseconds not_before = nanoseconds::min());
    void deliver();
    bool deliver_bytes();
    void answer_with_reset();
    void set_lost(bool is_lost);
    void changed(std::uint32_t events);
    void fail(int why);
    nanoseconds travel_time();
    void note(std::uint64_t what, std::uint64_t more = 0);
};

/// A connected or connecting socket of the machine, or one that is neither yet.
struct tcp_socket_description final : description {
    tcp_socket_description(kernel& in, int domain) : description(in), family(domain) {}
    std::uint32_t ready() override;
    void closed() override;

    int family;
    tcp_endpoint bound;
    tcp_end* end = nullptr;
    std::size_t send_buffer = 256 * 1024;
    std::size_t receive_buffer = 256 * 1024;
    bool reset_on_close = false;
    bool connecting = false;

    // A listening socket.
    bool listening = false;
    std::deque<tcp_end*> accepted;
    std::size_t backlog = 4096;
};

struct event_entry {
    nanoseconds at;
    std::uint64_t order;
    std::function<void()> what;
    bool operator<(const event_entry& o) const noexcept { return at != o.at ? at > o.at : order > o.order; }
};

struct thread_of_machine {
    boost::asio::io_context* io;
    nanoseconds used{};
    nanoseconds lost{};
    bool busy = false; // it runs or is blocked
    bool is_removed = false;
};

struct remote_listener {
    std::function<void(remote&)> on_accepted;
    conditions network;
    remote_buffers buffers;
};

struct kernel {
    kernel(world& outside, std::uint64_t seed_of_world);
    kernel(const kernel&) = delete;
    kernel& operator=(const kernel&) = delete;
    ~kernel();

    static kernel* present; // the kernel of the world that exists

    // Simulated descriptors have numbers that real ones never have.
    static constexpr int first_descriptor = 1 << 24;
    static bool owns(int descriptor) noexcept { return descriptor >= first_descriptor; }

    // Time and events.
    void schedule(nanoseconds when, std::function<void()> what);
    void schedule_call(nanoseconds when, std::function<void()> what);
    void run_events();
    void run_calls();
    void run(const std::function<bool()>* condition, nanoseconds until);
    void run_others(const std::function<bool()>* condition, nanoseconds until);
    bool poll_threads();
    bool poll(std::size_t index);
    void pause_thread(nanoseconds time, bool computes);
    bool wait_for(description& what, std::uint32_t events, nanoseconds most);
    void system_call();
    void charge(nanoseconds time);
    nanoseconds wall() const noexcept { return now + wall_offset; }

    // Descriptors.
    int open(std::shared_ptr<description> what);
    int duplicate(int descriptor);
    int close(int descriptor);
    description* find(int descriptor) noexcept;
    template <class Type>
    Type* find_as(int descriptor) noexcept {
        return dynamic_cast<Type*>(find(descriptor));
    }

    // TCP.
    tcp_end& add_connection(const tcp_endpoint& from, const tcp_endpoint& to, const conditions& network);
    void arrive(tcp_end& first);
    void refuse(tcp_end& first);
    int accept(tcp_socket_description& listener, tcp_endpoint& peer);
    tcp_socket_description* listener_on(std::uint16_t port) noexcept;
    int connect(tcp_socket_description& socket, const tcp_endpoint& to);
    int bind(tcp_socket_description& socket, const tcp_endpoint& to);

    void add_to_trace(std::uint64_t a, std::uint64_t b) noexcept;

    world& outer;
    std::uint64_t seed;
    nanoseconds now = std::chrono::hours(1000);
    nanoseconds wall_offset = std::chrono::hours(500'000);
    std::uint64_t clock_reads = 0;
    std::uint64_t calls_since_event = 0;
    bool in_events = false;
    bool woken = false; // a description has become ready
    int depth = 0;      // of run()
    std::uint64_t next_order = 0;
    std::vector<event_entry> events; // a heap: of the kernel and of remotes, also during a system call
    std::vector<event_entry> calls;  // a heap: of the test, between two rounds of the machine
    std::vector<thread_of_machine> threads;
    std::size_t running = SIZE_MAX; // thread
    dice random;

    std::vector<std::shared_ptr<description>> table;
    std::priority_queue<int, std::vector<int>, std::greater<>> free_numbers;
    std::size_t open_count = 0;
    std::size_t files_max = 1024;
    int accept_error = 0;

    std::deque<tcp_end> ends; // never removed, so that events may refer to them
    std::uint64_t connections = 0;
    std::vector<tcp_socket_description*> listeners;
    std::map<tcp_endpoint, remote_listener> remote_listeners;
    std::uint16_t next_port = 32'768;

    std::uint64_t hash = 0;
    world_figures figures;
};

/// Called for each read of a clock.
void count_clock_read(kernel& k) noexcept;

} // namespace audiosocket::sim
