// SPDX-License-Identifier: Apache-2.0
#include "engine.hpp"

#include "call_state.hpp"
#include "error.hpp"

#include <audiosocket/version.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>

namespace audiosocket::c {
namespace {

// Runs `work` on the thread of a context, and waits for its end. Throws what it throws. Needs no memory except
// `memory`.
template <class Work>
void run_on(boost::asio::io_context& where, audiosocket::detail::reserved_memory& memory, Work work) {
    std::mutex mutex;
    std::condition_variable changed;
    bool is_done = false;
    std::exception_ptr thrown;
    auto run = [&] {
        try {
            work();
        } catch (...) {
            thrown = std::current_exception();
        }
        const std::lock_guard lock(mutex); // what the other thread has waits until this is the last use
        is_done = true;
        changed.notify_one();
    };
    memory.post(where.get_executor(), std::move(run));
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return is_done; });
    if (thrown) std::rethrow_exception(thrown);
}

} // namespace

engine_state::engine_state(std::size_t threads) : threads_(threads) {}

engine_state::~engine_state() {
    run_on(home(), for_end_, [this] {
        for (const auto& server : servers_)
            server->close();
    });
}

void engine_state::listen(const std::shared_ptr<server_state>& server, const address& where,
                          const option_set& options) {
    auto socket = listening_socket::listen(where);
    { // first, because it may throw, and a server that answers must be in the list
        const std::lock_guard lock(mutex_);
        servers_.push_back(server);
    }
    try {
        audiosocket::detail::reserved_memory memory;
        run_on(home(), memory, [&] { server->answer(home(), threads_.contexts(), std::move(socket), options); });
    } catch (...) {
        const std::lock_guard lock(mutex_);
        std::erase(servers_, server);
        throw;
    }
}

void engine_state::close(const std::shared_ptr<server_state>& server) noexcept {
    try {
        boost::asio::post(home(), [server] { server->close(); });
        const std::lock_guard lock(mutex_);
        std::erase(servers_, server);
    } catch (const std::exception&) {
    }
}

void engine_state::connect(const std::shared_ptr<call_state>& state, const address& where, const uuid& id,
                           const connect_options& options) {
    const auto contexts = threads_.contexts();
    auto& context = *contexts[connected_++ % contexts.size()];
    owed_event owed(state, AUDIOSOCKET_EVENT_ENDED, 0);
    auto connected = [o = std::move(owed)](boost::system::error_code error, call line) mutable {
        const auto fresh = o.take();
        if (error) return fresh->fail(error);
        fresh->safely([&] {
            if (!fresh->attach(std::move(line))) return;
            pending_event event;
            event.what.type = AUDIOSOCKET_EVENT_CONNECTED;
            fresh->push(std::move(event));
            fresh->take_events();
        });
    };
    // A signal belongs to the thread of the context.
    const auto cancel = std::make_shared<boost::asio::cancellation_signal>();
    state->on_drop([engine = weak_from_this(), &context, cancel] {
        if (const auto self = engine.lock())
            boost::asio::post(context, [cancel] { cancel->emit(boost::asio::cancellation_type::all); });
    });
    async_connect(
        context, where, id, options,
        boost::asio::bind_cancellation_slot(
            cancel->slot(), [cancel, done = std::move(connected)](boost::system::error_code error, call line) mutable {
                done(error, std::move(line));
            }));
}

} // namespace audiosocket::c

/// A server behind the C interface.
struct audiosocket_server {
    std::shared_ptr<audiosocket::c::server_state> state;
    std::weak_ptr<audiosocket::c::engine_state> engine;
};

namespace {

using namespace audiosocket;
using namespace audiosocket::c;

const option_set& options_of(const audiosocket_options* options) {
    static const option_set defaults;
    return options ? options->set : defaults;
}

std::chrono::nanoseconds timeout_of(int milliseconds) {
    return milliseconds < 0 ? std::chrono::nanoseconds::max() : std::chrono::milliseconds(milliseconds);
}

} // namespace

extern "C" {

int audiosocket_c_version(void) {
    return AUDIOSOCKET_C_VERSION;
}

const char* audiosocket_version(void) {
    return version.data();
}

audiosocket_engine* audiosocket_engine_new(int threads, audiosocket_error* error) {
    return guarded<audiosocket_engine*>(error, nullptr, [&] {
        if (threads < 1)
            throw failure(AUDIOSOCKET_BAD_ARGUMENT, "threads: from 1 to " + std::to_string(shards::count_max) +
                                                        ", not " + std::to_string(threads));
        return new audiosocket_engine{std::make_shared<engine_state>(static_cast<std::size_t>(threads))};
    });
}

void audiosocket_engine_free(audiosocket_engine* engine) {
    delete engine;
}

int audiosocket_engine_descriptor(const audiosocket_engine* engine) {
    return engine ? engine->state->queue().descriptor() : -1;
}

size_t audiosocket_engine_take(audiosocket_engine* engine, audiosocket_event* events, size_t count) {
    return engine && events ? engine->state->queue().take({events, count}) : 0;
}

int audiosocket_engine_wait(audiosocket_engine* engine, int timeout_ms) {
    if (!engine) return 0;
    using std::chrono::steady_clock, std::chrono::milliseconds;
    pollfd wake{engine->state->queue().descriptor(), POLLIN, 0};
    const auto until = steady_clock::now() + milliseconds(timeout_ms);
    for (int left_ms = std::max(timeout_ms, -1);;) {
        const int ready = ::poll(&wake, 1, left_ms);
        if (ready >= 0 || errno != EINTR) return ready > 0 ? 1 : 0;
        if (timeout_ms < 0) continue;
        const auto left = std::chrono::ceil<milliseconds>(until - steady_clock::now());
        left_ms = static_cast<int>(std::max(left, milliseconds::zero()).count());
    }
}

audiosocket_server* audiosocket_server_new(audiosocket_engine* engine, const char* where,
                                           const audiosocket_options* options, audiosocket_error* error) {
    return guarded<audiosocket_server*>(error, nullptr, [&] {
        auto& state = *given(engine, "engine")->state;
        auto server = std::make_unique<audiosocket_server>();
        server->state = std::make_shared<server_state>(state.for_calls(), server.get());
        server->engine = engine->state;
        state.listen(server->state, address::parse(given(where, "address")), options_of(options));
        return server.release();
    });
}

int audiosocket_server_port(const audiosocket_server* server) {
    return server ? server->state->port() : 0;
}

size_t audiosocket_server_calls(const audiosocket_server* server) {
    return server ? server->state->calls() : 0;
}

int audiosocket_server_drain(audiosocket_server* server, int timeout_ms) {
    return guarded_code(nullptr, [&] {
        given(server, "server")->state->drain(timeout_of(timeout_ms));
        return static_cast<int>(AUDIOSOCKET_OK);
    });
}

void audiosocket_server_free(audiosocket_server* server) {
    if (!server) return;
    server->state->mark_freed();
    if (const auto engine = server->engine.lock()) engine->close(server->state);
    delete server;
}

audiosocket_call* audiosocket_connect(audiosocket_engine* engine, const char* where, const char* id,
                                      const audiosocket_options* options, audiosocket_error* error) {
    return guarded<audiosocket_call*>(error, nullptr, [&] {
        const auto with = id ? uuid::parse(id) : uuid::random();
        const auto& set = options_of(options);
        auto& state = *given(engine, "engine")->state;
        const auto to = address::parse(given(where, "address"));
        auto call = std::make_unique<audiosocket_call>(
            std::make_shared<call_state>(state.for_calls(), role::caller, with, set.listener.call, set.audio));
        state.connect(call->state, to, with, {set.listener.call, set.connect_timeout});
        return call.release();
    });
}

} // extern "C"
