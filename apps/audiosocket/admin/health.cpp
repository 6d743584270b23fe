// SPDX-License-Identifier: Apache-2.0
#include "admin/health.hpp"

#include <utility>

namespace audiosocket::app::admin {
namespace {

response verdict(unsigned status, const std::string& text) {
    return {status, "text/plain; charset=utf-8", text + '\n'};
}

response well() {
    return verdict(200, "ok");
}

response unwell() {
    return verdict(503, "a thread of the calls has not answered within a second");
}

} // namespace

health::health(server_view& server, back_context back) : server_(server), back_(std::move(back)), deadline_(*back_) {}

void health::ask(reply tell) {
    if (asked_ && overdue_) return tell(unwell());
    if (!asked_ && clock::now() - answered_ < young) return tell(well());
    waiting_.push_back(std::move(tell)); // as many as there are connections, and for a second
    if (!asked_) begin();
}

void health::begin() {
    const auto threads = server_.call_contexts();
    std::vector<boost::asio::io_context*> all(threads.begin(), threads.end());
    all.push_back(&server_.main_context());
    visit_contexts(
        all, [](auto&, std::size_t) {}, back_,
        [this] {
            asked_ = false;
            answered_ = clock::now();
            deadline_.cancel();
            tell_all(well());
        });
    asked_ = true; // only now: where that failed nobody would ever ask again
    overdue_ = false;
    deadline_.expires_after(patience);
    deadline_.async_wait([this](boost::system::error_code error) {
        // It may have expired as the answer came, and another question may have been asked since.
        if (error || !asked_ || clock::now() < deadline_.expiry()) return;
        overdue_ = true;
        tell_all(unwell());
    });
}

void health::tell_all(const response& verdict) {
    for (const auto& tell : std::exchange(waiting_, {}))
        tell(verdict);
}

} // namespace audiosocket::app::admin
