#!/usr/bin/env bash
# Checks every shell script of the tree with ShellCheck.
set -euo pipefail

readonly skipped=77 # what ctest takes for a skipped test
cd "$(dirname "$0")/../.."

if ! command -v shellcheck >/dev/null; then
    echo "SKIPPED shellcheck: shellcheck is missing"
    exit "$skipped"
fi
mapfile -t scripts < <(grep -lrE '^#! ?/(usr/bin/env |bin/)(ba)?sh' .ci tools tests examples packaging)
shellcheck --external-sources "${scripts[@]}"
echo "shellcheck: ${#scripts[@]} scripts"
