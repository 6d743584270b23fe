// SPDX-License-Identifier: Apache-2.0
// Each allocation of the C interface fails once: on the thread of the application, or on the threads of the engine. A
// function reports it and can be called again. Of the engine's failures at most one call is harmed. An exception that
// crossed the C boundary would end the process.
#include "faults/library/child_trials.hpp"
#include "faults/library/failing_allocations.hpp"
#include "unit/audio/signals.hpp"

#include <audiosocket.h>

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>

namespace audiosocket::test {
namespace {

constexpr int patience_ms = 20'000;
constexpr std::size_t samples_played = 480; // three frames
constexpr int rate_hz = 8000;

enum class place { application, engine };
enum class part { calls, end };

// Tickets. Each side has its own.
constexpr std::uint64_t sound = 1;
constexpr std::uint64_t mark = 2;
constexpr std::uint64_t piece = 3;
constexpr std::uint64_t stream = 4;

// One end of a call. Its functions allocate nothing themselves.
struct side {
    audiosocket_call* call = nullptr;
    unsigned pending = 0; // a bit for each ticket
    unsigned played = 0;
    std::size_t heard = 0;
    bool has_ended = false;
    int end_code = 0;
};

// Calls functions of the C interface, and checks what they say of a failed allocation.
class checked_calls {
  public:
    bool is_good() const noexcept { return is_good_; }

  protected:
    void wrong(const char* what, int code = 0) {
        std::fprintf(stderr, "%s (%d)\n", what, code);
        is_good_ = false;
    }

    // Makes an object, the second time if the first fails for lack of memory.
    template <class Make>
    auto made(Make make) {
        audiosocket_error error{};
        auto* first = make(&error);
        if (first) return first;
        note_failure(error.code);
        auto* second = make(&error);
        if (!second) wrong("the second try fails as well", error.code);
        return second;
    }

    // Does something, the second time if the first fails for lack of memory. Returns the code of the last try.
    template <class Do>
    int done(Do something) {
        int code = something();
        if (code == AUDIOSOCKET_NO_MEMORY) {
            note_failure(code);
            code = something();
        }
        if (code != AUDIOSOCKET_OK && code != AUDIOSOCKET_CALL_ENDED) wrong("a function fails", code);
        return code;
    }

  private:
    void note_failure(int code) {
        if (code != AUDIOSOCKET_NO_MEMORY) wrong("a failed allocation is reported as something else", code);
        if (!allocation_failed()) wrong("no allocation has failed", code);
    }

    bool is_good_ = true;
};

class scene : public checked_calls {
  public:
    scene() {
        engine_ = made([](audiosocket_error* error) { return audiosocket_engine_new(1, error); });
        if (!engine_) return;
        audiosocket_options* const options = made([](audiosocket_error* error) {
            error->code = AUDIOSOCKET_NO_MEMORY; // what its null means
            return audiosocket_options_new();
        });
        done([&] { return audiosocket_options_set(options, "audio_rate_hz", "16000", nullptr); });
        server_ = made(
            [&](audiosocket_error* error) { return audiosocket_server_new(engine_, "127.0.0.1:0", options, error); });
        audiosocket_options_free(options);
        std::snprintf(address_.data(), address_.size(), "127.0.0.1:%d", audiosocket_server_port(server_));
        clip_ = made([&](audiosocket_error* error) {
            return audiosocket_clip_new(samples_.data(), samples_.size(), rate_hz, error);
        });
    }
    scene(const scene&) = delete;
    scene& operator=(const scene&) = delete;

    // Drains the server and frees everything.
    void end() {
        if (server_ && done([&] { return audiosocket_server_drain(server_, 5000); }) == AUDIOSOCKET_OK) {
            audiosocket_event event{};
            while (event.type != AUDIOSOCKET_EVENT_DRAINED && next(event)) {
            }
        }
        audiosocket_clip_free(clip_);
        audiosocket_server_free(server_);
        audiosocket_engine_free(engine_);
    }

    // Places a call to the own server, which records it into this file. Returns whether it was complete.
    bool call(const char* id, const char* file) {
        if (!clip_) return false;
        id_ = id;
        file_ = file;
        caller_ = {};
        callee_ = {};
        is_connected_ = is_heard_ = false;
        caller_.call = made([&](audiosocket_error* error) {
            return audiosocket_connect(engine_, address_.data(), id, nullptr, error);
        });
        audiosocket_event event{};
        while (caller_.call && !(caller_.has_ended && (!callee_.call || callee_.has_ended)) && next(event))
            take(event);
        audiosocket_call_free(caller_.call);
        audiosocket_call_free(callee_.call);
        return is_complete(caller_) && is_complete(callee_) && is_recorded_;
    }

  private:
    template <class Do>
    void with_ticket(side& own, std::uint64_t ticket, Do something) {
        if (done(something) == AUDIOSOCKET_OK) own.pending |= 1U << ticket;
    }

    bool next(audiosocket_event& event) {
        while (audiosocket_engine_take(engine_, &event, 1) == 0) {
            if (audiosocket_engine_wait(engine_, patience_ms)) continue;
            wrong("nothing happens any more");
            return false;
        }
        return true;
    }

    void take(const audiosocket_event& event) {
        if (event.type == AUDIOSOCKET_EVENT_CALL) return begin(event.call);
        side& own = event.call == caller_.call ? caller_ : callee_;
        if (event.call != own.call) return; // of the call before, which is free
        if (own.has_ended) wrong("an event behind the end", event.type);
        switch (event.type) {
        case AUDIOSOCKET_EVENT_CONNECTED: return speak();
        case AUDIOSOCKET_EVENT_AUDIO: return read(own);
        case AUDIOSOCKET_EVENT_DTMF: done([&] { return audiosocket_call_hang_up_when_played(own.call); }); return;
        case AUDIOSOCKET_EVENT_RECORDED: is_recorded_ = event.code == AUDIOSOCKET_OK; return;
        case AUDIOSOCKET_EVENT_PLAYED:
        case AUDIOSOCKET_EVENT_CUT:
        case AUDIOSOCKET_EVENT_WRITTEN: return settle(own, event);
        case AUDIOSOCKET_EVENT_ENDED:
            own.has_ended = true;
            own.end_code = event.code;
            if (own.pending != 0 && event.code != AUDIOSOCKET_NO_MEMORY)
                wrong("tickets have no event", static_cast<int>(own.pending));
            return;
        default: wrong("an unknown event", event.type);
        }
    }

    void settle(side& own, const audiosocket_event& event) {
        const auto bit = 1U << event.ticket;
        if ((own.pending & bit) == 0) wrong("a ticket has two events, or was refused", static_cast<int>(event.ticket));
        own.pending &= ~bit;
        if (event.code != AUDIOSOCKET_OK) done([&] { return audiosocket_call_hang_up(own.call); });
        if (event.type != AUDIOSOCKET_EVENT_CUT) own.played |= bit;
        if (event.type == AUDIOSOCKET_EVENT_WRITTEN)
            with_ticket(own, stream, [&] { return audiosocket_call_finish(own.call, stream); });
        if (&own != &callee_ || event.ticket != stream) return;
        is_heard_ = true;
        press_key();
    }

    // The caller keys when it has heard the first sound. Then the server hangs up. A caller that lacks memory may learn
    // later than the server that it is connected, or is not.
    void press_key() {
        if (is_heard_ && is_connected_ && !caller_.has_ended)
            done([&] { return audiosocket_call_send_dtmf(caller_.call, '5'); });
    }

    // The server has a call.
    void begin(audiosocket_call* fresh) {
        if (std::strcmp(audiosocket_call_id(fresh), id_) != 0) return audiosocket_call_free(fresh);
        callee_.call = fresh;
        is_recorded_ = false;
        audiosocket_error error{};
        done([&] { return audiosocket_call_record(fresh, file_, &error); });
        done([&] { return audiosocket_call_set_audio(fresh, rate_hz, 20); });
        with_ticket(callee_, sound, [&] { return audiosocket_call_play_clip(fresh, clip_, sound); });
        with_ticket(callee_, mark, [&] { return audiosocket_call_mark(fresh, mark); });
        with_ticket(callee_, piece,
                    [&] { return audiosocket_call_write(fresh, samples_.data(), samples_.size(), rate_hz, piece); });
    }

    // The caller is connected.
    void speak() {
        auto* const call = caller_.call;
        with_ticket(caller_, sound,
                    [&] { return audiosocket_call_play(call, samples_.data(), samples_.size(), rate_hz, sound); });
        with_ticket(caller_, mark, [&] { return audiosocket_call_mark(call, mark); });
        is_connected_ = true;
        press_key();
    }

    void read(side& own) {
        std::array<std::int16_t, 400> some;
        while (const auto count = audiosocket_call_read(own.call, some.data(), some.size()))
            for (std::size_t i = 0; i < count; ++i)
                own.heard += some[i] != 0;
    }

    bool is_complete(const side& one) const noexcept {
        const unsigned all =
            &one == &caller_ ? 1U << sound | 1U << mark : 1U << sound | 1U << mark | 1U << piece | 1U << stream;
        return one.has_ended && one.end_code == AUDIOSOCKET_OK && one.played == all;
    }

    audiosocket_engine* engine_ = nullptr;
    audiosocket_server* server_ = nullptr;
    audiosocket_clip* clip_ = nullptr;
    std::array<char, 32> address_{};
    std::array<std::int16_t, samples_played> samples_ = [] {
        std::array<std::int16_t, samples_played> all;
        all.fill(1000);
        return all;
    }();
    const char* id_ = "";
    const char* file_ = "";
    side caller_;
    side callee_;
    bool is_connected_ = false; // of the caller
    bool is_heard_ = false;     // the first sound of the server
    bool is_recorded_ = false;
};

struct outcome {
    bool failed = false; // the allocation existed
    bool is_good = true;
};

void arm(place where, std::size_t number) {
    where == place::application ? fail_allocation(number) : fail_allocation_elsewhere(number);
}

// A server and a caller in one engine. The allocation fails in the first call or before, or in the end.
outcome two_calls(place where, part when, std::size_t number, const char* first, const char* second) {
    outcome out;
    if (when == part::calls) arm(where, number);
    scene both;
    const bool is_complete = both.call("00000000-0000-4000-8000-000000000001", first);
    if (when == part::calls) out.failed = has_failed_allocation();
    if (!is_complete && (!out.failed || where == place::application)) {
        std::fputs("the first call is not complete\n", stderr);
        out.is_good = false;
    }
    if (!both.call("00000000-0000-4000-8000-000000000002", second)) {
        std::fputs("the second call is not complete\n", stderr);
        out.is_good = false;
    }
    if (when == part::end) arm(where, number);
    both.end();
    if (when == part::end) out.failed = has_failed_allocation();
    out.is_good = out.is_good && both.is_good();
    return out;
}

child_trials::result trial(place where, part when, std::size_t number) {
    const temporary_directory folder;
    const auto file = [&](const char* name) { return (folder.path() / name).string(); };
    const std::array files{file("1.wav"), file("2.wav"), file("3.wav"), file("4.wav")};
    arm(where, 0);
    if (!two_calls(where, when, 0, files[0].c_str(), files[1].c_str()).is_good) return child_trials::result::bad;
    const auto before = bytes_in_use();
    const auto one = two_calls(where, when, number, files[2].c_str(), files[3].c_str());
    const auto kept = static_cast<std::ptrdiff_t>(bytes_in_use() - before);
    if (!one.failed && one.is_good) return child_trials::result::last;
    if (kept > 0) std::fprintf(stderr, "%td bytes are kept\n", kept);
    if (!one.is_good || kept > 0) std::fprintf(stderr, "by allocation %zu\n", number);
    return one.is_good && kept <= 0 ? child_trials::result::good : child_trials::result::bad;
}

void run(place where) {
    for (const auto when : {part::calls, part::end}) {
        const auto wrong = child_trials::run([&](std::size_t number) { return trial(where, when, number); }, 2000);
        EXPECT_TRUE(wrong.empty()) << (when == part::calls ? "in a call" : "in the end") << '\n'
                                   << child_trials::text(wrong);
    }
}

TEST(failing_allocations, c_function_reports_it_and_works_the_second_time) {
    run(place::application);
}

TEST(failing_allocations, c_engine_answers_the_next_call_whatever_failed_in_the_last_one) {
    run(place::engine);
}

} // namespace
} // namespace audiosocket::test
