#!/usr/bin/env bash
# Builds the site; warnings and broken links are failures. Usage: site.sh BUILD_DIR
set -euo pipefail

readonly skipped=77 # what ctest takes for a skipped test
for program in doxygen mandoc mkdocs; do
    if ! command -v "$program" >/dev/null; then
        echo "SKIPPED site: $program is missing"
        exit "$skipped"
    fi
done
here=$(realpath "$(dirname "$0")")
site=$1/docs
"$here/../../tools/docs" "$site"

# MkDocs does not warn about a page that has lost its place in the navigation, its sources or its search.
has() { grep -q -- "$1" "$site/$2" || { echo "FAILED: $2 lacks $1"; exit 1; }; }
has 'href="docs/tutorial.html"' index.html
has 'id="step-1-answer-and-play"' docs/tutorial.html
has 'async_read_digits' docs/library.html
has 'callback' search/search_index.json
has 'audiosocket-call' man/audiosocket-call.1.html

# A link to a missing page is an error: one is planted.
broken=$(mktemp -d)
trap 'rm -rf "$broken"' EXIT
echo '<a href="b.html">b</a> <p id="here"> <a href="#there">there</a>' >"$broken/a.html"
if python3 -B "$here/../../tools/site/links.py" "$broken" >"$broken/log"; then
    echo "FAILED: links.py accepts links to nothing"
    exit 1
fi
grep -q 'no such file: b.html' "$broken/log"
grep -q 'no such place: #there' "$broken/log"
