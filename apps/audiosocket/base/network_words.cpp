// SPDX-License-Identifier: Apache-2.0
#include "base/network_words.hpp"

#include <boost/asio/error.hpp>

namespace audiosocket::app {

std::string network_words(const boost::system::error_code& error) {
    namespace asio = boost::asio;
    if (error == asio::error::host_not_found) return "no such host; check the name";
    if (error == asio::error::host_not_found_try_again) return "the name server does not answer; try again";
    if (error == asio::error::connection_refused)
        return error.message() + "; no process listens there (ss -ltn on that machine shows what does)";
    if (error == asio::error::address_in_use)
        return error.message() + "; another process listens there (ss -ltnp shows which)";
    if (error == boost::system::errc::address_not_available)
        return error.message() + "; this machine has no such address (ip addr shows which it has)";
    return error.message();
}

} // namespace audiosocket::app
