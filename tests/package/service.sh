#!/usr/bin/env bash
# Checks the units of systemd: that systemd understands them, and that the service can do little harm.
# Usage: service.sh COMMAND
set -euo pipefail

readonly skipped=77 # what ctest takes for a skipped test
# Of 100, as `systemd-analyze security` counts; an unconfined service has 96. Most of the rest is for access to the
# network.
readonly exposure_max=14

command=$(realpath "$1")
units=$(realpath "$(dirname "$0")/../../packaging/systemd")
if ! command -v systemd-analyze >/dev/null || ! systemd-analyze security --help 2>&1 | grep -q -- --offline; then
    echo "SKIPPED service: systemd-analyze, with --offline (systemd 250), is missing"
    exit "$skipped"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The units without the path of the command, which need not be installed.
for unit in audiosocket.service audiosocket.socket; do
    sed "s,/usr/bin/audiosocket ,$command ,; /^Documentation=/d" "$units/$unit" >"$work/$unit"
done
# systemd only warns about unknown settings.
said=$(systemd-analyze verify --recursive-errors=no "$work"/audiosocket.{service,socket} 2>&1) || {
    printf 'FAILED: systemd-analyze verify:\n%s\n' "$said"
    exit 1
}
if grep -F "$work" <<<"$said"; then
    echo "FAILED: systemd-analyze verify has something to say"
    exit 1
fi
systemd-analyze security --offline=yes --threshold="$exposure_max" "$units/audiosocket.service" >"$work/security" || {
    cat "$work/security"
    echo "FAILED: the service is exposed more than $exposure_max"
    exit 1
}
tail -n 1 "$work/security"

# The gateway runs as the same service with the lines that docs/operations.md prints.
page=$units/../../docs/operations.md
mkdir "$work/audiosocket.service.d"
awk '/^### The gateway as a service/ { found = 1 } found && /^```/ { if (inside) exit; inside = 1; next } inside' "$page" |
    sed "s,/usr/bin/audiosocket ,$command ,; s,/etc/audiosocket/,$work/," >"$work/audiosocket.service.d/gateway.conf"
said=$(SYSTEMD_UNIT_PATH=$work: systemd-analyze verify --recursive-errors=no "$work/audiosocket.service" 2>&1) || said+=" (failed)"
if grep -F -e "$work" -e '(failed)' <<<"$said"; then
    echo "FAILED: docs/operations.md has lines for the gateway that systemd does not take"
    exit 1
fi
awk '/^### The gateway as a service/ { found = 1 } found && /^```toml/ { inside = 1; next } inside && /^```/ { exit } inside' "$page" |
    sed "s,/var/lib/audiosocket,$work," >"$work/gateway.toml"
echo key-of-the-test >"$work/openai.key"
echo '{}' >"$work/session.json"
check=$(sed -n "s,^ExecReload=\(.*--check-config.*\),\1,p" "$work/audiosocket.service.d/gateway.conf")
[[ $check == *gateway* ]] || { echo "FAILED: docs/operations.md has no lines for the gateway"; exit 1; }
$check || { echo "FAILED: docs/operations.md has settings that the gateway does not take"; exit 1; }

# The time for hanging up and for recordings is the difference of numbers in two files.
drain=$("$command" serve --print-config | sed -nE 's/^drain-timeout = ([0-9]+) .*/\1/p')
notice=$("$command" serve --print-config | sed -nE 's/^drain-notice = ([0-9]+) .*/\1/p')
stop=$(sed -nE 's/^TimeoutStopSec=([0-9]+)$/\1/p' "$units/audiosocket.service")
if ((stop < notice + drain + 10)); then
    echo "FAILED: TimeoutStopSec=$stop leaves no ten seconds after --drain-notice $notice and --drain-timeout $drain"
    exit 1
fi
