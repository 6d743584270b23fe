// SPDX-License-Identifier: Apache-2.0
#include "admin/http_server.hpp"

#include "admin/target.hpp"

#include <audiosocket/net/error.hpp>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <algorithm>
#include <array>
#include <list>
#include <optional>
#include <utility>

// The states of a connection are idle -> reading -> answering -> writing -> idle, or leaving after the last response. A
// leaving connection has shut down its sending side. It reads for a moment what the peer still sends, because closing a
// socket with unread data would discard the response.
//
// Invariant: while reading, writing or leaving, exactly one operation is in progress on the socket, and its deadline is
// set. While answering, and before a slow response, there is no operation, and `patience_` runs. Only the operation
// keeps the connection alive, so the connection closes with its last operation. A pending answer does not keep it
// alive, because a thread that hangs would keep every connection that asked it.

namespace audiosocket::app::admin {
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

namespace {

// How long to wait after accept() has failed, usually because of too few descriptors.
constexpr std::chrono::milliseconds accept_pause{100};

// How long, and how many bytes, are read from a peer after its last response.
constexpr std::chrono::seconds leaving_time{1};
constexpr std::size_t leaving_bytes_max = 64 * 1024;

unsigned status_of(const io_error& error) {
    if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
    if (error == http::error::body_limit) return 413;
    return 400;
}

// If a proxy and this server disagree on the length of a request, they disagree on where the next request begins. So a
// request needs one Content-Length, or "Transfer-Encoding: chunked", or neither.
bool has_clear_length(const http::fields& head) {
    const auto encodings = head.count(http::field::transfer_encoding);
    const auto lengths = head.count(http::field::content_length);
    const bool digits_only =
        head[http::field::content_length].find_first_not_of("0123456789") == std::string_view::npos;
    return encodings + lengths <= 1 && digits_only &&
           (encodings == 0 || beast::iequals(head[http::field::transfer_encoding], "chunked"));
}

std::string words_for(unsigned status, const http_limits& limits) {
    switch (status) {
    case 431: return "the header of the request is too long";
    case 413: return "the body of the request is longer than " + std::to_string(limits.body_bytes_max) + " bytes";
    default: return "this is not an HTTP/1.1 request";
    }
}

} // namespace

struct http_server::impl : std::enable_shared_from_this<impl> {
    impl(asio::io_context& io, listening_socket socket, answerer own_answer, const http_limits& own_limits)
        : answer(std::move(own_answer)), limits(own_limits), accepting(io), pause(io) {
        const auto protocol = socket.local_endpoint().protocol();
        accepting.assign(protocol, socket.release().release());
    }

    void accept();
    bool make_room();

    const answerer answer;
    const http_limits limits;
    own_counters counted;
    bool last_responses = false; // another process answers new connections
    tcp::acceptor accepting;
    tcp::endpoint next_peer; // of the connection that is being accepted
    asio::steady_timer pause;
    std::list<std::weak_ptr<connection>> connections; // ordered by how long their peers have been silent
};

class http_server::connection : public std::enable_shared_from_this<connection> {
  public:
    connection(tcp::socket socket, const tcp::endpoint& peer, std::shared_ptr<impl> server)
        : server_(std::move(server)), peer_(peer), stream_(std::move(socket)), patience_(stream_.get_executor()),
          buffer_(server_->limits.header_bytes_max + server_->limits.body_bytes_max),
          place_(server_->connections.insert(server_->connections.end(), std::weak_ptr<connection>())) {}
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;
    ~connection() { server_->connections.erase(place_); }

    void start() {
        *place_ = weak_from_this();
        wait();
    }

    bool waits_for_peer() const noexcept { return state_ == state::reading || state_ == state::leaving; }
    void drop() {
        state_ = state::dropped;
        ++server_->counted.connections_closed_early;
        patience_.cancel();
        stream_.close();
    }

  private:
    // `reading` includes writing: both wait for the peer.
    enum class state { reading, answering, leaving, dropped };

    // Waits for the first byte of a request.
    void wait() {
        state_ = state::reading;
        if (buffer_.size() > 0) return read();
        stream_.expires_after(server_->limits.idle_time);
        stream_.async_read_some(buffer_.prepare(first_read_bytes),
                                [self = shared_from_this()](io_error error, std::size_t bytes) {
                                    if (error) return;
                                    self->buffer_.commit(bytes);
                                    self->read();
                                });
    }

    void read() {
        parser_.emplace();
        parser_->header_limit(static_cast<std::uint32_t>(server_->limits.header_bytes_max));
        parser_->body_limit(server_->limits.body_bytes_max);
        stream_.expires_after(server_->limits.request_time);
        http::async_read_header(stream_, buffer_, *parser_, [self = shared_from_this()](io_error error, std::size_t) {
            if (error) return self->misunderstood(error);
            self->read_body();
        });
    }

    void read_body() {
        const auto& head = parser_->get();
        if (head.count(http::field::host) > 1) return refuse(400, "a request needs exactly one Host");
        if (!has_clear_length(head)) return refuse(400, "the length of the body is ambiguous");
        if (parser_->is_done()) return understood();
        const auto expected = head[http::field::expect];
        if (expected.empty() || head.version() < 11) return read_rest();
        if (!beast::iequals(expected, "100-continue")) return refuse(417, "Expect is not 100-continue");
        // The peer asks whether to send its body (its length is already checked), and waits for an answer first.
        asio::async_write(stream_, asio::buffer(go_on), [self = shared_from_this()](io_error error, std::size_t) {
            if (!error) self->read_rest();
        });
    }

    void read_rest() {
        http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](io_error error, std::size_t) {
            if (error) return self->misunderstood(error);
            self->understood();
        });
    }

    void misunderstood(const io_error& error) {
        if (error == http::error::end_of_stream || error == http::error::partial_message ||
            error.category() != http::make_error_code(http::error::partial_message).category())
            return; // the peer closed, was too slow, or was dropped for another connection
        refuse(status_of(error), words_for(status_of(error), server_->limits));
    }

    // Sends the last response of this connection.
    void refuse(unsigned status, const std::string& why) {
        ++server_->counted.connections_closed_early;
        last_ = true;
        head_ = false;
        version_ = 11;
        write(error_response(status, why));
    }

    void understood() {
        auto& message = parser_->get();
        const auto field = [&](http::field which) { return std::string(message[which]); };
        ++server_->counted.requests;
        head_ = message.method() == http::verb::head;
        version_ = message.version();
        last_ = !message.keep_alive() || server_->last_responses;
        auto host = field(http::field::host);
        auto target = origin_form(message.target(), host);
        const request r{std::string(message.method_string()),
                        std::move(target),
                        std::move(host),
                        field(http::field::origin),
                        std::string(message["Sec-Fetch-Site"]),
                        field(http::field::authorization),
                        peer_,
                        local_endpoint(),
                        field(http::field::content_type),
                        std::move(message.body())};
        server_->connections.splice(server_->connections.end(), server_->connections, place_);
        state_ = state::answering;
        stream_.expires_never();
        patience_.expires_after(server_->limits.answer_time);
        patience_.async_wait([self = shared_from_this()](io_error error) {
            if (!error && self->state_ == state::answering)
                self->write(error_response(503, "the threads of the calls do not answer"));
        });
        // The answerer may drop the request, and may answer after the connection gave up.
        const auto number = ++requests_;
        server_->answer(r, server_->counted, [waiting = weak_from_this(), number](const response& what) {
            const auto self = waiting.lock();
            if (!self || self->requests_ != number || self->state_ != state::answering) return;
            self->patience_.cancel();
            if (what.status == 401 || what.status == 403) ++self->server_->counted.requests_refused;
            if (what.slow) return self->write_later(what);
            self->write(what);
        });
    }

    tcp::endpoint local_endpoint() {
        io_error gone;
        return stream_.socket().local_endpoint(gone);
    }

    void write_later(const response& what) {
        state_ = state::reading;
        patience_.expires_after(server_->limits.guess_time);
        patience_.async_wait([self = shared_from_this(), what](io_error error) {
            if (!error && self->state_ == state::reading) self->write(what);
        });
    }

    void write(const response& what) {
        state_ = state::reading;
        http::response<http::string_body> message{http::int_to_status(what.status), version_};
        message.set(http::field::content_type, what.type);
        message.set(http::field::cache_control, "no-store");
        message.set("X-Content-Type-Options", "nosniff");
        message.set("Referrer-Policy", "no-referrer");
        for (const auto& [name, value] : what.fields)
            message.insert(name, value);
        message.keep_alive(!last_);
        message.content_length(what.body.size());
        if (!head_) message.body() = what.body;
        stream_.expires_after(server_->limits.request_time);
        // The response to HEAD has the length of the body, and no body.
        if (head_) return send(std::make_shared<http::response<http::empty_body>>(std::move(message.base())));
        send(std::make_shared<http::response<http::string_body>>(std::move(message)));
    }

    template <class Message>
    void send(const std::shared_ptr<Message>& message) {
        http::async_write(stream_, *message, [self = shared_from_this(), message](io_error error, std::size_t) {
            if (error) return;
            if (self->last_) return self->leave();
            self->wait();
        });
    }

    void leave() {
        state_ = state::leaving;
        io_error ignored;
        stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
        stream_.expires_after(leaving_time);
        read_on();
    }

    void read_on() {
        stream_.async_read_some(asio::buffer(thrown_away_), [self = shared_from_this()](io_error error, std::size_t n) {
            self->left_bytes_ += n;
            if (!error && self->left_bytes_ < leaving_bytes_max) self->read_on();
        });
    }

    static constexpr std::size_t first_read_bytes = 2048;
    static constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

    const std::shared_ptr<impl> server_;
    const tcp::endpoint peer_;
    beast::tcp_stream stream_;
    asio::steady_timer patience_;
    beast::flat_buffer buffer_;
    std::optional<http::request_parser<http::string_body>> parser_;
    state state_ = state::reading;
    std::uint64_t requests_ = 0;
    unsigned version_ = 11;
    bool head_ = false;
    bool last_ = false;
    std::size_t left_bytes_ = 0;
    std::array<char, 1024> thrown_away_{};
    const std::list<std::weak_ptr<connection>>::iterator place_; // of this connection in the list
};

void http_server::impl::accept() {
    accepting.async_accept(next_peer, [self = shared_from_this()](io_error error, tcp::socket socket) {
        if (!self->accepting.is_open()) return;
        if (error && error != asio::error::connection_aborted) {
            self->pause.expires_after(accept_pause);
            self->pause.async_wait([self](io_error) {
                if (self->accepting.is_open()) self->accept();
            });
            return;
        }
        const auto peer = self->next_peer;
        self->accept(); // first, so that an exception below does not stop accepting
        if (error) return;
        ++self->counted.connections;
        if (self->make_room())
            std::make_shared<connection>(std::move(socket), peer, self)->start();
        else
            ++self->counted.connections_closed_early; // and the socket closes with its object
    });
}

// Returns whether there is room for another connection. Connections whose request is being answered are not dropped.
bool http_server::impl::make_room() {
    if (connections.size() < limits.connections_max) return true;
    for (const auto& one : connections) {
        const auto c = one.lock();
        if (!c || !c->waits_for_peer()) continue;
        c->drop(); // it ends when its operation completes; until then there is one connection more than the limit
        return connections.size() < 2 * limits.connections_max;
    }
    return false;
}

http_server::http_server(asio::io_context& io, listening_socket socket, answerer answer, const http_limits& limits)
    : impl_(std::make_shared<impl>(io, std::move(socket), std::move(answer), limits)) {
    impl_->accept();
}

http_server::~http_server() {
    stop_accepting();
}

void http_server::stop_accepting() {
    io_error ignored;
    // Released before it is closed: while a successor has the socket as well, epoll does not notice the close.
    if (impl_->accepting.is_open()) file_descriptor(impl_->accepting.release(ignored)).close();
    impl_->pause.cancel();
    impl_->last_responses = true;
}

int http_server::descriptor() const {
    return impl_->accepting.native_handle();
}

tcp::endpoint http_server::local_endpoint() const {
    return impl_->accepting.local_endpoint();
}

} // namespace audiosocket::app::admin
