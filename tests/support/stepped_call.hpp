// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/bytes.hpp"
#include "support/raw_peer.hpp"

#include <audiosocket/net/listener.hpp>

#include <boost/asio/io_context.hpp>

#include <utility>

namespace audiosocket::test {

/// A call in progress whose io_context runs only when the test wants.
struct stepped_call {
    stepped_call() {
        peer.send(frame(kind::id, bytes(16, std::byte{7})));
        calls.async_accept([this](boost::system::error_code, call accepted) { line = std::move(accepted); });
        while (!line)
            io.run_one();
    }
    stepped_call(const stepped_call&) = delete;
    stepped_call& operator=(const stepped_call&) = delete;

    boost::asio::io_context io{1};
    listener calls{io, {"127.0.0.1", 0}};
    raw_peer peer{calls.local_endpoint()};
    call line;
};

} // namespace audiosocket::test
