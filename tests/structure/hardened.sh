#!/usr/bin/env bash
# Checks that what this project builds is hardened: the command and the shared libraries in a folder. First it checks a
# small executable without any hardening, to show that each fault is found. With "plain" it also checks that a build
# without any option, as most people make it, has the same settings.
# Usage: hardened.sh FOLDER BUILD_DIR [plain]      BUILD_DIR: the build, whose compiler and settings are read from its cache
set -euo pipefail

readonly skipped=77 # what ctest takes for a skipped test
folder=$(realpath "$1")
cache=$(realpath "$2")/CMakeCache.txt
source=$(realpath "$(dirname "$0")/../..")
readonly folder cache source plain=${3:-}

if ! command -v readelf >/dev/null; then
    echo "SKIPPED hardened: readelf is missing"
    exit "$skipped"
fi

fail() {
    echo "FAILED hardened: $1"
    exit 1
}

# compiler_has NAME: the build found that its compiler has this setting for this processor.
compiler_has() { grep -qx "AUDIOSOCKET_HAS_$1:INTERNAL=1" "$cache"; }

compiler=$(sed -n 's/^CMAKE_CXX_COMPILER:[A-Z]*=//p' "$cache")
readonly compiler

# Prints what a file lacks, a word each.
lacks() {
    local headers dynamic symbols
    headers=$(readelf -hlW "$1")
    dynamic=$(readelf -dW "$1")
    symbols=$(readelf -sW "$1")
    grep -qE 'Type: +DYN' <<<"$headers" || echo PIE
    grep -qE 'GNU_STACK .* RW +0x' <<<"$headers" || echo NX
    grep -q 'GNU_RELRO' <<<"$headers" || echo RELRO
    grep -qE '\((FLAGS|FLAGS_1)\).*(BIND_NOW|NOW)' <<<"$dynamic" || echo BIND_NOW
    grep -q '__stack_chk_fail' <<<"$symbols" || echo canary
    grep -qE '__(mem|str|stp|v?s?n?printf|f?gets|read|poll|realpath|explicit_bzero)[a-z]*_chk' <<<"$symbols" || echo FORTIFY
    grep -q '__glibcxx_assert_fail' <<<"$symbols" || echo assertions
    if compiler_has STACK_CLASH; then has_probes "$1" || echo stack-clash; fi
    if compiler_has CET; then has_cet "$1" || echo CET; fi
    if compiler_has BRANCH; then has_branch_protection "$1" || echo BTI-PAC; fi
}

# count FILE BYTES: how often the file has these bytes.
count() { LC_ALL=C grep -obUaP "$2" "$1" | wc -l; }

# A function with a large frame touches each page of it: ORQ $0,(%RSP) on x86-64, STR XZR,[SP,#1024] on aarch64.
has_probes() { (($(count "$1" '\x48\x83\x0c\x24\x00|\xff\x03\x02\xf9') > 0)); }

# On aarch64 our functions begin with PACIASP or BTI C. The startup code of Debian 12 has none.
has_branch_protection() { (($(count "$1" '\x3f\x23\x03\xd5|\x5f\x24\x03\xd5') > 10)); }

# A file is marked for CET only if all of its objects are. Those of the C library may not be (Debian 12). Then only the
# code shows it: our functions begin with ENDBR64, and less than ten of the startup code do.
has_cet() {
    if [[ $can_be_marked == yes ]]; then
        is_marked "$1"
    else
        (($(count "$1" '\xf3\x0f\x1e\xfa') > 20))
    fi
}

is_marked() {
    grep -qE 'x86 feature: .*IBT.*SHSTK' <<<"$(readelf -nW "$1")"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
can_be_marked=no
if compiler_has CET; then
    echo 'int main() {}' >"$work/marked.cpp"
    "$compiler" -fcf-protection "$work/marked.cpp" -o "$work/marked"
    if is_marked "$work/marked"; then can_be_marked=yes; fi
fi
cat >"$work/bare.cpp" <<'CPP'
#include <cstdio>
#include <cstring>
int main(int argc, char** argv) {
    char text[16];
    std::strcpy(text, argv[argc - 1]);
    return std::puts(text);
}
CPP
"$compiler" -O1 -w -U_FORTIFY_SOURCE -fno-stack-protector -no-pie -Wl,-z,norelro,-z,lazy,-z,execstack "$work/bare.cpp" -o "$work/bare"
expected="PIE NX RELRO BIND_NOW canary FORTIFY assertions"
if compiler_has STACK_CLASH; then expected+=" stack-clash"; fi
if compiler_has CET; then expected+=" CET"; fi
if compiler_has BRANCH; then expected+=" BTI-PAC"; fi
found=$(lacks "$work/bare" | tr '\n' ' ')
[[ $found == "$expected " ]] || fail "an unhardened executable lacks \"$expected\", and this check finds \"$found\""

failed=0
checked=0
while IFS= read -r file; do
    checked=$((checked + 1))
    found=$(lacks "$file" | tr '\n' ' ')
    if [[ $file == *.so* ]]; then # a small library may have no buffer, no index and no large frame
        for word in FORTIFY canary assertions stack-clash; do found=${found/$word /}; done
    fi
    if [[ -n $found ]]; then
        echo "FAILED hardened: $file lacks $found"
        failed=1
    fi
done < <(find "$folder" -maxdepth 3 -type f \( -path '*/bin/audiosocket' -o -name 'libaudiosocket*.so*' \) \
    -not -path "$folder/package/*")
((checked > 0)) || fail "$folder has neither the command nor a shared library"

if [[ $plain == plain ]]; then
    (cd "$work" && CXXFLAGS='' LDFLAGS='' cmake -S "$source" -B plain -G Ninja -DCMAKE_CXX_COMPILER="$compiler" \
        -DAUDIOSOCKET_BUILD_TESTS=OFF -DAUDIOSOCKET_BUILD_EXAMPLES=OFF -DAUDIOSOCKET_BUILD_BENCHMARKS=OFF) >"$work/log" 2>&1 ||
        { cat "$work/log"; fail "a build without options cannot be configured"; }
    flags="-fPIE -fstack-protector-strong -D_GLIBCXX_ASSERTIONS -D_FORTIFY_SOURCE= -O3 -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -pie"
    if compiler_has STACK_CLASH; then flags+=" -fstack-clash-protection"; fi
    if compiler_has CET; then flags+=" -fcf-protection"; fi
    if compiler_has BRANCH; then flags+=" -mbranch-protection=standard"; fi
    commands=$(ninja -C "$work/plain" -t commands bin/audiosocket | grep -E 'command\.dir/main\.cpp\.o')
    for flag in $flags; do
        [[ $commands == *" $flag"* ]] || fail "a build without options is made without $flag"
    done
fi
echo "hardened: $checked files"
exit "$failed"
