// SPDX-License-Identifier: Apache-2.0
#include "call/caller.hpp"

#include "base/failure.hpp"
#include "base/network_words.hpp"
#include "log/console.hpp"

#include <audiosocket/audio/sound_writer.hpp>
#include <audiosocket/net/error.hpp>

#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace audiosocket::app::caller {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds status_interval{200};

// How long a call lasts by default, and how long it goes on after its clip: long enough for an echo or an answer.
constexpr std::chrono::seconds default_duration{10};
constexpr std::chrono::seconds listen_after_clip{2};

// How often the recording is saved against a crash.
constexpr std::chrono::seconds sync_interval{1};

// Measures what the server sends, and both levels for the meter.
struct level_monitor final : call_monitor {
    void received(std::span<const std::int16_t> samples, int rate_hz, time_point at) override {
        if (audio) audio->add(samples, rate_hz, at);
        received_level.add(samples);
    }
    void sent(std::span<const std::int16_t> samples, int, time_point) override { sent_level.add(samples); }

    std::optional<arrivals> audio;
    level_meter received_level;
    level_meter sent_level;
};

class caller {
  public:
    explicit caller(const caller_options& options)
        : options_(options), console_(options.quiet ? console::verbosity::quiet : console::verbosity::normal),
          signals_(io_, SIGINT, SIGTERM), end_timer_(io_), digit_timer_(io_), status_timer_(io_),
          line_(std::make_shared<placed_call>(io_, options.id, options.connect, options.who)) {
        for (const std::string& note : options_.play_notes)
            console_.log().warn("{}", note);
        if (!options_.record.empty()) file_.emplace(options_.record, options_.connect.call.receive_rate_hz);
    }

    call_report run() {
        console_.status("calling " + to_string(options_.server) + " ...");
        line_->start(
            options_.server, [this](io_error error) { begin(error); }, [this](const event& e) { handle(e); });
        signals_.async_wait([this](io_error error, int) {
            if (error) return;
            if (start_ == time_point{}) throw failure(exit_code::network, "interrupted before the call began");
            hang_up();
        });
        io_.run();
        if (file_) file_->close();
        return {to_string(options_.server),
                options_.id,
                line_->receive_format(),
                end_at_ - start_,
                end_,
                line_->statistics(),
                *monitor_.audio,
                start_,
                options_.who,
                line_->readers(),
                line_->ruling(),
                line_->findings()};
    }

    std::string recording_failure() const { return file_ ? file_->failure() : std::string{}; }

  private:
    void begin(io_error error);
    void handle(const event& e);
    void hang_up();
    void hang_up_after(std::chrono::nanoseconds time);
    void press(std::size_t which, std::chrono::milliseconds after);
    void record(const audio_event& audio);
    void draw_status();

    const caller_options options_;
    console console_;
    asio::io_context io_{1}; // one thread runs it
    asio::signal_set signals_;
    asio::steady_timer end_timer_;
    asio::steady_timer digit_timer_;
    asio::steady_timer status_timer_;
    std::optional<sound_writer> file_;
    time_point synced_at_{};
    std::shared_ptr<placed_call> line_; // shared with pending operations of its socket
    level_monitor monitor_;
    time_point start_{};
    time_point hung_up_at_ = time_point::max(); // by this side
    time_point end_at_{};
    ended_event end_;
};

void caller::begin(io_error error) {
    if (error) {
        signals_.cancel();
        throw failure(exit_code::network, "cannot call " + to_string(options_.server) + ": " + network_words(error));
    }
    start_ = clock::now();
    monitor_.audio.emplace(start_);
    line_->set_monitor(&monitor_);
    if (options_.play) line_->play(*options_.play, "played");
    if (end_at_ != time_point{}) return; // the call has already ended
    if (options_.duration)
        hang_up_after(*options_.duration);
    else if (!options_.play)
        hang_up_after(default_duration);
    if (!options_.digits.empty()) press(0, options_.digits_after);
    if (console_.interactive()) draw_status();
}

void caller::handle(const event& e) {
    if (const auto* audio = std::get_if<audio_event>(&e)) {
        record(*audio);
    } else if (std::holds_alternative<played_event>(e)) {
        if (!options_.duration) hang_up_after(listen_after_clip);
    } else if (const auto* end = std::get_if<ended_event>(&e)) {
        end_ = *end;
        end_at_ = clock::now();
        monitor_.audio->finish(std::min(end_at_, hung_up_at_));
        signals_.cancel();
        for (auto* timer : {&end_timer_, &digit_timer_, &status_timer_})
            timer->cancel();
    }
}

void caller::hang_up() {
    hung_up_at_ = clock::now();
    line_->hang_up();
}

void caller::hang_up_after(std::chrono::nanoseconds time) {
    end_timer_.expires_after(time);
    end_timer_.async_wait([this](io_error error) {
        if (!error) hang_up();
    });
}

void caller::press(std::size_t which, std::chrono::milliseconds after) {
    digit_timer_.expires_after(after);
    digit_timer_.async_wait([this, which](io_error error) {
        if (error || !line_->send_dtmf(options_.digits[which])) return;
        if (which + 1 < options_.digits.size()) press(which + 1, options_.digits_every);
    });
}

void caller::record(const audio_event& audio) {
    if (!file_ || !file_->write(audio.samples)) return;
    const auto now = clock::now();
    if (now - synced_at_ < sync_interval) return;
    synced_at_ = now;
    file_->sync();
}

void caller::draw_status() {
    const auto received = monitor_.received_level.take();
    const auto sent = monitor_.sent_level.take();
    console_.status(fmt::format("{:%M:%S}  received {} {:5.1f} dB  sent {} {:5.1f} dB  {} frames",
                                std::chrono::duration_cast<std::chrono::seconds>(clock::now() - start_),
                                level_bar(received.rms_dbfs, 16), received.rms_dbfs, level_bar(sent.rms_dbfs, 16),
                                sent.rms_dbfs, monitor_.audio->frames()));
    status_timer_.expires_after(status_interval);
    status_timer_.async_wait([this](io_error error) {
        if (!error && end_at_ == time_point{}) draw_status(); // the timer may have fired when the call ended
    });
}

} // namespace

call_report place_call(const caller_options& options, std::string& recording_failure) {
    caller one(options);
    call_report report = one.run();
    recording_failure = one.recording_failure();
    return report;
}

} // namespace audiosocket::app::caller
