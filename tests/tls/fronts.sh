#!/usr/bin/env bash
# Runs the TLS fronts of docs/tls.md, as they are printed there, with a real stunnel and a real HAProxy. A call through
# each pair must bring its audio back bit for bit. A wrong certificate on either side must not reach the server.
# Usage: fronts.sh COMMAND
# With FRONTS_MEASURE=SECONDS it also prints what docs/tls.md quotes: in which pieces messages arrive, how long a message
# takes, with and without fronts, and what Asterisk sees of a server that is not there.
set -euo pipefail

readonly skipped=77 # what ctest takes for a skipped test
here=$(realpath "$(dirname "$0")")
readonly here page=$here/../../docs/tls.md

# The addresses of the page belong to a network of our own: nothing outside is disturbed, and every port is free.
if [[ ${FRONTS_INSIDE-} != yes ]]; then
    for program in openssl stunnel haproxy ip ss python3 unshare; do
        if ! command -v "$program" >/dev/null; then
            echo "SKIPPED tls_fronts: $program is missing (tools/setup --test installs it)"
            exit "$skipped"
        fi
    done
    separate=(unshare --net)
    ((EUID == 0)) || separate+=(--user --map-root-user)
    if ! "${separate[@]}" true 2>/dev/null; then
        echo "SKIPPED tls_fronts: this user may not make a network of its own (unshare --net)"
        exit "$skipped"
    fi
    FRONTS_INSIDE=yes exec "${separate[@]}" "$0" "$(realpath "$1")"
fi

readonly command=$1 asterisk=127.0.0.3:9092 tls=127.0.0.2:9443
work=$(mktemp -d)
running=() # the server, then the fronts
refusing=()
# shellcheck disable=SC2317 # the trap calls it
clean_up() {
    kill "${running[@]}" "${refusing[@]}" 2>/dev/null || true
    wait || true
    rm -rf "$work"
}
trap clean_up EXIT
ip link set lo up
cd "$work"

fail() {
    echo "FAILED tls_fronts: $1"
    tail -n 30 ./*.log
    exit 1
}

# eventually WHAT COMMAND...: waits until the command succeeds. Only a front that does not start needs the whole time.
eventually() {
    local what=$1
    shift
    for _ in $(seq 600); do
        if "$@"; then return; fi
        sleep 0.1
    done
    fail "$what"
}

# --- What the page says ---

# block NAME: prints the block of code whose first line is a comment with this name.
block() {
    awk -v name="$1" '
        /^```/ { if (found) exit; fresh = 1; next }
        fresh { fresh = 0; found = $0 ~ "^[;#] " name "$" }
        found' "$page"
}

# The certificates, by the commands of the page: of the authority of the page with one more name, and of another authority.
certificates=$(awk '/^```/ { inside = !inside; text = ""; next } inside { text = text $0 "\n" } /^done$/ { printf "%s", text; exit }' "$page")
[[ $certificates == *"server.example asterisk.example; do"* ]] || fail "docs/tls.md has no commands for certificates"
certificates=${certificates/server.example asterisk.example/server.example asterisk.example stranger.example}
for authority in ours other; do
    mkdir "$authority"
    (cd "$authority" && bash -euc "$certificates") >"$authority.log" 2>&1 || fail "the commands for certificates do not work"
done

# --- The fronts ---

# configuration NAME PEM CA: prints the configuration of this name with the addresses of this test.
configuration() {
    [[ -n $(block "$1") ]] || fail "docs/tls.md has no $1"
    block "$1" | sed "
        s,/etc/audiosocket/tls/ca.pem,$work/$3/ca.pem,g
        s,/etc/audiosocket/tls/[a-z.]*\.pem,$work/$2,g
        s,0\.0\.0\.0:9443,$tls,; s,server\.example:9443,$tls,
        /^connect = /s,127\.0\.0\.1:9092,${server_address:-127.0.0.1:9092},
        /^ *server one 127/s,127\.0\.0\.1:9092,${server_address:-127.0.0.1:9092},
        /^accept = /s,127\.0\.0\.1:9092,$asterisk,; /^ *bind /s,127\.0\.0\.1:9092,$asterisk,"
}

# start_front SIDE KIND PEM CA: starts the front of a side, asterisk or server, with a certificate and the authority that
# it trusts.
start_front() {
    local side=$1 kind=$2 name=$1-$2 address=$tls
    if [[ $side == asterisk ]]; then address=$asterisk; fi
    if [[ $kind == stunnel ]]; then
        { printf 'foreground = yes\npid =\nsyslog = no\n' && configuration "audiosocket-$side.conf" "$3" "$4"; } >"$name.conf"
        stunnel "$name.conf" >"$name.log" 2>&1 &
    else
        configuration "haproxy-$side.cfg" "$3" "$4" >"$name.cfg"
        haproxy -db -f "$name.cfg" >"$name.log" 2>&1 &
    fi
    running+=($!)
    eventually "$name does not start" listens "$address"
}
listens() { [[ -n $(ss -Hltn "src $1") ]]; }
is_free() { [[ -z $(ss -Hltn "src $1") ]]; }

stop_fronts() {
    local last=${#running[@]}
    kill "${running[@]:1}"
    for ((i = 1; i < last; ++i)); do wait "${running[i]}" || true; done
    running=("${running[0]}")
    eventually "the fronts do not stop" is_free "$tls"
    eventually "the fronts do not stop" is_free "$asterisk"
}

# --- Calls ---

"$command" serve --listen 127.0.0.1:9092 --echo --json --quiet >events 2>serve.log &
running+=($!)
eventually "the server does not start" listens 127.0.0.1:9092
calls() { grep -c '"event":"started"' events || true; }

# No sample is zero, so what is not ours can be left out: the silence of both sides.
python3 - >sound.log <<'PY'
import random, struct, wave
chance = random.Random(18)
with wave.open("sound.wav", "wb") as file:
    file.setparams((1, 2, 8000, 0, "NONE", ""))
    file.writeframes(struct.pack("<4000h", *(chance.choice((-1, 1)) * chance.randrange(1, 4000) for _ in range(4000))))
PY
is_exact() {
    python3 - <<'PY'
import array, sys, wave
read = lambda name: array.array("h", wave.open(name).readframes(10**9))
sys.exit([s for s in read("answer.wav") if s] != list(read("sound.wav")))
PY
}

# call_through: a call whose audio must come back. How regular it was is not this test's business, only what it was.
call_through() {
    rm -f answer.wav
    "$command" call "$asterisk" --play sound.wav --record answer.wav --quiet >call.log 2>&1 || [[ $? == 1 ]] || fail "$1: there is no call"
    is_exact || fail "$1: the audio comes back changed"
}

# ending: prints how a connection ends that the server, or a front, does not want: "reset" or "end", and after how long.
ending() {
    python3 - "${asterisk%:*}" "${asterisk#*:}" <<'PY'
import socket, sys, time
began = time.monotonic()
try:
    line = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=20)
    line.sendall(b"\x01\x00\x10" + b"x" * 16)
    while line.recv(4096):
        pass
    how = "end"
except OSError as error:
    how = type(error).__name__
print(f"{how} after {time.monotonic() - began:.3f} s")
PY
}

# show CLIENT SERVER: what the host of Asterisk sees when there is no call to be had, and how long a message takes.
show() {
    local address
    for address in 127.0.0.4:9092 127.0.0.5:9092; do
        server_address=$address start_front server "$2" ours/server.example.pem ours
        start_front asterisk "$1" ours/asterisk.example.pem ours
        if [[ $address == *.4:* ]]; then echo "  the server refuses: $(ending)"; else echo "  no server: $(ending)"; fi
        stop_fronts
    done
    start_front asterisk "$1" ours/asterisk.example.pem ours
    echo "  no front of the server: $(ending)"
    stop_fronts
    server_address=127.0.0.6:9092 start_front server "$2" ours/server.example.pem ours
    start_front asterisk "$1" ours/asterisk.example.pem ours
    echo "  $(python3 "$here/round_trip.py" "${asterisk%:*}" "${asterisk#*:}" 127.0.0.6 9092 "$FRONTS_MEASURE")"
    stop_fronts
}

# must_be_refused WHAT: a call does not reach the server.
must_be_refused() {
    local before result=0
    before=$(calls)
    "$command" call "$asterisk" --duration 0.5 --quiet >call.log 2>&1 || result=$?
    ((result != 0)) || fail "$1: the call succeeds"
    [[ $(calls) == "$before" ]] || fail "$1: the call reaches the server"
}

if [[ -n ${FRONTS_MEASURE-} ]]; then
    "$command" serve --listen 127.0.0.4:9092 --allow 192.0.2.0/24 --quiet >refusing.log 2>&1 &
    refusing=($!)
fi
for server in stunnel haproxy; do
    for client in stunnel haproxy; do
        start_front server "$server" ours/server.example.pem ours
        start_front asterisk "$client" ours/asterisk.example.pem ours
        call_through "$client to $server"
        if [[ -n ${FRONTS_MEASURE-} ]]; then
            echo "$client to $server:"
            python3 "$here/pieces.py" "${asterisk%:*}" "${asterisk#*:}" "$FRONTS_MEASURE"
        fi
        stop_fronts
        if [[ -n ${FRONTS_MEASURE-} ]]; then show "$client" "$server"; fi
    done
    # What the server's front must refuse. The client's front is the same each time.
    start_front server "$server" ours/server.example.pem ours
    for wrong in other/asterisk.example.pem ours/stranger.example.pem; do
        start_front asterisk stunnel "$wrong" ours
        must_be_refused "$server, with $wrong"
        kill "${running[-1]}"
        wait "${running[-1]}" || true
        unset 'running[-1]'
        eventually "the front does not stop" is_free "$asterisk"
    done
    result=0
    before=$(calls)
    "$command" call "$tls" --duration 0.5 --quiet >call.log 2>&1 || result=$?
    if ((result == 0)) || [[ $(calls) != "$before" ]]; then fail "$server lets a call in that has no TLS"; fi
    stop_fronts
done
for client in stunnel haproxy; do
    for wrong in "other/server.example.pem ours" "ours/stranger.example.pem ours"; do
        # shellcheck disable=SC2086 # two words
        start_front server stunnel $wrong
        start_front asterisk "$client" ours/asterisk.example.pem ours
        must_be_refused "$client, to a server with $wrong"
        stop_fronts
    done
done

if [[ -n ${FRONTS_MEASURE-} ]]; then
    echo "without fronts:"
    python3 "$here/pieces.py" 127.0.0.1 9092 "$FRONTS_MEASURE"
    python3 "$here/round_trip.py" 127.0.0.6 9092 127.0.0.6 9092 "$FRONTS_MEASURE"
fi
echo "tls_fronts: stunnel and HAProxy, both ways: $(calls) calls, all exact; wrong certificates are refused"
