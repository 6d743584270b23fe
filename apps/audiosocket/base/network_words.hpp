// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/system/error_code.hpp>

#include <string>

namespace audiosocket::app {

/// Returns the text for an error of the network: what happened and, where that helps, what to do.
std::string network_words(const boost::system::error_code& error);

} // namespace audiosocket::app
