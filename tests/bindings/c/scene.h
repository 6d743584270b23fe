/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the C interface share: a server and a caller in one process, on loopback. */
#ifndef AUDIOSOCKET_TESTS_SCENE_H
#define AUDIOSOCKET_TESTS_SCENE_H

#include <audiosocket.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
audiosocket_event next(audiosocket_engine* engine, audiosocket_event_type type, const audiosocket_call* call);

/* Starts an engine with a server. `options` may be NULL. */
void listen_on_loopback(struct scene* s, const audiosocket_options* options);

/* Calls the server of the scene. */
audiosocket_call* call_it(struct scene* s, const char* id);

/* Returns a scene whose call has begun: audio has arrived at the caller. */
struct scene in_a_call(const audiosocket_options* options);

/* Frees what the scene has. */
void leave(struct scene* s);

/* Returns so many samples of which none is 0. To be freed. */
int16_t* tone(size_t count);

/* Reads until this many samples came that are not silence. */
void hear(struct scene* s, audiosocket_call* call, size_t loud);

/* Each test is a function without arguments; tests.def names them all. */
#define TEST(name) void name(void);
#include "tests.def"
#undef TEST

#endif
