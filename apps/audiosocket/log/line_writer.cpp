// SPDX-License-Identifier: Apache-2.0
#include "log/line_writer.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <new>
#include <utility>

namespace audiosocket::app {
namespace {

// How long the thread waits for memory.
constexpr std::chrono::milliseconds memory_wait{100};

// Returns 0 or an errno. Waits as long as needed, even if another process made the file non-blocking.
int write_all(int file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(file, text.data(), text.size());
        if (written >= 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            pollfd room{file, POLLOUT, 0};
            poll(&room, 1, -1);
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

} // namespace

struct line_writer::state {
    state(int to, lost_line make) : file(to), make_lost_line(std::move(make)) {}

    void run();

    const int file;
    const lost_line make_lost_line;

    mutable std::mutex mutex; // guards the members below
    std::condition_variable changed;
    std::deque<std::string> waiting;
    std::size_t waiting_bytes = 0;
    std::uint64_t lost = 0; // lines that are missing after the waiting ones
    bool writing = false;
    bool finishing = false;
    bool given_up = false; // finish() no longer waits for the thread
    bool done = false;     // the thread has ended
    int error = 0;

    bool idle() const { return waiting.empty() && lost == 0 && !writing; }
    std::uint64_t left() const { return waiting.size() + lost + (writing ? 1 : 0); }
};

void line_writer::state::run() {
    std::unique_lock lock(mutex);
    while (!given_up && error == 0) {
        changed.wait(lock, [this] { return !idle() || finishing; });
        if (idle()) break;
        std::string text;
        std::uint64_t missing = 0;
        if (!waiting.empty()) {
            text = std::move(waiting.front());
            waiting.pop_front();
            waiting_bytes -= text.size();
        } else {
            missing = std::exchange(lost, 0);
        }
        writing = true;
        lock.unlock();
        bool is_out_of_memory = false;
        try {
            if (missing > 0) text = make_lost_line(missing);
        } catch (const std::bad_alloc&) {
            is_out_of_memory = true;
        }
        const int failed = write_all(file, text);
        lock.lock();
        writing = false;
        if (is_out_of_memory) { // says it later
            lost += missing;
            changed.wait_for(lock, memory_wait, [this] { return finishing; });
            if (finishing) break;
            continue;
        }
        error = failed;
        if (failed != 0) {
            lost += waiting.size() + (missing > 0 ? missing : 1);
            waiting.clear();
        }
    }
    done = true;
    changed.notify_all();
}

line_writer::line_writer(int file, lost_line make_lost_line)
    : state_(std::make_shared<state>(file, std::move(make_lost_line))), thread_([s = state_] { s->run(); }) {}

line_writer::~line_writer() {
    finish();
}

void line_writer::write(std::string text) {
    const std::lock_guard lock(state_->mutex);
    if (state_->finishing) return;
    if (state_->lost > 0 || state_->error != 0 || state_->waiting_bytes + text.size() > queue_bytes_max) {
        ++state_->lost;
        return;
    }
    const std::size_t bytes = text.size();
    try {
        state_->waiting.push_back(std::move(text));
    } catch (const std::bad_alloc&) {
        ++state_->lost;
        state_->changed.notify_all(); // nothing else may wait, and the thread must say this
        return;
    }
    state_->waiting_bytes += bytes;
    state_->changed.notify_all();
}

void line_writer::write_if_idle(std::string text) {
    {
        const std::lock_guard lock(state_->mutex);
        if (!state_->idle()) return;
    }
    write(std::move(text));
}

int line_writer::error() const {
    const std::lock_guard lock(state_->mutex);
    return state_->error;
}

void line_writer::finish() {
    if (!thread_.joinable()) return;
    std::unique_lock lock(state_->mutex);
    state_->finishing = true;
    state_->changed.notify_all();
    const bool in_time = state_->changed.wait_for(lock, flush_max, [this] { return state_->done; });
    state_->given_up = !in_time;
    lock.unlock();
    // A write that blocks cannot be withdrawn: it ends with the reader or with the process.
    if (in_time)
        thread_.join();
    else
        thread_.detach();
}

std::uint64_t line_writer::unwritten() const {
    const std::lock_guard lock(state_->mutex);
    return state_->left();
}

} // namespace audiosocket::app
