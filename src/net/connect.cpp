// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/net/connect.hpp>

#include "net/connection.hpp"
#include "net/handshake.hpp"

#include <audiosocket/net/detail/unless_memory_is_out.hpp>
#include <audiosocket/net/error.hpp>

#include <boost/asio/dispatch.hpp>
#include <boost/system/system_error.hpp>

#include <iterator>
#include <new>

namespace audiosocket::detail {
namespace asio = boost::asio;
using asio::ip::tcp;

/// Resolves, connects and sends the id, or runs out of time. What comes first completes the wait.
class connector final : public wait_source<call>, public std::enable_shared_from_this<connector> {
  public:
    connector(asio::io_context& io, const address& where, const uuid& id, const connect_options& options)
        : io_(io), resolver_(io.get_executor()), socket_(io.get_executor()), timer_(io.get_executor()), where_(where),
          id_(id), options_(options) {}

    connector(const connector&) = delete;
    connector& operator=(const connector&) = delete;

    // The io_context is being destroyed, and has destroyed what was pending.
    ~connector() {
        if (waiter_) give_up_if_possible(waiter_, asio::error::operation_aborted);
    }

    void start(completion<call> waiter) {
        waiter_ = std::move(waiter);
        try {
            asio::dispatch(io_, [self = shared_from_this()] {
                if (self->is_cancelled(self->waiter_.wait())) return self->finish(asio::error::operation_aborted, {});
                self->unless_lost([&] { self->resolve(); });
            });
        } catch (const std::bad_alloc&) { // what throws does not complete as well
            waiter_ = {};
            throw;
        }
    }

    void cancel(wait_number wait) {
        mark_cancelled(wait);
        asio::dispatch(io_, [self = shared_from_this()] { self->finish(asio::error::operation_aborted, {}); });
    }

    // Hangs up the call, because nothing waits for it any more.
    void take_back(call) override {}

  private:
    // Takes a step. If there is no memory for it, or no thread for the resolver, the wait completes with that.
    template <class Step>
    void unless_lost(Step step) {
        try {
            step();
        } catch (const std::bad_alloc&) {
            finish(make_error_code(boost::system::errc::not_enough_memory), {});
        } catch (const boost::system::system_error& e) {
            finish(e.code(), {});
        }
    }

    void resolve() {
        timer_.expires_after(options_.connect_timeout);
        timer_.async_wait([self = shared_from_this()](io_error error) {
            if (!error) self->finish(asio::error::timed_out, {});
        });
        resolver_.async_resolve(where_.host.empty() ? "localhost" : where_.host, std::to_string(where_.port),
                                [self = shared_from_this()](io_error error, const auto& found) {
                                    if (error) return self->finish(error, {});
                                    self->unless_lost(
                                        [&] { self->connect(found.begin(), asio::error::host_not_found); });
                                });
    }

    using resolver = asio::ip::basic_resolver<tcp, io_executor>;
    using address_iterator = resolver::results_type::const_iterator;

    // Tries the addresses from `next` on in turn. `error` is that of the one before. Not asio::async_connect() for a
    // range, because it hides why a socket cannot be opened.
    void connect(address_iterator next, io_error error) {
        for (; waiter_ && next != address_iterator(); ++next) {
            io_error ignored;
            socket_.close(ignored);
            const tcp::endpoint peer = next->endpoint();
            socket_.open(peer.protocol(), error);
            if (error) continue;
            return socket_.async_connect(peer, [self = shared_from_this(), next, peer](io_error failed) {
                self->unless_lost([&] { failed ? self->connect(std::next(next), failed) : self->send_id(peer); });
            });
        }
        finish(error, {});
    }

    // Sends the id. A new connection has room for it.
    void send_id(const tcp::endpoint& peer) {
        if (!waiter_) return;
        io_error error;
        byte_stream stream(std::move(socket_), peer);
        session rules(id_, options_.call, clock::now());
        const auto message = rules.transmit();
        if (stream.send(message, error) != message.size() && !error) error = asio::error::connection_reset;
        if (error) return finish(error, {});
        rules.transmitted(clock::now());
        rules.next_event(); // started_event
        const auto fresh = std::make_shared<connection>(io_, std::move(stream), std::move(rules), options_.call);
        fresh->start();
        finish({}, fresh->as_call());
    }

    void finish(io_error error, call result) {
        timer_.cancel();
        unless_memory_is_out([this] { resolver_.cancel(); }); // a late result changes nothing
        io_error ignored;
        socket_.close(ignored);
        const io_error without_place(error.value(), error.category()); // the place is in Asio's code
        if (!waiter_) return;
        if (error || waiter_.wait() == 0)
            waiter_.complete(without_place, std::move(result), false);
        else
            waiter_.complete(std::move(result), shared_from_this(), false);
    }

    asio::io_context& io_;
    resolver resolver_;
    tcp_socket socket_;
    io_timer timer_;
    const address where_;
    const uuid id_;
    const connect_options options_;
    completion<call> waiter_;
};

std::shared_ptr<connector> make_connector(asio::io_context& io, const address& where, const uuid& id,
                                          const connect_options& options) {
    validate(options.call);
    asio::use_service<turn_table>(io); // has its descriptors before the connection has one
    return std::make_shared<connector>(io, where, id, options);
}

wait_source<call>& waits_of(connector& one) noexcept {
    return one;
}

void start_connect(const std::shared_ptr<connector>& one, completion<call> waiter) {
    one->start(std::move(waiter));
}

void cancel_connect(const std::weak_ptr<connector>& one, wait_number wait) {
    if (const auto kept = one.lock()) kept->cancel(wait);
}

} // namespace audiosocket::detail
