#!/usr/bin/env bash
# Runs each example for real: the servers are called by the command, the caller calls the command's server.
#   tests/examples/run.sh BUILD_DIR NAME
set -euo pipefail

build=$(realpath "$1")
name=$2
examples=$build/examples
command=$build/bin/audiosocket
folder=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$folder"' EXIT

fail() {
    echo "FAILED: $*" >&2
    sed 's/^/    /' "$folder"/* >&2 || true
    exit 1
}

# until COMMAND...: waits until the command succeeds; false if it does not within a minute.
until_it() {
    for _ in $(seq 1200); do
        if "$@"; then return; fi
        sleep 0.05
    done
    return 1
}

# start COMMAND ARGS...: starts a server on a free port and sets `address` to its listening address.
start() {
    : >"$folder/server.out" # now, so that nothing reads the address of an earlier server
    "$@" >"$folder/server.out" 2>"$folder/server.err" &
    server=$!
    until_it find_address "$folder/server.out" || fail "$1 does not listen"
}

find_address() { # FILE
    address=$(grep -oEm1 '(\[::\]|[0-9.]+):[0-9]+' "$1" || true)
    [ -n "$address" ]
}

call() {
    "$command" call "$address" --json "$@" >"$folder/report.json" 2>"$folder/report.err" || fail "call: exit code $?"
}

# says FILE TEXT: waits until a server's output has the text.
says() {
    until_it grep -qE -- "$1" "$folder/server.out" || fail "the server did not say: $1"
}

# milliseconds_in TEXT: the number before " ms" in the server's line with this text.
milliseconds_in() { sed -nE "s/.*$1 ([0-9]+) ms.*/\1/p" "$folder/server.out"; }

make_tone() { # FILE: a second of sound, from our own server
    "$command" serve --listen 127.0.0.1:0 --tone 440 --exit-after 1 --json >"$folder/tone.out" 2>/dev/null &
    until_it find_address "$folder/tone.out" || fail "serve does not listen"
    "$command" call "$address" --duration 1 --record "$1" >/dev/null
}

case $name in
01_echo)
    make_tone "$folder/said.wav"
    start "$examples/01_echo" 127.0.0.1:0
    call --play "$folder/said.wav" --duration 1.5
    grep -q '"peak_dbfs":-1[12]' "$folder/report.json" || fail "no echo"
    ;;
02_play_file)
    make_tone "$folder/sound.wav"
    start "$examples/02_play_file" "$folder/sound.wav" 127.0.0.1:0
    call --duration 60
    says "played [0-9]+ ms"
    # 8,000 samples of 2 bytes are a second; the header has 44.
    length=$((($(stat -c %s "$folder/sound.wav") - 44) / 16))
    played=$(milliseconds_in played)
    ((length > 0 && played >= length - 1 && played <= length + 1)) || fail "played $played ms of $length"
    grep -q '"reason":"peer hung up"' "$folder/report.json" || fail "did not hang up"
    ;;
03_record)
    make_tone "$folder/said.wav"
    mkdir "$folder/calls"
    start "$examples/03_record" "$folder/calls" 127.0.0.1:0
    call --play "$folder/said.wav" --duration 1.2
    says "recorded"
    [ "$(stat -c %s "$folder"/calls/*.wav)" -gt 8000 ] || fail "the recording is too short" # of 19,244
    rm -r "$folder/calls"
    ;;
04_dtmf_menu)
    start "$examples/04_dtmf_menu" 127.0.0.1:0
    call --dtmf '1#' --dtmf-after 0.5 --duration 60
    says "prompt heard for [0-9]+ ms"
    heard=$(milliseconds_in "prompt heard for")
    ((heard > 0 && heard < 10000)) || fail "prompt heard for $heard ms"
    grep -q '"reason":"peer hung up"' "$folder/report.json" || fail "did not hang up"
    ;;
05_place_call)
    start "$command" serve --listen 127.0.0.1:0 --tone 440 --json
    "$examples/05_place_call" "$address" >"$folder/example.out" || fail "exit code $?"
    grep -q "hung up; peak -1[12]" "$folder/example.out" || fail "heard no tone"
    says '"digit":"1"'
    "$examples/05_place_call" 127.0.0.1:1 2>"$folder/example.err" && fail "a server that is not there went unnoticed"
    grep -q "127.0.0.1:1" "$folder/example.err" || fail "does not say which server cannot be reached"
    ;;
06_blocking)
    start "$examples/06_blocking" 127.0.0.1:0
    call --dtmf 7 --dtmf-after 0.2 --duration 1.5
    says "digit 7"
    grep -q '"peak_dbfs":-1[12]' "$folder/report.json" || fail "heard no tone"
    call --duration 60
    grep -q '"reason":"peer hung up"' "$folder/report.json" || fail "did not hang up"
    ;;
07_all_cores)
    make_tone "$folder/said.wav"
    start "$examples/07_all_cores" 127.0.0.1:0
    call --play "$folder/said.wav" --duration 1.5
    grep -q '"peak_dbfs":-1[12]' "$folder/report.json" || fail "no echo"
    ;;
08_graceful_stop)
    make_tone "$folder/sent.wav"
    start "$examples/08_graceful_stop" 127.0.0.1:0
    "$command" call "$address" --play "$folder/sent.wav" --duration 2 --json >"$folder/report.json" &
    caller=$!
    says "call from"
    kill -TERM "$server"
    wait "$caller" || fail "call: exit code $?"
    grep -q '"reason":"hung up"' "$folder/report.json" || fail "the call was cut off"
    wait "$server" || fail "exit code $?"
    says "1 calls ended by themselves, 0 were hung up"
    server=
    ;;
09_ivr | 13_ivr_callbacks)
    start "$examples/$name" 127.0.0.1:0
    call --dtmf '12#' --dtmf-after 0.5 --duration 60
    says "choice: 1"
    says "choice: 2"
    says "goodbye: 200 ms"
    grep -q '"reason":"peer hung up"' "$folder/report.json" || fail "did not hang up"
    call --duration 0.5 # the caller hangs up: the server continues
    call --dtmf '1#' --dtmf-after 0.2 --duration 60
    ;;
10_blocking_ivr)
    start "$examples/10_blocking_ivr" 127.0.0.1:0
    call --dtmf '7#' --dtmf-after 0.5 --duration 60
    says "choice: 7"
    says "goodbye: 1000 ms"
    grep -q '"reason":"peer hung up"' "$folder/report.json" || fail "did not hang up"
    call --duration 0.5
    says "the call has ended"
    ;;
11_speech_stream)
    start "$examples/11_speech_stream" 127.0.0.1:0
    call --dtmf 1 --dtmf-after 1 --duration 60
    says "heard [0-9]+ ms"
    heard=$(milliseconds_in heard)
    ((heard > 0 && heard < 10000)) || fail "heard $heard ms"
    grep -q '"peak_dbfs":-1[12]' "$folder/report.json" || fail "heard no tone"
    grep -q '"reason":"peer hung up"' "$folder/report.json" || fail "did not hang up"
    call --duration 0.5 # the caller hangs up: the server continues
    call --dtmf 1 --dtmf-after 0.2 --duration 60
    ;;
12_bridge)
    make_tone "$folder/said.wav"
    "$command" serve --listen 127.0.0.1:0 --echo --exit-after 1 --json >"$folder/far.out" 2>/dev/null &
    until_it find_address "$folder/far.out" || fail "serve does not listen"
    start "$examples/12_bridge" "$address" 127.0.0.1:0
    call --play "$folder/said.wav" --duration 1.5
    grep -q '"peak_dbfs":-1[12]' "$folder/report.json" || fail "no echo through the bridge"
    says "the caller ended it: peer hung up"
    # The other server no longer answers. The caller is hung up, and the bridge continues.
    call --duration 60
    until_it grep -q "Connection refused" "$folder/server.err" || fail "did not say why"
    grep -q '"reason":"peer hung up"' "$folder/report.json" || fail "did not hang up"
    ;;
step1_welcome | step2_digits | step3_record | ivr) # of docs/tutorial.md
    cp "$(dirname "$0")/../../share/sounds/welcome.wav" "$folder"
    make_tone "$folder/said.wav"
    cd "$folder"
    start "$examples/$name" 127.0.0.1:0
    if [[ $name != step1_welcome ]]; then
        call --dtmf '5#' --dtmf-after 0.5 --duration 60
        says "digit 5"
        grep -q '"reason":"peer hung up"' report.json || fail "# did not end the call"
    fi
    if [[ $name == step1_welcome || $name == step2_digits ]]; then
        call --duration 120
        grep -q '"reason":"peer hung up"' report.json || fail "did not hang up"
        grep -q '"peak_dbfs":-3' report.json || fail "no welcome"
        [[ $name == step1_welcome ]] || says "no digit in time"
    else
        # A key or a hang-up ends the message.
        call --dtmf 12 --dtmf-after 0.5 --play said.wav --duration 60
        says "message in messages/"
        grep -q '"reason":"peer hung up"' report.json || fail "a key did not end the message"
        call --dtmf 1 --dtmf-after 0.1 --play said.wav --duration 1.5
        two_messages() { (($(grep -c "message in" server.out) == 2)); }
        until_it two_messages || fail "the message of the caller who hung up is missing"
        file=$(sed -n 's/^message in //p' server.out | tail -n 1)
        "$command" inspect "$file" --json | grep -q '"peak_dbfs":-1[12]' || fail "the caller is not in $file"
        rm -r messages
    fi
    if [[ $name == ivr ]]; then # a stop waits for the call to end
        "$command" call "$address" --dtmf '#' --dtmf-after 1.5 --duration 60 --json >report.json &
        caller=$!
        four_calls() { (($(grep -c "call from" server.out) == 4)); }
        until_it four_calls || fail "the last call did not arrive"
        kill -INT "$server"
        wait "$caller" || fail "call: exit code $?"
        grep -q '"reason":"peer hung up"' report.json || fail "the call was cut off"
        wait "$server" || fail "exit code $?"
        says "stopping, 1 calls in progress"
        server=
    fi
    ;;
14_voice_bot)
    make_tone "$folder/said.sln"
    {
        head -c 8000 /dev/zero # half a second of the bot's greeting
        cat "$folder/said.sln"
        head -c 16000 /dev/zero
    } >"$folder/question.sln"
    rm "$folder/said.sln"
    start "$examples/14_voice_bot" 127.0.0.1:0
    call --play "$folder/question.sln" # hangs up two seconds after it
    rm "$folder/question.sln"
    says "bot: Hello"
    says "interrupted after [0-9]+ ms"
    says "caller: [0-9]+ ms of speech"
    says "bot: You have said"
    ;;
readme_server) # its port is fixed, so only its error message is tested
    "$examples/readme_server" "$folder/missing.wav" 2>"$folder/example.err" && fail "a missing sound went unnoticed"
    grep -q "missing.wav" "$folder/example.err" || fail "does not say which sound is missing"
    ;;
*) fail "no test for $name" ;;
esac
echo "$name: ok"
