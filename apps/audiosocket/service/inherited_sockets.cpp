// SPDX-License-Identifier: Apache-2.0
#include "service/inherited_sockets.hpp"

#include "base/failure.hpp"
#include "service/environment.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <sstream>
#include <stdexcept>

namespace audiosocket::app {
namespace {

constexpr int first_descriptor = 3; // SD_LISTEN_FDS_START

// There are four names. More descriptors are a mistake of the process that passed them.
constexpr int descriptors_max = 8;

[[noreturn]] void refuse(const std::string& why) {
    throw failure(exit_code::network, "inherited sockets: " + why);
}

std::optional<int> number(const std::optional<std::string>& text) {
    int value = 0;
    if (!text) return std::nullopt;
    const auto [rest, error] = std::from_chars(text->data(), text->data() + text->size(), value);
    return error == std::errc{} && rest == text->data() + text->size() ? std::optional(value) : std::nullopt;
}

// A socket unit without FileDescriptorName= passes its own name, as NAME.socket.
std::string without_suffix(std::string name) {
    constexpr std::string_view suffix = ".socket";
    if (name.ends_with(suffix)) name.resize(name.size() - suffix.size());
    return name;
}

} // namespace

inherited_sockets inherited_sockets::take() {
    const auto meant_for = number(take_variable("LISTEN_PID"));
    const auto predecessor = number(take_variable(std::string(predecessor_variable)));
    const auto count_text = take_variable("LISTEN_FDS");
    const auto names_text = take_variable("LISTEN_FDNAMES");
    inherited_sockets all;
    all.from_predecessor_ = predecessor == getppid();
    if (!count_text || (meant_for != getpid() && !all.from_predecessor_)) return all;

    const auto count = number(count_text);
    if (!count || *count < 0 || *count > descriptors_max)
        refuse("LISTEN_FDS=" + *count_text + ": expected a number from 0 to " + std::to_string(descriptors_max));
    std::istringstream names(names_text.value_or(""));
    for (int i = 0; i < *count; ++i) {
        std::string name;
        std::getline(names, name, ':');
        all.add(without_suffix(name), file_descriptor(first_descriptor + i), *count);
    }
    return all;
}

void inherited_sockets::add(const std::string& name, file_descriptor socket, int count) {
    const auto number = std::to_string(socket.get());
    if (fcntl(socket.get(), F_SETFD, FD_CLOEXEC) != 0)
        refuse("LISTEN_FDS=" + std::to_string(count) + ", but descriptor " + number + " is not open");
    const bool known =
        name == calls_name || name == admin_name || name == agent_name || (name == ready_name && from_predecessor_);
    // A single socket with another name, or no name, is for calls.
    if (!known && count > 1)
        refuse("descriptor " + number + " is named \"" + name + "\"; expected " + std::string(calls_name) + ", " +
               std::string(admin_name) + " or " + std::string(agent_name) +
               " (FileDescriptorName= of the socket unit)");
    if (!descriptors_.emplace(known ? name : std::string(calls_name), std::move(socket)).second)
        refuse("two of them are named " + name + "; expected one");
}

// The channel to the predecessor stays open until this process ends: its end shows the predecessor that this process
// has failed. The reason has to be reported before that.
inherited_sockets::~inherited_sockets() {
    static_cast<void>(extract(ready_name).release());
}

file_descriptor inherited_sockets::extract(std::string_view name) {
    const auto found = descriptors_.find(name);
    if (found == descriptors_.end()) return {};
    file_descriptor socket = std::move(found->second);
    descriptors_.erase(found);
    return socket;
}

std::optional<listening_socket> inherited_sockets::release(std::string_view name) {
    auto socket = extract(name);
    if (!socket) return std::nullopt;
    try {
        return listening_socket::adopt(std::move(socket));
    } catch (const std::invalid_argument& e) {
        refuse(e.what());
    }
}

std::vector<std::string> inherited_sockets::close_rest() {
    std::vector<std::string> names;
    for (const auto& [name, socket] : descriptors_)
        if (name != ready_name) names.push_back(name);
    std::erase_if(descriptors_, [](const auto& one) { return one.first != ready_name; });
    return names;
}

bool inherited_sockets::can_read() const {
    const auto found = descriptors_.find(ready_name);
    struct stat what {};
    return found != descriptors_.end() && fstat(found->second.get(), &what) == 0 && S_ISSOCK(what.st_mode);
}

file_descriptor inherited_sockets::report_ready(bool reads) {
    reads = reads && can_read();
    auto channel = extract(ready_name);
    if (!channel) return {};
    const char byte = reads ? ready_and_reads : ready;
    [[maybe_unused]] const auto written = write(channel.get(), &byte, 1); // fails if the predecessor has ended
    return reads ? std::move(channel) : file_descriptor();
}

} // namespace audiosocket::app
