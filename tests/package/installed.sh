#!/usr/bin/env bash
# Installs the packages, uses them, and removes them again, as root of a machine that may be harmed: deb.sh provides it.
# Usage: installed.sh PACKAGE_FILE...
set -euo pipefail

readonly settings=/etc/audiosocket/audiosocket.toml
readonly state=/var/lib/audiosocket
version=$(dpkg-deb -f "$1" Version)
names=$(for file in "$@"; do dpkg-deb -f "$file" Package; done)

# fail WHAT: ends the test with this failure.
fail() {
    echo "FAILED: installed: $1"
    exit 1
}

# gone PATH...: none of these paths exists.
gone() {
    local path
    for path in "$@"; do [[ ! -e $path && ! -L $path ]] || fail "$path is left"; done
}

# call_as_service: the installed command, with the installed settings and as the service's user, answers a call.
call_as_service() {
    local server events=$state/events address
    rm -f "$events" # of the last call
    # Records, instead of the settings in the comments, to check the owner of the recordings.
    setpriv --reuid audiosocket --regid audiosocket --clear-groups --inh-caps=-all \
        sh -c "cd $state && exec audiosocket serve --config $settings --listen 127.0.0.1:0 --record $state/calls --json --quiet >$events" &
    server=$!
    for _ in $(seq 100); do
        address=$(sed -n 's/.*"event":"listening","address":"\([^"]*\)".*/\1/p' "$events" 2>/dev/null) || true
        [[ -z $address ]] || break
        sleep 0.1
    done
    [[ -n $address ]] || fail "the server does not listen"
    audiosocket call "$address" --duration 1 >/dev/null || fail "the server does not answer as it should"
    kill -TERM "$server"
    wait "$server" || fail "the server ends with code $?"
    [[ $(stat -c %U "$state"/calls/*.wav | sort -u) == audiosocket ]] || fail "there is no recording that belongs to the service"
}

dpkg -i "$@" >/dev/null
[[ $(audiosocket --version) == "audiosocket ${version%-*}" ]] || fail "the command says: $(audiosocket --version)"
[[ $(stat -c %U:%a "$state") == audiosocket:750 ]] || fail "$state does not belong to the service"
audiosocket serve --check-config --config "$settings" >/dev/null || fail "the installed settings are wrong"
if command -v systemctl >/dev/null; then
    [[ $(systemctl --root=/ is-enabled audiosocket.service 2>&1) == disabled ]] || fail "the service is enabled by itself"
fi
call_as_service

# The administrator's choice stays in every case.
echo "max-calls = 7" >>"$settings"
dpkg -i "$@" >/dev/null
grep -qx "max-calls = 7" "$settings" || fail "an upgrade forgets the administrator's settings"

# shellcheck disable=SC2086 # a word each
dpkg --remove $names >/dev/null
gone /usr/bin/audiosocket /usr/lib/systemd/system/audiosocket.service
grep -qx "max-calls = 7" "$settings" || fail "removing the package forgets the administrator's settings"
[[ -e $state/calls ]] || fail "removing the package takes the recordings"

# shellcheck disable=SC2086
dpkg -i "$@" >/dev/null
call_as_service
# shellcheck disable=SC2086
dpkg --purge $names >/dev/null
gone /usr/bin/audiosocket /etc/audiosocket "$state" /usr/share/man/man5/audiosocket.toml.5.gz \
    /usr/share/doc/audiosocket /etc/systemd/system/audiosocket.{service,socket} \
    /var/lib/systemd/deb-systemd-helper-{enabled,masked}/audiosocket.{service,socket}
if getent passwd audiosocket >/dev/null; then fail "the user is left"; fi
if pgrep -x audiosocket >/dev/null; then fail "something runs still"; fi
