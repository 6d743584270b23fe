#!/usr/bin/env bash
# Makes each fault that docs/troubleshooting.md explains, and checks that the command named there finds it.
#   tests/examples/troubleshooting.sh BUILD_DIR
set -euo pipefail

readonly skipped=77 # what ctest takes for a skipped test
if ! command -v python3 >/dev/null; then
    echo "SKIPPED troubleshooting: python3 is missing"
    exit "$skipped"
fi

command=$(realpath "$1")/bin/audiosocket
here=$(realpath "$(dirname "$0")")
sound=$here/../../share/sounds/welcome.wav
folder=$(mktemp -d)
server=
stop_server() { [ -z "$server" ] || kill "$server" 2>/dev/null || true; }
trap 'stop_server; rm -rf "$folder"' EXIT
readonly command here sound folder

fail() {
    echo "FAILED: $*" >&2
    for file in "$folder"/*; do sed 's/^/    /' "$file" >&2; done
    exit 1
}

find_address() {
    address=$(grep -oEm1 '127\.0\.0\.1:[0-9]+' "$folder/server.out" || true)
    [ -n "$address" ]
}

# start COMMAND...: starts a server and sets `address`.
start() {
    : >"$folder/server.out" # now, so that nothing reads the address of an earlier server
    "$@" >"$folder/server.out" 2>"$folder/server.err" &
    server=$!
    for _ in $(seq 1200); do
        if find_address; then return; fi
        sleep 0.05
    done
    fail "$* does not listen"
}

# finds PATTERN COMMAND...: the output of the command has the pattern, whatever its exit code.
finds() {
    local pattern=$1
    shift
    "$@" >"$folder/report" 2>"$folder/report.err" || true
    grep -qE -- "$pattern" "$folder/report" || fail "no $pattern from: $*"
}

# Faults of servers: the name of the fault in bad_server.py, and what `audiosocket call --json` says of it.
while read -r fault pattern; do
    start "$here/bad_server.py" "$fault" "$sound"
    finds "$pattern" "$command" call "$address" --duration 4 --json
    stop_server
done <<'END'
mute "first_audio_ms":null.*"good":false
pause "gap_max_ms":[2-4][0-9]{3}.*"good":false
ulaw "code":"g711_as_slin"
swapped "code":"byte_order"
header "code":"file_header"
double_rate "code":"wrong_rate"
burst "code":"burst"
jitter "gaps":[1-9]
mark "release":"22.10"[^{}]*"result":"call ended"
reset "reason":"peer reset the connection"
END

start "$here/bad_server.py" late
finds '"p50":(39[5-9]|[4-9][0-9][0-9])' "$command" bench "$address" --calls 1 --duration 2 --json
stop_server

start "$here/bad_server.py" deaf
finds '"release":"22.10"[^{}]*"result":"call ended"' \
    "$command" call "$address" --format slin192 --duration 20 --json
stop_server

# A fault of a caller, in the log of our server.
start "$command" serve --listen 127.0.0.1:0 --echo --json
"$command" call "$address" --play "$sound" --format ulaw --duration 2 >/dev/null
finds '"code":"g711_as_slin"' cat "$folder/server.out"

# Sound files whose names are wrong.
cp "$sound" "$folder/prompt.sln"
finds 'WAV file under the name .sln' "$command" inspect "$folder/prompt.sln"
rm "$folder/prompt.sln"
echo "troubleshooting: ok"
