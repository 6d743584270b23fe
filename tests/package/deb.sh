#!/usr/bin/env bash
# Builds the Debian packages and looks into them; then unpacks them and runs the command from there.
# As root, also installs them on a layer above this machine, uses them and removes them again.
# Usage: deb.sh BUILD_DIR; the packages are made of its objects, in BUILD_DIR/packages.
set -euo pipefail

readonly skipped=77 # what ctest takes for a skipped test
here=$(realpath "$(dirname "$0")")
objects=$(realpath "$1")
build=$objects/packages
readonly here build objects

for program in dpkg-deb dpkg-shlibdeps file gzip; do
    if ! command -v "$program" >/dev/null; then
        echo "SKIPPED deb: $program is missing"
        exit "$skipped"
    fi
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# fail WHAT: ends the test with this failure.
fail() {
    echo "FAILED: $1"
    exit 1
}

# --- Building ---

"$here/../../tools/package" "$build" "$objects" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
[[ $(find "$build" -mindepth 1 ! -name '*.deb' | wc -l) == 0 ]] || fail "tools/package DIR puts more than packages into DIR"
version=$(dpkg-deb -f "$build"/libaudiosocket-dev_*.deb Version)
soversion=$(cut -d. -f1-2 <<<"$version")
lib=libaudiosocket$soversion
packages=("$lib" libaudiosocket-c1 libaudiosocket-dev audiosocket)

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

# lacks PACKAGE PATTERN...: the package contains no file for any of these.
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
has libaudiosocket-c1 'usr/lib/[^/]+/libaudiosocket-c\.so\.1' 'usr/lib/[^/]+/libaudiosocket-c\.so\.1\.[0-9]+\.[0-9]+'
lacks libaudiosocket-c1 'usr/include' '[^ ]*\.so ' 'usr/bin'
has libaudiosocket-dev 'usr/lib/[^/]+/libaudiosocket-c\.so' 'usr/include/audiosocket\.h' \
    'usr/lib/[^/]+/pkgconfig/audiosocket-c\.pc'
has audiosocket 'usr/bin/audiosocket' 'etc/audiosocket/audiosocket\.toml' \
    'usr/lib/systemd/system/audiosocket\.(service|socket)' 'usr/share/man/man5/audiosocket\.toml\.5\.gz' \
    'usr/share/audiosocket/sounds/welcome\.wav' 'usr/share/doc/audiosocket/README\.md' \
    'usr/share/doc/audiosocket/docs/asterisk\.md' 'usr/share/doc/audiosocket/docs/operations\.md' \
    'usr/share/doc/audiosocket/changelog\.gz' 'usr/share/doc/audiosocket/audiosocket\.cdx\.json'
has "$lib" "usr/share/doc/$lib/audiosocket\.cdx\.json"
has libaudiosocket-dev 'usr/share/doc/libaudiosocket-dev/examples/01_echo\.cpp' \
    'usr/share/doc/libaudiosocket-dev/docs/design\.md'
lacks audiosocket 'usr/lib/[^s]' 'usr/include'

# The package contains all of these files of the tree.
if compgen -G "$here/../../man/*.1" >/dev/null; then has audiosocket 'usr/share/man/man1/audiosocket\.1\.gz'; fi
if [[ -e $here/../../packaging/completions/audiosocket ]]; then
    has audiosocket 'usr/share/bash-completion/completions/audiosocket'
fi

depends "$lib" libc6 libstdc++6 libsndfile1 libspeexdsp1
depends libaudiosocket-c1 libc6 libstdc++6 "$lib (= $version)"
depends libaudiosocket-dev "$lib (= $version)" "libaudiosocket-c1 (= $version)" libboost
depends audiosocket "$lib (>= $version)" libtomlplusplus libssl adduser

# --- Whether it runs ---

root=$work/root
for package in "${packages[@]}"; do dpkg-deb -x "$build/${package}_$version"_*.deb "$root"; done
net=$(find "$root/usr/lib" -name 'libaudiosocket_net.so')
"$here/../structure/hardened.sh" "$root/usr" "$objects/package" || fail "the packages are not hardened"
said=$(LD_LIBRARY_PATH=$(dirname "$net") "$root/usr/bin/audiosocket" --version)
[[ $said == "audiosocket ${version%-*}" ]] || fail "the unpacked command says: $said"

# --- Whether it can be installed, used and removed ---

# On this machine under a layer, so that the machine itself does not change.
if ((EUID == 0)) && unshare --mount --pid --fork --mount-proc true 2>/dev/null; then
    mkdir "$work/layer"
    debs=()
    for package in "${packages[@]}"; do debs+=("$build/${package}_$version"_*.deb); done
    # shellcheck disable=SC2016 # the inner shell expands it
    unshare --mount --pid --fork --kill-child --mount-proc bash -euo pipefail -c '
        layer=$1 script=$2
        shift 2
        mount -t tmpfs tmpfs "$layer"
        mkdir "$layer"/{new,work,root}
        mount -t overlay overlay -o "lowerdir=/,upperdir=$layer/new,workdir=$layer/work" "$layer/root"
        mount -t proc proc "$layer/root/proc"
        mount --rbind /dev "$layer/root/dev"
        mkdir -p "$layer/root/tmp/packages"
        cp "$script" "$@" "$layer/root/tmp/packages"
        cd /
        chroot "$layer/root" bash -c "bash /tmp/packages/installed.sh /tmp/packages/*.deb"
        # All files of the packages must be gone: the layer has no file with such a name.
        left=$(find "$layer/new/etc" "$layer/new/usr" "$layer/new/var" -name "*audiosocket*" ! -type c 2>/dev/null || true)
        if [[ -n $left ]]; then
            printf "FAILED: purging leaves:\n%s\n" "$left"
            exit 1
        fi
    ' install "$work/layer" "$here/installed.sh" "${debs[@]}" || fail "the packages cannot be installed, used and removed"
    echo "deb: installed, called, upgraded, removed and purged"
else
    echo "SKIPPED in deb: installing needs root, and namespaces to hide it from this machine"
fi
echo "deb: ${packages[*]} $version are complete, and the command runs"
