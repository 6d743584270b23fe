#!/usr/bin/env bash
# Checks the list of what the product is built with: that docs/dependencies.md names what this build uses and nothing else,
# that a missing and a superfluous row are found, and that the file follows the schema of CycloneDX.
# Usage: sbom.sh BUILD_DIR PYTHON_FOLDER     PYTHON_FOLDER: where tests/bindings/python/prepare has put the tools
set -euo pipefail

readonly skipped=77 # what ctest takes for a skipped test
source=$(realpath "$(dirname "$0")/../..")
build=$(realpath "$1")
readonly source build python=$2/tools/bin/python

for program in dpkg-query ninja readelf ldd python3; do
    if ! command -v "$program" >/dev/null; then
        echo "SKIPPED sbom: $program is missing"
        exit "$skipped"
    fi
done
if [[ ! -e $build/build.ninja ]]; then
    echo "SKIPPED sbom: $build is not a build by Ninja, which keeps the names of the headers"
    exit "$skipped"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    echo "FAILED sbom: $1"
    exit 1
}

"$source/tools/sbom" "$build" "$build" "$work/bill.json" || exit 1

# --- Whether mistakes of the page are found ---

mkdir -p "$work/tree"/{tools,docs,include/audiosocket,packaging/debian}
cp "$source/tools/sbom" "$work/tree/tools"
cp "$source/include/audiosocket/version.hpp" "$work/tree/include/audiosocket"
cp "$source/packaging/debian/changelog" "$work/tree/packaging/debian"

# finds SED_SCRIPT TEXT: with the page changed so, it fails, and says this.
finds() {
    sed "$1" "$source/docs/dependencies.md" >"$work/tree/docs/dependencies.md"
    if "$work/tree/tools/sbom" "$build" "$build" >"$work/log" 2>&1; then fail "it does not find: $2"; fi
    grep -qF -- "$2" "$work/log" || { cat "$work/log"; fail "it does not say: $2"; }
}
# shellcheck disable=SC2016 # the quotes of Markdown
finds '/^| `speexdsp`/d' 'docs/dependencies.md has no row for `speexdsp`, which the build uses'
# shellcheck disable=SC2016
finds 's/^| `glibc`.*/&\n| `soxr` | libsoxr-dev | nothing | | MIT | |/' 'docs/dependencies.md has a row for `soxr`, which the build does not use'

# --- Whether other tools understand it ---

if [[ -x $python ]] && "$python" -c 'import cyclonedx' 2>/dev/null; then
    "$python" - "$work/bill.json" <<'PY'
import json, sys
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

text = open(sys.argv[1]).read()
check = JsonStrictValidator(SchemaVersion.V1_5)
assert check.validate_str(text) is None, check.validate_str(text)
broken = json.loads(text)
del broken["components"][0]["name"]
assert check.validate_str(json.dumps(broken)) is not None, "the validator accepts everything"
print("sbom: valid CycloneDX 1.5")
PY
else
    echo "SKIPPED in sbom: the schema is not checked, because the Python package cyclonedx-python-lib is missing (see python.tools)"
fi
