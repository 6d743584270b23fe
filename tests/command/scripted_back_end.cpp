// SPDX-License-Identifier: Apache-2.0
#include "scripted_back_end.hpp"

#include <audiosocket/net/listening_socket.hpp>

#include <boost/asio/post.hpp>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <cstring>
#include <future>
#include <stdexcept>

namespace audiosocket::test {

namespace json = boost::json;

const json::object* scripted_back_end::visit::find(std::string_view name, std::string_view text) const {
    const auto found = std::ranges::find_if(texts, [&](const json::object& one) {
        const auto* value = one.if_contains(name);
        return value && value->is_string() && value->get_string() == text;
    });
    return found == texts.end() ? nullptr : &*found;
}

scripted_back_end::scripted_back_end() : scripted_back_end(script()) {}

scripted_back_end::scripted_back_end(script what, ws::server_options options) : script_(std::move(what)) {
    server_ = std::make_unique<ws::websocket_server>(
        io_.get_executor(), listening_socket::listen({"127.0.0.1", 0}), std::move(options),
        [this](const ws::opening_request& asked, const std::shared_ptr<ws::websocket>& socket) {
            return accept(asked, socket);
        });
    port_ = server_->local_endpoint().port();
    thread_ = std::thread([this] { io_.run(); });
}

scripted_back_end::~scripted_back_end() {
    io_.stop();
    thread_.join();
}

ws::opening_answer scripted_back_end::accept(const ws::opening_request& asked,
                                             const std::shared_ptr<ws::websocket>& socket) {
    ws::opening_answer answer;
    if (script_.decide) answer = script_.decide(asked);
    change([&] {
        ++requests_;
        if (answer.status != 101) return;
        auto& one = visits_.emplace_back();
        one.asked = asked;
        one.socket = socket;
        answer.on = handlers_of(one);
    });
    return answer;
}

ws::handlers scripted_back_end::handlers_of(visit& one) {
    return {
        .on_open =
            [this, &one] {
                change([&] {
                    if (script_.opened) script_.opened(one);
                });
            },
        .on_text =
            [this, &one](std::string_view text) {
                change([&] {
                    one.texts.push_back(json::parse(text).as_object());
                    if (script_.heard) script_.heard(one, one.texts.back());
                });
            },
        .on_binary =
            [this, &one](std::span<const std::byte> audio) {
                change([&] {
                    const auto before = one.samples.size();
                    one.samples.resize(before + audio.size() / sizeof(std::int16_t));
                    std::memcpy(&one.samples[before], audio.data(), audio.size());
                });
            },
        .on_closed = [this, &one](const ws::close_report& how) { change([&] { one.closed = how; }); },
    };
}

std::size_t scripted_back_end::visits() const {
    const std::lock_guard lock(using_);
    return visits_.size();
}

std::size_t scripted_back_end::requests() const {
    const std::lock_guard lock(using_);
    return requests_;
}

bool scripted_back_end::wait_for(std::size_t which, const std::function<bool(const visit&)>& condition) {
    std::unique_lock lock(using_);
    return changed_.wait_for(lock, patience, [&] { return visits_.size() > which && condition(visits_[which]); });
}

void scripted_back_end::with(std::size_t which, const std::function<void(visit&)>& action) {
    std::promise<void> done;
    boost::asio::post(io_, [&] {
        change([&] {
            if (visits_.size() > which) action(visits_[which]);
        });
        done.set_value();
    });
    done.get_future().wait();
}

} // namespace audiosocket::test
