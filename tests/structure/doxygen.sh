#!/usr/bin/env bash
# Builds the pages of the API; Doxygen's warnings are failures. Usage: doxygen.sh BUILD_DIR
set -euo pipefail

readonly skipped=77 # what ctest takes for a skipped test
if ! command -v doxygen >/dev/null; then
    echo "SKIPPED doxygen: doxygen is missing"
    exit "$skipped"
fi
"$(dirname "$0")/../../tools/docs" --library "$1/docs-library"

# A public member without documentation is an error: one is planted.
planted=$(mktemp -d)
trap 'rm -rf "$planted"' EXIT
printf '%s\n' '/// \file' '' '/// A type.' 'struct planted {' '    int member; ' '};' >"$planted/planted.hpp"
cd "$(dirname "$0")/../.."
{
    cat docs/Doxyfile
    printf '%s\n' "INPUT = $planted" "OUTPUT_DIRECTORY = $planted/out"
} >"$planted/Doxyfile"
if doxygen "$planted/Doxyfile" >"$planted/log" 2>&1; then
    echo "FAILED: Doxygen accepts a public member without documentation"
    exit 1
fi
grep -q 'Member member .* is not documented' "$planted/log" || { cat "$planted/log"; exit 1; }
