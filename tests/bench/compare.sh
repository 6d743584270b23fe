#!/usr/bin/env bash
# Checks that bench/compare works from start to end: a few calls to our server and two bare echoes, and the pages.
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

bench/compare --quick --only ours,epoll,turn --build "$build" --results "$folder/results.json" -o "$folder/benchmarks.md"

# expect PATTERN: a line of the pages.
expect() {
    if ! grep -qE "$1" "$folder"/benchmarks*.md; then
        cat "$folder"/benchmarks*.md
        echo "compare: the pages have no line $1"
        exit 1
    fi
}
expect '^\| CPU a frame, echo: at most 0.65 times Go.s \| – \|$'
expect '^\| CPU a frame, echo: at most 1.25 times the bare turn.s \| (\*\*)?[0-9.]+\*?(\*\*)? \|$'
expect '^\| round trip of an echo, 99 %, 1,500 calls \| – \| not shown \|$'
expect '^\| round trip of an echo, 99 %, 10 calls, frames up to 15 ms late \| [0-9.,]+ ms, at most 40.0 ms.* \|$'
for server in 'AudioSocket for C\+\+' 'bare epoll' 'bare turn'; do
    expect "^\| $server \| [0-9.,]+ \|$"                # CPU a frame
    expect "^\| 10 calls, $server( \| [0-9.,]+){5} \|$" # jitter
    expect "^\| $server( \| [0-9.,]+){5} \|$"           # calls that come and go
    if grep -q '"waits"' "$folder/results.json"; then # the machine may have no tool that counts system calls
        expect "^\| 10 calls, echo, $server( \| [0-9.,]+){4} \| ([0-9.,]+|–) \|$"
    fi
done
for late in 5 15 40; do
    expect "^\| 10 calls, up to $late ms late, AudioSocket for C\+\+( \| [0-9.,]+){5} \|$"
done
for mode in echo playback; do
    for shards in 1 2; do
        expect "^\| 10 calls, $mode, shards: $shards( \| [0-9.,]+){4} \|$"
    done
done
expect '^\| AudioSocket for C\+\+, echo \| (at least )?[0-9,]+ \| [a-z_]+ \|$' # calls with half of a core
expect 'held by (nothing|a quota of|a busy process)'
expect '^\| 10 calls, AudioSocket for C\+\+ \| [0-9.,]+ \| [0-9.,]+ \| -?[0-9.,]+ \|$' # round trip
for plot in cpu-echo cpu-playback round-trip-echo jitter-echo jitter-playback; do
    expect "\(benchmarks/$plot\.svg\)$"
    python3 -c 'import sys, xml.etree.ElementTree as tree; tree.parse(sys.argv[1])' "$folder/benchmarks/$plot.svg"
done
if grep -nF "$PWD" "$folder"/benchmarks*.md; then
    echo "compare: the pages name the folder of the build"
    exit 1
fi

# The numbers alone give the same pages.
bench/compare --report-only --results "$folder/results.json" -o "$folder/again/benchmarks.md"
for page in benchmarks.md benchmarks-details.md; do
    diff "$folder/$page" "$folder/again/$page"
done
echo "compare: $(cat "$folder"/benchmarks*.md | grep -c '^|') lines of tables"
