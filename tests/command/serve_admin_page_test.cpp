// SPDX-License-Identifier: Apache-2.0
#include "admin_test.hpp"
#include "browser.hpp"

#include <boost/json/array.hpp>

#include <regex>

// The page as a browser shows it. Without Chromium the tests are skipped with that reason.

using namespace audiosocket;
using namespace audiosocket::test;

namespace {

class serve_admin_page : public admin_test {
  protected:
    // Returns the page after this much virtual time, as HTML.
    std::string shown(const std::string& path = "/", std::chrono::milliseconds time = std::chrono::seconds(4)) const {
        process browser(
            browse(browser_, folder / "profile", "http://127.0.0.1:" + std::to_string(admin.port()) + path, time));
        browser.wait();
        return browser.out;
    }

    static std::size_t count(const std::string& text, const std::string& what) {
        std::size_t times = 0;
        for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1))
            ++times;
        return times;
    }

    const std::string browser_ = find_chromium();
};

} // namespace

TEST_F(serve_admin_page, files_come_with_a_strict_policy) {
    ASSERT_NO_FATAL_FAILURE(start());
    const auto page = get("/");
    EXPECT_NE(page.head.find("text/html"), std::string::npos);
    EXPECT_NE(page.head.find("Content-Security-Policy: default-src 'none'"), std::string::npos) << page.head;
    for (const char* file : {"/page.css", "/page.js", "/calls.js", "/outline.js", "/icon.svg"})
        EXPECT_EQ(get(file).status, 200) << file;
    EXPECT_EQ(page.body.find("https://"), std::string::npos) << "nothing comes from elsewhere";
    EXPECT_EQ(get("/index.html").status, 404);
}

TEST_F(serve_admin_page, browser_shows_the_calls_in_progress) {
    if (browser_.empty()) GTEST_SKIP() << skipped("chromium is missing");
    ASSERT_NO_FATAL_FAILURE(start({"--tone", "400", "--max-calls", "9"}));
    long_call();
    long_call();
    ASSERT_TRUE(comes_up(2));
    const auto page = shown();
    EXPECT_NE(page.find(R"(data-state="serving")"), std::string::npos) << page;
    EXPECT_NE(page.find("of 9"), std::string::npos);
    EXPECT_EQ(count(page, "<tr data-id="), 2U) << page;
    const auto calls = get("/calls").json();
    for (const auto& c : calls.at("calls").as_array())
        EXPECT_NE(page.find(std::string(c.at("peer").as_string())), std::string::npos);
}

// The page said "last minute" for the seconds for which it was open, right above the sum of all hours.
TEST_F(serve_admin_page, browser_says_what_time_its_figures_are_of) {
    if (browser_.empty()) GTEST_SKIP() << skipped("chromium is missing");
    ASSERT_NO_FATAL_FAILURE(start());
    const auto once = shown("/", std::chrono::milliseconds(500));
    EXPECT_NE(once.find("0 of 0 in all"), std::string::npos) << once;
    const auto some = shown();
    for (const std::string figure : {"late", "underruns"}) {
        EXPECT_NE(once.find(">–</strong><span id=\"" + figure + "-span\">last minute</span>"), std::string::npos)
            << once;
        const std::regex seconds(">None</strong><span id=\"" + figure + "-span\">last [1-4] s</span>");
        EXPECT_TRUE(std::regex_search(some, seconds)) << some;
    }
    EXPECT_NE(shown("/", std::chrono::seconds(65)).find("<span id=\"late-span\">last minute</span>"),
              std::string::npos);
}

TEST_F(serve_admin_page, browser_shows_a_call_that_is_opened_by_its_address) {
    if (browser_.empty()) GTEST_SKIP() << skipped("chromium is missing");
    ASSERT_NO_FATAL_FAILURE(start({"--tone", "400"}));
    long_call();
    ASSERT_TRUE(comes_up(1));
    const std::string id = get("/calls").json().at("calls").at(0).at("id").as_string().c_str();
    const auto page = shown("/#" + id);
    EXPECT_NE(page.find("<p id=\"card-id\">" + id), std::string::npos) << page;
    EXPECT_NE(page.find("<dt>Frames sent</dt>"), std::string::npos) << page;
}

TEST_F(serve_admin_page, browser_shows_that_there_are_no_calls) {
    if (browser_.empty()) GTEST_SKIP() << skipped("chromium is missing");
    ASSERT_NO_FATAL_FAILURE(start());
    const auto page = shown();
    EXPECT_EQ(count(page, "<tr data-id="), 0U);
    EXPECT_NE(page.find("No calls in progress."), std::string::npos) << page;
}
