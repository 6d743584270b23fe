#!/usr/bin/env bash
# Checks the man pages with mandoc.
set -euo pipefail

readonly skipped=77 # what ctest takes for a skipped test
cd "$(dirname "$0")/../.."

if ! command -v mandoc >/dev/null; then
    echo "SKIPPED manual: mandoc is missing"
    exit "$skipped"
fi
mapfile -t pages < <(compgen -G 'man/*.[15]')
if ((${#pages[@]} == 0)); then
    echo "SKIPPED manual: there are no man pages yet"
    exit "$skipped"
fi
mandoc -T lint -W warning "${pages[@]}"
echo "manual: ${#pages[@]} pages"
