// SPDX-License-Identifier: Apache-2.0
#include "base/check_request.hpp"

#include <gtest/gtest.h>

using namespace audiosocket;
using namespace audiosocket::app::check;

TEST(check_request, id_asks_for_what_it_was_made_for) {
    for (const auto what : {request::stall, request::play, request::hang_up, request::spell})
        EXPECT_EQ(requested_by(request_id(what)), what);
}

TEST(check_request, other_ids_ask_for_nothing) {
    EXPECT_EQ(requested_by(uuid{}), std::nullopt);
    uuid near = request_id(request::play);
    near.bytes.back() = std::byte{0xff};
    EXPECT_EQ(requested_by(near), std::nullopt);
    near = request_id(request::play);
    near.bytes[12] = std::byte{1};
    EXPECT_EQ(requested_by(near), std::nullopt);
}
