// SPDX-License-Identifier: Apache-2.0
#include "websocket/name_lookup.hpp"

#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>

namespace audiosocket::app::websocket {

using boost::asio::ip::tcp;
using boost::system::error_code;

name_lookup::name_lookup(const boost::asio::any_io_executor& executor, const name_lifetimes& lifetimes)
    : name_lookup(executor, lifetimes,
                  [resolver = std::make_shared<tcp::resolver>(executor)](const std::string& host, std::uint16_t port,
                                                                         const handler& done) {
                      resolver->async_resolve(host, std::to_string(port),
                                              [done](const error_code& error, const tcp::resolver::results_type& all) {
                                                  addresses found;
                                                  for (const auto& one : all)
                                                      found.push_back(one.endpoint());
                                                  done(error, found);
                                              });
                  }) {}

name_lookup::name_lookup(const boost::asio::any_io_executor& executor, const name_lifetimes& lifetimes, resolve ask)
    : executor_(executor), lifetimes_(lifetimes), ask_(std::move(ask)) {}

void name_lookup::find(const std::string& host, std::uint16_t port, handler on_found) {
    make_room();
    const key what{host, port};
    entry& known = entries_[what];
    const auto age = clock::now() - known.at;
    if (known.found.empty() || age >= lifetimes_.usable) {
        known.waiting.push_back(std::move(on_found));
    } else {
        boost::asio::post(executor_, [on_found = std::move(on_found), found = known.found] { on_found({}, found); });
        if (age < lifetimes_.fresh) return;
    }
    if (!known.asking) ask(what);
}

void name_lookup::ask(const key& what) {
    entry& known = entries_[what];
    known.asking = true;
    try {
        ask_(what.first, what.second,
             [self = shared_from_this(), what](const error_code& error, const addresses& found) {
                 self->answered(what, error, found);
             });
    } catch (...) { // the next call asks again
        known.asking = false;
        throw;
    }
}

void name_lookup::answered(const key& what, const error_code& error, const addresses& found) {
    entry& known = entries_[what];
    known.asking = false;
    if (!found.empty()) {
        known.found = found;
        known.at = clock::now();
    } else if (clock::now() - known.at >= lifetimes_.last_resort) {
        known.found.clear();
    }
    // What they do may ask for more.
    const auto waiting = std::exchange(known.waiting, {});
    const auto now_known = known.found;
    const auto reported = !now_known.empty() ? error_code()
                          : error            ? error
                                             : make_error_code(boost::asio::error::host_not_found);
    for (const auto& each : waiting)
        each(reported, now_known);
}

void name_lookup::make_room() {
    if (entries_.size() < entries_max) return;
    std::erase_if(entries_, [](const auto& each) { return !each.second.asking; });
}

// --- One for each io_context ---

namespace {

class names_of_context final : public boost::asio::execution_context::service {
  public:
    using key_type = names_of_context;
    static boost::asio::execution_context::id id;

    explicit names_of_context(boost::asio::execution_context& context) : service(context) {}

    std::shared_ptr<name_lookup> names;

  private:
    void shutdown() noexcept override { names.reset(); }
};

boost::asio::execution_context::id names_of_context::id;

} // namespace

std::shared_ptr<name_lookup> shared_names(const boost::asio::any_io_executor& executor) {
    auto& context = boost::asio::query(executor, boost::asio::execution::context);
    auto& shared = boost::asio::use_service<names_of_context>(context);
    if (!shared.names) shared.names = std::make_shared<name_lookup>(executor);
    return shared.names;
}

} // namespace audiosocket::app::websocket
