#!/usr/bin/env bash
# Tests the files that monitor a server (packaging/grafana, packaging/prometheus) against a server that runs: promtool reads
# /metrics, the alerts and the queries of the dashboard; the gateway's alerts fire when they should; alerts, dashboard and
# documentation name only metrics that exist, and the documentation and the dashboard leave none out.
# Usage: monitoring.sh BUILD_FOLDER
set -euo pipefail

readonly skipped=77 # what ctest takes for a skipped test
build=$(realpath "$1")
readonly build
cd "$(dirname "$0")/../.."

for program in promtool curl python3; do
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

# find_address: sets `address` to the admin address.
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

# The gateway has additional metrics.
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
promtool test rules tests/monitoring/rules_test.yml
tests/monitoring/dashboard.py packaging/grafana/audiosocket.json >"$work/queries.yml"
promtool check rules "$work/queries.yml"

# Every name in use must exist; a histogram exists under three names.
sed -n 's/^# TYPE \([a-z_]*\) .*/\1/p' "$work/metrics" | sort >"$work/served"
failed=0
for file in packaging/prometheus/audiosocket.rules.yml packaging/grafana/audiosocket.json docs/monitoring.md; do
    while read -r name; do
        if ! grep -qxE "$name|${name%_bucket}|${name%_count}|${name%_sum}" "$work/served"; then
            echo "$file: there is no metric $name"
            failed=1
        fi
    done < <(grep -oE '\b(audiosocket|process)_[a-z_]+[a-z]\b' "$file" | sort -u)
done
while read -r name; do
    if ! grep -q "\`$name\`" docs/monitoring.md; then
        echo "docs/monitoring.md: does not say what $name is"
        failed=1
    fi
    # Constant metrics, those that the machine shows as well, or metrics that are only of use for finding a cause.
    case $name in
    audiosocket_build_info | audiosocket_stopping | audiosocket_call_threads | audiosocket_connections_total) continue ;;
    audiosocket_admin_* | audiosocket_contexts_bytes* | process_start_time_seconds | process_threads) continue ;;
    audiosocket_received_bytes_total | audiosocket_sent_bytes_total) continue ;;
    esac
    if ! grep -qE "\b$name(_bucket|_sum|_count)?\b" packaging/grafana/audiosocket.json; then
        echo "packaging/grafana/audiosocket.json: does not show $name"
        failed=1
    fi
done <"$work/served"
exit "$failed"
