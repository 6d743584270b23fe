// SPDX-License-Identifier: Apache-2.0
#include "gateway/replay.hpp"

#include "base/json_text.hpp"
#include "base/printable.hpp"
#include "gateway/gateway_call.hpp"
#include "gateway/replay_report.hpp"
#include "gateway/replay_script.hpp"

#include <audiosocket/net/connect.hpp>
#include <audiosocket/net/listener.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <functional>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <utility>
#include <vector>

namespace audiosocket::app::gateway {
namespace {

namespace asio = boost::asio;

// Sums up a tape while it is made, and passes it on to a file where there is to be one.
class summing_sink final : public tape::tape_sink {
  public:
    summing_sink(std::shared_ptr<tape::tape_summary> sums, std::shared_ptr<tape_sink> next)
        : sums_(std::move(sums)), next_(std::move(next)) {}

    void add(std::chrono::milliseconds at, std::string_view members) override {
        if (next_) next_->add(at, members);
        try {
            sums_->add(tape::read_entry(fmt::format("{{\"t\":{},{}}}", at.count(), members), 0));
        } catch (const std::invalid_argument&) { // text that is not UTF-8
        }
    }

  private:
    const std::shared_ptr<tape::tape_summary> sums_;
    const std::shared_ptr<tape_sink> next_;
};

// A gateway and its one caller, both in this process. The gateway's side does not know that it is a replay.
class replayed_call {
  public:
    replayed_call(replay_script script, const gateway_plan& plan, const daemon_options& options);

    replay_result run();

  private:
    // What the caller does at a moment.
    struct action {
        std::chrono::milliseconds at;
        std::function<void(call&)> what;
    };

    static listener_options listening(const daemon_options& options, int rate_hz);
    std::optional<tool_answer> recorded_answer(std::string_view name);
    void plan_actions();
    void place();
    void answer(call line);
    void begin();
    void act();
    void hear();
    void noted(const call_note& n);
    void half_ended();

    replay_script script_;
    const daemon_options& options_;
    const std::shared_ptr<tape::tape_summary> sums_ = std::make_shared<tape::tape_summary>();
    std::shared_ptr<gateway_plan> plan_;
    std::vector<action> actions_; // in order
    std::size_t next_action_ = 0;
    std::vector<std::string> losses_;
    boost::system::error_code not_placed_;

    disk_thread disk_;
    asio::io_context io_{1};
    listener listener_;
    asio::signal_set signals_;
    asio::steady_timer timer_;
    call caller_;
    time_point began_;
    int sides_ = 0; // in progress
    bool both_began_ = false;
};

replayed_call::replayed_call(replay_script script, const gateway_plan& plan, const daemon_options& options)
    : script_(std::move(script)), options_(options), plan_(std::make_shared<gateway_plan>(plan)),
      listener_(io_, {"127.0.0.1", 0}, listening(options, script_.rate_hz)), signals_(io_, SIGINT, SIGTERM),
      timer_(io_) {
    plan_->require_context = false;
    plan_->status = nullptr; // it is not a call of a caller
    plan_->take_early = nullptr;
    plan_->fetch_context = nullptr;
    plan_->tools.recorded = [this](std::string_view name) { return recorded_answer(name); };
    plan_->take_context = [head = script_.head](const uuid& id) {
        return audiosocket::gateway::call_context{id, head.from, head.to, head.parameters};
    };
    plan_->begin_tape = [sums = sums_, next = plan.begin_tape](const uuid& id, const tape::tape_head& head,
                                                               auto on_failure) {
        return std::make_shared<summing_sink>(sums, next ? next(id, head, std::move(on_failure)) : nullptr);
    };
    plan_actions();
}

// Functions are not called again: a replay must not book a table.
std::optional<tool_answer> replayed_call::recorded_answer(std::string_view name) {
    const auto known = script_.tools.find(name);
    if (known == script_.tools.end() || known->second.empty()) return std::nullopt;
    auto first = std::move(known->second.front());
    known->second.pop_front();
    return first;
}

// The caller is ours, so nothing about it has to be found out.
listener_options replayed_call::listening(const daemon_options& options, int rate_hz) {
    auto how = options.listener;
    how.allow.clear();
    how.call.input = rate_hz == 8000 ? input_format::slin : input_format::automatic;
    how.call.idle_timeout = {};
    how.call.rate_max_hz = call_options{}.rate_max_hz;
    return how;
}

void replayed_call::plan_actions() {
    for (auto& one : script_.sounds)
        actions_.push_back({one.at, [sound = clip(std::move(one.samples), script_.rate_hz)](call& line) {
                                static_cast<void>(line.play(sound));
                            }});
    for (const auto& one : script_.keys)
        actions_.push_back({one.at, [digit = one.digit](call& line) { static_cast<void>(line.send_dtmf(digit)); }});
    // Where this process was late, the caller says the rest first.
    actions_.push_back({script_.hang_up_at, [](call& line) { line.hang_up_when_played(); }});
    std::ranges::stable_sort(actions_, {}, &action::at);
}

replay_result replayed_call::run() {
    place();
    signals_.async_wait([this](boost::system::error_code error, int) {
        if (!error && caller_) caller_.hang_up();
    });
    io_.run();
    disk_.join();
    if (not_placed_) throw boost::system::system_error(not_placed_, "the call cannot be placed");
    return {script_.head, script_.summary, *sums_, losses_, script_.damaged_lines};
}

void replayed_call::place() {
    connect_options how;
    how.call.send_format = media_format{*slin_kind(script_.rate_hz), encoding::slin};
    const address where{"127.0.0.1", listener_.local_endpoint().port()};
    listener_.async_accept([this](boost::system::error_code error, call line) {
        if (!error) answer(std::move(line));
    });
    async_connect(io_, where, uuid::parse(script_.head.id), how, [this](boost::system::error_code error, call line) {
        not_placed_ = error;
        if (error) return half_ended();
        caller_ = std::move(line);
        ++sides_;
        hear();
        begin();
    });
}

void replayed_call::answer(call line) {
    const auto live = std::make_shared<live_call>(std::move(line));
    if (!options_.record.empty()) live->record(record_call(disk_, options_.record, live->line().id(), {}));
    const auto on_event = [this, live](const event& e) {
        if (!std::holds_alternative<ended_event>(e)) return;
        live->finish_recording();
        half_ended();
    };
    ++sides_;
    began_ = clock::now();
    std::make_shared<gateway_call>(live, plan_, call_reporting{on_event, [this](const call_note& n) { noted(n); }})
        ->start();
    begin();
}

// When both sides are there, the tape runs.
void replayed_call::begin() {
    if (sides_ == 2 && !std::exchange(both_began_, true)) act();
}

void replayed_call::act() {
    while (next_action_ < actions_.size() && began_ + actions_[next_action_].at <= clock::now())
        actions_[next_action_++].what(caller_);
    if (next_action_ == actions_.size()) return;
    timer_.expires_at(began_ + actions_[next_action_].at);
    timer_.async_wait([this](boost::system::error_code error) {
        if (!error) act();
    });
}

void replayed_call::hear() {
    caller_.async_next_event([this](boost::system::error_code error, const event& e) {
        if (error || std::holds_alternative<ended_event>(e)) return half_ended();
        hear();
    });
}

void replayed_call::half_ended() {
    if (--sides_ > 0) return;
    next_action_ = actions_.size();
    timer_.cancel();
    signals_.cancel();
    listener_.close();
}

void replayed_call::noted(const call_note& n) {
    if (n.name == "backend_lost") {
        const auto* reason = n.details.if_contains("reason");
        losses_.emplace_back(reason != nullptr && reason->is_string() ? std::string(reason->as_string()) : n.text);
    }
    const bool wanted = options_.verbose || n.how == call_note::weight::warning ||
                        (n.how == call_note::weight::news && !options_.quiet);
    if (!wanted || options_.json) return;
    const std::chrono::duration<double> at = clock::now() - began_;
    std::cout << fmt::format("{:9.3f}  {}\n", at.count(), printable(n.text)) << std::flush;
}

replay_script read_tape(const std::string& path) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), std::fclose);
    if (!file) throw failure(exit_code::file, path + ": cannot be opened: " + std::generic_category().message(errno));
    try {
        tape::tape_reader reader([&](std::span<std::byte> to) {
            const auto got = std::fread(to.data(), 1, to.size(), file.get());
            if (got == 0 && std::ferror(file.get()) != 0) throw failure(exit_code::file, "cannot be read to its end");
            return got;
        });
        return read_script(reader);
    } catch (const failure& e) {
        throw failure(e.code(), path + ": " + e.what());
    }
}

} // namespace

exit_code replay(const std::string& file, const gateway_plan& plan, const daemon_options& options) {
    replayed_call one(read_tape(file), plan, options);
    const auto result = one.run();
    if (options.json)
        std::cout << to_text(boost::json::value(to_json(result))) << std::endl;
    else
        std::cout << as_table(result) << std::flush;
    return result.failures().empty() ? exit_code::good : exit_code::findings;
}

} // namespace audiosocket::app::gateway
