// SPDX-License-Identifier: Apache-2.0
#include "gateway/hook_options.hpp"

#include "base/failure.hpp"
#include "gateway/placeholders.hpp"
#include "gateway/secret_files.hpp"

#include <cmath>

namespace audiosocket::app::gateway {
namespace {

void check_address(const std::string& url) {
    check_placeholders(url);
    static_cast<void>(address_of({.url = url, .secret = {}, .tls = {}}, {}));
}

} // namespace

void hook_options::add(CLI::App& verb, settings& said) {
    said.reloadable(verb.add_option("--status-url", status_url_,
                                    "Post the start, the answer and the end of each call there, as JSON: http:// or "
                                    "https://, with {uuid} and others filled in"))
        ->type_name("URL");
    said.reloadable(
            verb.add_option("--webhook-secret-file", secret_file_,
                            "File with the secret that signs what --status-url and --tool-url post (HMAC-SHA256)"))
        ->type_name("FILE");
    said.reloadable(verb.add_option("--tool-url", tool_url_,
                                    "Post the functions that back ends ask for there, as JSON; the answer is the "
                                    "result"))
        ->type_name("URL");
    said.reloadable(verb.add_option("--tool-timeout", tool_timeout_s_, "How long a function may take"))
        ->capture_default_str()
        ->check(CLI::Range(0.1, 600.0))
        ->type_name("SECONDS");
}

void hook_options::complete(settings& said, const kept_hooks& kept, gateway_plan& plan) const {
    std::string secret;
    said.attempt("--webhook-secret-file", [&] {
        if (!secret_file_) return;
        if (!status_url_ && !tool_url_)
            throw failure(exit_code::usage, "there is nothing to sign: give --status-url or --tool-url as well");
        secret = read_key_file(*secret_file_, "secret");
    });
    said.attempt("--status-url", [&] {
        if (!status_url_) return;
        check_address(*status_url_);
        web_hook hook{.url = *status_url_, .secret = secret, .tls = plan.tls};
        plan.status = std::make_shared<status_plan>(status_plan{std::move(hook), kept.sender});
    });
    said.attempt("--tool-url", [&] {
        if (!tool_url_) return;
        check_address(*tool_url_);
        plan.tools.hook = web_hook{.url = *tool_url_, .secret = secret, .tls = plan.tls};
        plan.tools.hook->timeout = std::chrono::milliseconds(std::lround(tool_timeout_s_ * 1000));
    });
    plan.tools.in_progress = kept.tools_in_progress;
}

std::size_t hook_options::files() const {
    return (status_url_ ? status_sender::limits().connections_max : 0) + (tool_url_ ? tool_calls::all_calls_max : 0);
}

} // namespace audiosocket::app::gateway
