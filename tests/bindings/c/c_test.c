/* SPDX-License-Identifier: Apache-2.0 */
/* The C interface, as an application in C11 uses it: a server and a caller in one process, on loopback. */

#include <audiosocket.h>

#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: %s: not so: %s\n", __FILE__, __LINE__, __func__, #condition);                      \
            exit(1);                                                                                                   \
        }                                                                                                              \
    } while (0)

enum { rate_hz = 8000, second = 8000, patience_ms = 60000 };

/* An engine with a server on a free port, and a call through it: both of its ends. */
struct scene {
    audiosocket_engine* engine;
    audiosocket_server* server;
    audiosocket_call* caller;
    audiosocket_call* callee;
};

/* Takes events until one of this type comes, of this call if it is not NULL. Others are left out. */
static audiosocket_event next(audiosocket_engine* engine, audiosocket_event_type type, const audiosocket_call* call) {
    audiosocket_event event;
    for (;;) {
        while (audiosocket_engine_take(engine, &event, 1) == 1)
            if (event.type == (int)type && (!call || event.call == call)) return event;
        if (!audiosocket_engine_wait(engine, patience_ms)) {
            fprintf(stderr, "no event of type %d within a minute\n", (int)type);
            exit(1);
        }
    }
}

static void listen_on_loopback(struct scene* s, const audiosocket_options* options) {
    audiosocket_error error;
    s->engine = audiosocket_engine_new(1, &error);
    CHECK(s->engine);
    s->server = audiosocket_server_new(s->engine, "127.0.0.1:0", options, &error);
    CHECK(s->server);
}

static audiosocket_call* call_it(struct scene* s, const char* id) {
    audiosocket_error error;
    char address[32];
    snprintf(address, sizeof address, "127.0.0.1:%d", audiosocket_server_port(s->server));
    audiosocket_call* const call = audiosocket_connect(s->engine, address, id, NULL, &error);
    CHECK(call);
    return call;
}

static struct scene in_a_call(const audiosocket_options* options) {
    struct scene s = {0};
    listen_on_loopback(&s, options);
    s.caller = call_it(&s, "11111111-2222-3333-4444-555555555555");
    s.callee = next(s.engine, AUDIOSOCKET_EVENT_CALL, NULL).call;
    CHECK(s.callee);
    /* CONNECTED may have come first, and was left out then. Both ends are up as soon as audio arrives. */
    next(s.engine, AUDIOSOCKET_EVENT_AUDIO, s.caller);
    return s;
}

static void leave(struct scene* s) {
    audiosocket_call_free(s->caller);
    audiosocket_call_free(s->callee);
    audiosocket_server_free(s->server);
    audiosocket_engine_free(s->engine);
}

static int16_t* tone(size_t count) {
    int16_t* const samples = malloc(count * sizeof *samples);
    CHECK(samples);
    for (size_t i = 0; i < count; ++i)
        samples[i] = (int16_t)((i % 16 < 8) ? 4000 : -4000);
    return samples;
}

/* Reads until this many samples came that are not silence. */
static void hear(struct scene* s, audiosocket_call* call, size_t loud) {
    int16_t some[400];
    for (size_t heard = 0; heard < loud;) {
        const size_t count = audiosocket_call_read(call, some, 400);
        for (size_t i = 0; i < count; ++i)
            heard += some[i] != 0;
        if (count == 0) next(s->engine, AUDIOSOCKET_EVENT_AUDIO, call);
    }
}

static void call_has_the_id_and_the_peer_of_its_connection(void) {
    struct scene s = in_a_call(NULL);
    CHECK(strcmp(audiosocket_call_id(s.caller), "11111111-2222-3333-4444-555555555555") == 0);
    CHECK(strcmp(audiosocket_call_id(s.callee), audiosocket_call_id(s.caller)) == 0);
    CHECK(strncmp(audiosocket_call_peer(s.callee), "127.0.0.1:", 10) == 0);
    CHECK(audiosocket_server_calls(s.server) == 1);
    CHECK(audiosocket_call_send_rate(s.callee) == 8000);
    leave(&s);
}

static void sound_with_a_ticket_is_reported_when_it_was_played(void) {
    struct scene s = in_a_call(NULL);
    int16_t* const sound = tone(second / 5);
    CHECK(audiosocket_call_play(s.callee, sound, second / 5, rate_hz, 7) == AUDIOSOCKET_OK);
    CHECK(audiosocket_call_mark(s.callee, 8) == AUDIOSOCKET_OK);
    const audiosocket_event played = next(s.engine, AUDIOSOCKET_EVENT_PLAYED, s.callee);
    CHECK(played.ticket == 7 && played.sent_ms == 200 && played.cut_ms == 0 && played.code == AUDIOSOCKET_OK);
    CHECK(next(s.engine, AUDIOSOCKET_EVENT_PLAYED, s.callee).ticket == 8);
    hear(&s, s.caller, second / 5);
    CHECK(audiosocket_call_audio_rate(s.caller) == 8000);
    free(sound);
    leave(&s);
}

static void clear_cuts_the_sound_off_and_says_how_much(void) {
    struct scene s = in_a_call(NULL);
    audiosocket_error error;
    int16_t* const sound = tone(60 * second);
    audiosocket_clip* const clip = audiosocket_clip_new(sound, 60 * second, rate_hz, &error);
    CHECK(clip && audiosocket_clip_duration_ms(clip) == 60000);
    CHECK(audiosocket_call_play_clip(s.callee, clip, 1) == AUDIOSOCKET_OK);
    hear(&s, s.caller, second / 10);
    CHECK(audiosocket_call_queued_ms(s.callee) > 0);
    CHECK(audiosocket_call_clear(s.callee) == AUDIOSOCKET_OK);
    const audiosocket_event cut = next(s.engine, AUDIOSOCKET_EVENT_CUT, s.callee);
    CHECK(cut.ticket == 1 && cut.sent_ms >= 100 && cut.sent_ms + cut.cut_ms == 60000 && cut.code == AUDIOSOCKET_OK);
    audiosocket_clip_free(clip);
    free(sound);
    leave(&s);
}

static void stream_is_written_piece_by_piece(void) {
    struct scene s = in_a_call(NULL);
    int16_t* const piece = tone(second / 2);
    for (uint64_t ticket = 1; ticket <= 4; ++ticket) {
        CHECK(audiosocket_call_write(s.callee, piece, second / 2, rate_hz, ticket) == AUDIOSOCKET_OK);
        CHECK(next(s.engine, AUDIOSOCKET_EVENT_WRITTEN, s.callee).ticket == ticket);
    }
    CHECK(audiosocket_call_finish(s.callee, 5) == AUDIOSOCKET_OK);
    const audiosocket_event played = next(s.engine, AUDIOSOCKET_EVENT_PLAYED, s.callee);
    CHECK(played.ticket == 5 && played.sent_ms == 2000);
    free(piece);
    leave(&s);
}

static void stream_after_a_clear_is_another_one(void) {
    struct scene s = in_a_call(NULL);
    int16_t* const piece = tone(10 * second);
    CHECK(audiosocket_call_write(s.callee, piece, 10 * second, rate_hz, 1) == AUDIOSOCKET_OK);
    CHECK(audiosocket_call_write(s.callee, piece, second, rate_hz, 2) == AUDIOSOCKET_QUEUE_FULL);
    CHECK(audiosocket_call_finish(s.callee, 2) == AUDIOSOCKET_QUEUE_FULL);
    CHECK(audiosocket_call_clear(s.callee) == AUDIOSOCKET_OK);
    CHECK(audiosocket_call_finish(s.callee, 3) == AUDIOSOCKET_BAD_ARGUMENT);
    CHECK(audiosocket_call_write(s.callee, piece, second / 5, rate_hz, 4) == AUDIOSOCKET_OK);
    CHECK(next(s.engine, AUDIOSOCKET_EVENT_CUT, s.callee).ticket == 1);
    CHECK(next(s.engine, AUDIOSOCKET_EVENT_WRITTEN, s.callee).ticket == 4);
    CHECK(audiosocket_call_finish(s.callee, 5) == AUDIOSOCKET_OK);
    CHECK(next(s.engine, AUDIOSOCKET_EVENT_PLAYED, s.callee).sent_ms == 200);
    free(piece);
    leave(&s);
}

static void digit_of_the_caller_arrives_at_its_place(void) {
    struct scene s = in_a_call(NULL);
    CHECK(audiosocket_call_send_dtmf(s.callee, '1') == AUDIOSOCKET_CALLER_ONLY);
    CHECK(audiosocket_call_send_dtmf(s.caller, 'x') == AUDIOSOCKET_BAD_DIGIT);
    CHECK(audiosocket_call_send_dtmf(s.caller, '#') == AUDIOSOCKET_OK);
    const audiosocket_event key = next(s.engine, AUDIOSOCKET_EVENT_DTMF, s.callee);
    CHECK(key.digit == '#' && key.position % 160 == 0);
    leave(&s);
}

static void audio_is_read_at_the_rate_that_was_set(void) {
    struct scene s = in_a_call(NULL);
    CHECK(audiosocket_call_set_audio(s.callee, 16000, 100) == AUDIOSOCKET_OK);
    CHECK(audiosocket_call_set_audio(s.callee, 7000, 100) == AUDIOSOCKET_BAD_RATE);
    CHECK(audiosocket_call_set_audio(s.callee, 16000, 5) == AUDIOSOCKET_BAD_ARGUMENT);
    int16_t* const sound = tone(second);
    CHECK(audiosocket_call_play(s.caller, sound, second, rate_hz, 0) == AUDIOSOCKET_OK);
    hear(&s, s.callee, second); /* at 16 kHz half a second of it */
    CHECK(audiosocket_call_audio_rate(s.callee) == 16000);
    free(sound);
    leave(&s);
}

static void end_is_reported_once_at_both_ends(void) {
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

static void what_is_played_is_heard_before_the_hang_up(void) {
    struct scene s = in_a_call(NULL);
    int16_t* const sound = tone(second / 2);
    CHECK(audiosocket_call_play(s.callee, sound, second / 2, rate_hz, 1) == AUDIOSOCKET_OK);
    CHECK(audiosocket_call_hang_up_when_played(s.callee) == AUDIOSOCKET_OK);
    hear(&s, s.caller, second / 2);
    CHECK(next(s.engine, AUDIOSOCKET_EVENT_ENDED, s.caller).code == AUDIOSOCKET_OK);
    free(sound);
    leave(&s);
}

static void recording_is_complete_before_the_end(void) {
    char folder[] = "/tmp/audiosocket-c-XXXXXX";
    char path[64];
    CHECK(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/call.wav", folder);
    struct scene s = in_a_call(NULL);
    audiosocket_error error;
    CHECK(audiosocket_call_record(s.callee, path, &error) == AUDIOSOCKET_OK);
    CHECK(audiosocket_call_record(s.callee, path, &error) == AUDIOSOCKET_BAD_ARGUMENT);
    CHECK(strstr(error.text, "already"));
    int16_t* const sound = tone(second / 2);
    CHECK(audiosocket_call_play(s.callee, sound, second / 2, rate_hz, 0) == AUDIOSOCKET_OK);
    CHECK(audiosocket_call_hang_up_when_played(s.callee) == AUDIOSOCKET_OK);
    const audiosocket_event recorded = next(s.engine, AUDIOSOCKET_EVENT_RECORDED, s.callee);
    CHECK(recorded.code == AUDIOSOCKET_OK && strcmp(recorded.text, path) == 0);
    next(s.engine, AUDIOSOCKET_EVENT_ENDED, s.callee);
    audiosocket_clip* const clip = audiosocket_clip_load(path, 0, &error);
    CHECK(clip && audiosocket_clip_duration_ms(clip) >= 400);
    audiosocket_clip_free(clip);
    unlink(path);
    rmdir(folder);
    free(sound);
    leave(&s);
}

static void recording_that_fails_is_reported(void) {
    struct scene s = in_a_call(NULL);
    CHECK(audiosocket_call_record(s.callee, "/nonexistent/call.wav", NULL) == AUDIOSOCKET_OK);
    int16_t* const sound = tone(second / 2);
    CHECK(audiosocket_call_play(s.callee, sound, second / 2, rate_hz, 0) == AUDIOSOCKET_OK);
    CHECK(audiosocket_call_hang_up_when_played(s.callee) == AUDIOSOCKET_OK);
    const audiosocket_event recorded = next(s.engine, AUDIOSOCKET_EVENT_RECORDED, s.callee);
    CHECK(recorded.code == AUDIOSOCKET_SYSTEM && strstr(recorded.text, "/nonexistent/call.wav"));
    free(sound);
    leave(&s);
}

static void long_path_of_a_recording_is_refused(void) {
    struct scene s = in_a_call(NULL);
    char path[257];
    memset(path, 'x', 256);
    path[256] = '\0';
    audiosocket_error error;
    CHECK(audiosocket_call_record(s.callee, path, &error) == AUDIOSOCKET_BAD_ARGUMENT && strstr(error.text, "256"));
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

static void nothing_follows_the_end(void) {
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

static void each_mark_has_one_event_and_too_many_are_refused(void) {
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

static void call_that_is_freed_at_once_is_not_connected(void) {
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

static void wait_goes_on_after_a_signal(void) {
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

static void drain_waits_for_the_calls(void) {
    struct scene s = in_a_call(NULL);
    CHECK(audiosocket_server_drain(s.server, -1) == AUDIOSOCKET_OK);
    CHECK(audiosocket_server_drain(s.server, -1) == AUDIOSOCKET_BAD_ARGUMENT);
    audiosocket_call_hang_up(s.caller);
    const audiosocket_event drained = next(s.engine, AUDIOSOCKET_EVENT_DRAINED, NULL);
    CHECK(drained.server == s.server && drained.hung_up == 0 && audiosocket_server_calls(s.server) == 0);
    leave(&s);
}

static void connection_that_fails_is_an_end(void) {
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

static void call_that_was_freed_has_no_events(void) {
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

static void application_that_takes_no_events_loses_old_audio_only(void) {
    audiosocket_options* const options = audiosocket_options_new();
    CHECK(audiosocket_options_set(options, "receive_queue", "100ms", NULL) == AUDIOSOCKET_OK);
    struct scene s = in_a_call(options);
    int16_t* const sound = tone(second);
    CHECK(audiosocket_call_play(s.caller, sound, second, rate_hz, 3) == AUDIOSOCKET_OK);
    next(s.engine, AUDIOSOCKET_EVENT_PLAYED, s.caller);
    int16_t some[8000];
    CHECK(audiosocket_call_read(s.callee, some, 8000) <= 800);
    audiosocket_statistics counted = {.struct_bytes = sizeof counted};
    CHECK(audiosocket_call_statistics(s.callee, &counted) == AUDIOSOCKET_OK);
    CHECK(counted.samples_unread_lost > 0 && counted.frames_received > 0);
    struct {
        audiosocket_statistics known;
        uint64_t newer;
    } larger;
    memset(&larger, 0xff, sizeof larger);
    larger.known.struct_bytes = sizeof larger;
    CHECK(audiosocket_call_statistics(s.callee, &larger.known) == AUDIOSOCKET_OK);
    CHECK(larger.newer == 0 && larger.known.struct_bytes == sizeof larger && larger.known.frames_received > 0);
    counted.struct_bytes = 3;
    CHECK(audiosocket_call_statistics(s.callee, &counted) == AUDIOSOCKET_BAD_ARGUMENT);
    audiosocket_options_free(options);
    free(sound);
    leave(&s);
}

static void objects_may_be_freed_after_their_engine(void) {
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

static void engine_that_is_freed_leaves_no_descriptors(void) {
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

static void calls_that_were_not_taken_are_hung_up_with_their_server(void) {
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

static void mistakes_are_explained(void) {
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

static const struct {
    const char* name;
    void (*run)(void);
} tests[] = {
#define TEST(name)                                                                                                     \
    { #name, name }
    TEST(call_has_the_id_and_the_peer_of_its_connection),
    TEST(sound_with_a_ticket_is_reported_when_it_was_played),
    TEST(clear_cuts_the_sound_off_and_says_how_much),
    TEST(stream_is_written_piece_by_piece),
    TEST(stream_after_a_clear_is_another_one),
    TEST(digit_of_the_caller_arrives_at_its_place),
    TEST(audio_is_read_at_the_rate_that_was_set),
    TEST(end_is_reported_once_at_both_ends),
    TEST(what_is_played_is_heard_before_the_hang_up),
    TEST(recording_is_complete_before_the_end),
    TEST(recording_that_fails_is_reported),
    TEST(long_path_of_a_recording_is_refused),
    TEST(nothing_follows_the_end),
    TEST(each_mark_has_one_event_and_too_many_are_refused),
    TEST(call_that_is_freed_at_once_is_not_connected),
    TEST(wait_goes_on_after_a_signal),
    TEST(drain_waits_for_the_calls),
    TEST(connection_that_fails_is_an_end),
    TEST(call_that_was_freed_has_no_events),
    TEST(application_that_takes_no_events_loses_old_audio_only),
    TEST(objects_may_be_freed_after_their_engine),
    TEST(engine_that_is_freed_leaves_no_descriptors),
    TEST(calls_that_were_not_taken_are_hung_up_with_their_server),
    TEST(mistakes_are_explained),
};

/* Runs the test of the name that is given, or all. */
int main(int argc, char** argv) {
    bool found = false;
    for (size_t i = 0; i < sizeof tests / sizeof *tests; ++i) {
        if (argc > 1 && strcmp(argv[1], tests[i].name) != 0) continue;
        found = true;
        printf("%s\n", tests[i].name);
        fflush(stdout);
        tests[i].run();
    }
    if (!found) fprintf(stderr, "no test is called %s\n", argv[1]);
    return found ? 0 : 1;
}
