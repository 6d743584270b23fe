#!/usr/bin/env bash
# Tests the files that monitor a server (packaging/grafana, packaging/prometheus) against a server that runs: promtool reads
# /metrics and the alerts; alerts, dashboard and documentation name only metrics that exist.
# Usage: monitoring.sh BUILD_FOLDER
set -euo pipefail

readonly skipped=77 # what ctest takes for a skipped test
build=$(realpath "$1")
readonly build
cd "$(dirname "$0")/../.."

for program in promtool curl; do
    if ! command -v "$program" >/dev/null; then
        echo "SKIPPED monitoring: $program is missing"
        exit "$skipped"
    fi
done

work=$(mktemp -d)
readonly work
server=
# shellcheck disable=SC2317 # the trap calls it
clean_up() {
    if [[ -n $server ]]; then
        kill "$server" || true
        wait "$server" || true
    fi
    rm -rf "$work"
}
trap clean_up EXIT

# find_address: sets `address` to that of the admin address.
find_address() {
    address=
    for ((tries = 0; tries < 200; ++tries)); do
        address=$(sed -n 's/.*"event":"admin","address":"\([^"]*\)".*/\1/p' "$work/events")
        if [[ -n $address ]]; then return; fi
        sleep 0.1
    done
}

: >"$work/events" # the background may be slow to make it
"$build/bin/audiosocket" serve --listen 127.0.0.1:0 --admin 127.0.0.1:0 --json -q >"$work/events" &
server=$!
find_address
curl -sSf "http://$address/metrics" >"$work/metrics"

promtool check metrics <"$work/metrics"

# A gateway has some of its own.
kill "$server"
wait "$server" || true
: >"$work/events"
"$build/bin/audiosocket" gateway --dialect twilio --backend ws://127.0.0.1:9/ --listen 127.0.0.1:0 --admin 127.0.0.1:0 \
    --json -q >"$work/events" &
server=$!
find_address
curl -sSf "http://$address/metrics" >"$work/metrics"
promtool check metrics <"$work/metrics"
promtool check rules packaging/prometheus/audiosocket.rules.yml

# Every name that is used has to be told; a histogram is told under three.
sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' "$work/metrics" | sort >"$work/told"
failed=0
for file in packaging/prometheus/audiosocket.rules.yml packaging/grafana/audiosocket.json docs/operations.md; do
    while read -r name; do
        if ! grep -qx "$name" "$work/told" && ! grep -qx "${name%_bucket}" "$work/told"; then
            echo "$file: there is no metric $name"
            failed=1
        fi
    done < <(grep -oE '\b(audiosocket|process)_[a-z_]+[a-z]\b' "$file" | sort -u)
done
while read -r name; do
    if ! grep -q "\`$name\`" docs/operations.md; then
        echo "docs/operations.md: does not tell what $name is"
        failed=1
    fi
done <"$work/told"
exit "$failed"
