#!/usr/bin/env bash
# Runs cppcheck over the sources of the library, the command and the C interface: 15 seconds of one core.
# tests/structure/cppcheck.txt has what it is wrong about, with reasons.
set -euo pipefail

readonly skipped=77 # what ctest takes for a skipped test
readonly version=2.10 # another version finds other things
cd "$(dirname "$0")/../.."

if [[ $(cppcheck --version 2>/dev/null) != "Cppcheck $version" ]]; then
    echo "SKIPPED cppcheck: cppcheck $version is missing"
    exit "$skipped"
fi
# Matters of style are left to tools/tidy. A suppression that nothing needs is a failure as well ("information").
cppcheck --quiet --std=c++20 --language=c++ --enable=warning,performance,portability,information --inline-suppr \
    --suppressions-list=tests/structure/cppcheck.txt --error-exitcode=1 \
    --template='{file}:{line}: {severity}: {message} [{id}]' -DNDEBUG -I include -I src -I apps/audiosocket -I bindings/c \
    src apps bindings/c include 2>&1 | { grep -v 'missingIncludeSystem' || true; }
echo "cppcheck: clean"
