// SPDX-License-Identifier: Apache-2.0
#include "backend/backend_call.hpp"
#include "backend/json_fields.hpp"
#include "base/host_port.hpp"
#include "base/printable.hpp"
#include "verbs.hpp"
#include "websocket/websocket_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace audiosocket::app::backend {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;

constexpr const char* examples = R"(Examples:
  audiosocket backend --dialect twilio
      a bot on port 8765 that sends back what it hears
  audiosocket backend --dialect pcm --play welcome.wav --then-hangup
      play a file in each call, wait until the caller has heard it, and hang up
  audiosocket backend --dialect openai --play answer.wav --barge-in
      a service that stops when the caller speaks, and answers again when the caller is silent
  audiosocket backend --dialect gemini --play answer.wav --tool price --tool-arguments '{"item": "bread"}'
      a model that asks for a function when the call starts
  audiosocket backend --dialect twilio --refuse 503 --json
      see what a gateway does without its back end

A gateway connects to ws://HOST:PORT/ with any path. SIGINT (Ctrl-C) and SIGTERM close all calls.
Exit codes: 0 stopped by a signal or --exit-after, 1 a peer broke the rules of the dialect,
2 wrong command line, 3 cannot listen, 4 file.)";

constexpr double default_threshold_dbfs = -35;

struct backend_options {
    std::string listen = "127.0.0.1:8765";
    std::string dialect;
    std::string certificate;
    std::string key;
    std::string client_ca;
    double speed = -1; // that of the dialect
    bool echo = false;
    bool barge_in = false;
    double threshold_dbfs = default_threshold_dbfs;
    std::uint64_t exit_after = 0;
    bool json = false;
    std::string tool_arguments;
    plan what;
};

std::vector<std::string> dialect_names() {
    std::vector<std::string> names;
    for (const auto& each : sides())
        names.emplace_back(each.name);
    return names;
}

// The dialects that have this.
std::string names_with(bool side_traits::*trait) {
    std::vector<std::string_view> names;
    for (const auto& each : sides())
        if (each.*trait) names.push_back(each.name);
    return fmt::format("{}", fmt::join(names, ", "));
}

/// The process: one thread, one server, all calls.
class backend_process {
  public:
    backend_process(const plan& what, const backend_options& o)
        : plan_(what), exit_after_(o.exit_after), lines_(o.json), signals_(io_, SIGINT, SIGTERM),
          server_(io_.get_executor(), listening_socket::listen(parse_listen_address_with_port(o.listen)), bounds(o),
                  [this](const auto& asked, const auto& link) { return decide(asked, link); }) {}

    exit_code run() {
        wait_for_signal();
        const auto where = server_.local_endpoint();
        lines_.write(0, {}, "listening",
                     {{"address", where.address().to_string()}, {"port", where.port()}, {"pid", getpid()}});
        io_.run();
        return violations_ == 0 ? exit_code::good : exit_code::findings;
    }

  private:
    // A second of audio in base64 is 11 to 64 KiB: a file of minutes is sent ahead as a whole.
    static constexpr std::size_t queue_bytes_max = std::size_t{64} << 20;

    static websocket::server_options bounds(const backend_options& o) {
        websocket::server_options options;
        options.bounds.queue_bytes_max = queue_bytes_max;
        if (!o.certificate.empty())
            options.tls = websocket::load_tls({.ca_file = o.client_ca,
                                               .certificate_file = o.certificate,
                                               .key_file = o.key.empty() ? o.certificate : o.key});
        return options;
    }

    websocket::opening_answer decide(const websocket::opening_request& asked,
                                     const std::shared_ptr<websocket::websocket>& link) {
        websocket::opening_answer answer;
        const unsigned number = ++calls_;
        const auto path = asked.target.substr(0, asked.target.find('?')); // keys may be in the query
        const auto peer = json::object{{"peer", host_port(asked.peer)}, {"target", json_text(printable(path))}};
        if (plan_.refuse != 0) {
            lines_.write(number, {}, "refused", peer);
            answer.status = plan_.refuse;
            answer.text = "refused by --refuse\n";
            ended(0);
            return answer;
        }
        lines_.write(number, {}, "connected", peer);
        answer.subprotocol = subprotocol(asked);
        const auto one = std::make_shared<backend_call>(number, plan_, lines_, link, io_.get_executor(),
                                                        [this, number](std::uint64_t violations) {
                                                            live_.erase(number);
                                                            ended(violations);
                                                        });
        live_[number] = one;
        answer.on = one->handlers();
        return answer;
    }

    std::string subprotocol(const websocket::opening_request& asked) const {
        std::string_view rest = plan_.dialect->subprotocols;
        while (!rest.empty()) {
            const auto name = rest.substr(0, rest.find(", "));
            if (asked.offers(name)) return std::string(name);
            rest.remove_prefix(std::min(name.size() + 2, rest.size()));
        }
        return {};
    }

    void ended(std::uint64_t violations) {
        violations_ += violations;
        ++ended_;
        if (ended_ == exit_after_) stop();
        if (stopping_ && live_.empty()) signals_.cancel(); // nothing else keeps the process
    }

    void wait_for_signal() {
        signals_.async_wait([this](const boost::system::error_code& error, int) {
            if (error) return;
            if (stopping_) return io_.stop();
            stop();
            if (!live_.empty()) wait_for_signal();
        });
    }

    void stop() {
        stopping_ = true;
        server_.stop();
        for (const auto& [number, weak] : std::map(live_))
            if (const auto one = weak.lock()) one->stop();
    }

    const plan& plan_;
    const std::uint64_t exit_after_;
    asio::io_context io_{1};
    event_lines lines_;
    asio::signal_set signals_;
    std::map<unsigned, std::weak_ptr<backend_call>> live_;
    unsigned calls_ = 0;
    std::uint64_t ended_ = 0;
    std::uint64_t violations_ = 0;
    bool stopping_ = false;
    websocket::websocket_server server_; // last: it uses the others
};

// Functions of all services have such names.
std::string is_tool_name(const std::string& name) {
    constexpr std::size_t bytes_max = 64;
    const auto fits = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-'; };
    if (!name.empty() && name.size() <= bytes_max && std::ranges::all_of(name, fits)) return {};
    return "write a name of at most 64 letters, digits, _ and -";
}

exit_code run_backend(backend_options& o) {
    auto& what = o.what;
    what.dialect = &*std::ranges::find(sides(), o.dialect, &side_traits::name);
    what.speed = o.speed < 0 ? what.dialect->speed : o.speed;
    if (o.barge_in) what.barge_in_dbfs = o.threshold_dbfs;
    if (!what.tool.empty() && !what.dialect->tools)
        throw failure(exit_code::usage, "--tool: " + o.dialect + " has no functions; leave it out, or choose one of " +
                                            names_with(&side_traits::tools));
    if (what.session_limit_s > 0 && !what.dialect->limit)
        throw failure(exit_code::usage, "--session-limit: sessions of " + o.dialect +
                                            " have no longest time; leave it out, or choose one of " +
                                            names_with(&side_traits::limit));
    if (!o.tool_arguments.empty()) {
        auto arguments = parse_object(o.tool_arguments);
        if (!arguments)
            throw failure(exit_code::usage,
                          R"(--tool-arguments is not a JSON object; write for instance '{"item": "bread"}')");
        what.tool_arguments = std::move(*arguments);
    }
    if (!what.play.empty()) what.sound_at(8000); // reports now what is wrong with it
    backend_process process(what, o);
    return process.run();
}

} // namespace

void add_verb(CLI::App& command, exit_code& result) {
    auto options = std::make_shared<backend_options>();
    auto& o = *options;
    auto* verb = command.add_subcommand("backend", "Be the back end of a gateway, for trying things");
    verb->footer(examples);
    verb->add_option("--listen", o.listen, "Address and port to listen on; port 0 takes a free port")
        ->capture_default_str()
        ->type_name("HOST:PORT");
    verb->add_option("--dialect", o.dialect, fmt::format("What to speak: {}", fmt::join(dialect_names(), ", ")))
        ->required()
        ->check(CLI::IsMember(dialect_names()).description(""))
        ->type_name("NAME");
    auto* play =
        verb->add_option("--play", o.what.play, "Play this sound file at the start of each call")->type_name("FILE");
    verb->add_flag("--echo", o.echo, "Send back what is heard (the default without --play)")->excludes(play);
    verb->add_option("--speed", o.speed,
                     "How fast the file is sent: 1 is real time, 0 is all at once. The default is that of "
                     "the dialect's back ends")
        ->check(CLI::Range(0.0, 1000.0))
        ->needs(play)
        ->type_name("X");
    auto* barge_in = verb->add_flag("--barge-in", o.barge_in,
                                    "Stop the file when the caller speaks, and play it again when the "
                                    "caller is silent")
                         ->needs(play);
    verb->add_option("--threshold", o.threshold_dbfs, "Audio at this level or above counts as speech")
        ->capture_default_str()
        ->check(CLI::Range(-90.0, 0.0))
        ->needs(barge_in)
        ->type_name("DBFS");
    verb->add_flag("--then-hangup", o.what.then_hang_up,
                   "Hang up when the file has been played; where the dialect has no marks, when it has been sent")
        ->needs(play);
    auto* tool = verb->add_option("--tool", o.what.tool, "Ask for this function when the call has started")
                     ->check(CLI::Validator(is_tool_name, ""))
                     ->type_name("NAME");
    verb->add_option("--tool-arguments", o.tool_arguments, "Its arguments, as a JSON object")
        ->needs(tool)
        ->type_name("JSON");
    verb->add_option("--session-limit", o.what.session_limit_s,
                     "End each session after this time, as the service ends it")
        ->check(CLI::Range(0.1, 86'400.0))
        ->type_name("SECONDS");
    auto* certificate =
        verb->add_option("--certificate", o.certificate, "Serve wss:// with this certificate and its chain, in PEM")
            ->type_name("FILE");
    verb->add_option("--certificate-key", o.key, "File with its private key, if that is not in the same file")
        ->needs(certificate)
        ->type_name("FILE");
    verb->add_option("--client-ca", o.client_ca, "Only peers with a certificate of these authorities, in PEM")
        ->needs(certificate)
        ->type_name("FILE");
    verb->add_option("--refuse", o.what.refuse, "Refuse each connection with this HTTP status")
        ->check(CLI::Range(400, 599))
        ->type_name("STATUS");
    verb->add_option("--exit-after", o.exit_after, "Stop when this many calls have ended")->type_name("CALLS");
    verb->add_flag("--json", o.json, "One JSON object an event");
    verb->callback([options, &result] { result = run_backend(*options); });
}

} // namespace audiosocket::app::backend
