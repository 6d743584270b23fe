#!/usr/bin/env bash
# Packages that tests fetch from registries, once, into the user's cache. To be sourced. The caller sets:
#   suite, peer  what the packages are called
#   check        the name of the test in ctest
#   folder       where the tests look
# What cannot be had here is skipped: exit code 77, and the reason in FOLDER/PEER.skipped for the tests.

# shellcheck disable=SC2154 # these are the caller's
readonly suite peer check folder
readonly skipped=77 # what ctest takes for a skipped test
readonly package_cache=${XDG_CACHE_HOME:-${HOME:-/var}/.cache}/audiosocket

# skip REASON: ends the script.
skip() {
    echo "$1" >"$folder/$peer.skipped"
    echo "SKIPPED $check: $1"
    exit "$skipped"
}

# need COMMAND PACKAGE: skips the test if the command is missing.
need() {
    if ! command -v "$1" >/dev/null; then skip "$1 is missing (Debian: $2)"; fi
}

# fetch COMMAND...: runs a command that needs the network. Registries and versions may be unavailable: what is missing
# is named, and its tests are skipped.
fetch() {
    local log=$place.log
    if "$@" >"$log" 2>&1; then return; fi
    sleep 2 # registries have their moments
    if "$@" >"$log" 2>&1; then return; fi
    cat "$log"
    skip "its packages cannot be fetched: $(grep -i error "$log" | tail -1 | cut -c1-200 || true)"
}

# place_for FILE...: sets `place` to a folder for what these files ask for, and waits until no other process makes it.
place_for() {
    place=$package_cache/$suite-$peer-$(cat "$@" | sha256sum | cut -c1-8)
    mkdir -p "$package_cache"
    exec 9>"$place.lock"
    flock 9
}

# A folder is whole when it has this file.
is_whole() { [[ -e $place/whole ]]; }

# make_python FILE VERSION: a virtual environment with the packages of a requirements file; Python has this version or a
# later one.
make_python() {
    local wanted=$1
    need python3 python3
    python3 -c "import sys; sys.exit(sys.version_info < (${2/./, }))" || skip "its packages need Python $2 or later"
    python3 -c 'import ensurepip, venv' 2>/dev/null || skip "Python's venv is missing (Debian: python3-venv)"
    place_for "$wanted" <(python3 -c 'import sys; print(sys.base_prefix, sys.version)')
    if is_whole; then return; fi
    rm -rf "$place" # what an interrupted run left
    python3 -m venv "$place"
    fetch "$place/bin/pip" install --disable-pip-version-check --no-input --no-deps --requirement "$wanted"
}

# finish: gives FOLDER a link to what was made.
finish() {
    touch "$place/whole"
    ln -sfn "$place" "$folder/$peer"
    echo "$suite: $peer is in $place"
}
