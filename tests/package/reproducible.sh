#!/usr/bin/env bash
# Builds the Debian packages once more: in another folder, at another time, with another umask, time zone and language.
# They must be equal to the first ones, bit for bit. To save time the second build links the objects of the first, and a
# few objects are compiled in both folders and compared. --full compiles everything again (about ten minutes on two cores).
# Usage: reproducible.sh BUILD_DIR [--full]; the first packages are made of its objects, in BUILD_DIR/packages, as by deb.sh.
set -euo pipefail

readonly skipped=77 # what ctest takes for a skipped test
here=$(realpath "$(dirname "$0")")
source=$(realpath "$here/../..")
objects=$(realpath "$1")
readonly here source objects full=${2-}

for program in dpkg-deb dpkg-shlibdeps dpkg-parsechangelog file gzip; do
    if ! command -v "$program" >/dev/null; then
        echo "SKIPPED reproducible: $program is missing"
        exit "$skipped"
    fi
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
readonly elsewhere="$work/another place/sources"
readonly samples=(CMakeFiles/audiosocket_protocol.dir/src/protocol/{error,uuid}.cpp.o)

fail() {
    echo "FAILED reproducible: $1"
    exit 1
}

# quietly COMMAND...: shows the output only on failure.
quietly() {
    "$@" >"$work/log" 2>&1 && return
    tail -n 60 "$work/log"
    return 1
}

quietly "$source/tools/package" "$objects/packages" "$objects"

# --- The second build ---

umask 077
export TZ=Pacific/Auckland LC_ALL=C.UTF-8
unset SOURCE_DATE_EPOCH
mkdir -p "$elsewhere"
(cd "$source" && tar c --exclude=./build --exclude=./.git .) | tar x -C "$elsewhere" --touch
cd "$elsewhere"
if [[ $full == --full ]]; then
    quietly cmake --preset release
    quietly cmake --build build/release --target audiosocket_command audiosocket_c
    again=$elsewhere/build/release
else
    again=$work/objects
    mkdir "$again"
    (cd "$objects" && tar c --exclude='./tests' --exclude='./package' --exclude='./shared' --exclude='*.a' --exclude='*.deb' \
        --exclude='./bin' --exclude='./examples' --exclude='./bench' --exclude='./packages' .) | tar x -C "$again"
    for folder in "$source" "$elsewhere"; do
        build=$work/build-$(cksum <<<"$folder" | cut -d' ' -f1)
        (cd "$folder" && quietly cmake --preset package -B "$build" -DCMAKE_CXX_COMPILER_LAUNCHER= && quietly ninja -C "$build" "${samples[@]}")
        (cd "$build" && cat "${samples[@]}" | sha256sum)
    done >"$work/samples"
    [[ $(uniq "$work/samples" | wc -l) == 1 ]] || fail "objects differ that are compiled in two folders: ${samples[*]}"
fi
quietly tools/package "$work/packages" "$again"

# --- Whether they are equal ---

different=0
count=0
for first in "$objects"/packages/*.deb; do
    second=$work/packages/$(basename "$first")
    count=$((count + 1))
    if cmp -s "$first" "$second"; then continue; fi
    echo "$(basename "$first") differs:"
    different=1
    if command -v diffoscope >/dev/null; then
        diffoscope --text - "$first" "$second" | head -n 100 || true
    else
        diff <(dpkg-deb -c "$first") <(dpkg-deb -c "$second") || true
        mkdir -p "$work/first" "$work/second"
        dpkg-deb -R "$first" "$work/first/$count" && dpkg-deb -R "$second" "$work/second/$count"
        diff -rq "$work/first/$count" "$work/second/$count" || true
    fi
done
((different == 0)) || fail "the second build differs"
((count == 4)) || fail "there are $count packages"
echo "reproducible: $count packages are equal in two folders: $(cat "$objects"/packages/*.deb | sha256sum | cut -c1-16)"
