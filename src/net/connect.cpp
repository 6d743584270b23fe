// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/net/connect.hpp>

#include "net/connection.hpp"
#include "net/handshake.hpp"

#include <audiosocket/net/error.hpp>

#include <boost/asio/connect.hpp>

namespace audiosocket::detail {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// Resolve, connect, say the id; or run out of time. Whatever comes first completes the wait.
class connector : public std::enable_shared_from_this<connector> {
  public:
    connector(asio::io_context& io, const uuid& id, const connect_options& options, completion<call> waiter)
        : io_(io), resolver_(io.get_executor()), socket_(io.get_executor()), timer_(io.get_executor()), id_(id),
          options_(options), waiter_(std::move(waiter)) {}

    void start(const address& where) {
        timer_.expires_after(options_.connect_timeout);
        timer_.async_wait([self = shared_from_this()](io_error error) {
            if (!error) self->finish(asio::error::timed_out, {});
        });
        resolver_.async_resolve(where.host.empty() ? "localhost" : where.host, std::to_string(where.port),
                                [self = shared_from_this()](io_error error, const auto& found) {
                                    if (error) return self->finish(error, {});
                                    if (self->waiter_) self->connect(found);
                                });
    }

  private:
    using resolver = asio::ip::basic_resolver<tcp, io_executor>;

    void connect(const resolver::results_type& found) {
        asio::async_connect(socket_, found, [self = shared_from_this()](io_error error, const tcp::endpoint& peer) {
            self->send_id(error, peer);
        });
    }

    // Sends the id. A new connection has room for it.
    void send_id(io_error error, const tcp::endpoint& peer) {
        if (error || !waiter_) return finish(error, {});
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
        resolver_.cancel();
        io_error ignored;
        socket_.close(ignored);
        const io_error without_place(error.value(), error.category()); // in Asio's code, where it is thrown
        if (waiter_) waiter_.complete(without_place, std::move(result));
    }

    asio::io_context& io_;
    resolver resolver_;
    tcp_socket socket_;
    io_timer timer_;
    const uuid id_;
    const connect_options options_;
    completion<call> waiter_;
};

} // namespace

void start_connect(asio::io_context& io, const address& where, const uuid& id, const connect_options& options,
                   completion<call> waiter) {
    validate(options.call);
    const auto c = std::make_shared<connector>(io, id, options, std::move(waiter));
    asio::dispatch(io, [c, where] { c->start(where); });
}

} // namespace audiosocket::detail
