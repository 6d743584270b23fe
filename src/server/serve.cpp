// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/server/serve.hpp>

#include <boost/system/system_error.hpp>

namespace audiosocket {

bool is_end_of_call(const std::exception_ptr& exception) noexcept {
    if (!exception) return false;
    try {
        std::rethrow_exception(exception);
    } catch (const boost::system::system_error& e) {
        return e.code() == usage_errc::call_ended;
    } catch (...) {
        return false;
    }
}

} // namespace audiosocket
