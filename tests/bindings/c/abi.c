/* SPDX-License-Identifier: Apache-2.0 */
/* What applications were compiled with must stay as it was: sizes, places of members, values. On 64-bit systems. */

#include <audiosocket.h>

#define SAME(what, value) _Static_assert((what) == (value), #what " was " #value)
#define AT(type, member, offset) SAME(offsetof(type, member), offset)

#if UINTPTR_MAX == UINT64_MAX
SAME(sizeof(audiosocket_error), 512);
AT(audiosocket_error, code, 0);
AT(audiosocket_error, text, 4);

SAME(sizeof(audiosocket_event), 368);
AT(audiosocket_event, type, 0);
AT(audiosocket_event, code, 4);
AT(audiosocket_event, call, 8);
AT(audiosocket_event, server, 16);
AT(audiosocket_event, user, 24);
AT(audiosocket_event, ticket, 32);
AT(audiosocket_event, position, 40);
AT(audiosocket_event, sent_ms, 48);
AT(audiosocket_event, cut_ms, 56);
AT(audiosocket_event, reason, 64);
AT(audiosocket_event, digit, 68);
AT(audiosocket_event, hung_up, 72);
AT(audiosocket_event, reserved, 80);
AT(audiosocket_event, text, 112);

/* Grows at its end. The size of each version stays valid for audiosocket_call_statistics(). */
SAME(sizeof(audiosocket_statistics), 96);
AT(audiosocket_statistics, struct_bytes, 0);
AT(audiosocket_statistics, frames_received, 8);
AT(audiosocket_statistics, frames_dropped, 16);
AT(audiosocket_statistics, digits_received, 24);
AT(audiosocket_statistics, frames_sent, 32);
AT(audiosocket_statistics, silence_frames_sent, 40);
AT(audiosocket_statistics, underruns, 48);
AT(audiosocket_statistics, late_frames, 56);
AT(audiosocket_statistics, skipped_frames, 64);
AT(audiosocket_statistics, lateness_max_us, 72);
AT(audiosocket_statistics, arrival_jitter_us, 80);
AT(audiosocket_statistics, samples_unread_lost, 88);
#endif

SAME(AUDIOSOCKET_OK, 0);
SAME(AUDIOSOCKET_BAD_ARGUMENT, 1);
SAME(AUDIOSOCKET_CALL_ENDED, 2);
SAME(AUDIOSOCKET_QUEUE_FULL, 3);
SAME(AUDIOSOCKET_BAD_RATE, 4);
SAME(AUDIOSOCKET_BAD_DIGIT, 5);
SAME(AUDIOSOCKET_CALLER_ONLY, 6);
SAME(AUDIOSOCKET_SYSTEM, 7);
SAME(AUDIOSOCKET_BAD_FILE, 8);
SAME(AUDIOSOCKET_UNKNOWN_OPTION, 9);
SAME(AUDIOSOCKET_NO_MEMORY, 10);
SAME(AUDIOSOCKET_INTERNAL, 11);
SAME(AUDIOSOCKET_NOT_CONNECTED, 12);
SAME(AUDIOSOCKET_CALL_FAILED, 13);

SAME(AUDIOSOCKET_EVENT_CALL, 1);
SAME(AUDIOSOCKET_EVENT_CONNECTED, 2);
SAME(AUDIOSOCKET_EVENT_AUDIO, 3);
SAME(AUDIOSOCKET_EVENT_DTMF, 4);
SAME(AUDIOSOCKET_EVENT_PLAYED, 5);
SAME(AUDIOSOCKET_EVENT_CUT, 6);
SAME(AUDIOSOCKET_EVENT_WRITTEN, 7);
SAME(AUDIOSOCKET_EVENT_ENDED, 8);
SAME(AUDIOSOCKET_EVENT_DRAINED, 9);
SAME(AUDIOSOCKET_EVENT_RECORDED, 10);

SAME(AUDIOSOCKET_END_NONE, 0);
SAME(AUDIOSOCKET_END_PEER_HUNG_UP, 1);
SAME(AUDIOSOCKET_END_PEER_RESET, 2);
SAME(AUDIOSOCKET_END_HUNG_UP, 3);
SAME(AUDIOSOCKET_END_PROTOCOL_VIOLATION, 4);
SAME(AUDIOSOCKET_END_PEER_ERROR, 5);
SAME(AUDIOSOCKET_END_TIMED_OUT, 6);
SAME(AUDIOSOCKET_END_CONNECTION_FAILED, 7);
