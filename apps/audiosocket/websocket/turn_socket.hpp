// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <audiosocket/net/detail/socket_turns.hpp>
#include <audiosocket/net/file_descriptor.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>

#include <sys/uio.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace audiosocket::app::websocket {

/// A TCP connection that reads in turns, together with the calls of its thread: one wake-up of a millisecond serves all
/// of them, where Asio would be woken for each message and ask twice for it. A stream as Asio and Beast want it.
///
/// One read and one write at a time. All on its executor, which is that of an io_context with one thread.
class turn_socket final : private detail::turn_user {
  public:
    using executor_type = boost::asio::io_context::executor_type; // costs less than any_io_executor
    using lowest_layer_type = turn_socket;

    explicit turn_socket(const boost::asio::any_io_executor& executor);
    turn_socket(const turn_socket&) = delete;
    turn_socket& operator=(const turn_socket&) = delete;
    ~turn_socket() override = default;

    /// Takes over an open connection. An error is that the kernel cannot watch it.
    boost::system::error_code open(boost::asio::ip::tcp::socket connection);

    bool is_open() const noexcept { return static_cast<bool>(socket_); }

    /// What is in progress completes with operation_aborted.
    void close();

    /// Says to the peer that nothing follows.
    void shut_down() noexcept;

    /// Sets an option of boost::asio::ip::tcp::socket.
    template <class Option>
    void set_option(const Option& option) noexcept {
        const auto protocol = boost::asio::ip::tcp::v4(); // the same for both
        set_option(option.level(protocol), option.name(protocol), option.data(protocol), option.size(protocol));
    }

    executor_type get_executor() const noexcept { return home_.get_executor(); }
    lowest_layer_type& lowest_layer() noexcept { return *this; }

    template <class Buffers, class Handler>
    void async_read_some(const Buffers& to, Handler&& handler) {
        pieces into(to);
        const bool may_read = is_readable_ || !socket_ || into.all().empty(); // TLS posts itself with empty reads
        if (const auto now = may_read ? receive(into.all()) : std::nullopt)
            return complete_later(*now, std::forward<Handler>(handler));
        reading_ = waiting::make(std::forward<Handler>(handler));
        read_into_.assign(into.all().begin(), into.all().end());
    }

    /// Where the peer has gone, this is no error: what it has sent last, its close above all, is still to be read, and
    /// Beast would not read on. The read ends soon, and says how.
    template <class Buffers, class Handler>
    void async_write_some(const Buffers& from, Handler&& handler) {
        pieces out(from);
        if (const auto now = send(out.all())) return complete_later(*now, std::forward<Handler>(handler));
        writing_ = waiting::make(std::forward<Handler>(handler));
        write_from_.assign(out.all().begin(), out.all().end());
        write_again_later();
    }

  private:
    using error_code = boost::system::error_code;

    struct result {
        error_code error;
        std::size_t bytes = 0;
    };

    // The first of a sequence of buffers, as many as the kernel takes at once from Asio: a short answer of HTTP goes
    // out whole.
    class pieces {
      public:
        template <class Buffers>
        explicit pieces(const Buffers& buffers) {
            for (auto at = boost::asio::buffer_sequence_begin(buffers);
                 at != boost::asio::buffer_sequence_end(buffers) && count_ < all_.size(); ++at)
                add(*at);
        }

        std::span<iovec> all() noexcept { return std::span(all_).first(count_); }

      private:
        void add(boost::asio::mutable_buffer piece) { add(piece.data(), piece.size()); }
        void add(boost::asio::const_buffer piece) { add(const_cast<void*>(piece.data()), piece.size()); }
        void add(void* data, std::size_t bytes) {
            if (bytes > 0) all_[count_++] = {data, bytes};
        }

        std::array<iovec, 64> all_;
        std::size_t count_ = 0;
    };

    // A handler that waits for its result.
    class waiting {
      public:
        virtual ~waiting() = default;

        // Its memory is free before the handler runs.
        virtual void complete(std::unique_ptr<waiting> self, const result& how) = 0;

        template <class Handler>
        static std::unique_ptr<waiting> make(Handler&& handler) {
            return std::make_unique<of<std::decay_t<Handler>>>(std::forward<Handler>(handler));
        }

      private:
        template <class Handler>
        class of;
    };

    template <class Handler>
    void complete_later(const result& how, Handler&& handler) {
        boost::asio::post(get_executor(), [then = std::forward<Handler>(handler), how]() mutable {
            std::move(then)(how.error, how.bytes);
        });
    }

    void set_option(int level, int name, const void* data, std::size_t bytes) noexcept;
    std::optional<result> receive(std::span<iovec> into) noexcept;
    std::optional<result> send(std::span<iovec> out) noexcept;
    void write_again_later();
    void complete_later(std::unique_ptr<waiting> what, const result& how);
    void take_turn(bool arrived, bool is_last) override;
    void forget() noexcept override;

    boost::asio::io_context& home_;
    file_descriptor socket_;
    std::optional<detail::socket_turns> turns_; // while there is a socket
    bool is_readable_ = true;
    bool peer_has_ended_ = false;
    std::unique_ptr<waiting> reading_;
    std::vector<iovec> read_into_;
    std::unique_ptr<waiting> writing_;
    std::vector<iovec> write_from_;
    std::chrono::milliseconds write_after_{1};
};

template <class Handler>
class turn_socket::waiting::of final : public waiting {
  public:
    explicit of(Handler handler) : handler_(std::move(handler)) {}

    void complete(std::unique_ptr<waiting> self, const result& how) override {
        auto handler = std::move(handler_);
        self.reset();
        std::move(handler)(how.error, how.bytes);
    }

  private:
    Handler handler_;
};

} // namespace audiosocket::app::websocket
