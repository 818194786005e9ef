# Sourced by ./dev: what it needs of the system. A line: how to see that it is there, and the package of Debian 12 that
# brings it. What came from elsewhere (a node, a clang) is left alone.

BUILD_NEEDS='
program  gcc            gcc
file     stdio.h        libc6-dev
program  meson          meson
program  ninja          ninja-build
program  pkg-config     pkg-config
program  python3        python3
library  libpq          libpq-dev
library  libcrypto      libssl-dev
library  libsodium      libsodium-dev
library  libcjson       libcjson-dev
library  libh2o-evloop  libh2o-evloop-dev'

SERVE_NEEDS='
postgres initdb         postgresql
program  psql           postgresql-client
program  curl           curl
program  setpriv        util-linux'

TEST_NEEDS='
program  g++            g++
program  clang          clang
program  node           nodejs
program  npm            npm
server   pgbouncer      pgbouncer'

FUZZ_NEEDS='
program  clang          clang
runtime  fuzzer         libclang-rt-14-dev'

IMAGE_NEEDS='
program  python3        python3
program  mmdebstrap     mmdebstrap'

present() {
    case $1 in
    program) command -v "$2" >/dev/null ;;
    library) command -v pkg-config >/dev/null && pkg-config --exists "$2" ;;
    server) [ -x "/usr/sbin/$2" ] ;;
    file) [ -e "/usr/include/$2" ] ;;
    postgres) [ -n "$(postgres_programs)" ] ;;
    runtime) [ -e "$(clang -print-runtime-dir 2>/dev/null)/libclang_rt.$2-$(uname -m).a" ] ;;
    esac
}

# The packages that bring what the tables name and isn't there.
missing() {
    local how what package
    while read -r how what package; do
        [ -z "$package" ] || present "$how" "$what" || echo "$package"
    done <<<"$*" | sort -u
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq -y --no-install-recommends -o Dpkg::Use-Pty=0 "$@" </dev/null >.cache/apt.log 2>&1
}

# ensure TABLE...: installs what is missing, or says what it is and ends.
ensure() {
    local packages
    mapfile -t packages < <(missing "$@")
    [ ${#packages[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null ||
        die "missing: ${packages[*]} (names of Debian packages). There is no apt-get here to install them"
    [ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
        die "missing: ${packages[*]}. There is no sudo here; as root: apt-get install ${packages[*]}"
    say "installing ${packages[*]}"
    if ! compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null || ! apt_install "${packages[@]}"; then
        as_root apt-get update -qq </dev/null || die "apt-get update failed"
        apt_install "${packages[@]}" || die "apt-get could not install ${packages[*]}:" "$(tail -n 20 .cache/apt.log)"
    fi
    mapfile -t packages < <(missing "$@")
    [ ${#packages[@]} -eq 0 ] || die "still missing after installing: ${packages[*]}"
}
