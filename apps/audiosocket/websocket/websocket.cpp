// SPDX-License-Identifier: Apache-2.0

// The unit of Beast and OpenSSL, for both sides: it takes half a minute to compile, hence only once. Its parts are
// headers that no other source includes.

#include "websocket/websocket.hpp"

#include "websocket/client.hpp"
#include "websocket/http_client.hpp"
#include "websocket/server_acceptor.hpp"

#include <stdexcept>

namespace audiosocket::app::websocket {

std::shared_ptr<tls_context> load_tls(const tls_options& options) {
    return std::make_shared<tls_context>(options);
}

std::shared_ptr<websocket> dial(const boost::asio::any_io_executor& executor, const client_options& options,
                                handlers on) {
    if (options.url.tls && !options.tls) throw std::logic_error("websocket::dial: wss without a tls_context");
    auto one = std::make_shared<client>(executor, options);
    one->start(std::move(on));
    return one;
}

std::shared_ptr<http_exchange> post(const boost::asio::any_io_executor& executor, post_request what,
                                    std::function<void(const post_answer&)> on_answer) {
    return post_over_http(executor, std::move(what), std::move(on_answer));
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
    return hmac_sha256_digits(key, text);
}

websocket_server::websocket_server(const boost::asio::any_io_executor& executor, listening_socket socket,
                                   server_options options, opening_handler decide)
    : acceptor_(std::make_shared<acceptor>(executor, std::move(socket), std::move(options), std::move(decide))) {
    acceptor_->accept();
}

websocket_server::~websocket_server() {
    stop();
}

boost::asio::ip::tcp::endpoint websocket_server::local_endpoint() const {
    return acceptor_->where();
}

std::size_t websocket_server::connections() const noexcept {
    return acceptor_->connections();
}

void websocket_server::stop() {
    acceptor_->stop();
}

} // namespace audiosocket::app::websocket
