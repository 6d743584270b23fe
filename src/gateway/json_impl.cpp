// SPDX-License-Identifier: Apache-2.0
// Contains the definitions of Boost.JSON for this room, so that its compiled library is not needed.
#include <boost/json/src.hpp>
