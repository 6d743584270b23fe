#!/usr/bin/env bash
# Runs clang-tidy (tools/tidy) over the library, the command and the C interface. What was clean, and has not changed
# since, is not read again.
set -euo pipefail

readonly skipped=77 # what ctest takes for a skipped test
cd "$(dirname "$0")/../.."

if ! command -v clang-tidy-14 >/dev/null; then
    echo "SKIPPED tidy: clang-tidy-14 is missing"
    exit "$skipped"
fi
tools/tidy
