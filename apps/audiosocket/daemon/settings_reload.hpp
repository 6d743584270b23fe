// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "daemon/daemon_options.hpp"

#include <boost/asio/io_context.hpp>

#include <functional>
#include <optional>
#include <string>

namespace audiosocket::app {

/// Reads the settings again on the disk thread, because that loads sound files and calls may live on the main thread.
/// One reading at a time. Used on the thread of `main`, which outlives it.
class settings_reload {
  public:
    /// The outcome of one reading.
    struct outcome {
        std::optional<daemon_options> fresh; ///< Nothing where the settings are wrong.
        std::string mistakes;                ///< A line for each, then.
        bool asked_again = false;            ///< start() was called meanwhile: what was read may be old already.
    };
    using handler = std::function<void(const outcome&)>;

    settings_reload(boost::asio::io_context& main, disk_thread& disk, settings_reader read, handler tell);

    /// Whether there is anything to read.
    explicit operator bool() const noexcept { return static_cast<bool>(read_); }

    /// Starts a reading. False where one is in progress, whose outcome will say that it was asked again.
    bool start();

  private:
    boost::asio::io_context& main_;
    disk_thread& disk_;
    const settings_reader read_;
    const handler tell_;
    bool reading_ = false;
    bool asked_again_ = false; // while reading
};

} // namespace audiosocket::app
