// SPDX-License-Identifier: Apache-2.0
#include <audiosocket/server/context_registry.hpp>

#include "support/seed.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <map>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>

using namespace audiosocket;
using namespace std::chrono_literals;

namespace {

uuid id(int number) {
    uuid made;
    made.bytes.back() = static_cast<std::byte>(number);
    return made;
}

// A registry and its clock.
class registry : public testing::Test {
  protected:
    registration add(int number, const std::string& context) { return registry_->add(id(number), context, now_); }
    std::string take(int number) { return registry_->take(id(number), now_).value_or("none"); }
    std::string find(int number) const { return registry_->find(id(number), now_).value_or("none"); }
    context_registry_counts counts() const { return registry_->counts(now_); }

    void limit(const context_registry_options& how) { registry_.emplace(how); }

    time_point now_{100h};
    std::optional<context_registry> registry_{std::in_place};
};

} // namespace

TEST_F(registry, context_is_taken_by_its_call_once) {
    EXPECT_EQ(add(1, "one"), registration::accepted);
    EXPECT_EQ(add(2, "two"), registration::accepted);
    EXPECT_EQ(take(1), "one");
    EXPECT_EQ(take(1), "none");
    EXPECT_EQ(take(2), "two");
    EXPECT_EQ(counts().registered, 2U);
    EXPECT_EQ(counts().taken, 2U);
    EXPECT_EQ(counts().missed, 1U);
    EXPECT_EQ(counts().entries, 0U);
    EXPECT_EQ(counts().bytes, 0U);
}

TEST_F(registry, context_is_found_as_often_as_wanted_until_it_is_taken) {
    add(1, "one");
    EXPECT_EQ(find(1), "one");
    EXPECT_EQ(find(1), "one");
    EXPECT_EQ(find(2), "none");
    EXPECT_EQ(counts().bytes, 3U);
    EXPECT_EQ(take(1), "one");
    EXPECT_EQ(find(1), "none");
    EXPECT_EQ(counts().missed, 0U); // no call missed it
}

TEST_F(registry, context_expires_when_its_lifetime_is_over_and_not_before) {
    add(1, "one");
    now_ += 30s;
    add(2, "two");
    now_ += 30s - 1ns;
    EXPECT_EQ(find(1), "one");
    now_ += 1ns;
    EXPECT_EQ(take(1), "none");
    EXPECT_EQ(counts().expired, 1U);
    EXPECT_EQ(counts().entries, 1U);
    EXPECT_EQ(counts().bytes, 3U);
    EXPECT_EQ(take(2), "two");
    now_ += 24h;
    EXPECT_EQ(counts().expired, 1U);
}

TEST_F(registry, id_that_is_registered_again_replaces_and_has_its_whole_time) {
    add(1, "first");
    now_ += 59s;
    EXPECT_EQ(add(1, "second"), registration::accepted);
    EXPECT_EQ(counts().entries, 1U);
    EXPECT_EQ(counts().replaced, 1U);
    now_ += 59s;
    EXPECT_EQ(take(1), "second");
    EXPECT_EQ(add(1, "third"), registration::accepted); // after it was taken: for the next call of this id
    EXPECT_EQ(take(1), "third");
}

TEST_F(registry, removed_context_is_gone) {
    add(1, "one");
    EXPECT_TRUE(registry_->remove(id(1), now_));
    EXPECT_FALSE(registry_->remove(id(1), now_));
    EXPECT_EQ(take(1), "none");
    EXPECT_EQ(counts().removed, 1U);
    add(2, "two");
    now_ += 60s;
    EXPECT_FALSE(registry_->remove(id(2), now_));
    EXPECT_EQ(counts().expired, 1U);
}

TEST_F(registry, full_registry_refuses_until_an_entry_is_taken_or_expires) {
    limit({.entries_max = 2});
    add(1, "one");
    now_ += 10s;
    add(2, "two");
    EXPECT_EQ(add(3, "three"), registration::full);
    EXPECT_EQ(add(1, "first"), registration::accepted); // needs no additional room
    EXPECT_EQ(take(2), "two");
    EXPECT_EQ(add(3, "three"), registration::accepted);
    EXPECT_EQ(add(4, "four"), registration::full);
    now_ += 60s;
    EXPECT_EQ(add(4, "four"), registration::accepted);
    EXPECT_EQ(counts().refused, 2U);
    EXPECT_EQ(counts().expired, 2U);
}

TEST_F(registry, bytes_are_bounded_one_by_one_and_together) {
    limit({.context_bytes_max = 6, .bytes_max = 10});
    EXPECT_EQ(add(1, std::string(7, 'x')), registration::too_large);
    EXPECT_EQ(add(1, std::string(6, 'x')), registration::accepted);
    EXPECT_EQ(add(2, std::string(5, 'x')), registration::full);
    EXPECT_EQ(add(2, std::string(4, 'x')), registration::accepted);
    EXPECT_EQ(add(3, "x"), registration::full);
    EXPECT_EQ(add(3, ""), registration::accepted);
    EXPECT_EQ(add(2, std::string(5, 'y')), registration::full);
    EXPECT_EQ(find(2), "xxxx"); // a refused entry replaces nothing
    EXPECT_EQ(add(1, "x"), registration::accepted);
    EXPECT_EQ(add(2, std::string(5, 'y')), registration::accepted);
    EXPECT_EQ(counts().bytes, 6U);
    EXPECT_EQ(counts().refused, 4U);
}

TEST_F(registry, limits_of_nothing_are_a_mistake) {
    EXPECT_THROW(context_registry({.lifetime = 0s}), std::invalid_argument);
    EXPECT_THROW(context_registry({.lifetime = -1s}), std::invalid_argument);
    EXPECT_THROW(context_registry({.entries_max = 0}), std::invalid_argument);
    EXPECT_THROW(context_registry({.context_bytes_max = 0}), std::invalid_argument);
    EXPECT_THROW(context_registry({.bytes_max = 0}), std::invalid_argument);
}

// Compares with a map that does the same in the simplest way.
TEST_F(registry, random_use_is_that_of_a_plain_map) {
    struct plain_entry {
        std::string context;
        time_point since;
    };
    const context_registry_options how{.lifetime = 5s, .entries_max = 6, .context_bytes_max = 20, .bytes_max = 60};
    test::for_each_seed(20, [&](unsigned seed) {
        SCOPED_TRACE(test::replay(seed));
        std::mt19937 random(seed);
        limit(how);
        std::map<int, plain_entry> plain;
        for (int step = 0; step < 2'000 && !HasFailure(); ++step) {
            now_ += std::chrono::milliseconds(random() % 1000);
            std::erase_if(plain, [&](const auto& one) { return now_ - one.second.since >= how.lifetime; });
            const int number = static_cast<int>(random() % 10);
            const auto known = plain.find(number);
            const std::string expected = known == plain.end() ? "none" : known->second.context;
            const auto action = random() % 4;
            if (action == 0) {
                const std::string context(random() % 24, 'x');
                std::size_t bytes = context.size();
                for (const auto& [other, entry] : plain)
                    bytes += other == number ? 0 : entry.context.size();
                const bool fits = context.size() <= how.context_bytes_max && bytes <= how.bytes_max &&
                                  plain.size() - plain.count(number) < how.entries_max;
                EXPECT_EQ(add(number, context) == registration::accepted, fits) << step;
                if (fits) plain[number] = {context, now_};
            } else if (action == 1) {
                EXPECT_EQ(take(number), expected) << step;
                plain.erase(number);
            } else if (action == 2) {
                EXPECT_EQ(find(number), expected) << step;
            } else {
                EXPECT_EQ(registry_->remove(id(number), now_), expected != "none") << step;
                plain.erase(number);
            }
            const auto c = counts();
            EXPECT_EQ(c.entries, plain.size()) << step;
            EXPECT_EQ(c.registered, c.entries + c.taken + c.expired + c.replaced + c.removed) << step;
        }
        EXPECT_GT(counts().expired, 0U);
        EXPECT_GT(counts().refused, 0U);
        return !HasFailure();
    });
}

TEST_F(registry, restored_context_expires_at_the_time_at_which_it_would_have_expired) {
    limit({.lifetime = 60s});
    add(1, "one");
    now_ += 20s;
    add(2, "two");
    now_ += 10s;
    const auto waiting = registry_->waiting(now_);
    ASSERT_EQ(waiting.size(), 2U);
    EXPECT_EQ(waiting[0].context, "one");
    EXPECT_EQ(waiting[0].age, 30s);
    EXPECT_EQ(waiting[1].age, 10s);
    EXPECT_EQ(find(1), "one"); // copies were returned

    limit({.lifetime = 60s}); // the other process, whose clock need not be the same
    now_ += 1000h;
    add(3, "three");
    for (const auto& one : waiting)
        EXPECT_TRUE(registry_->restore(one, now_));
    EXPECT_EQ(registry_->waiting(now_).front().context, "one"); // still the order of their expiry
    EXPECT_EQ(registry_->waiting(now_).back().context, "three");
    EXPECT_EQ(counts().registered, 3U);
    now_ += 30s - 1ms;
    EXPECT_EQ(find(1), "one");
    now_ += 1ms;
    EXPECT_EQ(find(1), "none");
    EXPECT_EQ(find(2), "two");
    now_ += 20s;
    EXPECT_EQ(find(2), "none");
    EXPECT_EQ(take(3), "three");
    EXPECT_EQ(counts().expired, 2U);
}

TEST_F(registry, context_that_is_expired_or_known_or_without_room_is_not_restored) {
    limit({.lifetime = 60s, .entries_max = 2, .context_bytes_max = 5, .bytes_max = 8});
    add(1, "newer");
    EXPECT_FALSE(registry_->restore({id(1), "older", 10s}, now_));
    EXPECT_FALSE(registry_->restore({id(2), "old", 60s}, now_));
    EXPECT_EQ(counts().refused, 0U);
    EXPECT_FALSE(registry_->restore({id(2), "longer", 1s}, now_));
    EXPECT_FALSE(registry_->restore({id(2), "four", 1s}, now_));
    EXPECT_TRUE(registry_->restore({id(2), "two", 1s}, now_));
    EXPECT_FALSE(registry_->restore({id(3), "", 1s}, now_));
    EXPECT_EQ(counts().refused, 3U);
    EXPECT_EQ(counts().bytes, 8U);
    EXPECT_EQ(take(1), "newer");
    EXPECT_EQ(take(2), "two");
    EXPECT_TRUE(registry_->restore({id(3), "old", -1s}, now_)); // nothing is younger than now
    EXPECT_EQ(registry_->waiting(now_).front().age, 0s);
}

TEST_F(registry, threads_may_use_it_together) {
    constexpr int rounds = 500;
    std::array<std::thread, 4> threads;
    std::atomic<int> taken = 0;
    for (std::size_t n = 0; n < threads.size(); ++n)
        threads.at(n) = std::thread([&, n] {
            for (int round = 0; round < rounds; ++round) {
                const int number = static_cast<int>(n) / 2; // two threads an id
                registry_->add(id(number), "context", now_);
                if (registry_->take(id(number), now_)) ++taken;
            }
        });
    for (auto& one : threads)
        one.join();
    const auto c = counts();
    EXPECT_EQ(c.registered, 4U * rounds);
    EXPECT_EQ(c.taken, static_cast<std::uint64_t>(taken));
    EXPECT_EQ(c.registered, c.taken + c.replaced + c.entries);
}
