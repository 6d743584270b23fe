/* SPDX-License-Identifier: Apache-2.0 */
/* An application in C11 on the installed library: it calls itself, and plays a sound to its end. */
#include <audiosocket.h>

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

static void require(int good, const char* what) {
    if (good) return;
    fprintf(stderr, "consumer: %s\n", what);
    exit(EXIT_FAILURE);
}

int main(void) {
    static const int16_t sound[1600] = {0};
    audiosocket_error error;
    require(audiosocket_c_version() >= AUDIOSOCKET_C_VERSION, "the library is older than its header");
    audiosocket_engine* const engine = audiosocket_engine_new(1, &error);
    require(engine != NULL, "there is no engine");
    audiosocket_server* const server = audiosocket_server_new(engine, "127.0.0.1:0", NULL, &error);
    require(server != NULL, error.text);
    char address[32];
    snprintf(address, sizeof address, "127.0.0.1:%d", audiosocket_server_port(server));
    audiosocket_call* const caller = audiosocket_connect(engine, address, NULL, NULL, &error);
    require(caller != NULL, error.text);
    audiosocket_call* callee = NULL;
    struct pollfd wake = {audiosocket_engine_descriptor(engine), POLLIN, 0};
    for (int played = 0; !played;) {
        require(poll(&wake, 1, 60000) == 1, "nothing happens");
        audiosocket_event events[16];
        const size_t count = audiosocket_engine_take(engine, events, 16);
        for (size_t i = 0; i < count; ++i) {
            if (events[i].type == AUDIOSOCKET_EVENT_CALL) {
                callee = events[i].call;
                require(audiosocket_call_play(callee, sound, 1600, 8000, 1) == AUDIOSOCKET_OK, "it does not play");
            }
            require(events[i].type != AUDIOSOCKET_EVENT_ENDED, events[i].text);
            if (events[i].type == AUDIOSOCKET_EVENT_PLAYED) played = events[i].sent_ms == 200;
        }
    }
    audiosocket_call_free(callee);
    audiosocket_call_free(caller);
    audiosocket_server_free(server);
    audiosocket_engine_free(engine);
    printf("C %s\n", audiosocket_version());
    return EXIT_SUCCESS;
}
