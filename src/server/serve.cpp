// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/server/serve.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

namespace audiosocket {

bool is_end_of_call(const std::exception_ptr& exception) noexcept {
    if (!exception) return false;
    try {
        std::rethrow_exception(exception);
    } catch (const boost::system::system_error& e) {
        return e.code() == usage_errc::call_ended || e.code() == boost::asio::error::eof;
    } catch (...) {
        return false;
    }
}

std::string failed_call::what() const {
    try {
        std::rethrow_exception(why);
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
        return "an exception that is not a std::exception";
    }
}

} // namespace audiosocket
