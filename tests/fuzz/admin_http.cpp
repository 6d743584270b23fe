// SPDX-License-Identifier: Apache-2.0
// What a client sends to the admin address of a gateway, over a socket: several requests in a row, announcements,
// chunked bodies, or anything else. Each response is HTTP with a known status, and the connection ends in order. The
// responses do not depend on how the bytes are cut, except for the refusal of a request that is not complete.
//
// Input: a byte that says whether a token is needed, then what the client sends before it closes its side.

#include "fuzz/input.hpp"
#include "fuzz/require.hpp"
#include "unit/app/admin/admin_server.hpp"

#include "admin/http_server.hpp"
#include "admin/site.hpp"
#include "gateway/context_directory.hpp"

#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json/parse.hpp>

#include <array>
#include <set>

using namespace audiosocket;
namespace admin = audiosocket::app::admin;
using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

namespace {

// The admin address of a gateway without calls, and a client.
class conversation {
  public:
    explicit conversation(bool token)
        : site_(idle_, calls_, admin::guard(token ? "secret" : "", "127.0.0.1"), back_, directory_),
          server_(
              *back_, listening_socket::listen({"127.0.0.1", 0}),
              [this](const admin::request& r, const admin::own_counters& own, const admin::reply& respond) {
                  site_.answer(r, own, respond);
              },
              limits()),
          client_(*back_) {
        client_.connect(server_.local_endpoint());
        read_on();
    }

    void say(std::span<const std::byte> bytes) {
        boost::system::error_code error;
        asio::write(client_, asio::buffer(bytes.data(), bytes.size()), error); // the server may have closed
        work();
    }

    // Closes the sending side and returns all responses.
    std::string all() {
        boost::system::error_code ignored;
        client_.shutdown(tcp::socket::shutdown_send, ignored);
        while (!ended_)
            if (!work()) back_->run_one_for(1s);
        return received_;
    }

    ~conversation() {
        client_.close();
        server_.stop_accepting();
        while (work()) {
        }
    }
    conversation(const conversation&) = delete;
    conversation& operator=(const conversation&) = delete;

  private:
    static admin::http_limits limits() {
        admin::http_limits of;
        of.request_time = of.answer_time = 600s; // a slow machine is not a slow peer
        of.guess_time = 0ms;
        of.body_bytes_max = context_registry_options{}.context_bytes_max;
        return of;
    }

    bool work() {
        idle_.main_context().restart();
        return idle_.main_context().poll() + back_->poll() > 0;
    }

    void read_on() {
        client_.async_read_some(asio::buffer(block_), [this](boost::system::error_code error, std::size_t bytes) {
            received_.append(block_.data(), bytes);
            if (error)
                ended_ = true;
            else
                read_on();
        });
    }

    test::idle_server idle_;
    app::call_registry calls_;
    const app::back_context back_ = std::make_shared<asio::io_context>(1);
    std::shared_ptr<app::gateway::context_directory> directory_ = std::make_shared<app::gateway::context_directory>();
    admin::site site_;
    admin::http_server server_;
    tcp::socket client_;
    std::array<char, 16'384> block_{};
    std::string received_;
    bool ended_ = false;
};

// Returns the statuses of the responses.
std::vector<unsigned> statuses_of(const std::string& text) {
    static const std::set<unsigned> known{200, 201, 202, 204, 304, 400, 401, 403, 404, 405, 406,
                                          409, 411, 413, 415, 417, 429, 431, 500, 501, 503};
    std::vector<unsigned> statuses;
    std::string_view rest = text;
    constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    while (!rest.empty()) {
        if (rest.starts_with(go_on)) {
            rest.remove_prefix(go_on.size());
            continue;
        }
        http::response_parser<http::string_body> parser;
        parser.body_limit(boost::none);
        boost::system::error_code error;
        std::size_t used = parser.put(asio::buffer(rest), error);
        REQUIRE(!error && parser.is_header_done());
        // The response to HEAD has a length, and no body.
        const auto next = rest.substr(used);
        if (!parser.is_done() && !next.empty() && !next.starts_with("HTTP/1."))
            used += parser.put(asio::buffer(next), error);
        REQUIRE(!error || error == http::error::need_more);
        const auto& response = parser.get();
        REQUIRE(known.contains(response.result_int()) && response.result_int() != 500);
        REQUIRE(response[http::field::cache_control] == "no-store" || response.result_int() == 304);
        statuses.push_back(response.result_int());
        rest.remove_prefix(used);
    }
    return statuses;
}

// Whether both are the same. The parser may notice at once that the beginning of a request is wrong, or wait for more
// of it; then the connection may end before the last refusal.
bool agree(std::span<const unsigned> one, std::span<const unsigned> other) {
    if (one.size() > other.size()) std::swap(one, other);
    return std::ranges::equal(one, other.first(one.size())) &&
           (one.size() == other.size() || (one.size() + 1 == other.size() && other.back() == 400));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    const unsigned how = in.byte();
    const auto request = in.some(20'000);
    conversation whole(how % 2 == 1);
    whole.say(request);
    const auto expected = statuses_of(whole.all());
    if (request.size() > 2000) return 0;
    conversation cut(how % 2 == 1);
    const std::size_t piece = 1 + how / 2;
    for (std::span<const std::byte> rest = request; !rest.empty(); rest = rest.subspan(std::min(piece, rest.size())))
        cut.say(rest.first(std::min(piece, rest.size())));
    REQUIRE(agree(statuses_of(cut.all()), expected));
    return 0;
}
