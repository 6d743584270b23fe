#include "audiosocket/server.hpp"

#include "audiosocket/server_report.hpp"

#include <boost/asio/signal_set.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <list>

namespace audiosocket::app {
namespace {

namespace asio = boost::asio;

// The meter is redrawn this often: fast enough for speech, slow enough for a terminal.
constexpr std::chrono::milliseconds status_interval{200};

// Calls that get a meter of their own on the status line.
constexpr std::size_t metered_calls_max = 3;

class server {
  public:
    explicit server(const server_options& options)
        : options_(options), report_(options.quiet     ? console::verbosity::quiet
                                     : options.verbose ? console::verbosity::verbose
                                                       : console::verbosity::normal,
                                     options.json),
          calls_(io_, options.listen, options.listener), signals_(io_, SIGINT, SIGTERM), status_timer_(io_) {}

    void run() {
        report_.listening(calls_.local_endpoint());
        calls_.on_ended_early([this](const auto& peer, const ended_event& why) { report_.ended_early(peer, why); });
        signals_.async_wait([this](auto error, int) {
            if (!error) stop("signal");
        });
        accept();
        if (report_.screen().interactive()) draw_status();
        io_.run();
        disk_.join();
        io_.restart();
        io_.poll(); // what the disk thread had still to say
        report_.finish();
    }

  private:
    using live_calls = std::list<std::shared_ptr<served_call>>;

    void accept();
    void serve(call c);
    void on_event(live_calls::iterator which, const event& e);
    void on_end(live_calls::iterator which, const ended_event& end);
    void stop(const char* why);
    void draw_status();
    std::shared_ptr<call_recording> recording_for(const call& c);

    const server_options options_;
    server_report report_;
    disk_thread disk_;
    asio::io_context io_{1}; // one thread runs it
    listener calls_;
    asio::signal_set signals_;
    asio::steady_timer status_timer_;
    live_calls live_;
    std::size_t ended_ = 0;
    bool stopping_ = false;
};

void server::accept() {
    calls_.async_accept([this](boost::system::error_code error, call c) {
        if (error) return; // closed
        serve(std::move(c));
        accept();
    });
}

void server::serve(call c) {
    report_.started(c);
    const auto place = live_.emplace(live_.end());
    *place = std::make_shared<served_call>(std::move(c), options_.plan,
                                           [this, place](const event& e) { on_event(place, e); });
    if (!options_.record.empty()) (*place)->record(recording_for((*place)->line()));
    if (report_.screen().interactive()) (*place)->measure();
    (*place)->start();
}

std::shared_ptr<call_recording> server::recording_for(const call& c) {
    // The disk thread tells us of a failure; the report belongs to this thread.
    auto tell = [this, id = to_string(c.id())](const std::string& why) {
        asio::post(io_, [this, id, why] { report_.recording_stopped(id, why); });
    };
    return std::make_shared<call_recording>(disk_, options_.record, c.id(), std::move(tell));
}

void server::on_event(live_calls::iterator which, const event& e) {
    if (const auto* end = std::get_if<ended_event>(&e))
        on_end(which, *end);
    else
        report_.happened((*which)->line().id(), e);
}

void server::on_end(live_calls::iterator which, const ended_event& end) {
    report_.ended((*which)->line(), end, (*which)->age());
    live_.erase(which);
    if (++ended_ == options_.exit_after) stop("--exit-after");
    if (stopping_ && live_.empty()) signals_.cancel();
}

void server::stop(const char* why) {
    if (std::exchange(stopping_, true)) return;
    report_.stopping(why, live_.size(), {});
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
    report_.screen().status(line);
    status_timer_.expires_after(status_interval);
    status_timer_.async_wait([this](auto error) {
        if (!error && !stopping_) draw_status();
    });
}

} // namespace

void run_server(const server_options& options) {
    server(options).run();
}

} // namespace audiosocket::app
