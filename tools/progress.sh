#!/usr/bin/env bash
# Shows progress while a command runs that logs to a file. Sourced by tools/setup and tools/test.
# On a terminal this is one line that is rewritten each second. Otherwise it is a line every 15 seconds, and only after
# a change.

readonly progress_seconds=15

# with_progress NAME LOG SUMMARY COMMAND...: runs COMMAND and appends its output to LOG. SUMMARY is a function that gets
# the output of COMMAND so far on standard input, and prints a few words about it. Returns the exit code of COMMAND.
with_progress() {
    local name=$1 output=$2 summary=$3 result=0 ticker
    shift 3
    touch "$output"
    show_progress "$name" "$output" "$(wc -c <"$output")" "$summary" &
    ticker=$!
    # The command stays in the foreground, so that an interrupt from the keyboard ends it.
    "$@" >>"$output" 2>&1 || result=$?
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    if [[ -t 1 ]]; then printf '\r\033[K'; fi
    return "$result"
}

# show_progress NAME LOG OFFSET SUMMARY: runs until it is killed, or the script has ended.
show_progress() {
    local name=$1 output=$2 offset=$3 summary=$4 started=$SECONDS text shown="" columns
    while kill -0 $$ 2>/dev/null; do
        if [[ -t 1 ]]; then
            sleep 1 >/dev/null 2>&1 # which must not keep a pipe open when it remains
        else
            sleep "$progress_seconds" >/dev/null 2>&1
        fi
        text=$(tail -c "+$((offset + 1))" "$output" | "$summary")
        if [[ -t 1 ]]; then
            columns=$(tput cols 2>/dev/null || echo 80)
            text="$name: $text ($((SECONDS - started)) s)"
            printf '\r\033[K%s' "${text:0:columns-1}"
        elif [[ $text != "$shown" ]]; then
            printf '%s: %s (%d s)\n' "$name" "$text" $((SECONDS - started))
            shown=$text
        fi
    done
}

# last_line: the summary for a command that prints a line for each step.
last_line() { tail -n 1 | cut -c1-100; }

# ninja_steps: "120 of 400 compiled".
ninja_steps() {
    sed -nE 's|^\[([0-9]+)/([0-9]+)\].*|\1 of \2 steps|p' | tail -n 1
}

# ctest_counts: how many tests have ended, and which are running.
ctest_counts() {
    awk '
        $1 == "Start" { name = $0; sub(/^ *Start +[0-9]+: /, "", name); running[name] = ++started; next }
        match($0, /^ *([0-9]+\/[0-9]+)? *Test +#[0-9]+: /) { # without counts: of another try
            rest = substr($0, RLENGTH + 1)
            name = rest; sub(/ .*/, "", name); delete running[name]
            if (split($1, counts, "/") == 2) { ended = counts[1]; all = counts[2] }
            delete bad[name]
            if (rest !~ / Passed +[0-9]/ && rest !~ /\*\*\*(Skipped|Not Run \(Disabled\))/) bad[name]
        }
        END {
            for (name in bad) ++failed
            printf "%d of %s tests, %d failed", ended, all ? all : "?", failed
            for (turn = 0; turn < 2; ++turn) { # the two that run for the longest
                oldest = ""
                for (name in running) if (oldest == "" || running[name] < running[oldest]) oldest = name
                if (oldest == "") break
                printf "%s %s", turn ? "," : "; running:", oldest
                delete running[oldest]
            }
            printf "\n"
        }'
}
