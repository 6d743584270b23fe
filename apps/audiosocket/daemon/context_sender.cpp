// SPDX-License-Identifier: Apache-2.0
#include "daemon/context_sender.hpp"

#include "daemon/context_stream.hpp"

#include <audiosocket/net/detail/unless_memory_is_out.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/write.hpp>

#include <fmt/format.h>

#include <utility>

namespace audiosocket::app {

using audiosocket::detail::unless_memory_is_out;

void context_sender::set(successor::channel to, std::shared_ptr<admin::call_directory> from) {
    channel_ = std::move(to);
    from_ = std::move(from);
    end_by_ = clock::now() + send_time_max;
}

void context_sender::start() {
    if (!from_) return;
    if (clock::now() >= end_by_) {
        from_ = nullptr;
        close();
        report_.remarks({"announced calls could not be handed over: out of memory"});
        return;
    }
    if (bytes_.empty()) {
        const auto waiting = from_->hand_over();
        entries_ = waiting.size();
        bytes_ = to_bytes(waiting);
    }
    if (!channel_.is_open()) return report_unread();
    timer_.expires_at(end_by_);
    timer_.async_wait([this](auto error) {
        if (!error) close();
    });
    boost::asio::async_write(channel_, boost::asio::buffer(bytes_),
                             [this](const auto& error, std::size_t) { sent(error); });
    from_ = nullptr;
}

void context_sender::report_unread() {
    if (entries_ > 0)
        report_.remarks({fmt::format("{} announced calls have not arrived, and the new process does not know them, "
                                     "because its version does not take them over",
                                     entries_)});
    from_ = nullptr;
}

void context_sender::sent(const boost::system::error_code& error) {
    timer_.cancel();
    close();
    bytes_ = {};
    if (entries_ == 0) return;
    unless_memory_is_out([&] {
        if (error == boost::asio::error::operation_aborted) {
            static_assert(send_time_max == std::chrono::seconds(10));
            report_.remarks({fmt::format("{} announced calls could not be handed over: the new process did not read "
                                         "them within 10 s",
                                         entries_)});
        } else if (error) {
            report_.remarks(
                {fmt::format("{} announced calls could not be handed over: {}", entries_, error.message())});
        } else {
            report_.notes({fmt::format("{} announced calls were handed over", entries_)});
        }
    });
}

void context_sender::close() {
    boost::system::error_code ignored;
    channel_.close(ignored);
}

} // namespace audiosocket::app
