// SPDX-License-Identifier: Apache-2.0
#include "directory/store.hpp"

namespace audiosocket::app::directory {
namespace {

class memory_store final : public store {
  public:
    void start(handlers on) override {
        on.connected({});
        on.snapshot_complete();
    }
    void write(const std::string&, const std::optional<std::string>&) override {}
    void fetch(const std::string&, std::function<void(std::optional<std::string>)> done) override { done({}); }
    void stop() override {}
    bool is_shared() const noexcept override { return false; }
};

} // namespace

std::unique_ptr<store> make_memory_store() {
    return std::make_unique<memory_store>();
}

} // namespace audiosocket::app::directory
