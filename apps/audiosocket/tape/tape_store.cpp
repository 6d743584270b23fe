// SPDX-License-Identifier: Apache-2.0
#include "tape/tape_store.hpp"

#include <audiosocket/net/detail/unless_memory_is_out.hpp>
#include <audiosocket/net/file_descriptor.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

namespace audiosocket::app::tape {

using audiosocket::detail::unless_memory_is_out;

namespace {

constexpr std::chrono::milliseconds write_every{250};

// The most names to try, as for recordings.
constexpr int names_max = 1000;

constexpr mode_t mode = 0640;

// Writes the whole text. Returns the error, or nothing.
std::string write_whole(int to, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(to, text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return "cannot be written: " + std::generic_category().message(errno);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

} // namespace

// One tape. The call adds lines; the store's thread writes them.
struct tape_store::file {
    file_descriptor open(std::string& why);

    std::mutex mutex; // guards the members below
    std::string waiting;
    std::uint64_t bytes = 0; // accepted bytes, written ones included
    std::uint64_t lines_left_out = 0;
    bool full = false;
    bool failed = false;
    bool finished = false;

    // Used by the writing thread only.
    std::filesystem::path folder;
    std::string name;
    std::filesystem::path created; // empty: not created yet
    std::function<void(const std::string& why)> on_failure;
};

file_descriptor tape_store::file::open(std::string& why) {
    constexpr int how = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
    file_descriptor opened;
    for (int attempt = 1; !opened && attempt <= names_max; ++attempt) {
        const bool is_new = created.empty();
        const auto path =
            is_new ? folder / (attempt == 1 ? name + ".tape" : fmt::format("{}-{}.tape", name, attempt)) : created;
        opened = file_descriptor(::open(path.c_str(), is_new ? how | O_CREAT | O_EXCL : how, mode));
        if (!opened && is_new && errno == EEXIST) continue;
        if (!opened)
            why = fmt::format("{}: cannot be written: {}", path.string(), std::generic_category().message(errno));
        if (opened) created = path;
        return opened;
    }
    why = (folder / name).string() + ".tape: exists already, as do a thousand numbered names";
    return opened;
}

// The sink that the call uses.
class tape_store::sink final : public tape_sink {
  public:
    sink(std::shared_ptr<tape_store> store, std::shared_ptr<file> to)
        : store_(std::move(store)), file_(std::move(to)) {}

    ~sink() override {
        const std::lock_guard lock(file_->mutex);
        if (!file_->failed && file_->lines_left_out > 0) unless_memory_is_out([this] { take(left_out(last_)); });
        file_->finished = true;
    }

    void add(std::chrono::milliseconds at, std::string_view members) override {
        const auto line = fmt::format("{{\"t\":{},{}}}\n", at.count(), members);
        const std::lock_guard lock(file_->mutex);
        last_ = at;
        if (file_->failed || file_->full) return;
        if (file_->bytes + line.size() > store_->limits_.file_bytes) {
            file_->full = true;
            return take(fmt::format("{{\"t\":{},\"what\":\"full\"}}\n", at.count()));
        }
        if (store_->waiting_bytes_ + line.size() > store_->limits_.memory_bytes) {
            ++file_->lines_left_out;
            return;
        }
        if (file_->lines_left_out > 0) take(left_out(at));
        take(line);
    }

  private:
    std::string left_out(std::chrono::milliseconds at) const {
        return fmt::format("{{\"t\":{},\"what\":\"left_out\",\"lines\":{}}}\n", at.count(),
                           std::exchange(file_->lines_left_out, 0));
    }

    void take(const std::string& line) {
        file_->waiting += line;
        file_->bytes += line.size();
        store_->waiting_bytes_ += line.size();
    }

    const std::shared_ptr<tape_store> store_;
    const std::shared_ptr<file> file_;
    std::chrono::milliseconds last_{};
};

tape_store::tape_store(tape_limits limits) : limits_(limits), thread_([this] { run(); }) {}

tape_store::~tape_store() {
    {
        const std::lock_guard lock(using_);
        stopped_ = true;
    }
    stopping_.notify_one();
    thread_.join();
    unless_memory_is_out([this] { write_all(); });
}

std::shared_ptr<tape_sink> tape_store::begin(const std::filesystem::path& folder, const std::string& name,
                                             const tape_head& head,
                                             std::function<void(const std::string& why)> on_failure) {
    auto one = std::make_shared<file>();
    one->folder = folder;
    one->name = name;
    one->on_failure = std::move(on_failure);
    one->waiting = to_line(head) + '\n';
    one->bytes = one->waiting.size();
    {
        const std::lock_guard lock(using_);
        files_.push_back(one);
    }
    waiting_bytes_ += one->bytes;
    return std::make_shared<sink>(shared_from_this(), std::move(one));
}

void tape_store::flush() {
    write_all();
}

void tape_store::run() {
    std::unique_lock lock(using_);
    while (!stopping_.wait_for(lock, write_every, [this] { return stopped_; })) {
        lock.unlock();
        unless_memory_is_out([this] { write_all(); }); // otherwise the next time writes what waits
        lock.lock();
    }
}

void tape_store::write_all() {
    const std::lock_guard only_one(writing_);
    std::vector<std::shared_ptr<file>> all;
    {
        const std::lock_guard lock(using_);
        all = files_;
    }
    std::vector<std::shared_ptr<file>> complete;
    for (const auto& one : all)
        if (write_waiting(*one)) complete.push_back(one);
    if (complete.empty()) return;
    const std::lock_guard lock(using_);
    std::erase_if(files_, [&](const auto& one) { return std::ranges::find(complete, one) != complete.end(); });
}

// Returns whether the tape is complete.
bool tape_store::write_waiting(file& one) {
    std::string text;
    bool last = false;
    {
        const std::lock_guard lock(one.mutex);
        std::swap(text, one.waiting);
        last = one.finished;
        if (one.failed) {
            waiting_bytes_ -= text.size();
            return last;
        }
    }
    if (text.empty()) return last;
    std::string why;
    try {
        if (const auto opened = one.open(why)) {
            why = write_whole(opened.get(), text);
            if (!why.empty()) why = one.created.string() + ": " + why;
        }
    } catch (const std::bad_alloc&) {
        why = "no memory";
    }
    waiting_bytes_ -= text.size();
    if (why.empty()) return last;
    {
        const std::lock_guard lock(one.mutex);
        one.failed = true;
    }
    if (one.on_failure) one.on_failure(why);
    return last;
}

} // namespace audiosocket::app::tape
