#!/usr/bin/env bash
# Checks the shared libraries in a folder: the SONAME has the major and minor version, and all exported symbols are
# intended. Usage: symbols.sh LIBRARY_DIR
#
# Allowed are strong symbols of namespace audiosocket. Templates and inline functions of the standard library and of
# Boost may be weak symbols: Boost exports objects that must be unique in a process (Asio's services and its "which
# context runs in this thread"), so hiding them would break applications.
set -euo pipefail

here=$(dirname "$0")
# Of the namespace detail: what the templates of the headers call (connect, blocking, read_digits and bridge), and what
# another room of the library does.
connect='(make|start|cancel)_connect(or)?$|waits_of$'
needed="^audiosocket::detail::($connect|(send|receive)_until$|run_to_the_end$|validate$|(digit_reader|bridge_operation|engine_hooks|socket_turns)::)"
readonly here connect needed

# unwanted LIBRARY: prints the symbols that it should hide, each with the reason.
unwanted() {
    nm --dynamic --demangle --defined-only "$1" | awk -v needed="$needed" '
        {
            type = $2
            name = $0
            sub(/^[0-9a-f]* +. /, "", name)
            plain = name
            sub(/^(typeinfo name|typeinfo|vtable|VTT|guard variable) for /, "", plain)
            sub(/\(.*/, "", plain)    # without its arguments
            sub(/^.* boost::/, "boost::", plain) # a function template names its result first
        }
        type !~ /[VWu]/ && plain !~ /^audiosocket::/ { print "strong, and not ours: " name }
        plain !~ /^audiosocket::/ { next }
        plain ~ /::(impl|state)(::|$)|anonymous/ { print "private: " name }
        plain ~ /^audiosocket::detail::/ && plain !~ needed { print "detail: " name }
    '
}

# check LIBRARY: prints complaints, and fails if there are any.
check() {
    local library=$1 soname findings good=0
    soname=$(readelf --dynamic "$library" | sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')
    if [[ ! $soname =~ ^libaudiosocket_[a-z]+\.so\.[0-9]+\.[0-9]+$ ]]; then
        echo "$library: SONAME is '$soname'"
        good=1
    fi
    findings=$(unwanted "$library")
    if [[ -n $findings ]]; then
        echo "$library shows:"
        printf '  %s\n' "${findings//$'\n'/$'\n  '}"
        good=1
    fi
    if [[ $(nm --dynamic --demangle --defined-only "$library") != *" audiosocket::"* ]]; then
        echo "$library shows nothing at all"
        good=1
    fi
    return "$good"
}

# A check that cannot fail proves nothing: it must reject a library with three faults.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"${CXX:-c++}" -shared -fPIC -o "$scratch/bad.so" "$here/bad_symbols.cpp"
if complaint=$(check "$scratch/bad.so"); then
    echo "symbols.sh accepts a library full of faults"
    exit 1
fi
for fault in "SONAME" "strong, and not ours: leaked" "private: audiosocket::open::impl" \
    "detail: audiosocket::detail::secret"; do
    grep -qF "$fault" <<<"$complaint" || { echo "symbols.sh does not see: $fault"; exit 1; }
done

failed=0
for room in protocol audio call net server; do
    check "$1/libaudiosocket_$room.so" || failed=1
done

# The C interface: exactly the functions that are listed. A function that is missing breaks applications; one that is
# new is added to the list.
c_library=$1/libaudiosocket-c.so
if ! diff <(nm --dynamic --defined-only --format=posix "$c_library" | sed -n 's/^\(audiosocket_[a-z_]*\)@.* T .*/\1/p' | sort) \
    "$here/c_functions.txt"; then
    echo "$c_library shows other functions than tests/package/c_functions.txt"
    failed=1
fi
# And its header declares them, no more and no less.
if ! diff <(sed -n '/^AUDIOSOCKET_API /s/.*[ *]\(audiosocket_[a-z_]*\)(.*/\1/p' "$here/../../bindings/c/audiosocket.h" | sort) \
    "$here/c_functions.txt"; then
    echo "audiosocket.h declares other functions than tests/package/c_functions.txt"
    failed=1
fi
if nm --dynamic --defined-only "$c_library" | grep -v ' audiosocket_[a-z_]*@\| AUDIOSOCKET_C_1$'; then
    echo "$c_library shows what is not of the C interface"
    failed=1
fi
exit "$failed"
