#!/usr/bin/env bash
# Checks that the results of the release build are hardened: the command and the shared libraries in a folder. First it
# checks a small executable without any hardening, to show that each fault is found.
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
    if [[ $cet == cet ]]; then has_cet "$1" || echo CET; fi
}

# A file is marked for CET only if all of its objects are. Those of the C library may not be (Debian 12). Then only the
# code shows it: our functions begin with ENDBR64, and less than ten of the startup code do.
has_cet() {
    if [[ $can_be_marked == yes ]]; then
        is_marked "$1"
    else
        (($(LC_ALL=C grep -obUaP '\xf3\x0f\x1e\xfa' "$1" | wc -l) > 20))
    fi
}

is_marked() {
    grep -qE 'x86 feature: .*IBT.*SHSTK' <<<"$(readelf -nW "$1")"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
can_be_marked=no
if [[ $cet == cet ]]; then
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
expected="PIE NX RELRO BIND_NOW canary FORTIFY"
if [[ $cet == cet ]]; then expected+=" CET"; fi
found=$(lacks "$work/bare" | tr '\n' ' ')
if [[ $found != "$expected " ]]; then
    echo "FAILED hardened: an unhardened executable lacks \"$expected\", and this check finds \"$found\""
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
