#!/usr/bin/env bash
# Builds the pages of the API; Doxygen's warnings are failures. Usage: doxygen.sh BUILD_DIR
set -euo pipefail

readonly skipped=77 # what ctest takes for a skipped test
if ! command -v doxygen >/dev/null; then
    echo "SKIPPED doxygen: doxygen is missing"
    exit "$skipped"
fi
"$(dirname "$0")/../../tools/docs" "$1/docs"
