/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

audiosocket_event next(audiosocket_engine* engine, audiosocket_event_type type, const audiosocket_call* call) {
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

void listen_on_loopback(struct scene* s, const audiosocket_options* options) {
    audiosocket_error error;
    s->engine = audiosocket_engine_new(1, &error);
    CHECK(s->engine);
    s->server = audiosocket_server_new(s->engine, "127.0.0.1:0", options, &error);
    CHECK(s->server);
}

audiosocket_call* call_it(struct scene* s, const char* id) {
    audiosocket_error error;
    char address[32];
    snprintf(address, sizeof address, "127.0.0.1:%d", audiosocket_server_port(s->server));
    audiosocket_call* const call = audiosocket_connect(s->engine, address, id, NULL, &error);
    CHECK(call);
    return call;
}

struct scene in_a_call(const audiosocket_options* options) {
    struct scene s = {0};
    listen_on_loopback(&s, options);
    s.caller = call_it(&s, "11111111-2222-3333-4444-555555555555");
    s.callee = next(s.engine, AUDIOSOCKET_EVENT_CALL, NULL).call;
    CHECK(s.callee);
    /* CONNECTED may have come first, and was left out then. Both ends are up as soon as audio arrives. */
    next(s.engine, AUDIOSOCKET_EVENT_AUDIO, s.caller);
    return s;
}

void leave(struct scene* s) {
    audiosocket_call_free(s->caller);
    audiosocket_call_free(s->callee);
    audiosocket_server_free(s->server);
    audiosocket_engine_free(s->engine);
}

int16_t* tone(size_t count) {
    int16_t* const samples = malloc(count * sizeof *samples);
    CHECK(samples);
    for (size_t i = 0; i < count; ++i)
        samples[i] = (int16_t)((i % 16 < 8) ? 4000 : -4000);
    return samples;
}

void hear(struct scene* s, audiosocket_call* call, size_t loud) {
    int16_t some[400];
    for (size_t heard = 0; heard < loud;) {
        const size_t count = audiosocket_call_read(call, some, 400);
        for (size_t i = 0; i < count; ++i)
            heard += some[i] != 0;
        if (count == 0) next(s->engine, AUDIOSOCKET_EVENT_AUDIO, call);
    }
}
