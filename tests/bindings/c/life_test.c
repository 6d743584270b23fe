/* SPDX-License-Identifier: Apache-2.0 */
/* The beginning and the end of calls, servers and engines; mistakes. */

#include "scene.h"

#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

void call_has_the_id_and_the_peer_of_its_connection(void) {
    struct scene s = in_a_call(NULL);
    CHECK(strcmp(audiosocket_call_id(s.caller), "11111111-2222-3333-4444-555555555555") == 0);
    CHECK(strcmp(audiosocket_call_id(s.callee), audiosocket_call_id(s.caller)) == 0);
    CHECK(strncmp(audiosocket_call_peer(s.callee), "127.0.0.1:", 10) == 0);
    CHECK(audiosocket_server_calls(s.server) == 1);
    CHECK(audiosocket_call_send_rate(s.callee) == 8000);
    leave(&s);
}

void end_is_reported_once_at_both_ends(void) {
    struct scene s = in_a_call(NULL);
    int user = 0;
    audiosocket_call_set_user(s.caller, &user);
    CHECK(audiosocket_call_hang_up(s.callee) == AUDIOSOCKET_OK);
    audiosocket_event event;
    for (int ends = 0; ends < 2;) {
        while (audiosocket_engine_take(s.engine, &event, 1) == 0)
            CHECK(audiosocket_engine_wait(s.engine, patience_ms));
        if (event.type != AUDIOSOCKET_EVENT_ENDED) continue;
        ++ends;
        CHECK(event.code == AUDIOSOCKET_OK && strlen(event.text) > 0);
        CHECK(event.user == (event.call == s.caller ? &user : NULL));
        CHECK(event.reason == (event.call == s.caller ? AUDIOSOCKET_END_PEER_HUNG_UP : AUDIOSOCKET_END_HUNG_UP));
    }
    CHECK(audiosocket_call_pause(s.callee) == AUDIOSOCKET_CALL_ENDED);
    CHECK(audiosocket_call_play(s.callee, NULL, 0, rate_hz, 1) == AUDIOSOCKET_CALL_ENDED);
    CHECK(audiosocket_engine_take(s.engine, &event, 1) == 0);
    leave(&s);
}

/* Takes events until ENDED of this call, and counts those of its tickets, which are numbered from 1 to `tickets`. Each
 * ticket has exactly one. */
static size_t tickets_until_the_end(struct scene* s, const audiosocket_call* call, size_t tickets) {
    char* const seen = calloc(tickets + 1, 1);
    CHECK(seen);
    size_t count = 0;
    audiosocket_event event;
    for (;;) {
        while (audiosocket_engine_take(s->engine, &event, 1) == 0)
            CHECK(audiosocket_engine_wait(s->engine, patience_ms));
        if (event.call != call) continue;
        if (event.type == AUDIOSOCKET_EVENT_ENDED) break;
        if (event.type != AUDIOSOCKET_EVENT_PLAYED && event.type != AUDIOSOCKET_EVENT_CUT &&
            event.type != AUDIOSOCKET_EVENT_WRITTEN)
            continue;
        CHECK(event.ticket >= 1 && event.ticket <= tickets && !seen[event.ticket]);
        seen[event.ticket] = 1;
        ++count;
    }
    free(seen);
    return count;
}

void nothing_follows_the_end(void) {
    struct scene s = in_a_call(NULL);
    int16_t* const sound = tone(10 * second);
    CHECK(audiosocket_call_write(s.callee, sound, 10 * second, rate_hz, 1) == AUDIOSOCKET_OK);
    CHECK(audiosocket_call_hang_up(s.caller) == AUDIOSOCKET_OK);
    size_t tickets = 1; /* sounds and marks that race with the end */
    for (int code = AUDIOSOCKET_OK; code != AUDIOSOCKET_CALL_ENDED;) {
        code = tickets % 2 ? audiosocket_call_play(s.callee, sound, 80, rate_hz, tickets + 1)
                           : audiosocket_call_mark(s.callee, tickets + 1);
        if (code == AUDIOSOCKET_OK) ++tickets;
        if (code == AUDIOSOCKET_QUEUE_FULL) break;
    }
    CHECK(tickets_until_the_end(&s, s.callee, tickets) == tickets);
    CHECK(audiosocket_call_set_audio(s.callee, 16000, 10) == AUDIOSOCKET_OK);
    CHECK(audiosocket_call_finish(s.callee, 1) == AUDIOSOCKET_CALL_ENDED);
    CHECK(audiosocket_call_record(s.callee, "/tmp/never", NULL) == AUDIOSOCKET_CALL_ENDED);
    audiosocket_event event;
    while (audiosocket_engine_take(s.engine, &event, 1) == 1)
        CHECK(event.call != s.callee);
    free(sound);
    leave(&s);
}

void each_mark_has_one_event_and_too_many_are_refused(void) {
    struct scene s = in_a_call(NULL);
    int16_t* const sound = tone(second);
    CHECK(audiosocket_call_pause(s.callee) == AUDIOSOCKET_OK);
    CHECK(audiosocket_call_play(s.callee, sound, second, rate_hz, 0) == AUDIOSOCKET_OK);
    for (size_t ticket = 1; ticket <= 10000; ++ticket)
        CHECK(audiosocket_call_mark(s.callee, ticket) == AUDIOSOCKET_OK);
    /* The call itself may have refused some of the last: it counts events as well. */
    audiosocket_event event;
    int code;
    size_t tickets = 10000, before = 0;
    while ((code = audiosocket_call_mark(s.callee, tickets + 1)) == AUDIOSOCKET_OK)
        ++tickets;
    CHECK(code == AUDIOSOCKET_QUEUE_FULL);
    while (audiosocket_engine_take(s.engine, &event, 1) == 1)
        if (event.type == AUDIOSOCKET_EVENT_CUT) {
            CHECK(event.code == AUDIOSOCKET_QUEUE_FULL);
            ++before;
        }
    CHECK(audiosocket_call_hang_up(s.callee) == AUDIOSOCKET_OK);
    CHECK(audiosocket_call_hang_up(s.callee) == AUDIOSOCKET_CALL_ENDED);
    CHECK(audiosocket_call_mark(s.callee, 1) == AUDIOSOCKET_CALL_ENDED);
    CHECK(audiosocket_call_pause(s.callee) == AUDIOSOCKET_CALL_ENDED);
    CHECK(audiosocket_call_play(s.callee, sound, second, rate_hz, 0) == AUDIOSOCKET_CALL_ENDED);
    CHECK(before + tickets_until_the_end(&s, s.callee, tickets) == tickets);
    free(sound);
    leave(&s);
}

void call_that_is_freed_at_once_is_not_connected(void) {
    enum { attempts = 100 };
    struct scene s = {0};
    listen_on_loopback(&s, NULL);
    for (int i = 0; i < attempts; ++i)
        audiosocket_call_free(call_it(&s, NULL));
    s.caller = call_it(&s, "11111111-2222-3333-4444-555555555555");
    int others = 0; /* some may have been quicker than the free */
    while (!s.callee) {
        audiosocket_call* const call = next(s.engine, AUDIOSOCKET_EVENT_CALL, NULL).call;
        if (strcmp(audiosocket_call_id(call), audiosocket_call_id(s.caller)) == 0) {
            s.callee = call;
        } else {
            ++others;
            audiosocket_call_free(call);
        }
    }
    CHECK(others < attempts);
    leave(&s);
}

static void on_signal(int number) {
    (void)number;
}

void wait_goes_on_after_a_signal(void) {
    audiosocket_engine* const engine = audiosocket_engine_new(1, NULL);
    struct sigaction action = {0};
    action.sa_handler = on_signal;
    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    const struct itimerval often = {{0, 10000}, {0, 10000}}, never = {{0, 0}, {0, 0}};
    struct timespec before, after;
    CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
    clock_gettime(CLOCK_MONOTONIC, &before);
    CHECK(audiosocket_engine_wait(engine, 200) == 0);
    clock_gettime(CLOCK_MONOTONIC, &after);
    CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
    CHECK((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000 >= 199);
    audiosocket_engine_free(engine);
}

void drain_waits_for_the_calls(void) {
    struct scene s = in_a_call(NULL);
    CHECK(audiosocket_server_drain(s.server, -1) == AUDIOSOCKET_OK);
    CHECK(audiosocket_server_drain(s.server, -1) == AUDIOSOCKET_BAD_ARGUMENT);
    audiosocket_call_hang_up(s.caller);
    const audiosocket_event drained = next(s.engine, AUDIOSOCKET_EVENT_DRAINED, NULL);
    CHECK(drained.server == s.server && drained.hung_up == 0 && audiosocket_server_calls(s.server) == 0);
    leave(&s);
}

void connection_that_fails_is_an_end(void) {
    struct scene s = {0};
    listen_on_loopback(&s, NULL);
    char address[32];
    snprintf(address, sizeof address, "127.0.0.1:%d", audiosocket_server_port(s.server));
    audiosocket_server_free(s.server);
    s.server = NULL;
    audiosocket_error error;
    audiosocket_call* refused;
    audiosocket_event end;
    do { /* the server closes in the background */
        refused = audiosocket_connect(s.engine, address, NULL, NULL, &error);
        CHECK(refused && strlen(audiosocket_call_id(refused)) == 36 && audiosocket_call_peer(refused)[0] == '\0');
        do {
            while (audiosocket_engine_take(s.engine, &end, 1) == 0)
                CHECK(audiosocket_engine_wait(s.engine, patience_ms));
        } while (end.type != AUDIOSOCKET_EVENT_ENDED || end.call != refused);
        if (end.reason != AUDIOSOCKET_END_CONNECTION_FAILED) audiosocket_call_free(refused);
    } while (end.reason != AUDIOSOCKET_END_CONNECTION_FAILED);
    CHECK(end.code == AUDIOSOCKET_CALL_FAILED && strlen(end.text) > 0);
    CHECK(audiosocket_call_hang_up(refused) == AUDIOSOCKET_CALL_ENDED);
    s.caller = refused;
    leave(&s);
}

void call_that_was_freed_has_no_events(void) {
    struct scene s = in_a_call(NULL);
    const audiosocket_call* const gone = s.callee;
    audiosocket_call_free(s.callee);
    s.callee = NULL;
    audiosocket_event event;
    do {
        while (audiosocket_engine_take(s.engine, &event, 1) == 0)
            CHECK(audiosocket_engine_wait(s.engine, patience_ms));
        CHECK(event.call != gone);
    } while (event.type != AUDIOSOCKET_EVENT_ENDED);
    CHECK(event.reason == AUDIOSOCKET_END_PEER_HUNG_UP);
    leave(&s);
}

void objects_may_be_freed_after_their_engine(void) {
    struct scene s = in_a_call(NULL);
    audiosocket_engine_free(s.engine);
    s.engine = NULL;
    leave(&s);
}

static size_t open_files(void) {
    size_t count = 0;
    DIR* const all = opendir("/proc/self/fd");
    CHECK(all);
    while (readdir(all))
        ++count;
    closedir(all);
    return count;
}

void engine_that_is_freed_leaves_no_descriptors(void) {
    size_t before = 0;
    for (int round = 0; round < 4; ++round) {
        struct scene s = in_a_call(NULL);
        CHECK(audiosocket_call_send_dtmf(s.caller, '1') == AUDIOSOCKET_OK); /* an event that nothing takes */
        CHECK(audiosocket_engine_wait(s.engine, patience_ms) == 1);
        CHECK(audiosocket_server_drain(s.server, 0) == AUDIOSOCKET_OK);
        if (round % 2) { /* the other order */
            audiosocket_engine_free(s.engine);
            s.engine = NULL;
        }
        leave(&s);
        if (round == 0) before = open_files();
    }
    CHECK(open_files() == before);
}

void calls_that_were_not_taken_are_hung_up_with_their_server(void) {
    struct scene s = {0};
    listen_on_loopback(&s, NULL);
    s.caller = call_it(&s, NULL);
    while (audiosocket_server_calls(s.server) == 0)
        usleep(1000);
    audiosocket_server_free(s.server);
    s.server = NULL;
    CHECK(next(s.engine, AUDIOSOCKET_EVENT_ENDED, s.caller).code == AUDIOSOCKET_OK);
    leave(&s);
}

void mistakes_are_explained(void) {
    audiosocket_error error;
    CHECK(!audiosocket_engine_new(0, &error) && error.code == AUDIOSOCKET_BAD_ARGUMENT);
    audiosocket_options* const options = audiosocket_options_new();
    CHECK(audiosocket_options_set(options, "ptime", "20", &error) == AUDIOSOCKET_BAD_ARGUMENT);
    CHECK(strstr(error.text, "ptime \"20\": expected a time with its unit"));
    CHECK(audiosocket_options_set(options, "ptime", "25ms", &error) == AUDIOSOCKET_BAD_ARGUMENT);
    CHECK(audiosocket_options_set(options, "colour", "red", &error) == AUDIOSOCKET_UNKNOWN_OPTION);
    CHECK(strstr(error.text, "colour") && strstr(error.text, "ptime"));
    CHECK(audiosocket_options_set(options, "allow", "10.0.0.0/8,nowhere", &error) == AUDIOSOCKET_BAD_ARGUMENT);
    CHECK(audiosocket_options_set(options, "allow", "10.0.0.0/8,127.0.0.0/8", &error) == AUDIOSOCKET_OK);
    CHECK(audiosocket_options_set(options, "audio_rate_hz", "7000", &error) == AUDIOSOCKET_BAD_ARGUMENT);
    CHECK(audiosocket_options_set(options, "input", "ulaw", &error) == AUDIOSOCKET_OK);
    CHECK(audiosocket_options_set(NULL, "input", "ulaw", &error) == AUDIOSOCKET_BAD_ARGUMENT);

    audiosocket_engine* const engine = audiosocket_engine_new(2, &error);
    CHECK(!audiosocket_server_new(engine, "9092", NULL, &error) && error.code == AUDIOSOCKET_BAD_ARGUMENT);
    CHECK(!audiosocket_server_new(engine, "192.0.2.1:9092", NULL, &error) && error.code == AUDIOSOCKET_SYSTEM);
    CHECK(strstr(error.text, "192.0.2.1:9092"));
    CHECK(!audiosocket_connect(engine, "127.0.0.1:9092", "no id", NULL, &error));
    CHECK(!audiosocket_clip_load("/nonexistent.wav", 8000, &error) && strstr(error.text, "/nonexistent.wav"));
    CHECK(error.code == AUDIOSOCKET_BAD_FILE);
    CHECK(!audiosocket_clip_load("/nonexistent.wav", 1, &error) && error.code == AUDIOSOCKET_BAD_RATE);
    CHECK(!audiosocket_clip_new(NULL, 5, 8000, &error) && error.code == AUDIOSOCKET_BAD_ARGUMENT);
    CHECK(!audiosocket_clip_new(NULL, 0, 1, &error) && error.code == AUDIOSOCKET_BAD_RATE);
    audiosocket_engine_free(engine);
    audiosocket_options_free(options);
    audiosocket_engine_free(NULL);
    audiosocket_call_free(NULL);
    CHECK(audiosocket_call_hang_up(NULL) == AUDIOSOCKET_BAD_ARGUMENT);
    CHECK(strlen(audiosocket_version()) > 0 && audiosocket_c_version() == AUDIOSOCKET_C_VERSION);
}
