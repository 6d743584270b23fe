#!/usr/bin/env bash
# Checks that what the release build made is hardened: the command and the shared libraries in a folder. First it
# checks a small program that has none of it, to see that each fault would be found.
# Usage: hardened.sh FOLDER CXX_COMPILER [cet]      "cet": the compiler has -fcf-protection
set -euo pipefail

readonly skipped=77 # what ctest takes for a skipped test
build=$(realpath "$1")
readonly build compiler=$2 cet=${3:-}

if ! command -v readelf >/dev/null; then
    echo "SKIPPED hardened: readelf is missing"
    exit "$skipped"
fi

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
    if [[ $cet == cet ]]; then
        grep -qE 'x86 feature: .*IBT.*SHSTK' <<<"$(readelf -nW "$1")" || echo CET
    fi
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
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
expected="PIE NX RELRO BIND_NOW canary FORTIFY"
if [[ $cet == cet ]]; then expected+=" CET"; fi
found=$(lacks "$work/bare" | tr '\n' ' ')
if [[ $found != "$expected " ]]; then
    echo "FAILED hardened: a bare program lacks \"$expected\", and this check finds \"$found\""
    exit 1
fi

failed=0
checked=0
while IFS= read -r file; do
    checked=$((checked + 1))
    found=$(lacks "$file" | tr '\n' ' ')
    [[ $file != *.so* ]] || found=${found/FORTIFY /} # a small library may have nothing to fortify
    [[ $file != *.so* ]] || found=${found/canary /}  # and no buffer
    if [[ -n $found ]]; then
        echo "FAILED hardened: $file lacks $found"
        failed=1
    fi
done < <(find "$build" -maxdepth 3 -type f \( -path '*/bin/audiosocket' -o -name 'libaudiosocket*.so.*.*.*' \) \
    -not -path "$build/package/*")
if ((checked == 0)); then
    echo "FAILED hardened: $build has no command"
    exit 1
fi
echo "hardened: $checked files"
exit "$failed"
