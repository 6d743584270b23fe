#include "daemon/daemon.hpp"

#include "admin/admin_service.hpp"
#include "base/failure.hpp"
#include "daemon/server_report.hpp"
#include "live/call_registry.hpp"
#include "service/held_signals.hpp"
#include "service/inherited_sockets.hpp"
#include "service/service_notify.hpp"
#include "service/successor.hpp"
#include "service/watchdog.hpp"
#include "settings/settings_changes.hpp"

#include <audiosocket/server/shards.hpp>

#include <boost/asio/signal_set.hpp>

#include <unistd.h>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace audiosocket::app {
namespace {

namespace asio = boost::asio;

// The meter is redrawn this often: fast enough for speech, slow enough for a terminal.
constexpr std::chrono::milliseconds status_interval{200};

// Sums of what is left out of the log are due this often, for it is counted by the second.
constexpr std::chrono::seconds sum_up_interval{1};

// Calls that get a meter of their own on the status line.
constexpr std::size_t metered_calls_max = 3;

server_report::options report_options(const daemon_options& o) {
    return {o.quiet     ? console::verbosity::quiet
            : o.verbose ? console::verbosity::verbose
                        : console::verbosity::normal,
            o.json, o.json_log};
}

// Threads: signals, accepting and the status line belong to the thread that calls run(). With one shard the calls do as
// well; with more, each call is served on the thread of its shard, and what they share is behind `sharing_`, which
// nobody takes for audio, and nobody holds for long.
class server final : public admin::server_view {
  public:
    server(const daemon_options& options, settings_reader read_again, inherited_sockets& inherited,
           service_notify& manager)
        : options_(options), read_again_(std::move(read_again)), inherited_(inherited), manager_(manager),
          report_(report_options(options)),
          cores_(options.shards > 1 ? std::make_unique<shards>(options.shards) : nullptr), calls_(listen()),
          signals_(io_, SIGINT, SIGTERM, SIGUSR2), successor_(io_), drain_timer_(io_), status_timer_(io_),
          sum_timer_(io_) {
        if (read_again_) signals_.add(SIGHUP);
        if (options.admin.listen)
            admin_ = std::make_unique<admin::admin_service>(
                options.admin, inherited.release(inherited_sockets::admin_name), *this, registry_);
    }

    void run() {
        report_.listening(calls_.local_endpoint());
        for (const auto& remark : options_.remarks)
            report_.remark(remark);
        if (admin_) report_.admin_listening(admin_->local_endpoint());
        for (const auto& name : inherited_.close_rest())
            report_.inherited_in_vain(name);
        calls_.on_ended_early([this](const auto& peer, const ended_event& why) {
            const std::lock_guard lock(sharing_);
            report_.ended_early(peer, why);
        });
        calls_.on_refused([this](const refusals& sum) {
            const std::lock_guard lock(sharing_);
            report_.refused(sum);
        });
        wait_for_signal();
        accept();
        sum_up();
        asio::post(io_, [this] { tell_ready(); }); // by the loop that takes the connections
        if (report_.screen().interactive()) draw_status();
        io_.run();
        admin_.reset();
        report_.finish();
    }

  private:
    // One after the other, and never back; each but the first may be left out.
    enum class phase { serving, draining, hanging_up };

    // What the admin address sees.
    admin::server_status status_now() const override;
    asio::io_context& main_context() noexcept override { return io_; }
    std::span<asio::io_context* const> call_contexts() noexcept override { return homes_; }
    void hung_up_by(const asio::ip::tcp::endpoint& by, const uuid& id, std::size_t calls) override;
    void answering_failed(const char* why) noexcept override;

    std::vector<asio::io_context*> homes();
    listener listen();
    std::string status() const;
    void tell_ready();
    void accept();
    void serve(call c);
    void on_event(const std::shared_ptr<live_call>& c, const event& e);
    void on_end(const std::shared_ptr<live_call>& c, const ended_event& end);
    void wait_for_signal();
    void on_signal(int number);
    void on_hangup_signal();
    void reload();
    void ignore_reload();
    void apply(const daemon_options& fresh);
    void take_token(const std::string& token, settings_changes& changes);
    void drain(const std::string& why);
    void hand_over();
    void on_successor(const std::string& failure);
    void let_calls_end(const std::string& why);
    void hang_up_all(const std::string& why);
    void tell_stopping(const std::string& why, std::chrono::milliseconds drain_time);
    void finish_if_over();
    void finish();
    void sum_up();
    void draw_status();
    std::shared_ptr<call_recorder> recording_for(const call& c);

    daemon_options options_; // reload() changes them, on our thread
    const settings_reader read_again_;
    bool reloading_ = false;
    bool reload_again_ = false; // asked for meanwhile
    inherited_sockets& inherited_;
    service_notify& manager_;
    server_report report_;
    call_registry registry_;
    disk_thread disk_;
    asio::io_context io_{1};              // one thread runs it
    const std::unique_ptr<shards> cores_; // if the calls have threads of their own
    const std::vector<asio::io_context*> homes_ = homes();
    listener calls_;
    asio::signal_set signals_;
    successor successor_;
    std::optional<watchdog> watchdog_; // if the service manager asks for it
    asio::steady_timer drain_timer_;
    asio::steady_timer status_timer_;
    asio::steady_timer sum_timer_;
    phase phase_ = phase::serving;
    bool told_to_stop_ = false; // by a signal; a hand-over is none
    bool answering_ = true;     // a call may come still
    bool over_ = false;         // all calls are, and none will come
    bool finished_ = false;     // the recordings are complete as well

    std::mutex sharing_; // of report_

    std::unique_ptr<admin::admin_service> admin_; // if there is an admin address
};

admin::server_status server::status_now() const {
    return {calls_.statistics(), options_.listener.calls_max, options_.listener.handshakes_max,
            phase_ != phase::serving};
}

void server::hung_up_by(const asio::ip::tcp::endpoint& by, const uuid& id, std::size_t calls) {
    const std::lock_guard lock(sharing_);
    report_.hung_up_by(by, id, calls);
}

void server::answering_failed(const char* why) noexcept {
    try {
        const std::lock_guard lock(sharing_);
        report_.admin_failed(why);
    } catch (const std::exception&) { // whatever is missing is missing for the line as well
    }
}

std::vector<asio::io_context*> server::homes() {
    if (!cores_) return {&io_};
    return {cores_->contexts().begin(), cores_->contexts().end()};
}

listener server::listen() {
    const auto inherited = inherited_.release(inherited_sockets::calls_name);
    if (!inherited) return {io_, options_.listen, options_.listener, homes_};
    try {
        return {io_, listening_socket{*inherited}, options_.listener, homes_};
    } catch (const std::invalid_argument& e) {
        throw failure(exit_code::network, std::string("inherited sockets: ") + e.what());
    }
}

// For people who ask the service manager.
std::string server::status() const {
    const auto at = calls_.local_endpoint();
    return "answering calls on " + to_string(address{at.address().to_string(), at.port()});
}

void server::tell_ready() {
    const auto error = manager_.ready(status(), inherited_.from_predecessor());
    if (error) {
        const std::lock_guard lock(sharing_);
        report_.manager_not_told(error);
    }
    inherited_.tell_ready(); // last of those: the predecessor may end at once
    let_signals_in();
    if (const auto interval = manager_.watchdog_interval()) {
        std::vector<asio::io_context*> threads = homes_;
        if (cores_) threads.push_back(&io_);
        watchdog_.emplace(io_, std::move(threads), *interval, [this] { manager_.alive(); });
    }
}

void server::accept() {
    calls_.async_accept([this](boost::system::error_code error, call c) {
        if (error) { // closed
            answering_ = false;
            return finish_if_over();
        }
        serve(std::move(c));
        accept();
    });
}

void server::serve(call c) {
    const auto fresh = std::make_shared<live_call>(std::move(c));
    if (!options_.record.empty()) fresh->record(recording_for(fresh->line()));
    if (report_.screen().interactive()) fresh->measure();
    // Registered once it is complete, because its thread may then be asked about it; and before its start is reported.
    registry_.started(fresh);
    {
        const std::lock_guard lock(sharing_);
        report_.started(fresh->line());
    }
    asio::dispatch(fresh->line().get_executor(), [this, fresh, start = options_.calls] {
        start(fresh, [this, fresh](const event& e) { on_event(fresh, e); });
    });
}

std::shared_ptr<call_recorder> server::recording_for(const call& c) {
    // Both are called on the disk thread, and on_failure on the thread of the call as well.
    call_recorder_options options;
    options.on_failure = [this, id = to_string(c.id())](const std::string& why) {
        asio::post(io_, [this, id, why] {
            const std::lock_guard lock(sharing_);
            report_.recording_stopped(id, why);
        });
    };
    options.on_dropped = [this, id = to_string(c.id())](std::chrono::nanoseconds dropped) {
        asio::post(io_, [this, id, dropped] {
            const std::lock_guard lock(sharing_);
            report_.recording_dropped(id, dropped);
        });
    };
    return record_call(disk_, options_.record, c.id(), std::move(options));
}

void server::on_event(const std::shared_ptr<live_call>& c, const event& e) {
    if (const auto* end = std::get_if<ended_event>(&e)) return on_end(c, *end);
    const std::lock_guard lock(sharing_);
    report_.happened(c->line(), e);
}

void server::on_end(const std::shared_ptr<live_call>& c, const ended_event& end) {
    c->finish_recording();
    {
        const std::lock_guard lock(sharing_);
        report_.ended(c->line(), end, c->age());
    }
    const bool enough = registry_.ended(*c, end) == options_.exit_after;
    asio::dispatch(io_, [this, enough] {
        if (enough && phase_ == phase::serving) drain("--exit-after");
        finish_if_over();
    });
}

void server::wait_for_signal() {
    signals_.async_wait([this](auto error, int number) {
        if (error || finished_) return;
        wait_for_signal();
        on_signal(number);
    });
}

void server::on_signal(int number) {
    if (number == SIGUSR2) return hand_over();
    if (number == SIGHUP) return on_hangup_signal();
    if (phase_ == phase::hanging_up) std::_Exit(EXIT_FAILURE); // nothing is left to be hurried but us
    // SIGTERM comes from those who manage services, and time is theirs; SIGINT from a person who waits.
    if (number == SIGTERM && !std::exchange(told_to_stop_, true))
        drain("SIGTERM");
    else
        hang_up_all(number == SIGTERM ? "SIGTERM" : "SIGINT");
    finish_if_over();
}

// Somebody has new settings for us; or the terminal that we were started from has been closed.
void server::on_hangup_signal() {
    if (!report_.screen().terminal_is_gone()) return reload();
    if (phase_ == phase::hanging_up) return; // a terminal may say twice that it closes
    hang_up_all("SIGHUP");
    finish_if_over();
}

// Reading the settings loads sound files as well: not here, where calls may live.
void server::reload() {
    if (phase_ != phase::serving) return ignore_reload();
    reload_again_ = std::exchange(reloading_, true);
    if (reload_again_) return;
    manager_.reloading();
    asio::post(disk_, [this] {
        std::shared_ptr<daemon_options> fresh;
        std::string wrong;
        try {
            fresh = std::make_shared<daemon_options>(read_again_());
        } catch (const std::exception& e) {
            wrong = e.what();
        }
        asio::post(io_, [this, fresh, wrong] {
            reloading_ = false;
            if (phase_ != phase::serving) return ignore_reload();
            if (fresh) {
                apply(*fresh);
            } else {
                const std::lock_guard lock(sharing_);
                report_.reload_failed(wrong);
            }
            manager_.ready(status(), false);
            if (std::exchange(reload_again_, false)) reload();
        });
    });
}

// There are no calls to come.
void server::ignore_reload() {
    const std::lock_guard lock(sharing_);
    report_.reload_ignored("this process is stopping");
}

// For calls to come; those that are up go on as they began.
void server::apply(const daemon_options& fresh) {
    options_.calls = fresh.calls;
    options_.listener = fresh.listener;
    calls_.set_options(fresh.listener);
    options_.record = fresh.record;
    options_.drain_timeout = fresh.drain_timeout;
    auto changes = take_changes(options_.settings, fresh.settings);
    take_token(fresh.admin.token, changes);
    const std::lock_guard lock(sharing_);
    report_.change_log(report_options(fresh));
    report_.reloaded(changes);
}

// Another one in the same file. Another file, or none, needs a restart.
void server::take_token(const std::string& token, settings_changes& changes) {
    const std::string setting = "admin-token-file";
    const bool same_file = std::ranges::count(changes.need_restart, setting) == 0;
    if (!admin_ || !same_file || token == options_.admin.token) return;
    admin_->change_token(options_.admin.token = token);
    changes.taken.push_back(setting);
}

// No more calls; those that are up may end by themselves.
void server::drain(const std::string& why) {
    if (options_.drain_timeout.count() == 0) return hang_up_all(why);
    successor_.abandon();
    calls_.close();
    let_calls_end(why);
}

void server::let_calls_end(const std::string& why) {
    tell_stopping(why, options_.drain_timeout);
    if (std::exchange(phase_, phase::draining) == phase::draining) return; // the time has begun already
    drain_timer_.expires_after(options_.drain_timeout);
    drain_timer_.async_wait([this](auto error) {
        if (!error && phase_ == phase::draining && (answering_ || registry_.in_progress() > 0))
            hang_up_all("--drain-timeout");
    });
}

// A new process is to take over our port.
void server::hand_over() {
    std::unique_lock lock(sharing_);
    if (phase_ != phase::serving) return report_.hand_over_ignored("this process is stopping");
    if (successor_.starting()) return report_.hand_over_ignored("a successor is starting already");
    // Whoever starts a container ends it with its first process.
    if (getpid() == 1) return report_.hand_over_ignored("the first process of a container cannot have a successor");
    report_.handing_over(successor_.program());
    lock.unlock();
    std::vector<successor::gift> gifts{{inherited_sockets::calls_name, calls_.socket().descriptor}};
    if (admin_) gifts.push_back({inherited_sockets::admin_name, admin_->descriptor()});
    successor_.start(gifts, manager_.environment(), [this](const std::string& failure) { on_successor(failure); });
}

// It takes connections now, or never will. Those who have connected here and not said their ids are still our callers.
void server::on_successor(const std::string& failure) {
    if (!failure.empty()) {
        const std::lock_guard lock(sharing_);
        return report_.hand_over_failed(failure);
    }
    // The service is the other process now: our signs of life must not be taken for its own.
    watchdog_.reset();
    manager_.retire();
    if (admin_) admin_->stop_accepting();
    calls_.stop_accepting();
    const auto why = fmt::format("handed over to process {}", successor_.id());
    if (options_.drain_timeout.count() == 0)
        hang_up_all(why);
    else
        let_calls_end(why);
    finish_if_over();
}

void server::hang_up_all(const std::string& why) {
    phase_ = phase::hanging_up;
    successor_.abandon();
    calls_.close();
    tell_stopping(why, {});
    for (const auto& c : registry_.look().in_progress)
        asio::dispatch(c->line().get_executor(), [c] { c->line().hang_up(); });
}

void server::tell_stopping(const std::string& why, std::chrono::milliseconds drain_time) {
    const std::lock_guard lock(sharing_);
    manager_.stopping(fmt::format("stopping ({}), {} calls up", why, registry_.in_progress()));
    report_.stopping(why, registry_.in_progress(), drain_time);
}

void server::finish_if_over() {
    if (over_ || phase_ == phase::serving || answering_ || registry_.in_progress() > 0) return;
    over_ = true;
    drain_timer_.cancel();
    status_timer_.cancel();
    watchdog_.reset();
    // Behind all that is to be written. Signals are heard until then: a disk may never answer.
    asio::post(disk_, [this] { asio::post(io_, [this] { finish(); }); });
}

// Nothing is left that could call us again.
void server::finish() {
    finished_ = true;
    signals_.cancel();
    sum_timer_.cancel();
}

void server::sum_up() {
    sum_timer_.expires_after(sum_up_interval);
    sum_timer_.async_wait([this](auto error) {
        if (error || finished_) return;
        std::unique_lock lock(sharing_);
        report_.sum_up(clock::now());
        lock.unlock();
        sum_up();
    });
}

void server::draw_status() {
    auto line = fmt::format("{} up, {} ended", registry_.in_progress(), registry_.ended());
    for (const auto& c : registry_.oldest(metered_calls_max))
        line +=
            fmt::format(" | {} {:%M:%S} received {} sent {}", to_string(c->line().id()).substr(0, 8),
                        std::chrono::duration_cast<std::chrono::seconds>(c->age()),
                        level_bar(c->take_received_level().rms_dbfs, 8), level_bar(c->take_sent_level().rms_dbfs, 8));
    if (phase_ == phase::draining)
        line += fmt::format(" | stopping in {} s",
                            std::chrono::ceil<std::chrono::seconds>(drain_timer_.expiry() - clock::now()).count());
    {
        const std::lock_guard lock(sharing_);
        report_.screen().status(line);
    }
    status_timer_.expires_after(status_interval);
    status_timer_.async_wait([this](auto error) {
        if (!error && (phase_ == phase::serving || registry_.in_progress() > 0)) draw_status();
    });
}

} // namespace

void run_daemon(const daemon_options& options, settings_reader read_again) {
    auto inherited = inherited_sockets::take();
    auto manager = service_notify::take();
    server(options, std::move(read_again), inherited, manager).run();
}

} // namespace audiosocket::app
