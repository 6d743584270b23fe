#include "audiosocket/server.hpp"

#include "audiosocket/server_report.hpp"

#include <boost/asio/signal_set.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cstdlib>
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
          calls_(io_, options.listen, options.listener), signals_(io_, SIGINT, SIGTERM), drain_timer_(io_),
          status_timer_(io_) {}

    void run() {
        report_.listening(calls_.local_endpoint());
        calls_.on_ended_early([this](const auto& peer, const ended_event& why) { report_.ended_early(peer, why); });
        wait_for_signal();
        accept();
        if (report_.screen().interactive()) draw_status();
        io_.run();
        disk_.join();
        io_.restart();
        io_.poll(); // what the disk thread had still to say
        report_.finish();
    }

  private:
    // One after the other, and never back; each but the first may be left out.
    enum class phase { serving, draining, hanging_up };

    using live_calls = std::list<std::shared_ptr<served_call>>;

    void accept();
    void serve(call c);
    void on_event(live_calls::iterator which, const event& e);
    void on_end(live_calls::iterator which, const ended_event& end);
    void wait_for_signal();
    void on_signal(int number);
    void drain(const std::string& why);
    void hang_up_all(const std::string& why);
    void finish_if_over();
    void draw_status();
    std::shared_ptr<call_recording> recording_for(const call& c);

    const server_options options_;
    server_report report_;
    disk_thread disk_;
    asio::io_context io_{1}; // one thread runs it
    listener calls_;
    asio::signal_set signals_;
    asio::steady_timer drain_timer_;
    asio::steady_timer status_timer_;
    live_calls live_;
    std::size_t ended_ = 0;
    phase phase_ = phase::serving;
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
    if (++ended_ == options_.exit_after && phase_ == phase::serving) drain("--exit-after");
    finish_if_over();
}

void server::wait_for_signal() {
    signals_.async_wait([this](auto error, int number) {
        if (error) return;
        wait_for_signal();
        on_signal(number);
    });
}

void server::on_signal(int number) {
    if (phase_ == phase::hanging_up) std::_Exit(EXIT_FAILURE); // nothing is left to be hurried but us
    // SIGTERM comes from those who manage services, and time is theirs; SIGINT from a person who waits.
    if (number == SIGTERM && phase_ == phase::serving)
        drain("SIGTERM");
    else
        hang_up_all(number == SIGTERM ? "SIGTERM" : "SIGINT");
    finish_if_over();
}

// No more calls; those that are up may end by themselves.
void server::drain(const std::string& why) {
    if (options_.drain_timeout.count() == 0) return hang_up_all(why);
    phase_ = phase::draining;
    calls_.close();
    report_.stopping(why, live_.size(), options_.drain_timeout);
    drain_timer_.expires_after(options_.drain_timeout);
    drain_timer_.async_wait([this](auto error) {
        if (!error && phase_ == phase::draining && !live_.empty()) hang_up_all("--drain-timeout");
    });
}

void server::hang_up_all(const std::string& why) {
    phase_ = phase::hanging_up;
    calls_.close();
    report_.stopping(why, live_.size(), {});
    const auto up = live_; // a call may end while it is told to, and take itself out
    for (const auto& c : up)
        c->line().hang_up();
}

void server::finish_if_over() {
    if (phase_ == phase::serving || !live_.empty()) return;
    signals_.cancel();
    drain_timer_.cancel();
    status_timer_.cancel();
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
    if (phase_ == phase::draining)
        line += fmt::format(" | stopping in {} s",
                            std::chrono::ceil<std::chrono::seconds>(drain_timer_.expiry() - clock::now()).count());
    report_.screen().status(line);
    status_timer_.expires_after(status_interval);
    status_timer_.async_wait([this](auto error) {
        if (!error && (phase_ == phase::serving || !live_.empty())) draw_status();
    });
}

} // namespace

void run_server(const server_options& options) {
    server(options).run();
}

} // namespace audiosocket::app
