#!/usr/bin/env bash
# Shows that check.sh finds its faults: a small tree in order passes, and every planted fault is reported.
set -euo pipefail

here=$(realpath "$(dirname "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

readonly license='// SPDX-License-Identifier: Apache-2.0'

# new_tree: makes a small tree in order.
new_tree() {
    rm -rf "$work/tree"
    mkdir -p "$work"/tree/include/audiosocket/{protocol,audio,call,net} "$work"/tree/src/{audio,call,net,protocol}
    cd "$work/tree"
    printf '#include <audiosocket/net.hpp>\n' >include/audiosocket/audiosocket.hpp
    printf '#include <audiosocket/net/call.hpp>\n' >include/audiosocket/net.hpp
    printf '#include <audiosocket/export.hpp>\n#include <vector>\n' >include/audiosocket/protocol/kind.hpp
    printf '#include <audiosocket/protocol.hpp>\n#include <audiosocket/audio/clip.hpp>\n' \
        >include/audiosocket/call/session.hpp
    printf '#include <boost/asio/post.hpp>\n#include <boost/system/error_code.hpp>\n' >include/audiosocket/net/call.hpp
    printf '#include "audio/format.hpp"\n#include <sndfile.h>\n#include <unistd.h>\n' >src/audio/reader.cpp
    printf '#include "call/session.hpp"\n#include <sys/socket.h>\n' >src/net/call.cpp
    mkdir -p apps/audiosocket/{base,log,live,admin,daemon,serve}
    : >apps/audiosocket/live/a.hpp
    printf '#include "run.hpp"\n' >apps/audiosocket/main.cpp
    printf '#include "base/text.hpp"\n#include "live/call.hpp"\n' >apps/audiosocket/admin/site.cpp
    printf '#include "admin/site.hpp"\n#include "verbs.hpp"\n#include <spdlog/spdlog.h>\n' >apps/audiosocket/serve/serve.cpp
    local file
    while read -r file; do
        printf '%s\n%s\n' "$license" "$(<"$file")" >"$file"
    done < <(find . -name '*.[hc]pp')
}

# rejects WHAT FILE TEXT COMPLAINT: with TEXT in FILE, check.sh fails and prints COMPLAINT.
rejects() {
    local what=$1 file=$2 text=$3 complaint=$4 output
    new_tree
    mkdir -p "$(dirname "$file")"
    if [[ $file == *.[hc]pp && $text != "no license"* ]]; then text=$license$'\n'$text; fi
    printf '%s\n' "$text" >"$file"
    if output=$("$here/check.sh" "$work/tree"); then
        echo "FAILED: accepts $what"
        failed=1
    elif ! grep -qF -- "$file" <<<"$output" || ! grep -qF -- "$complaint" <<<"$output"; then
        printf 'FAILED: %s: expected a complaint "%s" about %s, got\n%s\n' "$what" "$complaint" "$file" "$output"
        failed=1
    fi
}

# accepts WHAT (FILE LINES)...: with files of these lengths, check.sh finds nothing.
accepts() {
    local what=$1 output
    shift
    new_tree
    while (($# > 0)); do
        mkdir -p "$(dirname "$1")"
        { echo "$license" && yes "//"; } | head -n "$2" >"$1" || true
        shift 2
    done
    if ! output=$("$here/check.sh" "$work/tree"); then
        printf 'FAILED: rejects %s:\n%s\n' "$what" "$output"
        failed=1
    fi
}

new_tree
if ! "$here/check.sh" "$work/tree"; then
    echo "FAILED: rejects a tree in order"
    failed=1
fi

rejects "protocol that knows audio" src/protocol/a.cpp '#include <audiosocket/audio/clip.hpp>' 'must not know audio'
rejects "audio that knows protocol" include/audiosocket/audio/a.hpp '#include <audiosocket/protocol.hpp>' \
    'must not know protocol'
rejects "audio that knows a private header of call" src/audio/a.cpp '#include "call/ring.hpp"' 'must not know call'
rejects "call that knows net" src/call/a.cpp '# include  <audiosocket/net/address.hpp>' 'must not know net'
rejects "an umbrella header that knows too much" include/audiosocket/protocol.hpp '#include <audiosocket/call.hpp>' \
    'must not know call'
rejects "everything for one room" src/net/a.cpp '#include <audiosocket/audiosocket.hpp>' 'must not know audiosocket'
rejects "call with Boost" src/call/a.cpp '#include <boost/asio/post.hpp>' 'must not use this library'
rejects "call with sockets" src/call/a.cpp '#include <sys/socket.h>' 'does no input and output'
rejects "protocol with files" src/protocol/a.cpp '#include <fcntl.h>' 'does no input and output'
rejects "a public header with libsndfile" include/audiosocket/audio/a.hpp '#include <sndfile.h>' 'shows more than'
rejects "a public header with Boost.Json" include/audiosocket/net/a.hpp '#include <boost/json.hpp>' 'shows more than'
rejects "a public header with the system" include/audiosocket/net/a.hpp '#include <unistd.h>' 'shows the system'
rejects "a public header with quotes" include/audiosocket/net/a.hpp '#include "net/connection.hpp"' 'includes with <>'
rejects "another library" src/net/a.cpp '#include <spdlog/spdlog.h>' 'must not use this library'
rejects "a new room by accident" src/misc/a.cpp '#include <vector>' 'in no room'
rejects "asterisk that knows net" src/asterisk/a.cpp '#include <audiosocket/net/call.hpp>' 'must not know net'
rejects "base that knows log" apps/audiosocket/base/a.cpp '#include "log/console.hpp"' 'base must not know log'
rejects "log that knows live" apps/audiosocket/log/a.cpp '#include "live/visit.hpp"' 'log must not know live'
rejects "live that knows admin" apps/audiosocket/live/a.cpp '#include "admin/site.hpp"' 'live must not know admin'
rejects "diagnosis that knows inspect" apps/audiosocket/diagnosis/a.cpp '#include "inspect/remarks.hpp"' \
    'diagnosis must not know inspect'
rejects "admin that knows daemon" apps/audiosocket/admin/a.hpp '#include "daemon/daemon.hpp"' 'admin must not know daemon'
rejects "daemon that knows a verb" apps/audiosocket/daemon/a.cpp '#include "serve/serve.hpp"' 'daemon must not know serve'
rejects "a verb that knows another" apps/audiosocket/serve/a.cpp '#include "check/line.hpp"' 'serve must not know check'
rejects "main that knows a verb" apps/audiosocket/main.cpp '#include "serve/serve.hpp"' 'main must not know serve'
rejects "a new room of the command by accident" apps/audiosocket/misc/a.cpp '#include <vector>' 'in no room of the command'
rejects "one path in two roots" src/live/a.hpp '' 'holds a header of this path as well'
rejects "a long file of the library" src/net/a.cpp "$(yes '//' | head -n 400)" '401 lines; more than 400'
rejects "a long file of the command" apps/audiosocket/base/a.cpp "$(yes '//' | head -n 400)" '401 lines; more than 400'
rejects "a long test" tests/unit/a_test.cpp "$(yes '//' | head -n 500)" '501 lines; more than 500'
accepts "files of the longest length" src/net/a.cpp 400 apps/audiosocket/base/a.cpp 400 tests/unit/a_test.cpp 500
rejects "a source without its license" src/net/a.cpp 'no license' 'must be SPDX-License-Identifier'
rejects "a path of a machine" src/net/a.cpp "// see /""home/a-user/notes.txt" 'path of a machine'
rejects "a path of a machine in a document" docs/a.md "Look into \`/""root/x\`." 'path of a machine'

# A word of each line of words.txt.
rejects "a word in a comment" src/net/a.cpp "// The caller is told." 'src/net/a.cpp:2: the word "told": write "reported"'
rejects "a word at the beginning of a line" docs/a.md "Nobody calls." 'docs/a.md:1: the word "Nobody": write the actor'
rejects "a word in a name of a test" tests/unit/a_test.cpp "TEST(server, whoever_calls_is_served)" \
    'tests/unit/a_test.cpp:2: the word "whoever": write the actor'
rejects "a pronoun" docs/a.md $'The caller speaks.\nThen he hangs up.' 'docs/a.md:2: the word "he": write the actor, or "they"'
rejects "a word in a script" tools/a "# Reads the file anew." 'tools/a:1: the word "anew": write "again"'
rejects "a word in a help text" apps/audiosocket/base/a.cpp "\"a dearer call\";" 'the word "dearer": write "expensive"'
rejects "a metaphor" src/net/a.cpp "struct guest;" 'the word "guest": write "new connection"'
rejects "another metaphor" src/net/a.cpp "// The door is open." 'the word "door": write "listener"'
rejects "a word of pages" man/a.1 "Your program reads." 'man/a.1:1: the word "program": write "application"'
rejects "the same in a document" docs/a.md "Programs read." 'the word "Programs": write "application"'

# accepts_text WHAT FILE TEXT: with TEXT in FILE, check.sh finds nothing.
accepts_text() {
    local what=$1 file=$2 text=$3 output
    new_tree
    mkdir -p "$(dirname "$file")"
    printf '%s\n' "$text" >"$file"
    if ! output=$("$here/check.sh" "$work/tree"); then
        printf 'FAILED: rejects %s:\n%s\n' "$what" "$output"
        failed=1
    fi
}

accepts_text "words that contain others" docs/a.md 'The retold, adorable shelter; its outdoors, the history.'
accepts_text "encoded text" tests/a.json '"integrity": "sha512-he/+his+9he8/him=="'
accepts_text "a name in code that pages do not use" tests/a.sh "for program in cmake make; do"
accepts_text "the words of a license" LICENSE "Nobody."

# rejects_link WHAT TEXT COMPLAINT: with TEXT in a document, links.sh fails and prints COMPLAINT.
rejects_link() {
    local what=$1 text=$2 complaint=$3 output
    new_tree
    mkdir docs
    # shellcheck disable=SC2016 # backticks, not a command
    printf '# A heading\n\n[one](b.md#its-part) `[two](code.md)`\n%b\n' "$text" >docs/a.md
    printf '## Its part\n' >docs/b.md
    if output=$("$here/links.sh" "$work/tree"); then
        [[ -z $complaint ]] && return
        echo "FAILED: accepts $what"
    elif [[ -n $complaint ]] && grep -qxF -- "$complaint" <<<"$output"; then
        return
    else
        printf 'FAILED: %s: expected "%s", got\n%s\n' "$what" "$complaint" "$output"
    fi
    failed=1
}

# shellcheck disable=SC2016 # the same
rejects_link "links in order" 'See [b](b.md), [here](#a-heading), [a site](https://example.org/c.md).\n```\n[c](c.md)\n```' ''
rejects_link "a link to nothing" 'See [b](b.md) and [c](c.md).' 'docs/a.md:4: no such file: c.md'
rejects_link "a picture of nothing" '![p](pictures/p.svg)' 'docs/a.md:4: no such file: pictures/p.svg'
rejects_link "a heading that is not there" 'See [b](b.md#other).' 'docs/a.md:4: no such heading: b.md#other'

if ((failed)); then exit 1; fi
echo "structure: every planted fault is seen"
