// SPDX-License-Identifier: Apache-2.0
// The limit of the machine for a server on io_uring: one system call a wake, which sends what came and waits for more.
//
// Accepting and receiving are requested once and continue by themselves (multishot). The kernel takes a buffer of the
// ring when data has arrived. A send never waits (MSG_DONTWAIT), so its buffer is free after the submission, and only a
// failure is reported. Its only knowledge of AudioSocket: the id is not sent back.
#include "bare.hpp"

#include <liburing.h>
#include <unistd.h>

#include <array>
#include <span>
#include <vector>

namespace {

constexpr unsigned queue_entries = 4096;
constexpr unsigned buffers_max = 4096; // of what may arrive in one turn of the loop; a power of two
constexpr int group = 0;
constexpr std::uint64_t accepting = 1ULL << 32, receiving = 2ULL << 32, sending = 3ULL << 32; // | descriptor

class echo_server {
  public:
    explicit echo_server(int listener) : listener_(listener), store_(buffers_max) {
        io_uring_params params{};
        params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE;
        params.cq_entries = 4 * queue_entries;
        need(::io_uring_queue_init_params(queue_entries, &ring_, &params));

        void* memory = nullptr;
        need(-::posix_memalign(&memory, 4096, buffers_max * sizeof(io_uring_buf)));
        free_ = static_cast<io_uring_buf_ring*>(memory);
        io_uring_buf_reg registration{};
        registration.ring_addr = reinterpret_cast<std::uintptr_t>(memory);
        registration.ring_entries = buffers_max;
        registration.bgid = group;
        need(::io_uring_register_buf_ring(&ring_, &registration, 0));
        ::io_uring_buf_ring_init(free_);
        for (unsigned short i = 0; i < buffers_max; ++i)
            taken_.push_back(i);
    }

    [[noreturn]] void run() {
        accept();
        for (;;) {
            ::io_uring_submit_and_wait(&ring_, 1);
            give_back();
            io_uring_cqe* done = nullptr;
            unsigned head = 0;
            unsigned count = 0;
            io_uring_for_each_cqe(&ring_, head, done) {
                handle(*done);
                ++count;
            }
            ::io_uring_cq_advance(&ring_, count);
        }
    }

  private:
    static void need(int result) {
        if (result >= 0) return;
        std::fprintf(stderr, "uring_echo: this kernel has no io_uring for it: error %d\n", -result);
        std::exit(77);
    }

    io_uring_sqe* entry() {
        io_uring_sqe* free = ::io_uring_get_sqe(&ring_);
        if (free) return free;
        ::io_uring_submit(&ring_);
        return ::io_uring_get_sqe(&ring_);
    }

    void accept() {
        io_uring_sqe* e = entry();
        ::io_uring_prep_multishot_accept(e, listener_, nullptr, nullptr, 0);
        e->user_data = accepting;
    }

    void receive(int socket) {
        io_uring_sqe* e = entry();
        ::io_uring_prep_recv_multishot(e, socket, nullptr, 0, 0);
        e->flags |= IOSQE_BUFFER_SELECT;
        e->buf_group = group;
        e->user_data = receiving | static_cast<unsigned>(socket);
    }

    void send(int socket, std::span<const std::byte> echo) {
        io_uring_sqe* e = entry();
        ::io_uring_prep_send(e, socket, echo.data(), echo.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        e->flags |= IOSQE_CQE_SKIP_SUCCESS;
        e->user_data = sending | static_cast<unsigned>(socket);
    }

    void handle(const io_uring_cqe& done) {
        const auto socket = static_cast<int>(done.user_data & 0xffff'ffff);
        const auto what = done.user_data & ~0xffff'ffffULL;
        const bool goes_on = done.flags & IORING_CQE_F_MORE;
        if (what == accepting) {
            if (done.res >= 0) answer(done.res);
            if (!goes_on) accept();
        } else if (what == sending) {
            ::shutdown(socket, SHUT_RDWR); // it does not take its echo
        } else if (done.res > 0) {
            const auto buffer = static_cast<unsigned short>(done.flags >> IORING_CQE_BUFFER_SHIFT);
            const auto read = std::span(store_[buffer]).first(static_cast<std::size_t>(done.res));
            const auto echo = read.subspan(ids_.skip(socket, read.size()));
            if (!echo.empty()) send(socket, echo);
            taken_.push_back(buffer);
            if (!goes_on) receive(socket);
        } else if (done.res == -ENOBUFS) {
            receive(socket);
        } else {
            ::close(socket);
        }
    }

    void answer(int socket) {
        bare::no_delay(socket);
        ids_.expect(socket);
        receive(socket);
    }

    // The last turn's sends are complete, so the kernel may have their buffers back.
    void give_back() {
        for (int i = 0; const unsigned short buffer : taken_)
            ::io_uring_buf_ring_add(free_, store_[buffer].data(), bare::read_bytes, buffer,
                                    ::io_uring_buf_ring_mask(buffers_max), i++);
        ::io_uring_buf_ring_advance(free_, static_cast<int>(taken_.size()));
        taken_.clear();
    }

    int listener_;
    io_uring ring_{};
    io_uring_buf_ring* free_ = nullptr;
    std::vector<std::array<std::byte, bare::read_bytes>> store_;
    std::vector<unsigned short> taken_; // buffers that the kernel does not have
    bare::ids ids_;
};

} // namespace

int main(int argc, char** argv) {
    echo_server(bare::listen_at(argc, argv, 0)).run();
}
