// SPDX-License-Identifier: Apache-2.0
#include "check/runner.hpp"

#include <algorithm>
#include <mutex>
#include <optional>
#include <thread>

namespace audiosocket::app::check {
namespace {

// Other processes may disturb a measurement, but a fault of the server shows each time.
constexpr int attempts_at_measuring = 3;

case_result run_one(const conformance_case& c, const target& t) {
    const auto attempt = [&] {
        return result_of(c, [&] {
            if (c.lasts && !t.long_cases) throw not_applicable("needs --long, because it takes long");
            return c.run(t);
        });
    };
    case_result r = attempt();
    const int more = c.how == course::alone ? attempts_at_measuring - 1 : 0;
    for (int i = 0; i < more && r.result == outcome::failed; ++i)
        r = attempt();
    return r;
}

// Hands out the cases of one course, each once, to several threads.
class queue {
  public:
    queue(const std::vector<conformance_case>& cases, const target& t, const result_handler& on_result)
        : cases_(cases), target_(t), on_result_(on_result), results_(cases.size()) {}

    void run(course which, std::size_t jobs) {
        next_ = 0;
        std::vector<std::jthread> workers;
        for (std::size_t i = 0; i < jobs; ++i)
            workers.emplace_back([this, which] { work(which); });
    }

    std::vector<case_result> take() {
        std::vector<case_result> out;
        for (auto& r : results_)
            out.push_back(std::move(*r));
        return out;
    }

  private:
    void work(course which) {
        while (const auto i = next(which)) {
            auto r = run_one(cases_[*i], target_);
            const std::lock_guard lock(mutex_);
            results_[*i] = std::move(r);
            for (; reported_ < results_.size() && results_[reported_]; ++reported_)
                on_result_(*results_[reported_], results_.size() - reported_ - 1);
        }
    }

    std::optional<std::size_t> next(course which) {
        const std::lock_guard lock(mutex_);
        while (next_ < cases_.size() && cases_[next_].how != which)
            ++next_;
        return next_ < cases_.size() ? std::optional(next_++) : std::nullopt;
    }

    const std::vector<conformance_case>& cases_;
    const target& target_;
    const result_handler& on_result_;
    std::mutex mutex_;
    std::size_t next_ = 0;
    std::vector<std::optional<case_result>> results_;
    std::size_t reported_ = 0;
};

} // namespace

case_result result_of(const conformance_case& c, const std::function<std::string()>& body) {
    case_result r{c, outcome::passed, {}, {}};
    const auto start = clock::now();
    try {
        r.seen = body();
    } catch (const mismatch& m) {
        r.result = outcome::failed;
        r.seen = m.what();
    } catch (const not_applicable& n) {
        r.result = outcome::skipped;
        r.seen = n.what();
    } catch (const std::exception& e) {
        r.result = outcome::failed;
        r.seen = std::string("the check itself failed: ") + e.what();
    }
    r.took = clock::now() - start;
    return r;
}

std::vector<case_result> run(const std::vector<conformance_case>& cases, const target& t, std::size_t jobs,
                             const result_handler& on_result) {
    queue all(cases, t, on_result);
    all.run(course::shared, jobs);
    all.run(course::alone, 1);
    all.run(course::last, 1);
    return all.take();
}

} // namespace audiosocket::app::check
