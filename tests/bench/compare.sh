#!/usr/bin/env bash
# Whether bench/compare works from start to end: a few calls to our server and the bare echo, and the document it writes.
# Usage: compare.sh BUILD
set -euo pipefail

readonly skipped=77 # what ctest takes for a skipped test
build=$(realpath "$1")
readonly build
cd "$(dirname "$0")/../.."

if ! command -v python3 >/dev/null; then
    echo "SKIPPED compare: python3 is missing"
    exit "$skipped"
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

bench/compare --quick --only ours,epoll --build "$build" --results "$folder/results.json" -o "$folder/benchmarks.md"

# expect PATTERN: a line of the document.
expect() {
    if ! grep -qE "$1" "$folder/benchmarks.md"; then
        cat "$folder/benchmarks.md"
        echo "compare: the document has no line $1"
        exit 1
    fi
}
expect '^\| CPU a frame, echo, 1,000 calls: half of Go.s \| – \| not shown \|$'
for server in 'AudioSocket for C\+\+' 'bare epoll'; do
    expect "^\| $server \| [0-9.]+ \|$"                # CPU a frame
    expect "^\| 10 calls, $server( \| [0-9.]+){5} \|$" # jitter
    expect "^\| $server( \| [0-9.]+){5} \|$"           # calls that come and go
    if grep -q '"per_frame"' "$folder/results.json"; then # there may be nothing to count system calls with
        expect "^\| $server, echo( \| [0-9.]+){2} \|$"
    fi
done
expect '^\| 10 calls, AudioSocket for C\+\+ \| [0-9.]+ \| [0-9.]+ \| -?[0-9.]+ \|$' # round trip
for plot in cpu-echo cpu-playback jitter-echo jitter-playback; do
    expect "\(benchmarks/$plot\.svg\)$"
    python3 -c 'import sys, xml.etree.ElementTree as tree; tree.parse(sys.argv[1])' "$folder/benchmarks/$plot.svg"
done
if grep -nF "$PWD" "$folder/benchmarks.md"; then
    echo "compare: the document tells where it was made"
    exit 1
fi

# From the numbers alone it comes out as it was.
bench/compare --report-only --results "$folder/results.json" -o "$folder/again/benchmarks.md"
diff "$folder/benchmarks.md" "$folder/again/benchmarks.md"
echo "compare: $(grep -c '^|' "$folder/benchmarks.md") lines of tables"
