/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AUDIOSOCKET_H
#define AUDIOSOCKET_H

/**
 * \file
 * AudioSocket for C, and for every language that can call C.
 *
 * An engine owns the threads that pace and read the calls. They never call into the application. What happens is put
 * into one queue, and one descriptor says that the queue has something: wait for it with poll, epoll, libuv, asyncio
 * or GLib, then take the events.
 *
 * \code{.c}
 * audiosocket_engine* engine = audiosocket_engine_new(1, &error);
 * audiosocket_server* server = audiosocket_server_new(engine, "0.0.0.0:9092", NULL, &error);
 * struct pollfd wake = {audiosocket_engine_descriptor(engine), POLLIN, 0};
 * for (;;) {
 *     poll(&wake, 1, -1);
 *     audiosocket_event events[64];
 *     size_t count;
 *     while ((count = audiosocket_engine_take(engine, events, 64)) > 0)
 *         for (size_t i = 0; i < count; ++i) handle(&events[i]);
 * }
 * \endcode
 *
 * Objects: engine, server, call, clip, options. A `_new` function, audiosocket_connect() and the event
 * AUDIOSOCKET_EVENT_CALL give an object to the application, which frees it with the `_free` function of its type. NULL
 * is harmless there. Free the calls and servers of an engine before the engine.
 *
 * Threads: every function may be called on any thread, and on several at once. Two rules: no other thread may use an
 * object while one thread frees it, and one thread at a time takes the events of an engine. Functions never wait for
 * the network. Those that read a file or resolve a name say so.
 *
 * Errors: functions that can fail return a code (AUDIOSOCKET_OK is 0) or NULL. Those with an `error` argument write the
 * code and a sentence there; NULL is allowed. With an error, nothing was done. A call that ends at the same moment may
 * still answer AUDIOSOCKET_OK, and then does nothing; a ticket gets its event all the same.
 *
 * Tickets: each ticket that was accepted gets exactly one event (PLAYED, CUT or WRITTEN), before the ENDED of its call.
 * A call takes at most 10,000 tickets at a time; beyond, functions answer AUDIOSOCKET_QUEUE_FULL.
 *
 * After fork() the child must not use any object of its parent.
 *
 * Samples are signed 16-bit, mono, in the byte order of the machine. Times are milliseconds unless the name says
 * otherwise. Text is UTF-8.
 *
 * Binary compatibility: functions, values and members are only ever added. Structures with `struct_bytes` are versioned
 * by their size; the others never change.
 */

#include <stddef.h>
#include <stdint.h>

#if defined(__cplusplus)
extern "C" {
#endif

#if defined(__GNUC__)
#define AUDIOSOCKET_API __attribute__((visibility("default")))
#else
#define AUDIOSOCKET_API
#endif

/** The version of this interface. Raised when something is added. */
#define AUDIOSOCKET_C_VERSION 1

/** Returns the AUDIOSOCKET_C_VERSION of the library in use, which may be newer than this header. */
AUDIOSOCKET_API int audiosocket_c_version(void);

/** Returns the version of AudioSocket for C++ in use, such as "0.2.0". Valid for ever. */
AUDIOSOCKET_API const char* audiosocket_version(void);

/* --- Errors --- */

/** What a function answers. */
typedef enum audiosocket_code {
    AUDIOSOCKET_OK = 0,
    AUDIOSOCKET_BAD_ARGUMENT = 1,   /**< An argument has no meaning here; the text says which. */
    AUDIOSOCKET_CALL_ENDED = 2,     /**< The call has ended, or is being hung up. */
    AUDIOSOCKET_QUEUE_FULL = 3,     /**< The playout queue, or the queue of marks or digits, is full. */
    AUDIOSOCKET_BAD_RATE = 4,       /**< Not a rate from 4,000 to 768,000 Hz. */
    AUDIOSOCKET_BAD_DIGIT = 5,      /**< Not one of 0-9, A-D, * and #. */
    AUDIOSOCKET_CALLER_ONLY = 6,    /**< Only the calling side may do this. */
    AUDIOSOCKET_SYSTEM = 7,         /**< The system refused (address in use); the text says what. */
    AUDIOSOCKET_BAD_FILE = 8,       /**< The file is missing, or is not a sound that can be read. */
    AUDIOSOCKET_UNKNOWN_OPTION = 9, /**< No option has this name. */
    AUDIOSOCKET_NO_MEMORY = 10,     /**< Memory is exhausted. In ENDED: the call was hung up, and may lack events. */
    AUDIOSOCKET_INTERNAL = 11,      /**< A fault of this library; the text says more. Please report it. */
    AUDIOSOCKET_NOT_CONNECTED = 12, /**< The connection is still being made: wait for AUDIOSOCKET_EVENT_CONNECTED. */
    AUDIOSOCKET_CALL_FAILED = 13    /**< The call did not end in order; the reason and the text say more. */
} audiosocket_code;

/** An error with its text. */
typedef struct audiosocket_error {
    int code;       /**< An audiosocket_code. */
    char text[508]; /**< One line that says what was wrong, where, and what to do. Ends in a null byte. */
} audiosocket_error;

/** Returns the words for a code. Valid for ever. */
AUDIOSOCKET_API const char* audiosocket_code_text(int code);

/* --- Options --- */

/** The options of a server or of a call that is connected: a set of names and values. */
typedef struct audiosocket_options audiosocket_options;

/** Returns options with their defaults; NULL without memory. */
AUDIOSOCKET_API audiosocket_options* audiosocket_options_new(void);

/**
 * Sets an option. The names and values of the calls: "ptime" (20ms), "input" (automatic, slin, ulaw, alaw, slin16,
 * ...), "send" (slin, slin16, ...), "rate_max_hz", "live" (true, false), "id_timeout", "message_timeout",
 * "idle_timeout", "send_timeout", "hangup_timeout", "receive_queue", "playout_queue" (10min), "catch_up_frames"; of
 * servers also "calls_max", "handshakes_max", "calls_per_host_max", "files_reserved", "allow" and "proxies" (networks
 * with commas between them); of audiosocket_connect() also "connect_timeout"; of all: "audio_ms" (20), how much
 * received audio makes an AUDIOSOCKET_EVENT_AUDIO, and "audio_rate_hz" (0: the rate of the call), the rate of
 * audiosocket_call_read(). What they mean is documented at audiosocket::call_options and audiosocket::listener_options.
 * Times have a unit: ms, s or min.
 *
 * Errors: AUDIOSOCKET_UNKNOWN_OPTION, AUDIOSOCKET_BAD_ARGUMENT.
 */
AUDIOSOCKET_API int audiosocket_options_set(audiosocket_options* options, const char* name, const char* value,
                                            audiosocket_error* error);

/** Frees options. Objects that were made with them have copies. */
AUDIOSOCKET_API void audiosocket_options_free(audiosocket_options* options);

/* --- The engine --- */

/** Threads for calls, and the queue of their events. */
typedef struct audiosocket_engine audiosocket_engine;
/** A listening address, whose calls belong to an engine. */
typedef struct audiosocket_server audiosocket_server;
/** A call. */
typedef struct audiosocket_call audiosocket_call;
/** A sound in memory that many calls can play at once. */
typedef struct audiosocket_clip audiosocket_clip;

/**
 * Starts an engine with 1 to 1,024 threads for calls. One thread serves a thousand calls and more (docs/benchmarks.md).
 * Errors: AUDIOSOCKET_BAD_ARGUMENT, AUDIOSOCKET_SYSTEM.
 */
AUDIOSOCKET_API audiosocket_engine* audiosocket_engine_new(int threads, audiosocket_error* error);

/**
 * Hangs up the calls that are left, in order, and stops the threads. Takes at most 2 seconds, whatever the options of
 * the calls are; connections that are still open then are closed at once. After that it writes the rest of the
 * recordings. Servers and calls that were not freed before may still be freed after it; they do nothing else then.
 */
AUDIOSOCKET_API void audiosocket_engine_free(audiosocket_engine* engine);

/**
 * Returns a descriptor that is readable while the queue has events. Belongs to the engine: never read, write or close
 * it. audiosocket_engine_take() makes it unreadable when the queue is empty.
 */
AUDIOSOCKET_API int audiosocket_engine_descriptor(const audiosocket_engine* engine);

/** What has happened. */
typedef enum audiosocket_event_type {
    /** A server has a new call. `call` belongs to the application from now on, `server` says whose it is. */
    AUDIOSOCKET_EVENT_CALL = 1,
    /** A call of audiosocket_connect() is connected, and its id was sent. */
    AUDIOSOCKET_EVENT_CONNECTED = 2,
    /** Audio has arrived: audiosocket_call_read() gives it. Comes again only after a read left less than "audio_ms". */
    AUDIOSOCKET_EVENT_AUDIO = 3,
    /** A key was pressed: `digit`, behind the received sample number `position`. */
    AUDIOSOCKET_EVENT_DTMF = 4,
    /** A sound or a mark with this `ticket` was played to its end (`sent_ms`). */
    AUDIOSOCKET_EVENT_PLAYED = 5,
    /** It was cut off, by a clear or by the end of the call: `sent_ms` were heard, `cut_ms` were not. `code` is an
     * error if it was never queued (AUDIOSOCKET_QUEUE_FULL, AUDIOSOCKET_CALL_ENDED), or if memory was exhausted
     * (AUDIOSOCKET_NO_MEMORY): then it may have been played. */
    AUDIOSOCKET_EVENT_CUT = 6,
    /** All samples of audiosocket_call_write() with this `ticket` are in the playout queue: there is room for more. */
    AUDIOSOCKET_EVENT_WRITTEN = 7,
    /** The call is over: `reason`, `code` and `text`. The last event of a call, behind those of all its tickets, and
     * there is exactly one. */
    AUDIOSOCKET_EVENT_ENDED = 8,
    /** A drain of `server` is complete. */
    AUDIOSOCKET_EVENT_DRAINED = 9,
    /** A recording is complete: `text` is its file, or empty if there was no audio and so no file. Or it failed: `code`
     * is an error, and `text` says why. */
    AUDIOSOCKET_EVENT_RECORDED = 10
} audiosocket_event_type;

/** Why a call ended. */
typedef enum audiosocket_end_reason {
    AUDIOSOCKET_END_NONE = 0,         /**< It has not. */
    AUDIOSOCKET_END_PEER_HUNG_UP = 1, /**< The peer sent a hangup or closed its side in order. */
    AUDIOSOCKET_END_PEER_RESET = 2,   /**< The peer reset the connection. Asterisk does that: it is not an error. */
    AUDIOSOCKET_END_HUNG_UP = 3,      /**< This side hung up. */
    AUDIOSOCKET_END_PROTOCOL_VIOLATION = 4, /**< The peer broke the protocol. */
    AUDIOSOCKET_END_PEER_ERROR = 5,         /**< The peer sent an error message. */
    AUDIOSOCKET_END_TIMED_OUT = 6,          /**< A deadline passed. */
    AUDIOSOCKET_END_CONNECTION_FAILED = 7   /**< The network failed, or the connection could not be made. */
} audiosocket_end_reason;

/** One event. Which members have a meaning depends on `type`; the others are 0. Never changes its size. */
typedef struct audiosocket_event {
    int32_t type;               /**< An audiosocket_event_type. */
    int32_t code;               /**< ENDED, CUT, RECORDED: an audiosocket_code; AUDIOSOCKET_OK if nothing failed. */
    audiosocket_call* call;     /**< The call; NULL for DRAINED. */
    audiosocket_server* server; /**< CALL and DRAINED: the server. */
    void* user;                 /**< What audiosocket_call_set_user() gave the call. */
    uint64_t ticket;            /**< PLAYED, CUT, WRITTEN: the number that the application gave. */
    uint64_t position;          /**< DTMF: samples before it, those that were read and those that were lost. */
    int64_t sent_ms;            /**< PLAYED, CUT: how much was handed to the network. */
    int64_t cut_ms;             /**< CUT: how much was not. */
    int32_t reason;             /**< ENDED: an audiosocket_end_reason. */
    char digit;                 /**< DTMF: 0-9, A-D, * or #. */
    char padding[3];            /**< 0. */
    uint64_t hung_up;           /**< DRAINED: calls that had to be hung up. */
    uint64_t reserved[4];       /**< 0. */
    char text[256];             /**< ENDED, RECORDED: one line. Ends in a null byte. */
} audiosocket_event;

/**
 * Takes up to `count` events, the oldest first, and returns their number; 0 when the queue is empty. Never waits.
 * Events of calls and servers that were freed are left out.
 *
 * Bounds: a call stops reading events from its session while 256 of its events wait here, and then drops received audio
 * and digits, oldest first, as its options say. So an application that takes no events costs bounded memory.
 */
AUDIOSOCKET_API size_t audiosocket_engine_take(audiosocket_engine* engine, audiosocket_event* events, size_t count);

/**
 * Waits until the queue has events, at most `timeout_ms` (negative: without end). Returns 1 if it has some, 0
 * otherwise. A signal does not end the wait. For applications without an event loop.
 */
AUDIOSOCKET_API int audiosocket_engine_wait(audiosocket_engine* engine, int timeout_ms);

/* --- Servers --- */

/**
 * Listens on "HOST:PORT", ":PORT" or "[IPV6]:PORT"; port 0 takes a free port. Resolves a host name, which may wait, on
 * the thread of the application: calls go on meanwhile.
 * Each call comes as AUDIOSOCKET_EVENT_CALL. `options` may be NULL. Errors: AUDIOSOCKET_BAD_ARGUMENT,
 * AUDIOSOCKET_SYSTEM.
 */
AUDIOSOCKET_API audiosocket_server* audiosocket_server_new(audiosocket_engine* engine, const char* address,
                                                           const audiosocket_options* options,
                                                           audiosocket_error* error);

/** Returns the port on which it listens. */
AUDIOSOCKET_API int audiosocket_server_port(const audiosocket_server* server);

/** Returns the number of calls in progress, those that are being hung up included. */
AUDIOSOCKET_API size_t audiosocket_server_calls(const audiosocket_server* server);

/**
 * Accepts no more connections and waits, in the background, until all calls have ended. After `timeout_ms` (negative:
 * never) hangs up those that are left. Then AUDIOSOCKET_EVENT_DRAINED comes.
 * Errors: AUDIOSOCKET_BAD_ARGUMENT if a drain is in progress already.
 */
AUDIOSOCKET_API int audiosocket_server_drain(audiosocket_server* server, int timeout_ms);

/** Closes the server. Its calls go on; those that the application has not taken as events are hung up. */
AUDIOSOCKET_API void audiosocket_server_free(audiosocket_server* server);

/* --- Calls --- */

/**
 * Calls a server as Asterisk does: connects to "HOST:PORT", sends the id, and sends a frame every 20 ms. `id` is a UUID
 * as text; NULL makes a random one. Returns at once. AUDIOSOCKET_EVENT_CONNECTED comes when the connection is made, or
 * AUDIOSOCKET_EVENT_ENDED with AUDIOSOCKET_END_CONNECTION_FAILED. Before that, functions that act on the call answer
 * AUDIOSOCKET_NOT_CONNECTED. Errors: AUDIOSOCKET_BAD_ARGUMENT; AUDIOSOCKET_SYSTEM if the system has no descriptors for
 * the first call of a thread.
 */
AUDIOSOCKET_API audiosocket_call* audiosocket_connect(audiosocket_engine* engine, const char* address, const char* id,
                                                      const audiosocket_options* options, audiosocket_error* error);

/**
 * Frees a call: hangs up in order, in the background. After audiosocket_call_hang_up_when_played() it plays on first. A
 * connection that is still being made is given up.
 */
AUDIOSOCKET_API void audiosocket_call_free(audiosocket_call* call);

/** Gives the call a pointer for its events. Applies to events that are taken later. */
AUDIOSOCKET_API void audiosocket_call_set_user(audiosocket_call* call, void* user);

/** Returns the id as text, 36 characters. Not unique: the dialplan chooses it. Valid as long as the call. */
AUDIOSOCKET_API const char* audiosocket_call_id(const audiosocket_call* call);

/** Returns the address of the other end, "HOST:PORT"; empty while a connection is being made. Valid as long as the
 * call. */
AUDIOSOCKET_API const char* audiosocket_call_peer(const audiosocket_call* call);

/**
 * Sets how received audio is read from now on: its rate in Hz (8,000 to 192,000; 0: as it arrives), and how many
 * milliseconds make an AUDIOSOCKET_EVENT_AUDIO (10 to 1,000). What has not been read is converted.
 * Errors: AUDIOSOCKET_BAD_RATE, AUDIOSOCKET_BAD_ARGUMENT.
 */
AUDIOSOCKET_API int audiosocket_call_set_audio(audiosocket_call* call, int rate_hz, int event_ms);

/**
 * Copies received samples, at most `count`, and returns their number; 0 if there are none. They follow each other
 * without a gap, except where audio was dropped because the application read too late ("receive_queue").
 */
AUDIOSOCKET_API size_t audiosocket_call_read(audiosocket_call* call, int16_t* samples, size_t count);

/** Returns the number of samples that audiosocket_call_read() would give now. */
AUDIOSOCKET_API size_t audiosocket_call_available(const audiosocket_call* call);

/** Returns the rate of what audiosocket_call_read() gives, in Hz; 0 before the first audio where no rate was set. */
AUDIOSOCKET_API int audiosocket_call_audio_rate(const audiosocket_call* call);

/** Returns the rate at which audio is sent now, in Hz. Samples of any rate are converted to it. */
AUDIOSOCKET_API int audiosocket_call_send_rate(const audiosocket_call* call);

/**
 * Plays samples behind what is queued, and copies them. With a `ticket` other than 0 they are one sound, which may
 * exceed "playout_queue" by its own length, and AUDIOSOCKET_EVENT_PLAYED or AUDIOSOCKET_EVENT_CUT follows. With 0 they
 * are a piece of audio that goes on: running dry behind it is an underrun, and the queue takes no more than its bound.
 * Errors: AUDIOSOCKET_QUEUE_FULL, AUDIOSOCKET_BAD_RATE, AUDIOSOCKET_CALL_ENDED, AUDIOSOCKET_NOT_CONNECTED.
 */
AUDIOSOCKET_API int audiosocket_call_play(audiosocket_call* call, const int16_t* samples, size_t count, int rate_hz,
                                          uint64_t ticket);

/** Plays a clip, which is shared and not copied. Otherwise like audiosocket_call_play(). */
AUDIOSOCKET_API int audiosocket_call_play_clip(audiosocket_call* call, const audiosocket_clip* clip, uint64_t ticket);

/**
 * Streams samples that are made while they are played: copies them, and puts them into the playout queue as it has
 * room, up to one second ahead. AUDIOSOCKET_EVENT_WRITTEN with the `ticket` says that all are there, or
 * AUDIOSOCKET_EVENT_CUT that a clear or the end of the call came before. Write the next piece then.
 * Errors: AUDIOSOCKET_BAD_RATE, AUDIOSOCKET_CALL_ENDED, AUDIOSOCKET_QUEUE_FULL while a piece is being written.
 */
AUDIOSOCKET_API int audiosocket_call_write(audiosocket_call* call, const int16_t* samples, size_t count, int rate_hz,
                                           uint64_t ticket);

/**
 * Ends a stream of audiosocket_call_write(). AUDIOSOCKET_EVENT_PLAYED or AUDIOSOCKET_EVENT_CUT with the `ticket` is
 * about the whole stream. Errors: AUDIOSOCKET_BAD_ARGUMENT without a stream, for example after a clear,
 * AUDIOSOCKET_QUEUE_FULL while a piece is being written, AUDIOSOCKET_CALL_ENDED.
 */
AUDIOSOCKET_API int audiosocket_call_finish(audiosocket_call* call, uint64_t ticket);

/**
 * Marks this place in the playout queue: AUDIOSOCKET_EVENT_PLAYED with the `ticket` comes when all audio before it was
 * sent, or AUDIOSOCKET_EVENT_CUT.
 * `ticket` is not 0. Errors: AUDIOSOCKET_QUEUE_FULL while 10,000 tickets are pending, AUDIOSOCKET_CALL_ENDED.
 */
AUDIOSOCKET_API int audiosocket_call_mark(audiosocket_call* call, uint64_t ticket);

/** Stops what is being played, within one frame, and empties the playout queue. Errors: AUDIOSOCKET_CALL_ENDED. */
AUDIOSOCKET_API int audiosocket_call_clear(audiosocket_call* call);

/** Sends silence until audiosocket_call_resume(). The queue stays as it is. Errors: AUDIOSOCKET_CALL_ENDED. */
AUDIOSOCKET_API int audiosocket_call_pause(audiosocket_call* call);

/** Goes on with what was paused. Errors: AUDIOSOCKET_CALL_ENDED. */
AUDIOSOCKET_API int audiosocket_call_resume(audiosocket_call* call);

/** Returns the milliseconds of audio that are queued and not sent yet. */
AUDIOSOCKET_API int64_t audiosocket_call_queued_ms(const audiosocket_call* call);

/**
 * Sends a digit, ahead of the audio; on the calling side only, because Asterisk takes none. A digit is dropped while 64
 * others wait for the network. Errors: AUDIOSOCKET_BAD_DIGIT, AUDIOSOCKET_CALLER_ONLY, AUDIOSOCKET_CALL_ENDED.
 */
AUDIOSOCKET_API int audiosocket_call_send_dtmf(audiosocket_call* call, char digit);

/**
 * Records both sides into a WAV file of two channels, caller left, from now on until the call ends. Writes in
 * the background, on a thread of the engine that is not one of those for calls. AUDIOSOCKET_EVENT_RECORDED comes before
 * AUDIOSOCKET_EVENT_ENDED, and says whether the file is complete. A file that exists is never overwritten.
 * Errors: AUDIOSOCKET_BAD_ARGUMENT if it is being recorded already, or if the path has more than 255 bytes;
 * AUDIOSOCKET_NOT_CONNECTED, AUDIOSOCKET_CALL_ENDED.
 */
AUDIOSOCKET_API int audiosocket_call_record(audiosocket_call* call, const char* path, audiosocket_error* error);

/** Hangs up in order. AUDIOSOCKET_EVENT_ENDED follows. Errors: AUDIOSOCKET_CALL_ENDED, also the second time. */
AUDIOSOCKET_API int audiosocket_call_hang_up(audiosocket_call* call);

/** Hangs up as soon as the playout queue is empty. Errors: AUDIOSOCKET_CALL_ENDED. */
AUDIOSOCKET_API int audiosocket_call_hang_up_when_played(audiosocket_call* call);

/** What a call has counted. Set `struct_bytes` to the size before the call; members are only ever added at the end. */
typedef struct audiosocket_statistics {
    size_t struct_bytes;          /**< sizeof(audiosocket_statistics), set by the application. */
    uint64_t frames_received;     /**< Audio messages of the peer. */
    uint64_t frames_dropped;      /**< Of them, those that the application did not take in time. */
    uint64_t digits_received;     /**< DTMF messages with a digit. */
    uint64_t frames_sent;         /**< Audio messages, silence included. */
    uint64_t silence_frames_sent; /**< Audio messages that contained only silence. */
    uint64_t underruns;           /**< Times the playout queue ran dry without a mark at its end. */
    uint64_t late_frames;         /**< Frames sent more than 5 ms behind their time. */
    uint64_t skipped_frames;      /**< Frame times that passed unserved. */
    uint64_t lateness_max_us;     /**< The longest time that a frame was sent behind its time. */
    uint64_t arrival_jitter_us;   /**< How unevenly audio arrives (RFC 3550, section 6.4.1). */
    uint64_t samples_unread_lost; /**< Received samples that were dropped before audiosocket_call_read() took them. */
} audiosocket_statistics;

/**
 * Fills in the counters as they were at most one second ago, or at the end of the call. Members that this version of
 * the library does not have become 0.
 * Errors: AUDIOSOCKET_BAD_ARGUMENT for a `struct_bytes` that no version had.
 */
AUDIOSOCKET_API int audiosocket_call_statistics(const audiosocket_call* call, audiosocket_statistics* statistics);

/* --- Clips --- */

/**
 * Reads a sound file (WAV, FLAC, OGG, MP3, raw files of Asterisk, and what else the library knows), at most one hour.
 * `rate_hz` converts it once, 0 keeps the file's rate. Waits for the disk.
 * Errors: AUDIOSOCKET_BAD_FILE, AUDIOSOCKET_BAD_RATE.
 */
AUDIOSOCKET_API audiosocket_clip* audiosocket_clip_load(const char* path, int rate_hz, audiosocket_error* error);

/** Makes a clip of samples, which are copied. Errors: AUDIOSOCKET_BAD_RATE. */
AUDIOSOCKET_API audiosocket_clip* audiosocket_clip_new(const int16_t* samples, size_t count, int rate_hz,
                                                       audiosocket_error* error);

/** Returns how long it plays, in milliseconds. */
AUDIOSOCKET_API int64_t audiosocket_clip_duration_ms(const audiosocket_clip* clip);

/** Frees a clip. Calls that play it keep what they need. */
AUDIOSOCKET_API void audiosocket_clip_free(audiosocket_clip* clip);

#if defined(__cplusplus)
}
#endif

#endif
