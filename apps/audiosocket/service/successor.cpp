// SPDX-License-Identifier: Apache-2.0
#include "service/successor.hpp"

#include "service/held_signals.hpp"
#include "service/inherited_sockets.hpp"

#include <audiosocket/net/error.hpp>
#include <audiosocket/net/file_descriptor.hpp>

#include <boost/asio/buffer.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <new>
#include <sstream>
#include <system_error>
#include <utility>

namespace audiosocket::app {
namespace {

namespace asio = boost::asio;

constexpr int first_descriptor = 3; // where inherited_sockets looks

// After a process has closed its channel, it ends within milliseconds.
constexpr std::chrono::seconds end_time_max{2};
constexpr std::chrono::milliseconds end_poll_interval{10};

// Returns the path as it was typed. Links in it are followed again at each start, so a link may lead to a newer
// version.
std::string find_executable(const std::string& name) {
    std::error_code error;
    if (name.find('/') != std::string::npos) return std::filesystem::absolute(name, error).string();
    const char* const path = std::getenv("PATH");
    std::istringstream folders(path == nullptr ? "" : path);
    for (std::string folder; std::getline(folders, folder, ':');) {
        const auto file = std::filesystem::absolute(std::filesystem::path(folder.empty() ? "." : folder) / name, error);
        if (access(file.c_str(), X_OK) == 0) return file.string();
    }
    return std::filesystem::read_symlink("/proc/self/exe", error).string(); // started under another name
}

bool is_for_one_process(std::string_view variable) {
    return variable.starts_with("LISTEN_") || variable.starts_with(inherited_sockets::predecessor_variable);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> all;
    for (auto& t : texts)
        all.push_back(t.data());
    all.push_back(nullptr);
    return all;
}

std::vector<std::string> environment_for(const std::vector<successor::passed_socket>& sockets,
                                         const std::vector<std::string>& variables) {
    std::vector<std::string> all = variables;
    for (char** v = environ; *v != nullptr; ++v)
        if (!is_for_one_process(*v)) all.emplace_back(*v);
    std::string names;
    for (const auto& s : sockets)
        names += fmt::format("{}{}", names.empty() ? "" : ":", s.name);
    all.push_back(fmt::format("LISTEN_FDS={}", sockets.size()));
    all.push_back("LISTEN_FDNAMES=" + names);
    all.push_back(fmt::format("{}={}", inherited_sockets::predecessor_variable, getpid()));
    return all;
}

} // namespace

invocation invocation::current() {
    std::ifstream in("/proc/self/cmdline", std::ios::binary);
    invocation how;
    for (std::string word; std::getline(in, word, '\0');)
        how.arguments.push_back(word);
    if (!how.arguments.empty()) how.executable = find_executable(how.arguments[0]);
    return how;
}

successor::successor(asio::io_context& io) : how_(invocation::current()), channel_(io), timer_(io) {}

successor::~successor() {
    abandon();
}

void successor::start(const std::vector<passed_socket>& sockets, const std::vector<std::string>& variables,
                      handler on_outcome) {
    on_outcome_ = std::move(on_outcome);
    pid_ = 0;
    failing_ = false;
    try {
        const auto why = spawn(sockets, variables);
        if (why.empty()) return;
        timer_.cancel();
        close_channel();
        std::exchange(on_outcome_, {})(why);
    } catch (const std::bad_alloc&) {
        abandon();
        throw;
    }
}

// Starts the process. Returns why that failed; empty on success. Does not use fork(), because that would copy the
// memory maps of the process while the threads of all calls wait. Everything that may find no memory comes before.
std::string successor::spawn(const std::vector<passed_socket>& sockets, const std::vector<std::string>& variables) {
    if (how_.executable.empty()) return "the path of this command's file is not known";
    std::array<int, 2> ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return "cannot create a pair of sockets: " + std::generic_category().message(errno);
    const file_descriptor ready(ends[1]);
    file_descriptor own(ends[0]);
    io_error error_of_channel;
    channel_.assign({}, own.get(), error_of_channel);
    if (error_of_channel) return "cannot wait for it: " + error_of_channel.message();
    static_cast<void>(own.release());
    wait();

    std::vector<passed_socket> all = sockets;
    all.push_back({inherited_sockets::ready_name, ready.get()});
    auto arguments = how_.arguments;
    auto variables_for_it = environment_for(all, variables);
    const auto argument_pointers = pointers(arguments);
    const auto variable_pointers = pointers(variables_for_it);
    const int end = first_descriptor + static_cast<int>(all.size());
    // Copies to higher numbers first, because the descriptor that goes to 3 could replace the one that goes to 4.
    std::vector<file_descriptor> copies;
    for (const auto& one : all)
        copies.emplace_back(fcntl(one.descriptor, F_DUPFD_CLOEXEC, end));

    int error = std::ranges::any_of(copies, [](const file_descriptor& c) { return !c; }) ? EMFILE : 0;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    for (std::size_t i = 0; i < copies.size() && error == 0; ++i)
        error = posix_spawn_file_actions_adddup2(&actions, copies[i].get(), first_descriptor + static_cast<int>(i));
    // In case a library left a descriptor open: no socket of a call is inherited.
    if (error == 0) error = posix_spawn_file_actions_addclosefrom_np(&actions, end);
    posix_spawnattr_t how;
    posix_spawnattr_init(&how);
    const auto held = held_signals(); // until the successor handles them, because they would end it
    posix_spawnattr_setsigmask(&how, &held);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK);
    if (error == 0)
        error = posix_spawn(&pid_, how_.executable.c_str(), &actions, &how, argument_pointers.data(),
                            variable_pointers.data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&how);
    if (error == 0) return {};
    return how_.executable + " cannot be started: " + std::generic_category().message(error);
}

// A byte means that the successor is ready. The end of the channel without a byte means that it has ended or is about
// to.
void successor::wait() {
    channel_.async_read_some(asio::buffer(&byte_, 1), [this](io_error error, std::size_t) {
        if (error == asio::error::operation_aborted || !starting()) return;
        if (error) return fail({});
        timer_.cancel();
        if (byte_ < inherited_sockets::ready_and_reads) close_channel();
        std::exchange(on_outcome_, {})({});
    });
    timer_.expires_after(start_time_max);
    timer_.async_wait([this](io_error error) {
        static_assert(start_time_max == std::chrono::seconds(30));
        if (!error && starting()) fail("it is not ready after 30 s");
    });
}

// Ends a start that has failed for this reason. Without a reason the process ends by itself, and its end is the reason.
void successor::fail(std::string_view why) {
    failing_ = true;
    why_ = why;
    end_by_ = std::chrono::steady_clock::now() + end_time_max;
    if (!why.empty() && pid_ > 0) kill(pid_, SIGKILL);
    timer_.cancel();
    close_channel();
    look_at_end();
}

// Polls, because calls may run on this thread.
void successor::look_at_end() {
    if (!starting() || !failing_) return;
    int status = 0;
    const pid_t ended = waitpid(pid_, &status, WNOHANG);
    if (ended == 0 && std::chrono::steady_clock::now() < end_by_) {
        timer_.expires_after(end_poll_interval);
        timer_.async_wait([this](io_error error) {
            if (!error) look_at_end();
        });
        return;
    }
    if (ended == 0 && why_.empty()) return fail("it reported that it will not be ready, but it does not end");
    // If it has not ended by now, the kernel keeps it. It will not become ready either.
    const auto end = ended < 0           ? std::string("it has ended")
                     : WIFEXITED(status) ? fmt::format("it ended with exit code {}", WEXITSTATUS(status))
                                         : fmt::format("it was ended by signal {}", WTERMSIG(status));
    const auto why = why_.empty() ? end : std::string(why_);
    std::exchange(on_outcome_, {})(why);
}

void successor::close_channel() {
    io_error ignored;
    channel_.close(ignored);
}

void successor::abandon() {
    if (!starting()) return;
    on_outcome_ = {};
    timer_.cancel();
    close_channel();
    if (pid_ > 0) kill(pid_, SIGTERM);
}

} // namespace audiosocket::app
