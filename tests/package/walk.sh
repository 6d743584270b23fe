#!/usr/bin/env bash
# Takes the steps of an administrator of the service on a clean Debian with systemd: installs the packages, configures,
# starts, looks, upgrades under 200 calls, changes settings, stops, purges. Each step prints what it has seen, and fails if
# that differs from docs/operations.md.
# Usage: walk.sh BUILD_DIR; the packages are made of its objects in BUILD_DIR/package, as by deb.sh. The Debian is made
# once, in the user's cache (a minute).
set -euo pipefail

readonly skipped=77 # what ctest takes for a skipped test
readonly calls=200 settings=/etc/audiosocket/audiosocket.toml token_file=/etc/audiosocket/admin-token
readonly port=127.0.0.1:9092 admin=127.0.0.1:9093

here=$(realpath "$(dirname "$0")")
# shellcheck source-path=SCRIPTDIR source=../support/debian.sh
source "$here/../support/debian.sh"
work=$(mktemp -d)
readonly here work
pid_of_machine=

say() { printf 'walk: %s\n' "$*"; }
saw() { printf '   %s\n' "$@"; }
skip() {
    echo "SKIPPED walk: $*"
    exit "$skipped"
}
fail() {
    echo "FAILED: walk: $*"
    if [[ -n $pid_of_machine ]]; then on journalctl -q --no-pager -n 40 -o cat -u audiosocket || true; fi
    exit 1
}
watchers=() # of the processors
steps=0
step() { printf '%d. %s (%d s)\n' $((++steps)) "$1" $((SECONDS - started)); }

# shellcheck disable=SC2317 # the trap calls it
clean_up() {
    kill "${watchers[@]}" 2>/dev/null || true
    if [[ -n ${machine-} ]]; then
        kill "$machine" || true
        wait || true
    fi
    rm -rf "$work"
}
trap clean_up EXIT

# --- What is needed ---

for program in dpkg-deb dpkg-shlibdeps file gzip curl ip nsenter setpriv findmnt pgrep; do
    command -v "$program" >/dev/null || skip "$program is missing (tools/setup --test installs it)"
done
need_root
# shellcheck source=/dev/null
distribution=$(source /etc/os-release && echo "$ID ${VERSION_CODENAME-}")
[[ $distribution == debian\ ?* ]] || skip "the packages built here are not for Debian, but for $distribution"
[[ -n $(findmnt --noheadings --types cgroup2 --options rw) ]] || skip "there is no cgroup2 to be written, which systemd needs"

objects=$(realpath "$1")
build=$objects/packages
"$here/../../tools/package" "$build" "$objects" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
packages=("$build"/libaudiosocket[0-9]*.deb "$build"/audiosocket_*.deb)
version=$(dpkg-deb -f "${packages[1]}" Version)

# The Debian contains the dependencies of the packages, to be installed with them. Other dependencies need another
# Debian.
fetch_dependencies() {
    mkdir "$1/packages"
    cp "${packages[@]}" "$1/packages"
    { chroot "$1" apt-get update && chroot "$1" sh -c 'apt-get install -y --no-install-recommends --download-only /packages/*.deb'; } \
        >"$work/log" 2>&1 || { cat "$work/log"; fail "what the packages depend on cannot be had"; }
    rm -r "$1/packages"
}
dependencies=$(for file in "${packages[@]}"; do dpkg-deb -f "$file" Depends; done | md5sum)
debian=service-${distribution#debian }-${dependencies:0:8}
make_debian "$debian" "${distribution#debian }" systemd-sysv,dbus fetch_dependencies

# --- Whether this machine stands still ---

# watch_processor N: repeatedly writes to $work/still.N the longest delay of a sleep on processor N so far, in
# milliseconds. Ends with this script.
watch_processor() {
    local before late most=0
    while [[ -d $work ]]; do
        before=${EPOCHREALTIME/[.,]/}
        sleep 0.02
        late=$(((${EPOCHREALTIME/[.,]/} - before) / 1000 - 20))
        if ((late > most)); then
            most=$late
            echo "$most" >"$work/still.$1" 2>/dev/null || return 0
        fi
    done
}
watch_processors() {
    local processor
    rm -f "$work"/still.*
    for processor in $(seq 0 $(($(nproc) - 1))); do
        (taskset -p -c "$processor" "$BASHPID" >/dev/null 2>&1 && watch_processor "$processor") &
        watchers+=("$!")
    done
}
# stood_still: prints for how long a processor did, in milliseconds, and ends the watch.
stood_still() {
    kill "${watchers[@]}" 2>/dev/null || true
    watchers=()
    cat "$work"/still.* 2>/dev/null | sort -n | tail -n 1
}
# If a processor stood still for longer, frames may be lost without a fault of the service: the generator counts an echo
# as lost after this time.
readonly still_max=50

# held_well REPORT RESULT: no call was harmed, and no frame was lost if the machine let the service run.
held_well() {
    grep -q '; 0 failed, 0 killed, 0 ended by the server' "$1" || return 1
    (($2 == 0)) && return
    ((still >= still_max)) || return 1
    saw "SKIPPED in walk: whether frames are lost in an upgrade: the machine stood still for $still ms"
}

# --- The machine ---

started=$SECONDS
mkdir "$work/audiosocket-walk-$$"
setpriv --pdeathsig TERM -- "$here/machine.sh" "$debian_cache/$debian" "$work/audiosocket-walk-$$" &
machine=$!

on() { "$here/machine.sh" on "$pid_of_machine" "$@"; }
# eventually SECONDS WHAT COMMAND...: waits until the command succeeds.
eventually() {
    local tries=$(($1 * 20)) what=$2
    shift 2
    for ((; tries > 0; --tries)); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.05
    done
    fail "$what"
}
is_up() {
    pid_of_machine=$(pgrep -P "$(pgrep -P "$machine")") && on systemctl is-system-running --wait
}
eventually 20 "the machine does not start" is_up

# unit PROPERTY: prints the service's property from systemd.
unit() { on systemctl show --property "$1" --value audiosocket.service; }
unit_is() { [[ $(unit "$1") == "$2" ]]; }
# restarted TIMES: systemd has restarted the service this often.
restarted() { unit_is NRestarts "$1" && unit_is ActiveState active; }
# log_has PATTERN: whether the journal has it.
log_has() { on journalctl -q --no-pager -o cat -u audiosocket | grep -E "$1" >/dev/null; }
# get PATH [OPTION...]: asks the admin address.
get() {
    local path=$1
    shift
    nsenter --target "$pid_of_machine" --net curl -sS -m 5 -H "Authorization: Bearer $token" "$@" "http://$admin$path"
}
code() { get "$1" -o "$work/body" -w '%{http_code}' "${@:2}"; }
answers() { [[ $(code "$1" 2>/dev/null) == "$2" ]]; }
metric() { get /metrics | sed -n "s/^$1 //p"; }
metric_is() { [[ $(metric "$1") == "$2" ]]; }
# put FILE TO: copies a file of this script to the machine.
put() { on sh -c "cat >$2" <"$1"; }
# program_of PID: prints the executable of a process, followed by "(deleted)" if it has been replaced.
program_of() { on readlink "/proc/$1/exe"; }
# shellcheck disable=SC2016 # these are dpkg's variables
installed() { on dpkg-query -W -f '${Package} ${Version} ${db:Status-Status} ' '*audiosocket*'; }
# running: prints the processes of the service.
running() { on sh -c 'cat /sys/fs/cgroup/system.slice/audiosocket.service/cgroup.procs 2>/dev/null || true' | tr '\n' ' '; }

# --- The walk ---

step "install"
on mkdir /srv/packages /srv/upgrade
for file in "${packages[@]}"; do put "$file" "/srv/packages/$(basename "$file")"; done
on sh -c 'apt-get install -y --no-install-recommends /srv/packages/*.deb' >"$work/log" 2>&1 ||
    { cat "$work/log"; fail "the packages cannot be installed"; }
[[ $(on audiosocket --version) == "audiosocket ${version%-*}" ]] || fail "the command says: $(on audiosocket --version)"
[[ $(on systemctl is-enabled audiosocket.service) == disabled ]] || fail "the service is enabled by itself"
[[ -z $(running) ]] || fail "the service runs by itself"
saw "$(installed)" \
    "/var/lib/audiosocket: $(on stat -c '%U %a' /var/lib/audiosocket); the service is disabled, nothing runs"

step "configure, with a mistake first"
# edit SED_SCRIPT: changes the settings file. What it changes must exist.
edit() {
    on cp "$settings" /tmp/before
    on sed -i -E "$1" "$settings"
    ! on cmp -s /tmp/before "$settings" || fail "the settings have nothing to edit with $1"
}
edit 's/^# (echo = true)/\1/; s/^# (log-format = )"text"/\1"json"/'
edit 's/^# admin = .*/admin = "0.0.0.0:9093"/; s/^# (admin-token-file = )/\1/'
edit 's/^# max-calls = .*/max-calls = "300"/'
on install -m 640 -g audiosocket /dev/null "$token_file"
on sh -c "head -c 32 /dev/urandom | base64 >$token_file"
token=$(on cat "$token_file")
result=0
said=$(on audiosocket serve --check-config --config "$settings" 2>&1) || result=$?
[[ $result == 2 && $said == *audiosocket.toml:[0-9]*"max-calls"*"write it without quotes"* ]] || fail "--check-config says ($result): $said"
saw "--check-config: exit code $result, $said"
if on systemctl start audiosocket >"$work/log" 2>&1; then fail "the service starts with a mistake in its settings"; fi
log_has 'max-calls: expected a whole number' || fail "the journal does not name the mistake"
sleep 1.5 # longer than RestartSec
unit_is NRestarts 0 || fail "it is started again and again"
saw "systemctl start: refused, $(unit ActiveState), exit code $(unit ExecMainStatus); the journal names the mistake; no restart"
edit 's/^max-calls = .*/max-calls = 300/'
on audiosocket serve --check-config --config "$settings" >"$work/log" 2>&1 || fail "$(cat "$work/log")"
saw "--check-config, corrected: exit code 0"

step "start"
# Like `systemctl edit`: a watchdog with a time that suits this script and a busy machine.
on mkdir -p /etc/systemd/system/audiosocket.service.d
printf '[Service]\nWatchdogSec=4\n' >"$work/drop-in"
put "$work/drop-in" /etc/systemd/system/audiosocket.service.d/override.conf
on systemctl daemon-reload
on systemctl enable --now audiosocket >"$work/log" 2>&1 || fail "$(cat "$work/log")"
main=$(unit MainPID)
[[ $(unit StatusText) == "answering calls on 0.0.0.0:9092" ]] || fail "READY came with: $(unit StatusText)"
saw "READY=1: $(unit ActiveState) ($(unit SubState)), \"$(unit StatusText)\", process $main of user $(on stat -c %U "/proc/$main")"
[[ $(on stat -c %U "/proc/$main") == audiosocket ]] || fail "it runs as another user"
confined=$(on sed -nE 's/^(CapEff|NoNewPrivs|Seccomp):\t/\1=/p' "/proc/$main/status" | tr '\n' ' ')
[[ $confined == "CapEff=0000000000000000 NoNewPrivs=1 Seccomp=2 " ]] || fail "it is not confined as the unit says: $confined"
nice=$(on sh -c "sed -E 's/.*\) //' /proc/$main/task/*/stat" | awk '{print $17}' | sort -n | tr '\n' ' ')
[[ $nice == "0 "*"10 " ]] || fail "the thread of the admin address has no lower priority than those of the calls: nice values $nice"
saw "confined: ${confined}; nice values of its threads: $nice"
fed=$(unit WatchdogTimestampMonotonic)
fed_again() { (($(unit WatchdogTimestampMonotonic) > fed)); }
eventually 5 "the watchdog is not fed" fed_again
on sh -c "kill -STOP $main"
eventually 15 "a server that is stuck is not started again" restarted 1
saw "watchdog: is fed; stopped with SIGSTOP, process $main was replaced by $(unit MainPID) after $(unit WatchdogUSec)"
main=$(unit MainPID)

step "look"
for path in /healthz /readyz /calls /; do
    [[ $(code "$path") == 200 ]] || fail "$path answers $(code "$path")"
    [[ $path == / ]] || saw "GET $path: 200 $(tr -d '\n' <"$work/body" | cut -c1-100)"
done
grep -q '<title>' "$work/body" || fail "/ is not a page"
saw "GET /: 200 $(grep -o '<title>.*</title>' "$work/body"), $(wc -c <"$work/body") bytes"
get /metrics >"$work/metrics"
if command -v promtool >/dev/null; then
    promtool check metrics <"$work/metrics" >"$work/log" 2>&1 || { cat "$work/log"; fail "promtool rejects /metrics"; }
    saw "GET /metrics: $(grep -c '^# TYPE' "$work/metrics") metrics, accepted by promtool"
else
    saw "SKIPPED in walk: promtool is missing, /metrics is not checked"
fi
bare=$(nsenter --target "$pid_of_machine" --net curl -s -o /dev/null -w '%{http_code}' "http://$admin/calls")
[[ $bare == 401 ]] || fail "/calls answers without the token: $bare"
on audiosocket call "$port" --duration 1 >"$work/log" 2>&1 || { cat "$work/log"; fail "a call is not answered in order"; }
log_has '^\{"time":.*"level":"info".*"call":' || fail "the log is not JSON"
saw "without the token: $bare; a call is answered; in the journal: $(on journalctl -q -o cat -u audiosocket | grep '"call"' | tail -n 1 | cut -c1-120)..."

step "upgrade under $calls calls"
# repack FILE VERSION: the same package under another version.
repack() {
    rm -rf "$work/tree"
    dpkg-deb -R "$1" "$work/tree"
    sed -i "s/^Version: .*/Version: $2/" "$work/tree/DEBIAN/control"
    dpkg-deb -Zgzip --root-owner-group -b "$work/tree" "$work/$(basename "$1")" >/dev/null
}
for file in "${packages[@]}"; do
    repack "$file" "$version+walk"
    put "$work/$(basename "$file")" "/srv/upgrade/$(basename "$file")"
done
watch_processors
on audiosocket bench "$port" --calls "$calls" --duration 14 -q >"$work/held" 2>&1 &
held=$!
# Short calls as well, so that there is a new one at every moment.
on audiosocket bench "$port" --calls 60 --churn 40 --call-duration 0.5 --duration 14 -q >"$work/churn" 2>&1 &
churn=$!
under_load() { (($(metric audiosocket_calls) >= calls)); }
eventually 10 "$calls calls are not up" under_load
before=$(metric audiosocket_calls)
on sh -c 'apt-get install -y /srv/upgrade/*.deb' >"$work/log" 2>&1 || { cat "$work/log"; fail "the upgrade fails"; }
handed_over() { [[ $(unit MainPID) != "$main" ]]; }
eventually 10 "the upgrade does not hand over" handed_over
kill -0 "$held" || fail "the calls were over before the hand-over"
new=$(unit MainPID)
saw "$(installed): MAINPID $main -> $new with $before calls in progress"
[[ $(program_of "$new") == /usr/bin/audiosocket ]] || fail "the new process runs $(program_of "$new")"
[[ $(program_of "$main") == *"(deleted)" ]] || fail "the old process runs $(program_of "$main")"
if on grep -qE 'libaudiosocket.*\(deleted\)' "/proc/$new/maps"; then fail "the new process has the old library"; fi
saw "process $main: $(program_of "$main"); process $new: $(program_of "$new"), and the new library"
on audiosocket call "$port" --duration 1 >"$work/log" 2>&1 || { cat "$work/log"; fail "the new process does not answer"; }
[[ $(code /readyz) == 200 ]] || fail "/readyz answers $(code /readyz)"
(($(metric audiosocket_calls) < calls)) || fail "the admin address is still the old process's"
saw "both run: $(running); the new one answers calls and /readyz, and counts $(metric audiosocket_calls) calls of its own"
held_result=0 churn_result=0
wait "$held" || held_result=$?
wait "$churn" || churn_result=$?
still=$(stood_still)
held_well "$work/held" "$held_result" || { cat "$work/held"; fail "the $calls calls did not all hold"; }
held_well "$work/churn" "$churn_result" || { cat "$work/churn"; fail "short calls during the upgrade were harmed"; }
saw "the $calls calls in progress:" && sed 's/^/      /' "$work/held"
saw "and the short calls meanwhile:" && sed 's/^/      /' "$work/churn"
alone() { [[ $(running) == "$(unit MainPID) " ]]; }
eventually 10 "the old process does not end: $(running)" alone
unit_is ActiveState active || fail "systemd takes the end of the old process for that of the service"
saw "process $main is gone, $new runs; the service is $(unit ActiveState), \"$(unit StatusText)\""
main=$new
on systemctl kill --signal=USR2 --kill-whom=main audiosocket
eventually 10 "a second hand-over fails" handed_over
saw "systemctl kill --signal=USR2: MAINPID $main -> $(unit MainPID)"
main=$(unit MainPID)
eventually 10 "the old process does not end: $(running)" alone
on sh -c "kill -SEGV $main"
eventually 10 "a successor that crashes is not started again" restarted 2
saw "process $main crashes (SIGSEGV): $(unit MainPID) takes its place"
main=$(unit MainPID)
on systemctl kill --signal=USR2 --kill-whom=main audiosocket
eventually 10 "a third hand-over fails" handed_over
eventually 10 "the old process does not end: $(running)" alone

step "change settings, hang up"
recordings=/var/lib/audiosocket/calls
edit 's/^max-calls = .*/max-calls = "some"/'
if on systemctl reload audiosocket >"$work/log" 2>&1; then fail "systemctl reload accepts a mistake"; fi
unit_is ActiveState active || fail "a mistake in the settings ends the service"
saw "systemctl reload, with a mistake: refused, the service is $(unit ActiveState)"
main=$(unit MainPID)
on dpkg -i "/srv/upgrade/$(basename "${packages[1]}")" >"$work/log" 2>&1 || { cat "$work/log"; fail "the upgrade fails"; }
grep 'the old process still runs' "$work/log" >"$work/complaint" || fail "the upgrade does not report that there was no hand-over"
[[ $(unit MainPID) == "$main" ]] || fail "an executable that cannot start takes over"
on audiosocket call "$port" --duration 0.5 >"$work/log" 2>&1 || { cat "$work/log"; fail "a hand-over that fails harms calls"; }
saw "an upgrade, with the mistake: $(cat "$work/complaint"); process $main continues"
edit 's/^max-calls = .*/max-calls = 300/; s/^# drain-timeout = .*/drain-timeout = 4/; s/^# (record = )/\1/'
on systemctl reload audiosocket >"$work/log" 2>&1 || { cat "$work/log"; fail "systemctl reload fails"; }
eventually 5 "the settings are not read again" log_has 'settings read again: changed: drain-timeout, record;'
saw "systemctl reload: $(on journalctl -q -o cat -u audiosocket | grep 'settings read again' | tail -n 1)"
id=40325ec2-5efd-4bd3-805f-53576e581d13
on audiosocket call "$port" --id "$id" --duration 30 >"$work/hung_up" 2>&1 &
caller=$!
eventually 5 "the call is not seen" answers "/calls/$id" 200
[[ $(code "/calls/$id" -X DELETE) == 202 ]] || fail "DELETE /calls/$id: $(cat "$work/body")"
wait "$caller" || { cat "$work/hung_up"; fail "the caller is not hung up in order"; }
saw "DELETE /calls/$id: 202, and the caller's report:" && sed 's/^/      /' "$work/hung_up"
eventually 5 "there is no recording" on sh -c "ls $recordings/*$id*.wav"
saw "recorded since then: $(on sh -c "stat -c '%n, %s bytes, of %U' $recordings/*")"

step "stop with calls up, right after a hand-over"
on audiosocket call "$port" --duration 60 >"$work/older" 2>&1 &
older=$!
eventually 5 "the call is not up" metric_is audiosocket_calls 1
main=$(unit MainPID)
on systemctl kill --signal=USR2 --kill-whom=main audiosocket
eventually 10 "a fourth hand-over fails" handed_over
eventually 5 "the successor has no calls of its own" metric_is audiosocket_calls 0
on audiosocket call "$port" --duration 2.5 >"$work/short" 2>&1 &
short=$!
on audiosocket call "$port" --duration 60 >"$work/long" 2>&1 &
long=$!
eventually 5 "the calls are not up" metric_is audiosocket_calls 2
stopping=$SECONDS
on systemctl stop audiosocket &
stop=$!
eventually 2 "/readyz does not say that it stops" answers /readyz 503
saw "SIGTERM: /readyz 503 $(tr -d '\n' <"$work/body"); /healthz $(code /healthz); service $(unit ActiveState), \"$(unit StatusText)\""
result=0
on audiosocket call "$port" --duration 1 >"$work/refused" 2>&1 || result=$?
[[ $result == 3 ]] || { cat "$work/refused"; fail "a new call: exit code $result"; }
metric_is audiosocket_calls 2 || fail "calls in progress do not continue"
saw "a new call: exit code $result, $(tail -n 1 "$work/refused"); the 2 calls in progress continue"
wait "$short" || { cat "$work/short"; fail "a call does not finish while the service stops"; }
saw "the short call ended by itself: $(grep -m 1 -i end "$work/short")"
wait "$long" || { cat "$work/long"; fail "the long call was not hung up in order"; }
saw "the long one was ended by drain-timeout: $(grep -m 1 -i end "$work/long")"
wait "$older" || { cat "$work/older"; fail "the old process does not hang up in order"; }
saw "so was that of the old process: $(grep -m 1 -i end "$work/older")"
wait "$stop" || fail "systemctl stop fails"
[[ -z $(running) ]] || fail "a process still runs: $(running)"
[[ $(unit Result),$(unit ExecMainStatus) == success,0 ]] || fail "it ends with $(unit Result), $(unit ExecMainStatus)"
saw "stopped in $((SECONDS - stopping)) s: $(unit Result), exit code $(unit ExecMainStatus); nothing runs"
if on journalctl -q --no-pager -o cat -u audiosocket | grep '"level":"error"' | grep -v 'hand-over failed'; then fail "the log has errors"; fi

step "the port from systemd"
on systemctl enable --now audiosocket.socket >"$work/log" 2>&1 || { cat "$work/log"; fail "audiosocket.socket cannot be enabled"; }
unit_is ActiveState inactive || fail "the service is started by the socket alone"
on audiosocket call "$port" --duration 0.5 >"$work/log" 2>&1 || { cat "$work/log"; fail "the first call does not start the service"; }
main=$(unit MainPID)
saw "the port was open, the service inactive; the first call has started it: $(unit ActiveState), \"$(unit StatusText)\""
on systemctl kill --signal=USR2 --kill-whom=main audiosocket
eventually 10 "with a port from systemd there is no hand-over" handed_over
on audiosocket call "$port" --duration 0.5 >"$work/log" 2>&1 || { cat "$work/log"; fail "the successor does not answer"; }
saw "MAINPID $main -> $(unit MainPID), which answers"

step "the gateway as the same service"
on systemctl disable --now audiosocket.socket audiosocket.service >"$work/log" 2>&1 || { cat "$work/log"; fail "the service cannot be disabled"; }
awk '/^### The gateway as a service/ { found = 1 } found && /^```/ { if (inside) exit; inside = 1; next } inside' \
    "$here/../../docs/operations.md" >"$work/gateway"
put "$work/gateway" /etc/systemd/system/audiosocket.service.d/gateway.conf
state=/var/lib/audiosocket
printf '%s\n' 'listen = "0.0.0.0:9092"' 'dialect = "pcm"' 'backend = "ws://127.0.0.1:8765/"' 'key-file = "bot.key"' \
    "tape = \"$state/tapes\"" "record = \"$state/gateway\"" >"$work/gateway.toml"
put "$work/gateway.toml" /etc/audiosocket/gateway.toml
on sh -c 'install -m 640 -g audiosocket /dev/null /etc/audiosocket/bot.key; echo key >/etc/audiosocket/bot.key'
on timeout 120 audiosocket backend --dialect pcm --echo --exit-after 1 >"$work/bot" 2>&1 &
bot=$!
on systemctl daemon-reload
on systemctl start audiosocket >"$work/log" 2>&1 || { cat "$work/log"; fail "the gateway does not start as a service"; }
on audiosocket call "$port" --play /usr/share/audiosocket/sounds/welcome.wav --duration 2 >"$work/log" 2>&1 || true
wait "$bot" || { cat "$work/bot" "$work/log"; fail "the back end had no call"; }
on systemctl stop audiosocket
for file in tapes/*.tape gateway/*.wav; do
    [[ $(on sh -c "stat -c %U $state/$file") == audiosocket ]] || fail "the gateway has not written $file"
done
if log_has 'Operation not permitted|Permission denied'; then fail "the confinement is in the way: $(on journalctl -q -o cat -u audiosocket | tail -n 20)"; fi
saw "it dialled its back end, recorded, and kept a tape: $(on sh -c "grep -c . $state/tapes/*.tape") lines"
on rm /etc/audiosocket/gateway.toml /etc/audiosocket/bot.key /etc/systemd/system/audiosocket.service.d/gateway.conf
on systemctl daemon-reload
on systemctl enable --now audiosocket.socket audiosocket.service >"$work/log" 2>&1 || { cat "$work/log"; fail "the service does not start again"; }

step "purge while it runs"
on systemctl revert audiosocket >"$work/log" 2>&1 # what `systemctl edit` has written is the administrator's
on apt-get purge -y audiosocket 'libaudiosocket*' >"$work/log" 2>&1 || { cat "$work/log"; fail "the packages cannot be purged"; }
if pgrep --ns "$pid_of_machine" --nslist pid -x audiosocket; then fail "a process still runs"; fi
# All files of the packages, and the files that were made since.
left=$(on find /etc /usr /var /run /tmp /opt /home -name '*audiosocket*')
[[ -z $left ]] || fail "purging leaves: $left"
if on getent passwd audiosocket; then fail "the user is left"; fi
[[ -z $(on systemctl list-units --all --no-legend '*audiosocket*') ]] || fail "systemd still knows: $(on systemctl list-units --all '*audiosocket*')"
saw "no process, no file, no user, no unit is left"
say "all steps in $((SECONDS - started)) s"
