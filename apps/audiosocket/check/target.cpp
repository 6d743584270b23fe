#include "audiosocket/check/target.hpp"

#include "audiosocket/check/speeches.hpp"
#include "audiosocket/failure.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace audiosocket::app::check {
namespace {

// A server that has not said anything by now waits to hear something first.
constexpr milliseconds speaks_within{500};
constexpr milliseconds echo_takes_at_most{1500};

traits probe_audio(const target& t) {
    traits seen;
    line l(t.where);
    if (!l.connected()) throw failure(exit_code::network, "nobody answers there");
    l.send(id_message(uuid::random()));
    seen.speaks = l.pass(speaks_within, [&] { return l.frames() > 0; });
    l.talk(numbers());
    l.pass(echo_takes_at_most, [&] { return numbers_in_order(without_silence(l.samples())) >= 160; });
    seen.echoes = numbers_in_order(without_silence(l.samples())) >= 160;
    seen.answers = l.frames() > 0;
    return seen;
}

bool obeys_requests(const target& t) {
    line l = dial(t, request_id(request::spell));
    error_code fine;
    l.send(dtmf_message('5', fine));
    return l.pass(milliseconds(500), [&] {
        const auto heard = l.samples();
        return std::ranges::count(heard, spelled('5')) >= static_cast<std::ptrdiff_t>(spelled_samples);
    });
}

} // namespace

line dial(const target& t, const uuid& id, const buffers& how) {
    line l(t.where, how);
    l.send(id_message(id));
    return l;
}

std::size_t raise_file_limit() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

traits probe(const target& t) {
    traits seen = probe_audio(t);
    if (seen.echoes) seen.obeys_requests = obeys_requests(t);
    return seen;
}

std::optional<process_figures> look_at(pid_t process) {
    const auto folder = std::filesystem::path("/proc") / std::to_string(process);
    std::error_code gone;
    process_figures figures;
    for (std::filesystem::directory_iterator at(folder / "fd", gone), end; !gone && at != end; at.increment(gone))
        ++figures.descriptors;
    if (gone) return std::nullopt;

    std::size_t pages = 0;
    std::size_t resident_pages = 0;
    std::ifstream(folder / "statm") >> pages >> resident_pages;
    figures.resident_bytes = resident_pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));

    // "pid (name) state ..." with user and system time as the 12th and 13th field after the name.
    std::string stat;
    std::getline(std::ifstream(folder / "stat"), stat);
    std::istringstream fields(stat.substr(std::min(stat.size(), stat.rfind(')') + 1)));
    std::string skipped;
    for (int i = 0; i < 11; ++i)
        fields >> skipped;
    long long user = 0;
    long long system = 0;
    fields >> user >> system;
    figures.cpu = nanoseconds((user + system) * 1'000'000'000 / sysconf(_SC_CLK_TCK));
    return figures;
}

} // namespace audiosocket::app::check
