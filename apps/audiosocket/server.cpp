#include "audiosocket/server.hpp"

#include "audiosocket/console.hpp"
#include "audiosocket/json_text.hpp"
#include "audiosocket/statistics_json.hpp"

#include <boost/asio/signal_set.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <iostream>
#include <list>

namespace audiosocket::app {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

// The meter is redrawn this often: fast enough for speech, slow enough for a terminal.
constexpr std::chrono::milliseconds status_interval{200};

// Calls that get a meter of their own on the status line.
constexpr std::size_t metered_calls_max = 3;

// Connections that never become calls are logged one by one up to this many a second, and counted beyond: whoever
// scans the port must not fill the log.
constexpr std::uint64_t early_ends_logged_per_second = 5;

double seconds(std::chrono::nanoseconds d) {
    return std::chrono::duration<double>(d).count();
}

std::string peer_text(const asio::ip::tcp::endpoint& peer) {
    return to_string(address{peer.address().to_string(), peer.port()});
}

class server {
  public:
    explicit server(const server_options& options)
        : options_(options), console_(options.quiet     ? console::verbosity::quiet
                                      : options.verbose ? console::verbosity::verbose
                                                        : console::verbosity::normal),
          calls_(io_, options.listen, options.listener), signals_(io_, SIGINT, SIGTERM), status_timer_(io_) {}

    void run() {
        announce();
        calls_.on_ended_early([this](const auto& peer, const ended_event& why) { log_early_end(peer, why); });
        signals_.async_wait([this](auto error, int) {
            if (!error) stop("signal");
        });
        accept();
        if (console_.interactive()) draw_status();
        io_.run();
        disk_.join();
        io_.restart();
        io_.poll(); // what the disk thread had still to say
    }

  private:
    using live_calls = std::list<std::shared_ptr<served_call>>;

    void announce();
    void accept();
    void serve(call c);
    void on_event(live_calls::iterator which, const event& e);
    void on_end(live_calls::iterator which, const ended_event& end);
    void log_early_end(const asio::ip::tcp::endpoint& peer, const ended_event& why);
    void sum_up_early_ends();
    void stop(const char* why);
    void draw_status();
    void print(const json::object& line) const;
    std::shared_ptr<call_recording> recording_for(const call& c);

    const server_options options_;
    console console_;
    disk_thread disk_;
    asio::io_context io_{1}; // one thread runs it
    listener calls_;
    asio::signal_set signals_;
    asio::steady_timer status_timer_;
    live_calls live_;
    std::size_t ended_ = 0;
    bool stopping_ = false;
    time_point early_ends_second_{};
    std::uint64_t early_ends_in_second_ = 0;
};

void server::announce() {
    const auto where = peer_text(calls_.local_endpoint());
    console_.log().info("listening on {}", where);
    print({{"event", "listening"}, {"address", where}, {"port", calls_.local_endpoint().port()}});
}

void server::accept() {
    calls_.async_accept([this](boost::system::error_code error, call c) {
        if (error) return; // closed
        serve(std::move(c));
        accept();
    });
}

void server::serve(call c) {
    console_.log().info("call {} from {}", to_string(c.id()), peer_text(c.peer()));
    print({{"event", "started"}, {"id", to_string(c.id())}, {"peer", peer_text(c.peer())}});

    const auto place = live_.emplace(live_.end());
    *place = std::make_shared<served_call>(std::move(c), options_.plan,
                                           [this, place](const event& e) { on_event(place, e); });
    if (!options_.record.empty()) (*place)->record(recording_for((*place)->line()));
    if (console_.interactive()) (*place)->measure();
    (*place)->start();
}

std::shared_ptr<call_recording> server::recording_for(const call& c) {
    // The disk thread tells us of a failure; the console belongs to this thread.
    auto tell = [this, id = to_string(c.id())](const std::string& why) {
        asio::post(io_, [this, id, why] { console_.log().error("call {}: recording stopped: {}", id, why); });
    };
    return std::make_shared<call_recording>(disk_, options_.record, c.id(), std::move(tell));
}

void server::on_event(live_calls::iterator which, const event& e) {
    const auto id = to_string((*which)->line().id());
    if (const auto* digit = std::get_if<dtmf_event>(&e)) {
        console_.log().info("call {}: digit {}", id, digit->digit);
        print({{"event", "dtmf"}, {"id", id}, {"digit", std::string(1, digit->digit)}});
    } else if (const auto* played = std::get_if<played_event>(&e)) {
        console_.log().debug("call {}: played {:.1f} s", id, seconds(played->sent));
        print({{"event", "played"}, {"id", id}, {"sent_ms", played->sent.count()}});
    } else if (const auto* end = std::get_if<ended_event>(&e)) {
        on_end(which, *end);
    }
}

void server::on_end(live_calls::iterator which, const ended_event& end) {
    served_call& ended = **which;
    const auto& counted = ended.line().statistics();
    auto text = fmt::format("call {}: {} after {:.1f} s ({}, {} frames heard, {} sent)", to_string(ended.line().id()),
                            name(end.reason), seconds(ended.age()), name(ended.line().receive_format()),
                            counted.frames_received, counted.frames_sent);
    if (end.error) text += ": " + end.error.message();
    console_.log().log(is_failure(end.reason) ? spdlog::level::warn : spdlog::level::info, text);
    print({{"event", "ended"},
           {"id", to_string(ended.line().id())},
           {"reason", name(end.reason)},
           {"error", end.error ? json::value(end.error.message()) : json::value()},
           {"seconds", rounded(seconds(ended.age()))},
           {"format", name(ended.line().receive_format())},
           {"statistics", to_json(counted)}});

    live_.erase(which);
    if (++ended_ == options_.exit_after) stop("--exit-after");
    if (stopping_ && live_.empty()) signals_.cancel();
}

void server::log_early_end(const asio::ip::tcp::endpoint& peer, const ended_event& why) {
    if (why.reason == end_reason::never_started && !why.error)
        return console_.log().debug("{} connected and closed without a call", peer_text(peer));
    if (stopping_) return;
    const auto now = clock::now();
    if (now - early_ends_second_ > std::chrono::seconds(1)) {
        sum_up_early_ends();
        early_ends_second_ = now;
    }
    if (++early_ends_in_second_ <= early_ends_logged_per_second)
        console_.log().warn("{}: no call: {}", peer_text(peer), why.error.message());
}

void server::sum_up_early_ends() {
    if (early_ends_in_second_ > early_ends_logged_per_second)
        console_.log().warn("{} more connections ended without a call",
                            early_ends_in_second_ - early_ends_logged_per_second);
    early_ends_in_second_ = 0;
}

void server::stop(const char* why) {
    if (std::exchange(stopping_, true)) return;
    sum_up_early_ends();
    console_.log().info("stopping ({}); {} calls up", why, live_.size());
    status_timer_.cancel();
    calls_.close();
    const auto up = live_; // a call may end while it is told to, and take itself out
    for (const auto& c : up)
        c->line().hang_up();
    if (live_.empty()) return signals_.cancel();
    signals_.async_wait([](auto error, int) {
        if (!error) std::_Exit(EXIT_FAILURE); // asked twice: now
    });
}

void server::draw_status() {
    auto line = fmt::format("{} up, {} ended", live_.size(), ended_);
    std::size_t metered = 0;
    for (const auto& c : live_) {
        if (++metered > metered_calls_max) break;
        line += fmt::format(" | {} {:%M:%S} heard {} said {}", to_string(c->line().id()).substr(0, 8),
                            std::chrono::duration_cast<std::chrono::seconds>(c->age()),
                            level_bar(c->take_heard_level().rms_dbfs, 8), level_bar(c->take_said_level().rms_dbfs, 8));
    }
    console_.status(line);
    status_timer_.expires_after(status_interval);
    status_timer_.async_wait([this](auto error) {
        if (!error && !stopping_) draw_status();
    });
}

void server::print(const json::object& line) const {
    if (!options_.json) return;
    std::cout << to_text(line) << '\n' << std::flush;
}

} // namespace

void run_server(const server_options& options) {
    server(options).run();
}

} // namespace audiosocket::app
