// SPDX-License-Identifier: Apache-2.0
#include "live/recording.hpp"

#include "unit/audio/signals.hpp"

#include <boost/asio/use_future.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <regex>
#include <set>
#include <string>
#include <vector>

using namespace audiosocket;
using namespace audiosocket::app;
using namespace std::chrono_literals;

namespace {

const std::string id = "40325ec2-5efd-4bd3-805f-53576e581d13";

std::filesystem::path recorded(call_recorder& recorder) {
    recorder.received(std::vector<std::int16_t>(160, 5), 8000, clock::now());
    recorder.async_finish(boost::asio::use_future).get();
    return recorder.file();
}

TEST(record_call, file_is_named_after_id_and_time) {
    const test::temporary_directory folder;
    disk_thread disk;
    const auto file = recorded(*record_call(disk, folder.path(), uuid::parse(id), {}));
    EXPECT_EQ(file.parent_path(), folder.path());
    const std::regex expected(id + R"(-20\d{6}T\d{6}\.\d{3}Z\.wav)");
    EXPECT_TRUE(std::regex_match(file.filename().string(), expected)) << file;
}

// Two calls with one id may start in the same millisecond. Here this happens sooner or later.
TEST(record_call, calls_with_one_id_have_files_of_their_own) {
    const test::temporary_directory folder;
    disk_thread disk;
    for (bool met = false; !met;) {
        std::set<std::filesystem::path> files;
        std::vector<std::shared_ptr<call_recorder>> all;
        for (int i = 0; i < 10; ++i)
            all.push_back(record_call(disk, folder.path(), uuid::parse(id), {}));
        for (const auto& recorder : all) {
            files.insert(recorded(*recorder));
            met = met || recorder->file().string().ends_with("Z-2.wav");
            ASSERT_EQ(recorder->failure(), "");
        }
        ASSERT_EQ(files.size(), all.size());
    }
}

} // namespace
