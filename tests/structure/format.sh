#!/usr/bin/env bash
# Checks that every source is formatted by .clang-format (`tools/format` does that). Another version of clang-format
# formats differently, so exactly this one is needed.
set -euo pipefail

readonly skipped=77 # what ctest takes for a skipped test
cd "$(dirname "$0")/../.."

if ! command -v clang-format-14 >/dev/null; then
    echo "SKIPPED format: clang-format-14 is missing"
    exit "$skipped"
fi
tools/format --dry-run -Werror
