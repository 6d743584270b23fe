// SPDX-License-Identifier: Apache-2.0
#include "live/visit.hpp"

#include <boost/asio/post.hpp>

#include <atomic>
#include <map>
#include <utility>

namespace audiosocket::app {
namespace asio = boost::asio;

namespace {

// Posts `done` when the last part is done. A part that is destroyed with its io_context is never done.
class visit {
  public:
    visit(back_context back, std::size_t parts, std::function<void()> done)
        : back_(std::move(back)), done_(std::move(done)), parts_(parts) {}

    void part_done() {
        if (parts_.fetch_sub(1) == 1) asio::post(*back_, std::move(done_));
    }

  private:
    const back_context back_;
    std::function<void()> done_;
    std::atomic<std::size_t> parts_;
};

// The calls of one thread.
struct share {
    struct stop {
        std::shared_ptr<live_call> call;
        std::size_t place;
    };
    std::vector<stop> stops;
    std::function<void(live_call&, std::size_t)> each;
    std::shared_ptr<visit> whole;
};

void go_on(asio::io_context& here, share work) {
    asio::post(here, [&here, work = std::move(work)]() mutable {
        for (std::size_t n = 0; n < calls_in_a_row && !work.stops.empty(); ++n) {
            const share::stop next = std::move(work.stops.back());
            work.stops.pop_back();
            work.each(*next.call, next.place);
        }
        if (work.stops.empty())
            work.whole->part_done();
        else
            go_on(here, std::move(work));
    });
}

} // namespace

void visit_calls(call_list calls, std::function<void(live_call&, std::size_t)> each, const back_context& back,
                 std::function<void()> done) {
    std::map<asio::io_context*, share> shares;
    for (std::size_t n = 0; n < calls.size(); ++n)
        shares[&calls[n]->line().get_executor().context()].stops.push_back({std::move(calls[n]), n});
    const auto whole = std::make_shared<visit>(back, shares.size() + 1, std::move(done));
    for (auto& [context, work] : shares) {
        work.each = each;
        work.whole = whole;
        go_on(*context, std::move(work));
    }
    whole->part_done(); // the part of this function, so that an empty list is done as well
}

void visit_contexts(std::span<asio::io_context* const> contexts,
                    std::function<void(asio::io_context&, std::size_t)> each, const back_context& back,
                    std::function<void()> done) {
    const auto whole = std::make_shared<visit>(back, contexts.size() + 1, std::move(done));
    for (std::size_t n = 0; n < contexts.size(); ++n) {
        asio::post(*contexts[n], [context = contexts[n], each, n, whole] {
            each(*context, n);
            whole->part_done();
        });
    }
    whole->part_done();
}

} // namespace audiosocket::app
