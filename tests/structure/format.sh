#!/usr/bin/env bash
# Checks that every source is laid out as .clang-format says (`tools/format` does that). Another version of clang-format
# lays out differently, hence exactly this one.
set -euo pipefail

readonly skipped=77 # what ctest takes for a skipped test
cd "$(dirname "$0")/../.."

if ! command -v clang-format-14 >/dev/null; then
    echo "SKIPPED format: clang-format-14 is missing"
    exit "$skipped"
fi
tools/format --dry-run -Werror
