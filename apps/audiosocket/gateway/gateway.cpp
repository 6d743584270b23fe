// SPDX-License-Identifier: Apache-2.0
#include "base/file_head.hpp"
#include "daemon/daemon_verb.hpp"
#include "daemon/sound_option.hpp"
#include "gateway/context_options.hpp"
#include "gateway/gateway_call.hpp"
#include "gateway/gateway_metrics.hpp"
#include "gateway/hook_options.hpp"
#include "gateway/placeholders.hpp"
#include "gateway/replay.hpp"
#include "gateway/secret_files.hpp"
#include "gateway/tape_options.hpp"
#include "verbs.hpp"

#include <boost/json/parse.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace audiosocket::app::gateway {
namespace {

using audiosocket::gateway::key_place;

constexpr const char* examples = R"(Examples:
  audiosocket gateway --dialect twilio --backend ws://bot.example:8765/ws
      a bot that speaks Twilio Media Streams, as Pipecat does
  audiosocket gateway --dialect openai --key-file openai.key --session session.json \
      --backend 'wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1'
      OpenAI Realtime; session.json has instructions, voice and tools
  audiosocket gateway --dialect pcm --backend 'ws://bot.example/{to}?caller={from}' \
      --admin 127.0.0.1:9093 --require-context
      the dialplan announces each call first, by PUT to http://127.0.0.1:9093/calls/ID
  audiosocket gateway --dialect twilio --backend ws://bot.example:8765/ws --admin 127.0.0.1:9093 --dial-early 20
      the bot is connected when a call is announced, so that its greeting is there when the call arrives
  audiosocket gateway --dialect twilio --backend wss://a.example/ws --fallback wss://b.example/ws \
      --while-connecting ringing.wav --on-failure sorry.wav
      what the caller hears while no bot answers, and which bot is next
  audiosocket gateway --dialect twilio --backend ws://bot.example:8765/ws --tape tapes/
  audiosocket gateway --dialect twilio --backend ws://127.0.0.1:8765/ws --replay tapes/FILE.tape
      keep each call on a tape; then replay a tape to another version of the bot

In Asterisk:  same => n,AudioSocket(${UUID()},gateway.example:9092)
Signals, drain and hand-over are those of audiosocket serve. See docs/gateway.md.
Exit codes: 0 stopped by a signal or --exit-after, 1 the replay of a tape failed, 2 wrong command line,
3 cannot listen, 4 file.)";

// The longest set-up that services take is some 100 KiB of instructions and tools.
constexpr std::size_t session_bytes_max = 1024 * 1024;

std::string dialect_names() {
    std::string all;
    for (const auto& one : audiosocket::gateway::dialects())
        all += (all.empty() ? "" : ", ") + std::string(one.name);
    return all;
}

void check_back_end(const std::string& url) {
    check_placeholders(url);
    static_cast<void>(websocket::parse_url(expand(url, {}, placeholder_use::address)));
}

// What stays when the settings are read again.
struct kept_state {
    std::shared_ptr<gateway_counts> counts = std::make_shared<gateway_counts>();
    kept_contexts contexts;
    kept_hooks hooks;
    std::shared_ptr<tape::tape_store> tapes; // once a call is to have one
};

class gateway_verb final : public daemon_verb {
  public:
    gateway_verb(CLI::App& command, std::shared_ptr<kept_state> kept);

  private:
    void add_back_end_options();
    void add_call_options();
    void complete(daemon_options& options) override;
    void complete_back_ends(gateway_plan& plan);
    void complete_secrets(gateway_plan& plan);
    void complete_session(gateway_plan& plan);
    std::optional<exit_code> run_instead() override;

    std::string dialect_;
    std::optional<std::string> back_end_;
    std::vector<std::string> fallbacks_;
    std::vector<std::string> allowed_;
    std::vector<std::string> headers_;
    std::optional<std::string> header_file_;
    std::optional<std::string> key_file_;
    std::optional<std::string> key_env_;
    std::optional<std::string> session_;
    std::optional<std::string> ca_;
    std::optional<std::string> certificate_;
    std::optional<std::string> certificate_key_;
    bool insecure_ = false;
    double connect_timeout_s_ = 10;
    std::optional<std::string> while_connecting_;
    std::optional<std::string> on_failure_;
    double duration_max_s_ = 0;
    double inactivity_s_ = 0;
    context_options contexts_;
    hook_options hooks_;
    tape_options tapes_;
    const std::shared_ptr<kept_state> kept_;
    std::shared_ptr<const gateway_plan> plan_; // once prepared
};

gateway_verb::gateway_verb(CLI::App& command, std::shared_ptr<kept_state> kept)
    : daemon_verb(command, "gateway", "Connect calls to a voice-AI back end over WebSocket"), kept_(std::move(kept)) {
    verb().footer(examples);
    add_back_end_options();
    add_call_options();
    contexts_.add(verb(), said());
    hooks_.add(verb(), said());
    tapes_.add(said(), verb());
    add_daemon_options();
}

void gateway_verb::add_back_end_options() {
    said()
        .reloadable(verb().add_option("--dialect", dialect_, "The protocol of the back end: " + dialect_names()))
        ->required()
        ->type_name("NAME");
    auto* back_end = said()
                         .reloadable(verb().add_option("--backend", back_end_,
                                                       "Where to connect each call: ws:// or wss://; {uuid}, {from}, "
                                                       "{to} and other announced values are filled in"))
                         ->type_name("URL");
    said()
        .reloadable(verb().add_option("--fallback", fallbacks_,
                                      "Where to connect a call whose back end fails; may be given repeatedly"))
        ->take_all()
        ->needs(back_end)
        ->type_name("URL");
    said()
        .reloadable(verb().add_option("--allow-backend", allowed_,
                                      "An announced call may name its own back end (\"backend\") if that begins with "
                                      "this; may be given repeatedly"))
        ->take_all()
        ->type_name("PREFIX");
    said()
        .reloadable(verb().add_option(
            "--session", session_, "File with the session set-up of the dialect as JSON: instructions, voice, tools"))
        ->type_name("FILE");
    auto* key_file =
        said().reloadable(verb().add_option("--key-file", key_file_, "File with the API key"))->type_name("FILE");
    said()
        .reloadable(verb().add_option("--key-env", key_env_, "Environment variable with the API key"))
        ->excludes(key_file)
        ->type_name("VARIABLE");
    said()
        .reloadable(verb().add_option("--header", headers_,
                                      "Field of the WebSocket request, as \"Name: value\"; may be given repeatedly"))
        ->take_all()
        ->type_name("TEXT");
    said()
        .reloadable(verb().add_option("--header-file", header_file_, "File with such fields, a line each: for secrets"))
        ->type_name("FILE");
    said()
        .reloadable(verb().add_option("--ca", ca_, "File with the authorities to trust, instead of the system's"))
        ->type_name("FILE");
    auto* certificate =
        said()
            .reloadable(verb().add_option("--certificate", certificate_, "File with our own certificate"))
            ->type_name("FILE");
    said()
        .reloadable(verb().add_option("--certificate-key", certificate_key_, "File with the key of the certificate"))
        ->needs(certificate)
        ->type_name("FILE");
    said().reloadable(verb().add_flag("--insecure", insecure_, "Accept any certificate of a back end: for tests only"));
    said()
        .reloadable(verb().add_option("--connect-timeout", connect_timeout_s_,
                                      "How long a back end may take to connect, and again to set up its session"))
        ->capture_default_str()
        ->check(CLI::Range(0.1, 600.0))
        ->type_name("SECONDS");
}

void gateway_verb::add_call_options() {
    said()
        .reloadable(verb().add_option("--while-connecting", while_connecting_,
                                      "Play this sound file until the back end speaks"))
        ->type_name("FILE");
    said()
        .reloadable(verb().add_option("--on-failure", on_failure_,
                                      "Play this sound file before the hang-up when no back end is left"))
        ->type_name("FILE");
    said()
        .reloadable(verb().add_option("--max-duration", duration_max_s_, "Hang up a call that lasts longer; 0: never"))
        ->capture_default_str()
        ->check(CLI::Range(0.0, 1'000'000.0))
        ->type_name("SECONDS");
    said()
        .reloadable(verb().add_option("--inactivity", inactivity_s_,
                                      "Hang up a call in which neither side says anything for so long; 0: never"))
        ->capture_default_str()
        ->check(CLI::Range(0.0, 1'000'000.0))
        ->type_name("SECONDS");
}

void gateway_verb::complete_back_ends(gateway_plan& plan) {
    plan.dialect = audiosocket::gateway::find_dialect(dialect_);
    if (!plan.dialect)
        said().add_mistake("--dialect", exit_code::usage,
                           fmt::format("\"{}\": it is one of {}", dialect_, dialect_names()));
    said().attempt("--backend", [&] {
        if (!back_end_) {
            if (allowed_.empty()) throw failure(exit_code::usage, "a back end is missing (or --allow-backend)");
            return;
        }
        check_back_end(*back_end_);
        plan.back_ends.push_back(*back_end_);
    });
    said().attempt("--fallback", [&] {
        for (const auto& one : fallbacks_) {
            check_back_end(one);
            plan.back_ends.push_back(one);
        }
    });
    said().attempt("--allow-backend", [&] {
        for (const auto& one : allowed_) {
            if (!one.starts_with("ws://") && !one.starts_with("wss://"))
                throw failure(exit_code::usage, "\"" + one + "\": it has to begin with ws:// or wss://");
            if (one.find('/', one.find("//") + 2) == std::string::npos)
                throw failure(exit_code::usage,
                              "\"" + one +
                                  "\": it has to hold the whole host, up to a /; other hosts begin so as well");
            plan.allowed_back_ends.push_back(one);
        }
    });
    plan.bounds.connect_timeout = std::chrono::milliseconds(std::lround(connect_timeout_s_ * 1000));
}

void gateway_verb::complete_secrets(gateway_plan& plan) {
    said().attempt("--key-file", [&] {
        if (key_file_) plan.key = read_key_file(*key_file_);
    });
    said().attempt("--key-env", [&] {
        if (!key_env_) return;
        const char* value = std::getenv(key_env_->c_str());
        if (!value) throw failure(exit_code::usage, "the variable " + *key_env_ + " is not set");
        try {
            plan.key = parse_key(value);
        } catch (const failure& e) {
            throw failure(exit_code::usage, *key_env_ + ": " + e.what());
        }
    });
    said().attempt("--header", [&] {
        for (const auto& one : headers_)
            plan.headers.push_back(parse_header(one));
    });
    said().attempt("--header-file", [&] {
        if (!header_file_) return;
        for (auto& one : read_header_file(*header_file_))
            plan.headers.push_back(std::move(one));
    });
    websocket::tls_options tls;
    tls.ca_file = ca_.value_or("");
    tls.verify = !insecure_;
    said().attempt("--ca", [&] { plan.tls = websocket::load_tls(tls); });
    said().attempt("--certificate", [&] {
        if (!certificate_ || !plan.tls) return;
        tls.certificate_file = *certificate_;
        tls.key_file = certificate_key_.value_or(*certificate_);
        plan.tls = websocket::load_tls(tls);
    });
}

void gateway_verb::complete_session(gateway_plan& plan) {
    if (!plan.dialect) return;
    said().attempt("--session", [&] {
        std::string text;
        if (session_) {
            if (const auto why = read_file_head(*session_, session_bytes_max, text); !why.empty())
                throw failure(exit_code::file, *session_ + ": " + why);
            if (text.empty()) throw failure(exit_code::file, *session_ + ": is empty");
        }
        try {
            check_session(*plan.dialect, text);
        } catch (const std::invalid_argument& e) {
            if (!session_) throw failure(exit_code::usage, fmt::format("the dialect {}: {}", dialect_, e.what()));
            throw failure(exit_code::file, *session_ + ": " + e.what());
        }
        if (session_) plan.session = boost::json::parse(text).as_object();
    });
}

// A tape is replayed without a daemon.
std::optional<exit_code> gateway_verb::run_instead() {
    if (!tapes_.replay()) return std::nullopt;
    const auto options = prepare();
    return replay(*tapes_.replay(), *plan_, options);
}

void gateway_verb::complete(daemon_options& options) {
    auto plan = std::make_shared<gateway_plan>();
    complete_back_ends(*plan);
    complete_secrets(*plan);
    complete_session(*plan);
    hooks_.complete(said(), kept_->hooks, *plan);
    tapes_.complete(said(), kept_->tapes, *plan);
    said().attempt("--while-connecting", [&] {
        if (while_connecting_) plan->while_connecting = load_sound(*while_connecting_, options.remarks);
    });
    said().attempt("--on-failure", [&] {
        if (on_failure_) plan->on_failure = load_sound(*on_failure_, options.remarks);
    });
    if (duration_max_s_ > 0) plan->duration_max = std::chrono::milliseconds(std::llround(duration_max_s_ * 1000));
    if (inactivity_s_ > 0) plan->inactivity_max = std::chrono::milliseconds(std::llround(inactivity_s_ * 1000));
    if (!plan->dialect) return;
    contexts_.complete(said(), kept_->contexts, plan, options);
    plan->counts = kept_->counts;
    plan_ = plan;
    options.admin.verb_metrics = [counts = plan->counts, early = kept_->contexts.early, sender = kept_->hooks.sender] {
        return metrics_of(counts->look(), early->look(), sender->look());
    };
    options.verb_warnings = [early = kept_->contexts.early, sender = kept_->hooks.sender](bool at_end) {
        const std::size_t left = at_end ? sender->finish(status_sender::last_wait) : 0;
        auto news = sender->take_news();
        std::ranges::move(early->take_news(), std::back_inserter(news));
        if (left > 0) news.push_back(fmt::format("--status-url: {} reports were not delivered before the end", left));
        return news;
    };
    options.listener.call.live = plan->dialect->live;
    options.files_of_call = 1; // the WebSocket
    options.files_of_verb += hooks_.files();
    if (insecure_)
        options.remarks.emplace_back(
            "--insecure: anyone on the network path to a back end can hear and change its calls");
    options.calls = [plan = std::shared_ptr<const gateway_plan>(plan)](std::shared_ptr<live_call> live,
                                                                       call_reporting report) {
        std::make_shared<gateway_call>(std::move(live), plan, std::move(report))->start();
    };
}

} // namespace

void add_verb(CLI::App& command, exit_code& result, std::vector<const char*> arguments) {
    add_daemon_verb(command, result, std::move(arguments), [kept = std::make_shared<kept_state>()](CLI::App& to) {
        return std::make_unique<gateway_verb>(to, kept);
    });
}

} // namespace audiosocket::app::gateway
