/* SPDX-License-Identifier: Apache-2.0 */
/* Sound, digits and recordings. */

#include "scene.h"

#include <unistd.h>

void sound_with_a_ticket_is_reported_when_it_was_played(void) {
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

void clear_cuts_the_sound_off_and_says_how_much(void) {
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

void stream_is_written_piece_by_piece(void) {
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

void stream_after_a_clear_is_another_one(void) {
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

void digit_of_the_caller_arrives_at_its_place(void) {
    struct scene s = in_a_call(NULL);
    CHECK(audiosocket_call_send_dtmf(s.callee, '1') == AUDIOSOCKET_CALLER_ONLY);
    CHECK(audiosocket_call_send_dtmf(s.caller, 'x') == AUDIOSOCKET_BAD_DIGIT);
    CHECK(audiosocket_call_send_dtmf(s.caller, '#') == AUDIOSOCKET_OK);
    const audiosocket_event key = next(s.engine, AUDIOSOCKET_EVENT_DTMF, s.callee);
    CHECK(key.digit == '#' && key.position % 160 == 0);
    leave(&s);
}

void audio_is_read_at_the_rate_that_was_set(void) {
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

void what_is_played_is_heard_before_the_hang_up(void) {
    struct scene s = in_a_call(NULL);
    int16_t* const sound = tone(second / 2);
    CHECK(audiosocket_call_play(s.callee, sound, second / 2, rate_hz, 1) == AUDIOSOCKET_OK);
    CHECK(audiosocket_call_hang_up_when_played(s.callee) == AUDIOSOCKET_OK);
    hear(&s, s.caller, second / 2);
    CHECK(next(s.engine, AUDIOSOCKET_EVENT_ENDED, s.caller).code == AUDIOSOCKET_OK);
    free(sound);
    leave(&s);
}

void recording_is_complete_before_the_end(void) {
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

void recording_that_fails_is_reported(void) {
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

void long_path_of_a_recording_is_refused(void) {
    struct scene s = in_a_call(NULL);
    char path[257];
    memset(path, 'x', 256);
    path[256] = '\0';
    audiosocket_error error;
    CHECK(audiosocket_call_record(s.callee, path, &error) == AUDIOSOCKET_BAD_ARGUMENT && strstr(error.text, "256"));
    leave(&s);
}

void application_that_takes_no_events_loses_old_audio_only(void) {
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
