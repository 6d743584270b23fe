// SPDX-License-Identifier: Apache-2.0
#include "daemon/directory_options.hpp"

#include "base/file_head.hpp"
#include "base/host_port.hpp"
#include "daemon/daemon_options.hpp"
#include "directory/cluster_node.hpp"

#include <boost/asio/ip/address.hpp>

#include <fmt/format.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <stdexcept>

namespace audiosocket::app {
namespace {

using directory::nats_options;

constexpr std::size_t login_chars_max = 1024;

// Returns the servers of nats://HOST:PORT,HOST:PORT, each with its scheme.
std::vector<std::string> read_servers(const std::string& text) {
    const auto colon = text.find("://");
    const auto scheme = text.substr(0, colon);
    if (colon == std::string::npos || (scheme != "nats" && scheme != "tls"))
        throw failure(exit_code::usage, "\"" + text + "\": it has to begin with nats:// or tls://");
    std::vector<std::string> servers;
    std::string_view rest = std::string_view(text).substr(colon + 3);
    while (true) {
        const auto one = std::string(rest.substr(0, rest.find(',')));
        if (one.find('@') != std::string::npos) // not quoted, because it has a password
            throw failure(exit_code::usage, "a login in the address is seen by all users of the machine; use "
                                            "--directory-login-file or --directory-login-env");
        const auto where = parse_server_address(one);
        constexpr std::uint16_t nats_port = 4222;
        const bool has_port = one.ends_with(':' + std::to_string(where.port));
        servers.push_back(scheme + "://" + to_string(address{where.host, has_port ? where.port : nats_port}));
        if (rest.find(',') == std::string_view::npos) return servers;
        rest.remove_prefix(rest.find(',') + 1);
    }
}

std::string host_name() {
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) != 0) return "node";
    return name.data();
}

// A login is one line of printable characters.
std::string check_login(std::string text) {
    while (text.ends_with('\n') || text.ends_with('\r'))
        text.pop_back();
    if (text.empty() || text.size() > login_chars_max ||
        !std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; }))
        throw failure(exit_code::usage, "the login has to be one line, USER:PASSWORD or a token");
    return text;
}

// The library reads the file only when it connects.
void check_credentials(const std::string& file) {
    constexpr std::size_t credentials_bytes_max = std::size_t{64} << 10; // a token with permissions has some KiB
    std::string text;
    if (const auto why = read_file_head(file, credentials_bytes_max, text); !why.empty())
        throw failure(exit_code::file, file + ": " + why);
    if (text.find("-----BEGIN NATS USER JWT-----") == std::string::npos ||
        text.find("-----BEGIN USER NKEY SEED-----") == std::string::npos)
        throw failure(exit_code::file, file + ": has no credentials of NATS, as nsc writes them: a token and a seed");
}

bool is_name(const std::string& text) {
    return !text.empty() && text.size() <= 64 &&
           std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; });
}

} // namespace

void directory_options::add(CLI::App& verb, settings&) {
    auto* directory = verb.add_option("--directory", directory_,
                                      "Belong to a cluster: nats://HOST:PORT[,HOST:PORT] of its NATS with JetStream; "
                                      "tls:// for TLS")
                          ->type_name("URL");
    verb.add_option("--node", node_, "Name of this node in the cluster, instead of the host name")->type_name("NAME");
    verb.add_option("--advertise", advertise_,
                    "Address where calls connect to this process, if it is another than --listen")
        ->type_name("HOST:PORT");
    verb.add_option("--directory-bucket", bucket_, "Key-value store of the cluster in NATS; created if there is none")
        ->capture_default_str()
        ->type_name("NAME");
    verb.add_option("--directory-lease", lease_s_, "How long a node may be silent before the others remove it")
        ->capture_default_str()
        ->check(CLI::Range(3.0, 3600.0))
        ->type_name("SECONDS");
    verb.add_option("--directory-ca", ca_, "File with authorities to trust for NATS, in addition to the system's")
        ->needs(directory)
        ->type_name("FILE");
    auto* certificate =
        verb.add_option("--directory-cert", certificate_, "File with this server's certificate for NATS")
            ->needs(directory)
            ->type_name("FILE");
    verb.add_option("--directory-key", key_, "File with the key of that certificate")
        ->needs(certificate)
        ->type_name("FILE");
    verb.add_option("--directory-credentials", credentials_, "File with the credentials for NATS, made by nsc")
        ->needs(directory)
        ->type_name("FILE");
    auto* login_file =
        verb.add_option("--directory-login-file", login_file_, "File with USER:PASSWORD, or a token, for NATS")
            ->needs(directory)
            ->type_name("FILE");
    verb.add_option("--directory-login-env", login_env_, "Environment variable with the same")
        ->needs(directory)
        ->excludes(login_file)
        ->type_name("VARIABLE");
}

void directory_options::complete(settings& said, daemon_options& options) const {
    said.attempt("--advertise", [&] {
        if (advertise_) options.advertise = parse_server_address(*advertise_);
    });
    directory::cluster_node::options how;
    how.name = node_.value_or(host_name());
    if (!node_ && !directory::is_node_name(how.name)) how.name = "node";
    said.attempt("--node", [&] {
        if (!directory::is_node_name(how.name))
            throw failure(exit_code::usage,
                          "\"" + how.name + "\": up to 64 letters, digits, - _ and ., without \"..\"");
    });
    how.lease = std::chrono::milliseconds(std::lround(lease_s_ * 1000));
    if (directory_) {
        nats_options nats;
        said.attempt("--directory", [&] {
            nats.servers = read_servers(*directory_);
            if (!directory::has_nats())
                throw failure(exit_code::usage, "this audiosocket was built without libnats; build it where the "
                                                "package libnats-dev is installed");
            nats.tls = directory_->starts_with("tls://") || ca_ || certificate_;
            boost::system::error_code error;
            const auto listening = boost::asio::ip::make_address(options.listen.host, error);
            if (!advertise_ && (options.listen.host.empty() || (!error && listening.is_unspecified())))
                throw failure(exit_code::usage, "the other nodes have to know where calls connect to this one: give "
                                                "--advertise HOST:PORT, or --listen with an address");
        });
        said.attempt("--directory-bucket", [&] {
            if (!is_name(bucket_))
                throw failure(exit_code::usage, "\"" + bucket_ + "\": up to 64 letters, digits, - and _");
            nats.bucket = bucket_;
        });
        said.attempt("--directory-login-file", [&] {
            if (!login_file_) return;
            std::string text;
            if (const auto why = read_file_head(*login_file_, login_chars_max + 2, text); !why.empty())
                throw failure(exit_code::file, *login_file_ + ": " + why);
            nats.login = check_login(text);
        });
        said.attempt("--directory-login-env", [&] {
            if (!login_env_) return;
            const char* value = std::getenv(login_env_->c_str());
            if (!value) throw failure(exit_code::usage, "the variable " + *login_env_ + " is not set");
            nats.login = check_login(value);
        });
        nats.client_name = "audiosocket " + how.name;
        nats.lease = how.lease;
        // One more file for each attempt, so that a mistake is reported for its option.
        const auto try_files = [&](const char* option, bool given, const auto& take) {
            said.attempt(option, [&] {
                if (!given || nats.servers.empty() || !directory::has_nats()) return;
                auto with = nats;
                take(with);
                try {
                    static_cast<void>(directory::make_nats_store(with));
                } catch (const std::runtime_error& e) {
                    throw failure(exit_code::file, e.what());
                }
                nats = with;
            });
        };
        try_files("--directory", true, [](nats_options&) {});
        try_files("--directory-ca", ca_.has_value(), [&](nats_options& with) { with.ca_file = *ca_; });
        try_files("--directory-cert", certificate_.has_value(), [&](nats_options& with) {
            with.certificate_file = *certificate_;
            with.key_file = key_.value_or(*certificate_);
        });
        try_files("--directory-credentials", credentials_.has_value(), [&](nats_options& with) {
            check_credentials(*credentials_);
            with.credentials_file = *credentials_;
        });
        how.directory = *directory_;
        how.make_store = [nats] { return directory::make_nats_store(nats); };
        options.files_of_verb += 4;
    }
    options.cluster = std::make_shared<directory::cluster_node>(std::move(how));
    options.admin.cluster = options.cluster;
}

} // namespace audiosocket::app
