#!/usr/bin/env bash
# Checks the structure of the tree: includes between rooms, lengths of files, licenses, paths of a machine, words.
# Usage: check.sh [TREE]; complaints name file and line, and any of them is a failure.
set -euo pipefail

# A file should be short enough to understand at once (docs/design.md: files of 100 to 200 lines).
readonly lines_max=500
readonly source_lines_max=400 # in src/ and apps/

words=$(realpath "$(dirname "$0")/words.txt")
readonly words

cd "${1:-$(dirname "$0")/../..}"

# list PATHSPEC...: prints the project's files. A release archive, or a checkout elsewhere, may have no git to ask.
list() {
    if [[ -e .git ]] && git rev-parse >/dev/null 2>&1; then
        git ls-files --cached --others --exclude-standard -- "$@"
    else
        local pattern names=()
        for pattern in "$@"; do names+=(-o -path "./$pattern"); done
        find . \( -path ./build -o -path ./.git \) -prune -o -type f \( "${names[@]:1}" \) -print | sed 's,^\./,,'
    fi | while IFS= read -r file; do
        [[ -f $file ]] && printf '%s\n' "$file" # without files that were just deleted
    done
}

# Complains about includes that the rooms' order (docs/design.md) forbids.
check_includes() {
    awk '
        function complain(why) { print FILENAME ":" FNR ": " why ": " $0 }

        BEGIN {
            split("protocol audio call asterisk gateway net server", names, " ")
            for (i in names) is_room[names[i]] = 1
            # The other rooms that each room may include.
            knows["protocol"] = " "
            knows["audio"] = " "
            knows["call"] = " protocol audio "
            knows["asterisk"] = " call protocol audio "
            knows["gateway"] = " call protocol audio "
            knows["net"] = " call protocol audio "
            knows["server"] = " net call protocol audio "
            # The libraries that a room may use, as patterns for the header.
            uses["audio"] = "^(sndfile\\.h|speex/.*)$"
            uses["gateway"] = "^boost/json"
            uses["net"] = "^boost/(asio|system)/"
            uses["server"] = "^boost/"
        }

        FNR == 1 {
            public = FILENAME ~ /^include\/audiosocket\//
            room = FILENAME
            sub(/^(include\/audiosocket|src)\//, "", room)
            # call/session.hpp is in the room call; its umbrella header call.hpp is as well.
            sub(/(\/.*|\.hpp)$/, "", room)
            umbrella = FILENAME == "include/audiosocket/audiosocket.hpp"
            if (!umbrella && !(room in is_room) && room != "export" && room != "version") complain("in no room")
        }

        !/^[ \t]*#[ \t]*include/ { next }

        {
            header = $0
            sub(/^[ \t]*#[ \t]*include[ \t]*[<"]/, "", header)
            sub(/[>"].*/, "", header)
            quoted = $0 ~ /"/

            if (public && quoted) complain("a public header includes with <>")

            other = ""
            if (quoted) other = header
            else if (header ~ /^audiosocket\//) other = substr(header, 13)
            if (other != "") {
                sub(/(\/.*|\.hpp)$/, "", other)
                if (other == "export" || other == "version" || umbrella || other == room) next
                if (index(knows[room], " " other " ") == 0) complain(room " must not know " other)
                next
            }

            if (header ~ /^[a-z_]+$/) next                                    # the standard library
            if (header ~ /^([a-z]+|(sys|netinet|arpa|net)\/[a-z]+)\.h$/ && header !~ /^(sndfile)\.h$/) {
                # Headers of the system: only in sources, and not in rooms that do no input and output.
                if (public) complain("a public header shows the system")
                else if (room == "protocol" || room == "call" || room == "asterisk" || room == "gateway") complain(room " does no input and output")
                next
            }
            if (public && header !~ /^boost\/(asio|system)\//)
                complain("a public header shows more than the standard library and Boost.Asio")
            else if (!(room in uses) || header !~ uses[room])
                complain(room " must not use this library")
        }
    ' "$@"
}

# Complains about includes that the order of the command's rooms (docs/design.md) forbids.
check_command_includes() {
    awk '
        function complain(why) { print FILENAME ":" FNR ": " why ": " $0 }

        BEGIN {
            # The other rooms that each room may include.
            knows["base"] = " "
            knows["log"] = knows["settings"] = knows["service"] = knows["diagnosis"] = " base "
            knows["live"] = " base diagnosis "
            knows["admin"] = " base log settings service diagnosis live directory "
            knows["websocket"] = knows["tape"] = knows["directory"] = " base "
            knows["daemon"] = " base log settings service diagnosis live directory admin "
            split("serve call check bench inspect gateway backend cluster", verbs, " ")
            for (i in verbs) knows[verbs[i]] = " verbs base log settings service live diagnosis directory admin daemon "
            knows["gateway"] = knows["gateway"] "tape websocket "
            knows["inspect"] = knows["inspect"] "tape "
            knows["backend"] = knows["backend"] "websocket "
            knows["verbs"] = " base "
            knows["run"] = " verbs base settings "
            knows["main"] = " run "
        }

        FNR == 1 {
            room = FILENAME
            sub(/^apps\/audiosocket\//, "", room)
            sub(/(\/.*|\.[ch]pp)$/, "", room)
            if (!(room in knows)) complain("in no room of the command")
        }

        !/^[ \t]*#[ \t]*include[ \t]*"/ { next }

        {
            other = $0
            sub(/^[ \t]*#[ \t]*include[ \t]*"/, "", other)
            sub(/".*/, "", other)
            sub(/(\/.*|\.hpp)$/, "", other)
            if (other == room) next
            if (index(knows[room], " " other " ") == 0) complain(room " must not know " other)
        }
    ' "$@"
}

# Complains about a header that exists in two include roots: its meaning would depend on the order of the roots.
check_roots() {
    local root
    for root in src apps/audiosocket tests; do
        list "$root/*.hpp" | sed "s,^$root/\(.*\),\1 $root,"
    done | sort | awk '
        $1 == last { print $2 "/" $1 ": the root " from " holds a header of this path as well" }
        { last = $1; from = $2 }'
}

# Complains about files that are too long.
check_length() {
    local file lines max
    for file in "$@"; do
        lines=$(wc -l <"$file")
        max=$lines_max
        if [[ $file == src/* || $file == apps/* ]]; then max=$source_lines_max; fi
        if ((lines > max)); then echo "$file: $lines lines; more than $max"; fi
    done
}

# Complains about sources that do not name their license in the first line.
check_license() {
    awk 'FNR == 1 && $0 !~ /^(\/\/|#) SPDX-License-Identifier: Apache-2\.0$/ {
        print FILENAME ":1: the first line must be SPDX-License-Identifier: Apache-2.0, as a comment"
    }' "$@"
}

# Complains about paths of the machine on which a change was made.
check_paths() {
    grep -nIE "(^|[^A-Za-z0-9_.\$}/-])/(home|root|work|Users|tmp/build)(/|-)[A-Za-z0-9_.]" -- "$@" |
        sed 's/^\([^:]*:[0-9]*\): */\1: path of a machine: /' || true
}

# Complains about words that the prose of this tree does not use (words.txt).
check_words() {
    local where word instead files file pattern
    while IFS=$'\t' read -r where word instead; do
        [[ $where == '#'* || -z $where ]] && continue
        files=()
        for file in "$@"; do
            case $file in # licenses, the list and its test
            LICENSE | packaging/debian/copyright | tests/structure/words.txt | tests/structure/self_test.sh) continue ;;
            esac
            if [[ $where == pages && $file != *.md && $file != man/* ]]; then continue; fi
            files+=("$file")
        done
        if ((${#files[@]} == 0)); then continue; fi
        # A part of a name counts as a word (x_word_y); letters of an encoded text (base64) do not.
        pattern="(^|[^A-Za-z0-9+/])($word)(\$|[^A-Za-z0-9+/])"
        { grep -nIoiE -- "$pattern" "${files[@]}" /dev/null || true; } | sed -E \
            "s/^([^:]*:[0-9]*):.*\b_?($word)_?\b.*\$/\1: the word \"\2\": write $instead/I"
    done <"$words"
}

mapfile -t rooms < <(list 'include/*.hpp' 'src/*.hpp' 'src/*.cpp')
mapfile -t command < <(list 'apps/audiosocket/*.hpp' 'apps/audiosocket/*.cpp')
mapfile -t code < <(list '*.hpp' '*.cpp' '*.sh' '*.cmake' 'CMakeLists.txt' '*/CMakeLists.txt' 'tools/*' '.ci/*')
mapfile -t licensed < <(list '*.hpp' '*.cpp' '*.cmake' 'CMakeLists.txt' '*/CMakeLists.txt')
mapfile -t everything < <(list '*')

if ((${#rooms[@]} == 0)); then
    echo "no sources here: $PWD"
    exit 1
fi
complaints=$(
    check_includes "${rooms[@]}"
    if ((${#command[@]} > 0)); then check_command_includes "${command[@]}"; fi
    check_roots
    check_length "${code[@]}"
    check_license "${licensed[@]}"
    check_paths "${everything[@]}"
    check_words "${everything[@]}"
)
if [[ -n $complaints ]]; then
    printf '%s\n' "$complaints"
    exit 1
fi
echo "structure: ${#everything[@]} files in order"
