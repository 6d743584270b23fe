#include <audiosocket/net/connect.hpp>

#include "net/connection.hpp"

#include <boost/asio/connect.hpp>

namespace audiosocket::detail {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using io_error = boost::system::error_code;

/// Resolve, connect, say the id; or run out of time. Whatever comes first completes the wait.
class connector : public std::enable_shared_from_this<connector> {
  public:
    connector(asio::io_context& io, const uuid& id, const connect_options& options, completion<call> waiter)
        : resolver_(io.get_executor()), socket_(io.get_executor()), timer_(io.get_executor()), id_(id),
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
        asio::async_connect(socket_, found,
                            [self = shared_from_this()](io_error error, const tcp::endpoint&) { self->greet(error); });
    }

    void greet(io_error error) {
        if (error || !waiter_) return finish(error, {});
        connection_ =
            std::make_shared<connection>(std::move(socket_), session(id_, options_.call, clock::now()), options_.call);
        connection_->start([self = shared_from_this()](bool up) { self->settle(up); });
    }

    void settle(bool up) {
        const auto connection = std::move(connection_);
        if (up) return finish({}, call(connection));
        const auto& why = connection->end().error;
        finish(why ? io_error(why) : io_error(asio::error::connection_reset), {});
    }

    void finish(io_error error, call result) {
        timer_.cancel();
        resolver_.cancel();
        io_error ignored;
        socket_.close(ignored);
        if (waiter_) waiter_.complete(error, std::move(result));
    }

    resolver resolver_;
    tcp_socket socket_;
    io_timer timer_;
    const uuid id_;
    const connect_options options_;
    completion<call> waiter_;
    std::shared_ptr<connection> connection_;
};

} // namespace

void start_connect(asio::io_context& io, const address& where, const uuid& id, const connect_options& options,
                   completion<call> waiter) {
    validate(options.call);
    const auto c = std::make_shared<connector>(io, id, options, std::move(waiter));
    asio::dispatch(io, [c, where] { c->start(where); });
}

} // namespace audiosocket::detail
