#!/usr/bin/env bash
# Checks the settings file of the package: it is valid, it has every option of `serve` and no other, and the settings in
# its comments are valid as well. Usage: settings.sh COMMAND
set -euo pipefail

command=$(realpath "$1")
file=$(realpath "$(dirname "$0")/../../packaging/audiosocket.toml")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    printf 'FAILED: %s\n' "$@"
    exit 1
}

"$command" serve --check-config --config "$file" >/dev/null

# Options about the settings themselves are not settings.
readonly elsewhere='help|config|check-config|print-config'
"$command" serve --help | sed -n '/^Options:/,/^Examples:/p' | sed -nE 's/^ +(-[a-z],)?--([a-z-]+).*/\2/p' |
    grep -vxE "$elsewhere" | sort >"$work/options"
sed -nE 's/^(# )?([a-z-]+) = .*/\2/p' "$file" | sort >"$work/settings"
[[ -s $work/options ]] || fail "--help names no options"
diff -u "$work/options" "$work/settings" || fail "$file does not have the options of --help (-), or others (+)"

# Together they contradict each other (a file and a tone). Each by itself is a setting with a value of its type.
while IFS= read -r setting; do
    printf '%s\n' "$setting" >"$work/one.toml"
    said=$("$command" serve --check-config --config "$work/one.toml" 2>&1) && continue
    [[ $said == *"only together with"* || $said == *"nothing to stop"* || $said == *"no such file"* ||
        $said == *"give --advertise"* ]] ||
        fail "the comment \"$setting\" is wrong:" "$said"
done < <(sed -nE 's/^# ([a-z-]+ = .*)/\1/p' "$file")
echo "settings: $(wc -l <"$work/settings") options, all in $(basename "$file")"
