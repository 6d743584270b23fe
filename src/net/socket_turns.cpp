// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/net/detail/socket_turns.hpp>

#include "net/turn_table.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <utility>

namespace audiosocket::detail {
namespace {

// The table knows only users with an appointment, and its wheel holds no later appointments.
constexpr std::chrono::milliseconds longest_pause{60};

} // namespace

class socket_taker final : public turn_taker, public std::enable_shared_from_this<socket_taker> {
  public:
    socket_taker(boost::asio::io_context& home, int socket, turn_user& who)
        : turns_(boost::asio::use_service<turn_table>(home)), socket_(socket), user_(&who) {}

    void start() {
        io_error error;
        turns_.watch(socket_, *this, error);
        if (error) throw boost::system::system_error(error, "epoll_ctl");
        soon(longest_pause);
    }

    void soon(std::chrono::milliseconds delay) {
        turns_.schedule(shared_from_this(), clock::now() + std::min(delay, longest_pause));
    }

    void stop() {
        user_ = nullptr;
        turns_.unwatch(socket_);
        turns_.leave(*this);
    }

    void take_turn(time_point now) override {
        if (!user_) return; // it ended in its own turn, which then threw
        turns_.schedule(shared_from_this(), now + longest_pause);
        user_->take_turn(std::exchange(arrived_, false), is_last_);
    }

    bool has_arrived(bool is_last, time_point) noexcept override {
        arrived_ = true;
        is_last_ = is_last_ || is_last;
        return true;
    }

    bool read_on(time_point) override { return false; }

    void table_ends() noexcept override {
        if (auto* const user = std::exchange(user_, nullptr)) user->forget();
    }

  private:
    turn_table& turns_;
    const int socket_;
    turn_user* user_; // null after it ended
    bool arrived_ = false;
    bool is_last_ = false;
};

socket_turns::socket_turns(boost::asio::io_context& home, int socket, turn_user& who)
    : taker_(std::make_shared<socket_taker>(home, socket, who)) {
    taker_->start();
}

socket_turns::~socket_turns() {
    taker_->stop();
}

void socket_turns::soon(std::chrono::milliseconds after) {
    taker_->soon(after);
}

} // namespace audiosocket::detail
