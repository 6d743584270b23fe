#!/usr/bin/env bash
# Builds the Debian packages and looks into them; then unpacks them and runs the command from there.
# With AUDIOSOCKET_TEST_INSTALL=1, as root, also installs them on this machine and removes them again.
# Usage: deb.sh BUILD_DIR; the packages are built in BUILD_DIR/package.
set -euo pipefail

readonly skipped=77 # what ctest takes for a skipped test
here=$(realpath "$(dirname "$0")")
build=$(realpath "$1")/package
readonly here build

for program in dpkg-deb dpkg-shlibdeps gzip; do
    if ! command -v "$program" >/dev/null; then
        echo "SKIPPED deb: $program is missing"
        exit "$skipped"
    fi
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fail WHAT: the test ends here.
fail() {
    echo "FAILED: $1"
    exit 1
}

# --- Building ---

"$here/../../tools/package" "$build" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
version=$(dpkg-deb -f "$build"/libaudiosocket-dev_*.deb Version)
soversion=$(cut -d. -f1-2 <<<"$version")
lib=libaudiosocket$soversion
packages=("$lib" libaudiosocket-dev audiosocket)

# --- What is in them ---

# has PACKAGE PATTERN...: the package contains a file for each extended regular expression.
has() {
    local package=$1 pattern contents
    shift
    contents=$(dpkg-deb -c "$build/${package}_$version"_*.deb)
    for pattern in "$@"; do
        grep -qE " \./$pattern( |\$)" <<<"$contents" || fail "$package has no $pattern"
    done
}

# lacks PACKAGE PATTERN...: and none for any of these.
lacks() {
    local package=$1 pattern contents
    shift
    contents=$(dpkg-deb -c "$build/${package}_$version"_*.deb)
    for pattern in "$@"; do
        if grep -E " \./$pattern" <<<"$contents"; then fail "$package should not have $pattern"; fi
    done
}

# depends PACKAGE TEXT...: its dependencies contain each text.
depends() {
    local package=$1 text field
    shift
    field=$(dpkg-deb -f "$build/${package}_$version"_*.deb Depends)
    for text in "$@"; do
        [[ $field == *"$text"* ]] || fail "$package does not depend on $text, but on: $field"
    done
}

for package in "${packages[@]}"; do
    has "$package" "usr/share/doc/$package/copyright" "usr/share/doc/$package/changelog.Debian.gz"
    dpkg-deb --fsys-tarfile "$build/${package}_$version"_*.deb |
        tar -xO "./usr/share/doc/$package/changelog.Debian.gz" | gzip -dc >"$work/changelog"
    read -r first <"$work/changelog"
    [[ $first == "audiosocket ($version) "* ]] || fail "packaging/debian/changelog is not about $version: $first"
done

for room in protocol audio call net server; do
    has "$lib" "usr/lib/[^/]+/libaudiosocket_$room\.so\.$soversion" \
        "usr/lib/[^/]+/libaudiosocket_$room\.so\.[0-9]+\.[0-9]+\.[0-9]+"
    has libaudiosocket-dev "usr/lib/[^/]+/libaudiosocket_$room\.so" "usr/include/audiosocket/$room\.hpp"
done
lacks "$lib" 'usr/include' '[^ ]*\.so ' 'usr/bin'
has libaudiosocket-dev 'usr/lib/[^/]+/pkgconfig/audiosocket\.pc' \
    'usr/lib/[^/]+/cmake/audiosocket/audiosocketConfig\.cmake'
lacks libaudiosocket-dev 'usr/bin' '[^ ]*\.so\.'
has audiosocket 'usr/bin/audiosocket'
lacks audiosocket 'usr/lib' 'usr/include'

# What the tree has of these, the package has as well.
if compgen -G "$here/../../man/*.1" >/dev/null; then has audiosocket 'usr/share/man/man1/audiosocket\.1\.gz'; fi
if [[ -e $here/../../packaging/completions/audiosocket ]]; then
    has audiosocket 'usr/share/bash-completion/completions/audiosocket'
fi

depends "$lib" libc6 libstdc++6 libsndfile1 libspeexdsp1
depends libaudiosocket-dev "$lib (= $version)" libboost
depends audiosocket "$lib (>= $version)" libtins

# --- Whether it runs ---

root=$work/root
for package in "${packages[@]}"; do dpkg-deb -x "$build/${package}_$version"_*.deb "$root"; done
net=$(find "$root/usr/lib" -name 'libaudiosocket_net.so')
said=$(LD_LIBRARY_PATH=$(dirname "$net") "$root/usr/bin/audiosocket" --version)
[[ $said == "audiosocket ${version%-*}" ]] || fail "the unpacked command says: $said"

if [[ ${AUDIOSOCKET_TEST_INSTALL-} == 1 ]]; then
    ((EUID == 0)) || fail "AUDIOSOCKET_TEST_INSTALL=1 needs root"
    dpkg -i "$build"/*.deb
    said=$(/usr/bin/audiosocket --version)
    dpkg --purge audiosocket libaudiosocket-dev "$lib"
    [[ $said == "audiosocket ${version%-*}" ]] || fail "the installed command says: $said"
    [[ ! -e /usr/bin/audiosocket ]] || fail "removing the packages leaves the command behind"
fi
echo "deb: ${packages[*]} $version are complete, and the command runs"
