#!/bin/bash -eu
# Copyright 2026 The authors of AudioSocket for C++
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.
#
################################################################################
# Builds all fuzz targets into $OUT, each with its seed corpus and its dictionary.

deps=$WORK/deps
jobs=${JOBS:-$(nproc)}

# install NAME OPTION...: builds a library of $SRC, if it is there, and installs it into $deps.
install() {
    local name=$1
    shift
    if [[ ! -d $SRC/$name ]]; then return; fi # the machine has its package
    cmake -S "$SRC/$name" -B "$WORK/$name" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_INSTALL_PREFIX="$deps" \
        -DCMAKE_PREFIX_PATH="$deps" -DBUILD_SHARED_LIBS=OFF "$@"
    cmake --build "$WORK/$name" -j "$jobs"
    cmake --install "$WORK/$name"
}
install fmt -DFMT_TEST=OFF -DFMT_DOC=OFF
install spdlog -DSPDLOG_FMT_EXTERNAL=ON -DSPDLOG_BUILD_EXAMPLE=OFF
install prometheus-cpp -DENABLE_PULL=OFF -DENABLE_PUSH=OFF -DENABLE_COMPRESSION=OFF -DENABLE_TESTING=OFF \
    -DUSE_THIRDPARTY_LIBRARIES=OFF -DGENERATE_PKGCONFIG=ON

# CMake takes $CC, $CXX, $CFLAGS and $CXXFLAGS from the environment, tests/fuzz/CMakeLists.txt $LIB_FUZZING_ENGINE.
build=$WORK/audiosocket
export PKG_CONFIG_PATH=$deps/lib/pkgconfig:$deps/lib/x86_64-linux-gnu/pkgconfig:${PKG_CONFIG_PATH:-}
# Libraries are copied beside the targets. The old form of the path (--disable-new-dtags) also counts for the libraries
# that these libraries need.
cmake -S "$SRC/audiosocket" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_PREFIX_PATH="$deps" \
    -DAUDIOSOCKET_BUILD_FUZZERS=ON -DAUDIOSOCKET_WARNINGS_AS_ERRORS=OFF -DAUDIOSOCKET_PRECOMPILE=OFF \
    -DAUDIOSOCKET_BUILD_C=OFF -DAUDIOSOCKET_BUILD_EXAMPLES=OFF -DAUDIOSOCKET_BUILD_BENCHMARKS=OFF \
    -DCMAKE_EXE_LINKER_FLAGS=-Wl,--disable-new-dtags -DCMAKE_BUILD_RPATH="\$ORIGIN/lib"

# FUZZ_TARGETS is for trying the script with some of them.
read -ra targets <<<"${FUZZ_TARGETS:-$(cut -d: -f1 "$build/tests/fuzz/targets.txt" | tr '\n' ' ')}"
cmake --build "$build" -j "$jobs" --target "${targets[@]/#/fuzz_}"

mkdir -p "$OUT/lib"
for name in "${targets[@]}"; do
    cp "$build/tests/fuzz_$name" "$OUT/"
    # The machines that fuzz have the C library, and nothing else.
    ldd "$build/tests/fuzz_$name" | awk '$3 ~ /^\// { print $3 }' |
        grep -vE '/(libc|libm|libpthread|libdl|librt|libresolv|ld-linux[^/]*)\.so' | sort -u |
        xargs -r cp --dereference --update -t "$OUT/lib"
    corpus=$SRC/audiosocket/tests/fuzz/corpus/$name.zip
    if [[ -e $corpus ]]; then cp "$corpus" "$OUT/fuzz_${name}_seed_corpus.zip"; fi
    dictionary=$SRC/audiosocket/tests/fuzz/$name.dict
    if [[ -e $dictionary ]]; then cp "$dictionary" "$OUT/fuzz_$name.dict"; fi
done
