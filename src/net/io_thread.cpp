// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/net/detail/run_context.hpp>
#include <audiosocket/net/io_thread.hpp>

#include "net/turn_table.hpp"

#include <boost/asio/multiple_exceptions.hpp>

#include <exception>
#include <new>
#include <utility>

namespace audiosocket {
namespace {

detail::io_home& home_of(boost::asio::io_context& context) {
    return *boost::asio::use_service<detail::turn_table>(context).home();
}

// Returns whether this context has a table. Without one it has no calls.
bool has_table(boost::asio::io_context& context) {
    return boost::asio::has_service<detail::turn_table>(context);
}

} // namespace

namespace detail {
namespace {

bool is_bad_alloc(const std::exception_ptr& one) {
    try {
        std::rethrow_exception(one);
    } catch (const std::bad_alloc&) {
        return true;
    } catch (...) {
        return false;
    }
}

} // namespace

void run_to_the_end(boost::asio::io_context& context) {
    for (;;) {
        try {
            context.run();
            return;
        } catch (const std::bad_alloc&) {
        } catch (const boost::asio::multiple_exceptions& several) { // of handlers that Asio ran in a row
            if (!is_bad_alloc(several.first_exception())) throw;
        }
    }
}

} // namespace detail

io_thread::io_thread() : work_(context_.get_executor()), thread_([this] { detail::run_to_the_end(context_); }) {}

io_thread::~io_thread() {
    hang_up_all();
    wait_for_calls();
    stop();
}

void io_thread::wait_for_calls() {
    if (has_table(context_)) home_of(context_).wait_until_empty(wait_until_);
}

// Ends the thread and the rest of its calls: their last completions may need a context that is destroyed before this
// one.
void io_thread::stop() {
    if (!thread_.joinable()) return;
    // After the handlers of calls that have just ended.
    for_stop_.post(context_.get_executor(), [this] { context_.stop(); });
    thread_.join();
    if (has_table(context_)) boost::asio::use_service<detail::turn_table>(context_).end_calls();
}

void io_thread::hang_up_all() {
    std::call_once(ending_, [this] {
        wait_until_ = std::chrono::steady_clock::now() + hang_up_max;
        for_hang_up_.post(context_.get_executor(), [this] {
            try {
                home_of(context_).hang_up_all();
            } catch (const boost::system::system_error&) { // no descriptors for a table: there is no call either
            }
        });
    });
}

} // namespace audiosocket
