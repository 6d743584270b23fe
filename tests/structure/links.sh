#!/usr/bin/env bash
# Checks that relative links in Markdown files point to files and folders that exist, and #fragments to headings.
# Usage: links.sh [TREE]; each broken link is named with file and line, and any of them is a failure.
set -euo pipefail

cd "${1:-$(dirname "$0")/../..}"

# Prints the names that a forge gives to the headings of a Markdown file, a line each.
fragments_of() {
    # shellcheck disable=SC2016 # backticks, not a command
    sed -n '/^```/,/^```/d; s/^##* //p' "$1" | tr '[:upper:]' '[:lower:]' | sed 's/[^a-z0-9 _-]//g; s/ /-/g'
}

# Prints "LINE TARGET" for each link and picture of a Markdown file, without code.
links_of() {
    awk '
        /^ *```/ { code = !code; next }
        code { next }
        {
            rest = $0
            gsub(/`[^`]*`/, "", rest)
            while (match(rest, /\]\([^()]+\)/)) {
                target = substr(rest, RSTART + 2, RLENGTH - 3)
                sub(/[ \t]+".*"$/, "", target)
                print FNR, target
                rest = substr(rest, RSTART + RLENGTH)
            }
        }' "$1"
}

check_file() {
    local file=$1 line target path fragment
    while read -r line target; do
        case $target in *://* | mailto:*) continue ;; esac
        path=${target%%#*}
        if [[ -n $path && ! -e $(dirname "$file")/$path ]]; then
            echo "$file:$line: no such file: $target"
            continue
        fi
        [[ $target == *'#'* ]] || continue
        fragment=${target#*#}
        path=${path:+$(dirname "$file")/}${path:-$file}
        if [[ $path == *.md ]] && ! fragments_of "$path" | grep -qxF -- "$fragment"; then
            echo "$file:$line: no such heading: $target"
        fi
    done < <(links_of "$file")
}

mapfile -t documents < <(find . \( -path ./build -o -path ./.git -o -name node_modules \) -prune -o -name '*.md' -print |
    sed 's,^\./,,' | sort)
if ((${#documents[@]} == 0)); then
    echo "no documents here: $PWD"
    exit 1
fi
complaints=$(for file in "${documents[@]}"; do check_file "$file"; done)
if [[ -n $complaints ]]; then
    printf '%s\n' "$complaints"
    exit 1
fi
echo "links: ${#documents[@]} documents in order"
