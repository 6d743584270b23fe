// SPDX-License-Identifier: Apache-2.0
// Boost.JSON is used without its compiled library; its definitions are compiled here, once.
#include <boost/json/src.hpp>
