#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/error_code.hpp>

#include <memory>
#include <utility>

namespace audiosocket::detail {

/// A completion handler of `void(error_code, Result)` that waits for its result, whatever its type: so that the
/// asynchronous operations live in compiled code. Move-only; empty once completed. The handler runs on its associated
/// executor, which is kept busy meanwhile.
template <class Result>
class completion {
  public:
    completion() = default;

    template <class Handler>
    completion(Handler handler, const boost::asio::io_context::executor_type& fallback)
        : waiter_(std::make_unique<waiter<Handler>>(std::move(handler), fallback)) {}

    explicit operator bool() const noexcept { return waiter_ != nullptr; }

    /// Runs the handler: at once if its executor allows that and `now` says so, otherwise a little later. An
    /// operation that completes within its own initiation must not run its handler at once.
    void complete(boost::system::error_code error, Result result, bool now = true) {
        std::exchange(waiter_, nullptr)->complete(error, std::move(result), now);
    }

  private:
    struct waiter_base {
        virtual ~waiter_base() = default;
        virtual void complete(boost::system::error_code error, Result result, bool now) = 0;
    };

    template <class Handler>
    struct waiter final : waiter_base {
        using executor_type = boost::asio::associated_executor_t<Handler, boost::asio::io_context::executor_type>;

        waiter(Handler h, const boost::asio::io_context::executor_type& fallback)
            : handler(std::move(h)), work(boost::asio::get_associated_executor(handler, fallback)) {}

        void complete(boost::system::error_code error, Result result, bool now) override {
            auto run = [h = std::move(handler), error, r = std::move(result)]() mutable {
                // Here, and not earlier: a slot belongs to the handler's thread.
                if (auto slot = boost::asio::get_associated_cancellation_slot(h); slot.is_connected()) slot.clear();
                std::move(h)(error, std::move(r));
            };
            if (now)
                boost::asio::dispatch(work.get_executor(), std::move(run));
            else
                boost::asio::post(work.get_executor(), std::move(run));
        }

        Handler handler;
        boost::asio::executor_work_guard<executor_type> work;
    };

    std::unique_ptr<waiter_base> waiter_;
};

} // namespace audiosocket::detail
