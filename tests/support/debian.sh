#!/usr/bin/env bash
# A Debian in a folder, for tests that need their own. To be sourced. The caller defines say, fail and skip, which print
# their arguments; fail and skip also end the script.

# The folder of all of them: each is made once.
readonly debian_cache=${XDG_CACHE_HOME:-${HOME:-/var}/.cache}/audiosocket

need_root() {
    ((EUID == 0)) || skip "needs root"
    unshare --mount --pid --fork true 2>/dev/null || skip "mounting is not allowed here (a container without privileges?)"
}

# debian_mirrors: prints the archives to try, a line each: those of this machine's apt, and the usual one.
debian_mirrors() {
    if command -v apt-get >/dev/null; then
        # shellcheck disable=SC2016 # these are apt's variables
        apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
            sed -nE 's,^((https?|file)://.*/debian)/?$,\1,p' | sort -u || true
    fi
    echo http://deb.debian.org/debian
}

# find_mirror SUITE: prints the first archive that has the suite; fails if none can be reached.
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

# make_debian NAME SUITE PACKAGES FINISH: makes the Debian at $debian_cache/NAME, unless it exists: the smallest set of
# packages and PACKAGES, comma separated. Calls FINISH with the folder before it gets its name, so that it is complete
# or missing.
make_debian() {
    # Other names than those that a caller has made readonly.
    local folder=$debian_cache/$1 release=$2 include=$3 finish=$4 program proxy mirror lock
    need_root
    mkdir -p "$debian_cache"
    exec {lock}>"$folder.lock"
    flock "$lock" # another process may be making it
    if [[ -d $folder ]]; then
        say "exists already: $folder"
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
    rm -rf "$folder.new" # left over from an interrupted run
    # Uses sid's script: the debootstrap of an older Debian does not know the names of later suites.
    if ! setpriv --pdeathsig KILL -- unshare --mount --pid --fork --kill-child -- \
        debootstrap --variant=minbase --include="$include" "$release" "$folder.new" "$mirror" /usr/share/debootstrap/scripts/sid >"$folder.log" 2>&1; then
        tail -n 30 "$folder.log" >&2
        fail "debootstrap failed; all output is in $folder.log"
    fi
    rm -rf "$folder.new"/var/cache/apt/archives/*.deb "$folder.new"/var/lib/apt/lists/*
    "$finish" "$folder.new"
    sync -f "$folder.new"
    mv "$folder.new" "$folder"
    say "made in $SECONDS s"
}
