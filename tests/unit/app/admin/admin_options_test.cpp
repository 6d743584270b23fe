// SPDX-License-Identifier: Apache-2.0
#include "admin/admin_options.hpp"

#include "unit/audio/signals.hpp"

#include <gtest/gtest.h>

#include <fstream>

using namespace audiosocket;
using namespace audiosocket::app::admin;
using std::filesystem::perms;

namespace {

class admin_token : public testing::Test {
  protected:
    std::vector<std::string> remarks(const std::string& token, perms mode) {
        std::ofstream(file) << token << '\n';
        std::filesystem::permissions(file, mode);
        return token_remarks(file, read_token(file));
    }

    test::temporary_directory folder;
    const std::filesystem::path file = folder / "token";
};

const std::string good = "3f9a7c52e1b80d64";

} // namespace

TEST_F(admin_token, good_token_in_a_file_of_its_owner_or_group_has_no_remark) {
    EXPECT_TRUE(remarks(good, perms{0600}).empty());
    EXPECT_TRUE(remarks(good, perms{0640}).empty());
}

TEST_F(admin_token, file_that_others_read_or_change_is_remarked) {
    for (const unsigned mode : {0644U, 0666U, 0602U, 0660U}) {
        const auto all = remarks(good, perms{mode});
        ASSERT_EQ(all.size(), 1U) << std::oct << mode;
        EXPECT_NE(all[0].find("lets other users read or change the token; chmod 640"), std::string::npos) << all[0];
    }
}

TEST_F(admin_token, token_of_few_different_characters_is_remarked) {
    for (const auto& weak : {std::string(20, 'a'), std::string("abababababababab"), std::string("1234512345123451")}) {
        const auto all = remarks(weak, perms{0600});
        ASSERT_EQ(all.size(), 1U) << weak;
        EXPECT_NE(all[0].find("can be guessed; create a token with: openssl rand -hex 32"), std::string::npos)
            << all[0];
    }
}
