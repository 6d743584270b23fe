// SPDX-License-Identifier: Apache-2.0
#include "directory/store.hpp"

#include <stdexcept>

#ifdef AUDIOSOCKET_NATS

#include "directory/nats_connection.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <new>
#include <random>
#include <thread>
#include <utility>

// Two threads: one connects and writes, because a write waits for NATS; the other waits for changes. A connection that
// fails in any way is given up as a whole and made again, so each connection begins with a snapshot, and nothing has to
// be guessed about what a half-working connection has missed.

namespace audiosocket::app::directory {
namespace {

using namespace std::chrono_literals;

constexpr auto retry_min = 250ms;
constexpr auto retry_max = 10s;
constexpr auto idle_interval = 100ms;
constexpr auto flush_time = 2s;

// More waits only if NATS is slow by minutes; then a new snapshot is cheaper.
constexpr std::size_t queue_max = 200'000;

// What the node says of itself waits for nothing else: its lease would end, and with it all its entries.
constexpr std::string_view node_prefix = "node/";

class nats_store final : public store {
  public:
    explicit nats_store(nats_options how) : options_(std::move(how)) { nats_connection::check(options_); }
    ~nats_store() override { nats_store::stop(); }

    void start(handlers on) override {
        on_ = std::move(on);
        thread_ = std::thread([this] { run(); });
    }

    void write(const std::string& key, const std::optional<std::string>& value) override {
        const std::lock_guard lock(using_);
        if (!connected_) return;
        if (key.starts_with(node_prefix))
            sign_of_life_ = {key, value, {}};
        else if (queue_.size() >= queue_max)
            overrun_ = true;
        else
            queue_.push_back({key, value, {}});
        wake_.notify_one();
    }

    void fetch(const std::string& key, std::function<void(std::optional<std::string>)> done) override {
        {
            const std::lock_guard lock(using_);
            if (connected_ && queue_.size() < queue_max) {
                queue_.push_back({key, {}, std::move(done)});
                wake_.notify_one();
                return;
            }
        }
        done({});
    }

    void stop() override {
        {
            const std::lock_guard lock(using_);
            if (std::exchange(stopping_, true) && !thread_.joinable()) return;
            stop_by_ = std::chrono::steady_clock::now() + flush_time;
            wake_.notify_one();
        }
        if (thread_.joinable()) thread_.join();
    }

    bool is_shared() const noexcept override { return true; }

  private:
    struct job {
        std::string key;
        std::optional<std::string> value;
        std::function<void(std::optional<std::string>)> done; // a fetch
    };

    void run() {
        auto pause = std::chrono::milliseconds(retry_min);
        while (!is_stopping()) {
            std::string why;
            try {
                nats_connection connection(options_, [this] { return is_stopping(); });
                pause = retry_min;
                why = use(connection);
            } catch (const std::exception& e) {
                why = e.what();
            }
            if (is_stopping()) return;
            try {
                on_.lost(why);
            } catch (const std::bad_alloc&) { // the next connection begins with a snapshot all the same
            }
            // Nodes that have lost the same server do not come back at once.
            std::unique_lock lock(using_);
            const auto wait = pause / 2 + std::chrono::milliseconds(dice_() % static_cast<unsigned>(pause.count()));
            wake_.wait_for(lock, wait, [this] { return stopping_; });
            pause = std::min<std::chrono::milliseconds>(pause * 2, retry_max);
        }
    }

    // Returns why the connection is given up.
    std::string use(nats_connection& connection) {
        std::atomic<bool> over = false;
        std::string watch_failure;
        {
            const std::lock_guard lock(using_);
            queue_.clear();
            sign_of_life_.reset();
            overrun_ = false;
            connected_ = true;
        }
        on_.connected(connection.ttl());
        std::thread watching([&] {
            try {
                watch(connection, over);
            } catch (const std::exception& e) {
                watch_failure = e.what();
            }
            over = true;
            const std::lock_guard lock(using_);
            wake_.notify_one();
        });
        std::string why;
        try {
            work(connection, over);
        } catch (const std::exception& e) {
            why = e.what();
        }
        over = true;
        watching.join();
        std::deque<job> rest;
        {
            const std::lock_guard lock(using_);
            connected_ = false;
            rest.swap(queue_);
        }
        for (auto& one : rest)
            if (one.done) one.done({});
        return why.empty() ? watch_failure : why;
    }

    void watch(nats_connection& connection, const std::atomic<bool>& over) {
        bool complete = false;
        auto idle_at = std::chrono::steady_clock::now();
        while (!over) {
            update u;
            switch (connection.next_change(u, idle_interval)) {
            case nats_connection::change::none: break;
            case nats_connection::change::entry: on_.changed(u); break;
            case nats_connection::change::snapshot_complete:
                if (!std::exchange(complete, true)) on_.snapshot_complete();
                break;
            }
            if (const auto now = std::chrono::steady_clock::now(); now >= idle_at) {
                on_.idle();
                idle_at = now + idle_interval;
            }
        }
    }

    void work(nats_connection& connection, const std::atomic<bool>& over) {
        while (!over) {
            job next;
            {
                std::unique_lock lock(using_);
                wake_.wait_for(lock, idle_interval, [&] { return over || stopping_ || overrun_ || has_work(); });
                if (overrun_) throw std::runtime_error("NATS is too slow: too many changes wait");
                if (stopping_ && (!has_work() || std::chrono::steady_clock::now() > stop_by_)) return;
                if (!has_work()) continue;
                if (sign_of_life_) {
                    next = *std::exchange(sign_of_life_, std::nullopt);
                } else {
                    next = std::move(queue_.front());
                    queue_.pop_front();
                }
            }
            if (!next.done) {
                connection.write(next.key, next.value);
                continue;
            }
            std::optional<std::string> found;
            try {
                found = connection.read(next.key);
            } catch (...) {
                next.done({});
                throw;
            }
            next.done(std::move(found));
        }
    }

    bool has_work() const { return sign_of_life_ || !queue_.empty(); }

    bool is_stopping() {
        const std::lock_guard lock(using_);
        return stopping_;
    }

    const nats_options options_;
    handlers on_;
    std::mutex using_; // guards the members below
    std::condition_variable wake_;
    std::deque<job> queue_;
    std::optional<job> sign_of_life_; // goes before the queue
    bool connected_ = false;
    bool overrun_ = false;
    bool stopping_ = false;
    std::chrono::steady_clock::time_point stop_by_{};
    std::minstd_rand dice_{std::random_device{}()};
    std::thread thread_;
};

} // namespace

bool has_nats() noexcept {
    return true;
}

std::unique_ptr<store> make_nats_store(nats_options how) {
    return std::make_unique<nats_store>(std::move(how));
}

} // namespace audiosocket::app::directory

#else

namespace audiosocket::app::directory {

bool has_nats() noexcept {
    return false;
}

std::unique_ptr<store> make_nats_store(nats_options) {
    throw std::runtime_error("this audiosocket was built without libnats; build it where the package libnats-dev is "
                             "installed");
}

} // namespace audiosocket::app::directory

#endif
