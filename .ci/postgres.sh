# Sourced by ./dev: Postgres clusters of our own. A cluster is a folder: data/ and, unless told otherwise, the socket.
# There is no TCP and no password: who can enter the socket's 0700 folder is in.

# The newest; for a cluster that there is already, the one that made it.
postgres_programs() {
    local folder made=/usr/lib/postgresql/none
    [ ! -e "${1:-}/data/PG_VERSION" ] || made=/usr/lib/postgresql/$(<"$1/data/PG_VERSION")/bin
    for folder in "$made" $(compgen -G '/usr/lib/postgresql/*/bin' | sort -rV) /usr/local/pgsql/bin /usr/local/bin /usr/bin; do
        [ ! -x "$folder/initdb" ] || { echo "$folder" && return; }
    done
}

# Postgres refuses to run as root. Descriptor 9 is the lock of ./dev run and must not outlive it.
as_postgres() {
    local drop=()
    [ "$(id -u)" != 0 ] || drop=(setpriv --reuid=postgres --regid=postgres --clear-groups)
    (cd / && exec env -i PATH=/usr/bin:/bin LC_ALL=C "${drop[@]}" "$@") 9>&-
}

# A 0700 folder that the cluster's user owns.
postgres_folder() {
    mkdir -p "$1" && chmod 700 "$1" || die "cannot make $1"
    [ "$(id -u)" != 0 ] || chown postgres:postgres "$1" || die "there is no user postgres, and Postgres does not run as root"
}

# postgres_make FOLDER: whole or not at all, so that an interrupted one is made again.
postgres_make() {
    [ ! -e "$1/data/PG_VERSION" ] || return 0
    rm -rf "$1/data" "$1/data.new"
    postgres_folder "$1/data.new"
    as_postgres "$(postgres_programs)/initdb" -D "$1/data.new" -U postgres -A trust -E UTF8 --no-locale \
        --no-instructions >"$1/initdb.log" 2>&1 || die "initdb failed:" "$(tail -n 20 "$1/initdb.log")"
    mv "$1/data.new" "$1/data"
}

# postgres_start FOLDER SOCKET_FOLDER [OPTIONS]
postgres_start() {
    as_postgres "$(postgres_programs "$1")/pg_ctl" -D "$1/data" -w -l "$1/data/server.log" \
        -o "-k '$2' -c listen_addresses= -c timezone=UTC -c log_timezone=UTC ${3:-}" start >/dev/null ||
        die "Postgres does not start:" "$(tail -n 20 "$1/data/server.log")"
}

postgres_stop() {
    [ ! -e "$1/data/postmaster.pid" ] ||
        as_postgres "$(postgres_programs "$1")/pg_ctl" -D "$1/data" -w -m "${2:-fast}" stop >/dev/null 2>&1 || true
}

# One for all suites of a run, gone with it. Nothing in it must survive a crash.
postgres_throwaway() {
    throwaway=$(mktemp -d /tmp/saas-XXXXXX)
    postgres_folder "$throwaway"
    postgres_make "$throwaway"
    postgres_start "$throwaway" "$throwaway" "-c fsync=off -c full_page_writes=off -c autovacuum=off \
        -c max_connections=300 -c shared_buffers=64MB -c wal_level=minimal -c max_wal_senders=0"
}

postgres_throw_away() {
    [ -n "${throwaway:-}" ] || return 0
    postgres_stop "$throwaway" immediate
    rm -rf "$throwaway"
}
