// SPDX-License-Identifier: Apache-2.0
// Boost.JSON without its compiled library: its definitions for this room live here, once.
#include <boost/json/src.hpp>
