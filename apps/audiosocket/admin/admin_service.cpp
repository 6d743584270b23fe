// SPDX-License-Identifier: Apache-2.0
#include "admin/admin_service.hpp"

#include "admin/health.hpp"
#include "admin/http_server.hpp"
#include "admin/site.hpp"
#include "base/failure.hpp"

#include <audiosocket/net/error.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <thread>

namespace audiosocket::app::admin {
namespace asio = boost::asio;

namespace {

// When threads of calls are ready, they get ten times the processor time of this thread.
constexpr int niceness = 10;

constexpr auto sweep_interval = health::interval;

listening_socket listen(const admin_options& options, std::optional<listening_socket> inherited) {
    if (inherited) return std::move(*inherited);
    try {
        return listening_socket::listen(*options.listen);
    } catch (const boost::system::system_error& e) {
        throw boost::system::system_error(e.code(), "cannot listen on " + to_string(*options.listen) + " (--admin)");
    }
}

http_limits limits_for(const call_directory* directory) {
    http_limits limits;
    if (directory) limits.body_bytes_max = directory->body_bytes_max();
    return limits;
}

} // namespace

struct admin_service::impl {
    impl(const admin_options& options, std::optional<listening_socket> inherited, server_view& server,
         const call_registry& calls)
        : shown(server, calls, guard(options.token, options.listen->host), io, options.directory, options.verb_metrics,
                options.cluster),
          http(std::make_unique<http_server>(
              *io, listen(options, std::move(inherited)),
              [this](const request& r, const own_counters& own, reply respond) {
                  shown.answer(r, own, std::move(respond));
              },
              limits_for(options.directory.get()))),
          endpoint(http->local_endpoint()), descriptor(http->descriptor()), sweep_timer(*io) {
        if (options.token.empty() && !endpoint.address().is_loopback())
            throw failure(exit_code::usage, "--admin: others can reach the socket that was inherited, and could hang "
                                            "up calls; give --admin-token-file as well");
        sweep();
        thread = std::thread([this, &server] {
            // On Linux this changes this thread alone. If the kernel refuses, it shares the processor evenly.
            setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), niceness);
            run(server);
        });
    }

    // Requests that failed have been answered by the site; this catches failures outside of a request. Calls must go on
    // in either case.
    void run(server_view& server) {
        for (;;) {
            try {
                io->run();
                return;
            } catch (const std::exception& e) {
                server.answering_failed(e.what());
            }
        }
    }

    ~impl() {
        io->stop();
        thread.join();
    }

    void sweep() {
        sweep_timer.expires_after(sweep_interval);
        sweep_timer.async_wait([this](io_error error) {
            if (error) return;
            sweep();
            shown.sweep();
        });
    }

    // Shared with handlers that were sent to the threads of the calls and come back.
    const back_context io = std::make_shared<asio::io_context>(1);
    site shown;
    const std::unique_ptr<http_server> http;
    const asio::ip::tcp::endpoint endpoint;
    const int descriptor; // as long as connections are accepted
    asio::steady_timer sweep_timer;
    std::thread thread;
};

admin_service::admin_service(const admin_options& options, std::optional<listening_socket> inherited,
                             server_view& server, const call_registry& calls)
    : impl_(std::make_unique<impl>(options, std::move(inherited), server, calls)) {}

admin_service::~admin_service() = default;

asio::ip::tcp::endpoint admin_service::local_endpoint() const {
    return impl_->endpoint;
}

int admin_service::descriptor() const {
    return impl_->descriptor;
}

void admin_service::stop_accepting() {
    asio::post(*impl_->io, [http = impl_->http.get()] { http->stop_accepting(); });
}

void admin_service::change_token(std::string token) {
    asio::post(*impl_->io,
               [&shown = impl_->shown, token = std::move(token)]() mutable { shown.change_token(std::move(token)); });
}

} // namespace audiosocket::app::admin
