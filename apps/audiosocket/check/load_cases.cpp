#include "check/conformance_case.hpp"
#include "check/speeches.hpp"

#include <fmt/format.h>

#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <memory>
#include <random>
#include <thread>

namespace audiosocket::app::check {
namespace {

// A neighbour of a call that misbehaves may not hear more than this of it.
constexpr milliseconds neighbour_gap_max{60};

// What one call may hold: its queues in both directions. Well below what the cases that measure it send.
constexpr std::size_t memory_of_a_call_max = 8 * 1024 * 1024;

// A process that waits uses nothing; one that spins uses all of a core.
constexpr double spinning_share = 0.5;

using lines = std::vector<std::unique_ptr<line>>;

std::vector<line*> pointers(const lines& some) {
    std::vector<line*> out;
    for (const auto& l : some)
        out.push_back(l.get());
    return out;
}

// As many connections as asked for, or as our limit of open files allows; fewer where the server takes no more.
lines connect_many(const target& t, std::size_t wanted) {
    constexpr std::size_t own_files = 64;
    constexpr int refusals_max = 3; // each may take two seconds
    wanted = std::min(wanted, raise_file_limit() - own_files);
    lines all;
    for (int refusals = 0; all.size() < wanted && refusals < refusals_max;) {
        all.push_back(std::make_unique<line>(t.where));
        if (all.back()->connected()) continue;
        all.pop_back();
        ++refusals;
    }
    return all;
}

// The fastest kind that this server takes: what it does not take in time does not fit into the kernel then.
kind fastest_kind(const target& t) {
    line l = place_call(t);
    l.talk(numbers(), kind::slin192);
    l.pass(milliseconds(300), [&] { return !l.open(); });
    return l.open() ? kind::slin192 : kind::slin;
}

// Says several times what fits into real time, beside a neighbour.
void talk_fast(line& fast, line& neighbour, kind as, int times, nanoseconds time) {
    numbers said;
    const auto from = clock::now();
    for (auto due = from; due < from + time && fast.open(); due += frame_time) {
        for (int i = 0; i < times; ++i)
            fast.send_at_once(audio(said.take(static_cast<std::size_t>(rate_hz(as)) / 50), as));
        const std::array both{&fast, &neighbour};
        line::pass(both, due + frame_time - clock::now());
    }
}

// How much memory the server has taken since, where its process is known.
class memory_watch {
  public:
    explicit memory_watch(const target& t) : target_(t), before_(now()) {}

    std::size_t grown() const {
        const auto after = now();
        return after - std::min(before_, after);
    }
    void expect_bounded(std::size_t growth_max) const {
        expect(grown() <= growth_max, fmt::format("{} KiB more memory", grown() / 1024));
    }

  private:
    std::size_t now() const { return figures(target_).resident_bytes; }

    const target& target_;
    std::size_t before_;
};

line neighbour_of(const target& t) {
    line l = place_call(t);
    l.talk(numbers(500));
    l.pass(milliseconds(200));
    expect(l.open(), "the server closed an ordinary call");
    return l;
}

void expect_undisturbed(const target& t, const line& neighbour, time_point from) {
    expect(neighbour.open(), "another call was closed");
    if (!t.traits.answers) return;
    const auto gap = longest_gap(t, neighbour, from, clock::now());
    expect(gap <= neighbour_gap_max, fmt::format("another call heard nothing for {}", text(gap)));
}

std::string silent_connections(const target& t) {
    const lines silent = connect_many(t, t.connections);
    expect_new_call_works(t, fmt::format("{} silent connections", silent.size()));
    return fmt::format("a new call works beside {} silent connections", silent.size());
}

std::string drippers(const target& t) {
    const lines all = connect_many(t, t.connections);
    const bytes id = id_message(uuid::random()).to_bytes();
    const auto drip = [&](line& l, std::size_t second) {
        if (l.open() && second + 1 < id.size()) l.send_at_once(std::span(id).subspan(second, 1)); // never whole
    };
    const auto limit = clock::now() + t.id_deadline_max();
    std::size_t open = all.size();
    for (std::size_t second = 0; open > 0 && clock::now() < limit; ++second) {
        for (const auto& l : all)
            drip(*l, second);
        if (second % 4 == 1) expect_new_call_works(t, "drippers");
        line::pass(pointers(all), milliseconds(1000));
        open = static_cast<std::size_t>(std::ranges::count_if(all, [](const auto& l) { return l->open(); }));
    }
    expect(open == 0, fmt::format("{} of {} still hold their connection", open, all.size()));
    return fmt::format("all {} closed, and new calls worked meanwhile", all.size());
}

std::string over_the_cap(const target& t) {
    constexpr std::size_t too_many = 20;
    if (!t.calls_max) throw not_applicable("needs --max-calls, the server's cap");
    if (*t.calls_max + 2 * too_many > raise_file_limit())
        throw not_applicable("our own limit of open files is too low");
    std::this_thread::sleep_for(soon); // the calls of other cases end
    lines up;
    for (std::size_t i = 0; i < *t.calls_max; ++i) {
        up.push_back(std::make_unique<line>(dial(t)));
        up.back()->talk(numbers(i));
    }
    line::pass(pointers(up), milliseconds(500));
    const auto alive = std::ranges::count_if(up, [](const auto& l) { return l->open(); });
    expect(alive == static_cast<std::ptrdiff_t>(up.size()),
           fmt::format("only {} of {} calls are up", alive, up.size()));

    const auto from = clock::now();
    lines all = std::move(up);
    for (std::size_t i = 0; i < too_many; ++i)
        all.push_back(std::make_unique<line>(dial(t)));
    const auto refused = [&] {
        return std::ranges::none_of(std::span(all).subspan(*t.calls_max), [](const auto& l) { return l->open(); });
    };
    expect(line::pass(pointers(all), soon, refused), "a call over the cap is not refused");
    line::pass(pointers(all), soon); // what that did to the others shows now
    for (const auto& l : std::span(all).first(*t.calls_max))
        expect_undisturbed(t, *l, from);
    all.clear();
    std::this_thread::sleep_for(soon); // ends linger
    return fmt::format("{} refused, and the {} that are up heard nothing of it", too_many, *t.calls_max);
}

std::string no_descriptors(const target& t) {
    constexpr rlim_t spare = 5;
    constexpr int callers = 50;
    const pid_t pid = need_pid(t);
    line l = neighbour_of(t);
    const auto before = figures(t);
    rlimit old{};
    if (prlimit(pid, RLIMIT_NOFILE, nullptr, &old) != 0)
        throw not_applicable("the limits of process --server-pid cannot be set from here");
    const rlimit low{before.descriptors + spare, old.rlim_max};
    prlimit(pid, RLIMIT_NOFILE, &low, nullptr);
    const std::shared_ptr<void> restored(nullptr, [&](void*) { prlimit(pid, RLIMIT_NOFILE, &old, nullptr); });

    const auto from = clock::now();
    lines all;
    for (int i = 0; i < callers && (all.empty() || all.back()->connected()); ++i) {
        all.push_back(std::make_unique<line>(t.where));
        l.pass(milliseconds(1));
    }
    l.pass(soon);
    const auto after = figures(t);
    prlimit(pid, RLIMIT_NOFILE, &old, nullptr);
    const auto share =
        static_cast<double>((after.cpu - before.cpu).count()) / static_cast<double>((clock::now() - from).count());
    expect(share < spinning_share, fmt::format("the server spins: {:.0f} % of a core", share * 100));
    expect_undisturbed(t, l, from);
    all.clear();
    l.pass(milliseconds(500));
    expect_new_call_works(t, "a lack of descriptors");
    return fmt::format("{:.0f} % of a core, and calls work again afterwards", share * 100);
}

std::string reads_nothing(const target& t) {
    constexpr int small_buffer = 4096;
    constexpr std::chrono::seconds time{10};
    const kind as = fastest_kind(t);
    line deaf = place_call(t, uuid::random(), {small_buffer, 0});
    line l = neighbour_of(t);
    const memory_watch memory(t);
    const auto from = clock::now();
    deaf.stop_reading();
    talk_fast(deaf, l, as, 4, time);
    l.pass(from + time - clock::now());
    expect_undisturbed(t, l, from);
    memory.expect_bounded(memory_of_a_call_max);
    deaf.read_again();
    deaf.pass(soon, [&] { return !deaf.open(); });
    return deaf.open() ? "that call goes on, and its neighbour hears nothing of it"
                       : "that call was ended, and its neighbour hears nothing of it";
}

std::string ten_times_real_time(const target& t) {
    const kind as = fastest_kind(t);
    line fast = place_call(t);
    line l = neighbour_of(t);
    const memory_watch memory(t);
    const auto from = clock::now();
    talk_fast(fast, l, as, 10, std::chrono::seconds(3));
    expect_undisturbed(t, l, from);
    memory.expect_bounded(memory_of_a_call_max);
    expect_new_call_works(t, "a caller at ten times real time");
    return fmt::format("that call {}, its neighbour hears nothing of it", fast.open() ? "goes on" : "was closed");
}

// Half a second at 192 kHz is more than the kernel holds for a reader who does not read.
std::string application_blocks(const target& t) {
    constexpr int small_buffer = 16 * 1024;
    need_requests(t);
    if (fastest_kind(t) != kind::slin192)
        throw not_applicable("needs a server that takes 192 kHz: what is slower fits into the kernel");
    line l = place_call(t, request_id(request::stall), {0, small_buffer});
    l.talk(numbers(), kind::slin192);
    l.pass(milliseconds(200));
    expect(!l.choked() && l.open(), "the server does not read, even before the application blocks");
    press(l, '0');
    l.pass(stall_time, [&] { return l.choked() || !l.open(); });
    expect(!l.choked(), "while the application blocks the socket is not read: Asterisk's next write fails");
    expect(l.open(), "the server closed the call");
    return "every frame was taken at once";
}

std::string inbound_pause(const target& t) {
    line l = place_call(t);
    l.talk(numbers());
    l.pass(milliseconds(500));
    l.fall_silent();
    l.pass(std::chrono::seconds(60), [&] { return !l.open(); });
    expect(l.open(), "the server closed the call");
    expect_up(t, l, "a pause of 60 s");
    return "the call goes on";
}

// Is anybody there who takes a call?
bool takes_calls(const target& t) {
    line l = dial(t);
    if (!l.connected()) return false;
    l.talk(numbers());
    l.pass(milliseconds(300), [&] { return !l.open() || l.frames() > 0; });
    return l.open() && (l.frames() > 0 || !t.traits.answers);
}

std::string terminated(const target& t) {
    const pid_t pid = need_pid(t);
    if (!t.may_stop) throw not_applicable("needs --stop: it ends the server");
    if (!t.hand_over.empty()) throw not_applicable("with --hand-over the server is another one by now");
    line l = neighbour_of(t);
    if (kill(pid, SIGTERM) != 0) throw not_applicable("process --server-pid cannot be signalled from here");
    l.pass(milliseconds(300), [&] { return !l.open(); });
    expect(l.open(), "SIGTERM ends a call that is up at once");
    expect(!takes_calls(t), "after SIGTERM new calls are still taken");
    const auto from = clock::now();
    const auto watched = t.drain_timeout > milliseconds(0) ? t.drain_timeout - milliseconds(800) : milliseconds(2000);
    l.pass(watched, [&] { return !l.open(); });
    expect_undisturbed(t, l, from);
    if (t.drain_timeout == milliseconds(0)) return "no new calls, and the call that was up goes on";

    l.pass(milliseconds(3000), [&] { return !l.open(); });
    expect(!l.open(), "the call is still up after --drain-timeout");
    return "no new calls; the call that was up goes on until --drain-timeout, then " + judge_orderly_end(t, l);
}

// Runs a command of the shell; it may well stay, if it is the successor itself.
pid_t start(const std::string& command) {
    std::string shell = "/bin/sh";
    std::string option = "-c";
    std::string text = command;
    char* const argv[] = {shell.data(), option.data(), text.data(), nullptr};
    pid_t pid = 0;
    expect(posix_spawn(&pid, argv[0], nullptr, nullptr, argv, environ) == 0, "the command cannot be started");
    return pid;
}

std::string hand_over(const target& t) {
    constexpr std::size_t neighbours_numbers = 500;
    if (t.hand_over.empty()) throw not_applicable("needs --hand-over, a command that starts a successor");
    line l = neighbour_of(t);
    const auto from = clock::now();
    const pid_t command = start(t.hand_over);
    for (int i = 0; i < 40; ++i) {
        line fresh = dial(t);
        expect(fresh.connected(), "a connection was refused");
        const std::array both{&l, &fresh};
        fresh.talk(numbers());
        line::pass(both, milliseconds(50));
        expect(fresh.open(), "a new call was closed");
    }
    int status = 0;
    if (waitpid(command, &status, WNOHANG) == command) expect(status == 0, "the command has failed: " + t.hand_over);
    expect_undisturbed(t, l, from);
    if (t.traits.echoes) expect_echo(l, l.frames_said() * frame_samples, neighbours_numbers);
    return "no connection refused, no frame lost";
}

std::string cleared(const target& t) {
    // One frame may be on its way when the digit comes, and one is being made.
    constexpr milliseconds allowed = 2 * frame_time;
    need_requests(t);
    line l = place_call(t, request_id(request::play));
    press(l, '1');
    const auto sounds = [](const heard_message& m) {
        return is_audio(m.kind) && std::ranges::any_of(m.payload, [](std::byte b) { return b != std::byte{0}; });
    };
    l.pass(milliseconds(700), [&] { return !l.open(); });
    expect(std::ranges::any_of(l.heard(), sounds), "nothing is played");
    const auto pressed = clock::now();
    press(l, '2');
    l.pass(milliseconds(700), [&] { return !l.open(); });
    expect(l.open(), "the server closed the call");
    time_point last{};
    for (const auto& m : l.heard())
        if (sounds(m)) last = std::max(last, m.whole);
    const auto took = last - std::min(last, pressed);
    const auto own = took - std::min<nanoseconds>(took, t.machine->stood_still(pressed, last));
    expect(own <= allowed, "the tone goes on for " + text(own));
    return "silence after " + text(own);
}

std::string long_echo(const target& t) {
    need_echo(t);
    line l = place_call(t);
    l.talk(numbers());
    std::size_t same = 0;
    const auto take = [&] {
        for (const std::int16_t sample : without_silence(l.samples())) {
            expect(sample == numbers::at(same), fmt::format("sample {} comes back as {}", same, sample));
            ++same;
        }
        l.forget();
    };
    const auto until = clock::now() + t.soak;
    while (clock::now() < until && l.open()) {
        l.pass(std::min<nanoseconds>(std::chrono::seconds(10), until - clock::now()), [&] { return !l.open(); });
        take();
    }
    expect(l.open(), "the server closed the call");
    expect(!l.choked(), "a frame was not taken at once");
    l.fall_silent();
    const auto said = l.frames_said() * frame_samples;
    for (int waits = 0; waits < 40 && same < said; ++waits) {
        l.pass(milliseconds(100));
        take();
    }
    expect(same == said, fmt::format("of {} samples {} came back", said, same));
    return fmt::format("{} samples, bit exact", same);
}

std::string churn(const target& t) {
    constexpr std::size_t growth_max = 2 * 1024 * 1024; // of pools and caches that settle
    std::minstd_rand random(1);                         // the same churn each time
    const auto one = [&] {
        line l = place_call(t);
        l.talk(numbers(random() % 100));
        l.pass(milliseconds(random() % 60));
        if (random() % 3 == 0) return l.reset();
        l.close_sending();
        l.pass(milliseconds(random() % 20), [&] { return !l.open(); });
    };
    const auto start = clock::now();
    const auto warm = start + std::min<nanoseconds>(std::chrono::minutes(1), t.soak / 4);
    std::optional<memory_watch> memory;
    std::size_t calls = 0;
    for (; clock::now() < start + t.soak; ++calls) {
        one();
        if (!memory && clock::now() > warm) memory.emplace(t);
    }
    expect_new_call_works(t, "churn");
    if (!t.pid || !memory) return fmt::format("{} calls (with --server-pid also its memory)", calls);
    memory->expect_bounded(growth_max);
    return fmt::format("{} calls, {} KiB more memory", calls, memory->grown() / 1024);
}

} // namespace

std::vector<conformance_case> load_cases() {
    using enum group;
    return {
        {41, load, "10,000 silent connections", "new calls still work",
         "a scan, or an attack, must not keep callers out", silent_connections, false, true, course::alone},
        {42, load, "10,000 drippers of a byte a second", "closed by a deadline for the whole message",
         "each byte would otherwise buy more time", drippers, false, true, course::alone},
        {43, load, "calls over the cap", "refused at once, live pacing unchanged",
         "a cap that ruins the calls below it is none", over_the_cap, false, false, course::alone},
        {44, load, "no descriptors left", "no spin, and calls work again",
         "accept() that fails at once is called again at once", no_descriptors, false, false, course::alone},
        {45, load, "a caller who does not read for 10 s", "bounded memory, only that call suffers",
         "Asterisk may stop reading while the channel is busy", reads_nothing, false, false, course::alone},
        {46, load, "a caller at ten times real time", "bounded, its neighbours unchanged",
         "networks deliver late audio at once", ten_times_real_time, false, false, course::alone},
        {47, load, "the application blocks for a second", "the socket is still drained",
         "Asterisk writes once and ends the call where that fails", application_blocks, false, false, course::alone},
        {48, load, "an inbound pause of 60 s", "the call stays",
         "a channel on hold, or with voice activity detection, sends nothing", inbound_pause, false, true},
        {49, load, "SIGTERM", "no new calls, live ones finish", "deployments happen in the middle of calls", terminated,
         false, false, course::last},
        {50, load, "hand-over to a successor", "no connect refused, no frame lost",
         "upgrades happen in the middle of calls", hand_over, false, false, course::alone},
        {51, load, "clear", "queued audio stops within a frame", "barge-in: callers interrupt", cleared, false, false,
         course::alone},
        {52, load, "numbered samples for an hour", "bit exact", "clocks drift and queues overflow slowly", long_echo,
         false, true},
        {53, load, "calls without end", "no crash, memory flat", "what leaks a kilobyte a call is dead in a week",
         churn, false, true},
    };
}

} // namespace audiosocket::app::check
