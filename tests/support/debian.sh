#!/usr/bin/env bash
# A Debian in a folder, for tests that need one of their own. To be sourced; the caller has say, fail and skip, which
# tell what their arguments say, and the last two of which end it.

# Where they are kept: each is made once.
readonly debian_cache=${XDG_CACHE_HOME:-${HOME:-/var}/.cache}/audiosocket

need_root() {
    ((EUID == 0)) || skip "needs root"
    unshare --mount --pid --fork true 2>/dev/null || skip "this system lets nobody mount (a container without privileges?)"
}

# debian_mirrors: the archives to try, a line each: what apt of this machine uses, and the usual one.
debian_mirrors() {
    if command -v apt-get >/dev/null; then
        # shellcheck disable=SC2016 # these are apt's variables
        apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
            sed -nE 's,^((https?|file)://.*/debian)/?$,\1,p' | sort -u || true
    fi
    echo http://deb.debian.org/debian
}

# find_mirror SUITE: the first archive that has it; fails if none can be reached.
find_mirror() {
    local mirror
    while read -r mirror; do
        if [[ $mirror == file://* && -e ${mirror#file://}/dists/$1/Release ]] ||
            wget -q --spider --timeout 20 --tries 2 "$mirror/dists/$1/Release"; then
            echo "$mirror"
            return
        fi
    done < <(debian_mirrors)
    return 1
}

# make_debian NAME SUITE PACKAGES FINISH: the Debian at $debian_cache/NAME, unless it is there, with these packages besides
# the smallest set, comma separated. FINISH is called with the folder, before it gets its name: whole, or not at all.
make_debian() {
    # Other names than a caller has made readonly.
    local folder=$debian_cache/$1 release=$2 include=$3 finish=$4 program proxy mirror lock
    need_root
    mkdir -p "$debian_cache"
    exec {lock}>"$folder.lock"
    flock "$lock" # somebody else may be making it
    if [[ -d $folder ]]; then
        say "there already: $folder"
        return
    fi
    for program in debootstrap wget setpriv; do
        command -v "$program" >/dev/null || skip "$program is missing (tools/setup --test installs it)"
    done
    if command -v apt-config >/dev/null; then # debootstrap does not ask apt for its proxy
        proxy=$(apt-config shell proxy Acquire::http::Proxy)
        eval "$proxy"
        if [[ -n ${proxy-} && $proxy != DIRECT ]]; then export http_proxy=${http_proxy:-$proxy}; fi
    fi
    mirror=$(find_mirror "$release") || skip "no Debian archive with $release can be reached"

    say "making $folder from $mirror (a minute or two)"
    rm -rf "$folder.new" # what an interrupted run left
    # The script is sid's: the debootstrap of an older Debian does not know the names of later suites.
    if ! setpriv --pdeathsig KILL -- unshare --mount --pid --fork --kill-child -- \
        debootstrap --variant=minbase --include="$include" "$release" "$folder.new" "$mirror" /usr/share/debootstrap/scripts/sid >"$folder.log" 2>&1; then
        tail -n 30 "$folder.log" >&2
        fail "debootstrap failed; the whole story is in $folder.log"
    fi
    rm -rf "$folder.new"/var/cache/apt/archives/*.deb "$folder.new"/var/lib/apt/lists/*
    "$finish" "$folder.new"
    sync -f "$folder.new"
    mv "$folder.new" "$folder"
    say "made in $SECONDS s"
}
