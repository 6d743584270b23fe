#!/usr/bin/env bash
# Installs the library and builds small projects with it in every way that the README names. Each must build and run.
# Usage: run.sh BUILD_DIR, a build with static libraries. Shared ones are made of its objects, in BUILD_DIR/shared.
set -euo pipefail

readonly skipped=77 # what ctest takes for a skipped test
build=$(realpath "$1")
here=$(realpath "$(dirname "$0")")
source=$(realpath "$here/../..")
readonly build here source

for program in cmake pkg-config make readelf nm; do
    if ! command -v "$program" >/dev/null; then
        echo "SKIPPED package: $program is missing"
        exit "$skipped"
    fi
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# say WHAT: prints a line about the next step.
say() { printf '\n--- %s\n' "$1"; }

# run_consumer DIR: runs the application that was built there, in a folder for its files.
run_consumer() { (cd "$1" && ./consumer); }

# quietly COMMAND...: shows the output only on failure.
quietly() {
    "$@" >"$work/log" 2>&1 && return
    cat "$work/log"
    return 1
}

# with_cmake PROJECT NAME [OPTION...]: builds tests/package/PROJECT and runs it.
with_cmake() {
    local project=$1 name=$2
    shift 2
    say "$name"
    quietly cmake -S "$here/$project" -B "$work/$name" -DCMAKE_BUILD_TYPE= "$@"
    quietly cmake --build "$work/$name" --parallel 2
    run_consumer "$work/$name"
}

# with_pkg_config PREFIX NAME: builds tests/package/pkg_config, in C++ and in C, and runs both.
with_pkg_config() {
    local prefix=$1 name=$2 pc
    say "$name"
    pc=$(find "$prefix" -name audiosocket.pc)
    mkdir "$work/$name"
    PKG_CONFIG_PATH=$(dirname "$pc") quietly make -C "$here/pkg_config" OUT="$work/$name"
    LD_LIBRARY_PATH=$(dirname "$(dirname "$pc")") run_consumer "$work/$name"
    PKG_CONFIG_PATH=$(dirname "$pc") quietly make -C "$here/pkg_config" OUT="$work/$name" "$work/$name/consumer_c"
    LD_LIBRARY_PATH=$(dirname "$(dirname "$pc")") "$work/$name/consumer_c"
}

say "installing static libraries"
quietly cmake --install "$build" --prefix "$work/static"

say "linking and installing shared libraries"
quietly cmake -S "$source" -B "$build/shared" -DBUILD_SHARED_LIBS=ON -DCMAKE_BUILD_TYPE= \
    -DAUDIOSOCKET_OBJECTS="$build" \
    -DAUDIOSOCKET_BUILD_COMMAND=OFF -DAUDIOSOCKET_BUILD_TESTS=OFF -DAUDIOSOCKET_BUILD_EXAMPLES=OFF \
    -DAUDIOSOCKET_BUILD_BENCHMARKS=OFF
quietly cmake --build "$build/shared" --parallel 2
quietly cmake --install "$build/shared" --prefix "$work/shared"

with_cmake find_package find_package_static -DCMAKE_PREFIX_PATH="$work/static"
say "the project of docs/tutorial.md"
mkdir "$work/tutorial"
cp "$source"/examples/tutorial/{CMakeLists.txt,ivr.cpp} "$work/tutorial"
quietly cmake -S "$work/tutorial" -B "$work/tutorial/build" -DCMAKE_PREFIX_PATH="$work/static"
quietly cmake --build "$work/tutorial/build"
if (cd "$work/tutorial" && build/ivr) 2>"$work/log"; then # without its sound it says so
    echo "the tutorial's application started without its sound"
    exit 1
fi
grep -q welcome.wav "$work/log"
with_cmake find_package find_package_shared -DCMAKE_PREFIX_PATH="$work/shared"
with_pkg_config "$work/static" pkg_config_static
with_pkg_config "$work/shared" pkg_config_shared
with_cmake add_subdirectory add_subdirectory -DSOURCE_DIR="$source"
# Reuses the objects of add_subdirectory.
with_cmake fetch_content fetch_content -DFETCHCONTENT_SOURCE_DIR_AUDIOSOCKET="$source" \
    -DAUDIOSOCKET_OBJECTS="$build"

say "a project that contains the library installs nothing of it"
cmake --install "$work/add_subdirectory" --prefix "$work/nothing" >/dev/null
[[ ! -e $work/nothing ]]

say "exported symbols"
"$here/symbols.sh" "$(dirname "$(find "$work/shared" -name libaudiosocket_net.so)")"

say "every way works"
