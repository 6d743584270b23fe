// SPDX-License-Identifier: Apache-2.0
#include "daemon/context_receiver.hpp"

#include <audiosocket/net/detail/unless_memory_is_out.hpp>
#include <audiosocket/net/error.hpp>

#include <boost/asio/buffer.hpp>

#include <fmt/format.h>

#include <array>
#include <span>
#include <tuple>
#include <utility>

namespace audiosocket::app {

using audiosocket::detail::unless_memory_is_out;

context_receiver::context_receiver(boost::asio::io_context& io, std::shared_ptr<admin::call_directory> directory,
                                   bool sends, server_report& report, std::chrono::nanoseconds receive_time)
    : directory_(std::move(directory)), report_(report), receive_time_(receive_time), channel_(io), timer_(io),
      expects_(sends && directory_) {
    if (!expects_) return;
    buffer_.resize(piece_bytes_max);
    reader_.emplace(directory_->body_bytes_max(), directory_->counts().entries_max);
    directory_->inherit_begins();
}

void context_receiver::start(file_descriptor channel) {
    if (!expects_) return;
    if (!channel) return end("the channel to the predecessor was lost");
    io_error error;
    const bool begun = unless_memory_is_out([&] {
        channel_.assign({}, channel.get(), error);
        if (error) return;
        std::ignore = channel.release(); // channel_ owns it now
        timer_.expires_after(receive_time_);
        timer_.async_wait([this](auto cancelled) {
            if (!cancelled) end("the predecessor does not send them");
        });
        read();
    });
    if (!begun) return end("out of memory");
    std::array<char, 128> text{};
    if (error) end(error.message(text.data(), text.size()));
}

void context_receiver::read() {
    channel_.async_read_some(boost::asio::buffer(buffer_), [this](io_error error, std::size_t bytes) {
        if (!expects_) return;
        if (error) return end("the predecessor has closed the channel");
        if (!unless_memory_is_out([&] { take(bytes); })) end("out of memory");
    });
}

void context_receiver::take(std::size_t bytes) {
    reader_->feed(std::span(buffer_).first(bytes));
    while (auto one = reader_->next())
        ++(directory_->inherit(*std::move(one)) ? kept_ : refused_);
    switch (reader_->current_state()) {
    case context_reader::state::reading: return read();
    case context_reader::state::complete: return end(nullptr);
    case context_reader::state::wrong: return end("they are not in the expected format");
    }
}

// `why` is null if all have arrived.
void context_receiver::end(const char* why) {
    if (!std::exchange(expects_, false)) return;
    timer_.cancel();
    io_error ignored;
    channel_.close(ignored);
    directory_->inherit_ends();
    refused_ += reader_->refused();
    unless_memory_is_out([&] {
        if (why) {
            report_.remarks(
                {fmt::format("announced calls of the predecessor are lost: {}; {} were taken over", why, kept_)});
        } else if (kept_ > 0) {
            report_.notes({fmt::format("{} announced calls were taken over", kept_)});
        }
        if (refused_ > 0) {
            report_.remarks(
                {fmt::format("{} announced calls of the predecessor were not taken over: they have expired, "
                             "were announced or used here, cannot be read, are too large, or have no room",
                             refused_)});
        }
    });
}

} // namespace audiosocket::app
