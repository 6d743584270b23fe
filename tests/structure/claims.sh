#!/usr/bin/env bash
# Checks that each test that SECURITY.md names exists, so that no claim there loses its test.
# Usage: claims.sh
set -euo pipefail

cd "$(dirname "$0")/../.."
# Of GoogleTest: TEST(suite, name) and its forms. Of the C interface: TEST(name) in tests.def.
tests=$(
    grep -rhoE '^TEST(_F|_P)?\([a-z0-9_]+, *[a-z0-9_]+\)' tests --include='*.cpp' | sed -E 's/^TEST(_F|_P)?\(([a-z0-9_]+), *([a-z0-9_]+)\)/\2.\3/'
    sed -n 's/^TEST(\(.*\))$/c_interface.\1/p' tests/bindings/c/tests.def
)
# shellcheck disable=SC2016 # the quotes of Markdown
named=$(grep -oE '`[a-z0-9_]+\.[a-z0-9_]+`' SECURITY.md | tr -d '`' | grep -vE '\.(md|conf|toml)$' | sort -u)
missing=$(comm -23 <(echo "$named") <(sort -u <<<"$tests"))
if [[ -n $missing ]]; then
    echo "FAILED claims: SECURITY.md names tests that do not exist:"
    echo "$missing"
    exit 1
fi
count=$(wc -l <<<"$named")
if ((count < 40)); then
    echo "FAILED claims: this check finds only $count tests in SECURITY.md; has its form changed?"
    exit 1
fi
echo "claims: the $count tests that SECURITY.md names exist"
