# Sourced by ./dev: the example MVP, on a Postgres of this checkout's own unless DATABASE_URL names another.

readonly mvp=build/examples/mvp/mvp

# By the checkout's path, so that checkouts run side by side. As root not below /root: the postgres user can't enter it.
state_folder() {
    local name
    name=$(printf %s "$root" | sha256sum | cut -c1-12)
    if [ "$(id -u)" = 0 ]; then
        echo "/var/lib/libsaas/$name"
    else
        echo "${XDG_STATE_HOME:-$HOME/.local/state}/libsaas/$name"
    fi
}

make_state() {
    state=$(state_folder)
    mkdir -p "$state" || die "cannot make $state"
    if [ "$(id -u)" = 0 ]; then
        chmod 711 "$state"
    else
        chmod 700 "$state"
    fi
}

need_port() {
    ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null || die "port $1 is in use; choose another: PORT=4000 ./dev run"
}

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# Secrets made at the first run stay, so that its tokens do too. The environment's win.
load_secrets() {
    local name value
    if [ ! -e "$state/secrets" ]; then
        (
            umask 077
            for name in JWT_ACCESS_SECRET JWT_REFRESH_SECRET; do
                echo "$name $(head -c 32 /dev/urandom | base64 -w 0)"
            done >"$state/secrets.new"
        )
        mv "$state/secrets.new" "$state/secrets"
    fi
    while read -r name value; do
        [ -n "${!name:-}" ] || export "$name=$value"
    done <"$state/secrets"
}

# ---- the private Postgres ----

# A socket's path has room for 107 bytes.
make_sockets() {
    sockets=$state/run
    if [ ${#sockets} -gt 85 ]; then
        sockets=$(mktemp -d /tmp/saas-XXXXXX)
        short_sockets=$sockets
    fi
    postgres_folder "$sockets"
}

superuser() {
    "$(postgres_programs "$state")/psql" -h "$sockets" -U postgres -d postgres -X -q -A -t -v ON_ERROR_STOP=1 "$@"
}

dsn() {
    local host=${sockets//'%'/%25}
    host=${host//' '/%20}
    host=${host//'&'/%26}
    echo "postgresql://$1@/saas?host=${host//'#'/%23}"
}

start_postgres() {
    exec 9>"$state/lock"
    flock -n 9 || die "./dev run is at work in this checkout already"
    make_sockets
    postgres_make "$state"
    postgres_stop "$state"
    cluster=$state
    postgres_start "$state" "$sockets"
    superuser -f lib/app/sql/roles.sql || die "making the roles failed"
    [ -n "$(superuser -c "select 1 from pg_database where datname = 'saas'")" ] ||
        superuser -c 'create database saas owner saas_owner' || die "making the database failed"
    DATABASE_URL=$(dsn saas_app)
    export DATABASE_URL MIGRATE_DATABASE_URL=${MIGRATE_DATABASE_URL:-$(dsn saas_owner)}
}

# ---- the server ----

stop_serving() {
    local tries
    trap '' INT TERM HUP
    if [ -n "${server:-}" ]; then
        kill "$server" 2>/dev/null || true
        for tries in $(seq 150); do
            kill -0 "$server" 2>/dev/null || break
            sleep 0.1
        done
        ! kill -9 "$server" 2>/dev/null || say "the server did not end within 15 s and was killed"
    fi
    [ -z "${cluster:-}" ] || postgres_stop "$cluster"
    [ -z "${short_sockets:-}" ] || rm -rf "$short_sockets"
}

migrate() {
    if [ -n "${MIGRATE_DATABASE_URL:-}" ]; then
        "$mvp" migrate || die "migrating failed"
    else
        say "MIGRATE_DATABASE_URL is not set: nothing is migrated"
    fi
}

# In a session of its own, so that Ctrl-C reaches it once, from us. Should this script be killed, it ends too.
start_server() {
    setsid setpriv --pdeathsig TERM "$mvp" 9>&- &
    server=$!
}

await_ready() {
    local tries status=0
    for tries in $(seq 300); do
        ! curl -fs -m 2 -o /dev/null "http://127.0.0.1:$PORT/ready" || return 0
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    ! kill -0 "$server" 2>/dev/null || die "the server is not ready after 30 s: see its log above"
    wait "$server" || status=$?
    server=
    say "the server ended at start with exit code $status: see its log above"
    exit "$((status ? status : 1))"
}

print_calls() {
    cat <<TEXT

The MVP serves http://localhost:$PORT. Ctrl-C ends it; its data stays${cluster:+ in $state}. Open it in a browser, or try:

API=http://localhost:$PORT JSON='content-type: application/json'
curl -s \$API/v1/auth/signup -H "\$JSON" -d '{"orgName":"Acme","email":"ada@example.com","password":"correct horse battery"}'
TOKEN=\$(curl -s \$API/v1/auth/login -H "\$JSON" -d '{"email":"ada@example.com","password":"correct horse battery"}' | sed 's/.*"accessToken":"\([^"]*\)".*/\1/')
curl -s \$API/v1/me -H "authorization: Bearer \$TOKEN"
curl -s \$API/v1/projects -H "authorization: Bearer \$TOKEN" -H "\$JSON" -d '{"name":"Apollo"}'
curl -s \$API/v1/projects -H "authorization: Bearer \$TOKEN"

TEXT
}

serve() {
    local status=0
    export PORT=${PORT:-3001} APP_ENV=${APP_ENV:-development} WEB_ROOT=${WEB_ROOT:-$root/examples/mvp/web}
    need_port "$PORT"
    ensure "$BUILD_NEEDS" "$SERVE_NEEDS"
    build build
    [ -x "$mvp" ] || die "$mvp was not built: libh2o-evloop is missing here"
    make_state
    trap stop_serving EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    load_secrets
    [ -n "${DATABASE_URL:-}" ] || start_postgres
    migrate
    start_server
    await_ready
    print_calls
    trap 'exit 0' INT TERM HUP
    wait "$server" || status=$?
    server=
    say "the server ended by itself with exit code $status"
    exit "$((status ? status : 1))"
}
