#include "base/clock.h"
#include "db/dial.h"
#include "db/listener.h"
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>

enum { ATTEMPT_MS = 3000, ANSWER_MS = 3000, BEAT_MS = 200, SILENT_MS = 700 };

typedef enum happened { NOTHING, READY, WOKEN } happened;

/* Until the connection's socket has something of `events` (0: without it), a wake or the time has passed. */
static happened wait_ms(saas_listener *l, short events, int ms)
{
    struct pollfd fds[2] = {{.fd = l->wake, .events = POLLIN},
                            {.fd = events ? PQsocket(l->conn) : -1, .events = events}};
    eventfd_t count;
    if (poll(fds, 2, ms) <= 0)
        return NOTHING;
    if (fds[0].revents)
        (void)eventfd_read(l->wake, &count);
    return fds[1].revents ? READY : fds[0].revents ? WOKEN : NOTHING;
}

static uint64_t after_ms(unsigned ms)
{
    return saas_clock_mono_us() + ms * UINT64_C(1000);
}

/* Whatever it is woken for can wait, but for the end. */
static bool ready(saas_listener *l, short events, uint64_t until_us)
{
    for (;;) {
        uint64_t now = saas_clock_mono_us();
        if (now >= until_us || saas_listener_stopping(l))
            return false;
        if (wait_ms(l, events, (int)((until_us - now) / 1000) + 1) == READY)
            return true;
    }
}

/* ---- a conversation ---- */

static void ignore_notice(void *user, const PGresult *r)
{
    (void)user;
    (void)r;
}

static bool dial(saas_listener *l, unsigned attempt)
{
    uint64_t until = after_ms(ATTEMPT_MS);
    l->conn = saas_db_dial(l->dsn, attempt);
    if (!l->conn || PQstatus(l->conn) == CONNECTION_BAD)
        return false;
    PQsetNoticeReceiver(l->conn, ignore_notice, NULL);
    PostgresPollingStatusType poll = PGRES_POLLING_WRITING;
    while (poll != PGRES_POLLING_OK) {
        if (poll == PGRES_POLLING_FAILED || !ready(l, poll == PGRES_POLLING_READING ? POLLIN : POLLOUT, until))
            return false;
        poll = PQconnectPoll(l->conn);
    }
    return true;
}

static bool arrived(saas_listener *l, uint64_t until)
{
    while (PQisBusy(l->conn))
        if (!ready(l, POLLIN, until) || !PQconsumeInput(l->conn))
            return false;
    return true;
}

/* What nobody answers for silent_ms (0: however long) is not relied on, though it may yet come. */
static bool run(saas_listener *l, const char *sql, unsigned silent_ms)
{
    uint64_t until = after_ms(ANSWER_MS);
    bool ok = PQsendQuery(l->conn, sql);
    if (ok && silent_ms && !arrived(l, after_ms(silent_ms)))
        saas_listener_lost(l);
    while (ok) {
        if (!arrived(l, until))
            return false;
        PGresult *r = PQgetResult(l->conn);
        if (!r)
            return true;
        ok = PQresultStatus(r) == PGRES_COMMAND_OK || PQresultStatus(r) == PGRES_TUPLES_OK;
        PQclear(r);
    }
    return false;
}

static bool listen_to(saas_listener *l, const char *channel)
{
    char sql[160] = "listen ", *name = PQescapeIdentifier(l->conn, channel, strlen(channel));
    if (!name)
        return false;
    strncat(sql, name, sizeof sql - sizeof "listen ");
    PQfreemem(name);
    return run(l, sql, 0);
}

static bool listen_to_pending(saas_listener *l)
{
    saas_subscription *s;
    while ((s = saas_listener_pending(l))) {
        if (!listen_to(l, s->channel)) {
            saas_subscription_put(s);
            return false;
        }
        saas_listener_activate(s);
    }
    return true;
}

static void hear(saas_listener *l)
{
    PGnotify *n;
    while ((n = PQnotifies(l->conn))) {
        saas_listener_heard(l, n->relname, n->extra);
        PQfreemem(n);
    }
}

/* A link that died says nothing, like one on which nothing happens: so it is asked now and then. */
static void serve(saas_listener *l)
{
    while (!saas_listener_stopping(l)) {
        hear(l);
        happened what = wait_ms(l, POLLIN, BEAT_MS);
        if (what == READY ? !PQconsumeInput(l->conn) : what == NOTHING && !run(l, "select 1", SILENT_MS))
            return;
        if (!listen_to_pending(l))
            return;
    }
}

/* ---- the thread ---- */

static void tell(const saas_listener *l, const char *what)
{
    const char *why = l->conn ? PQerrorMessage(l->conn) : "no memory";
    SAAS_LOG(l->log, SAAS_LOG_WARN, what, {"reason", saas_v_text((saas_text){why, strcspn(why, "\n")})});
}

static bool serve_once(saas_listener *l, unsigned attempt)
{
    bool connected = dial(l, attempt) && listen_to_pending(l);
    if (connected)
        serve(l);
    bool over = saas_listener_stopping(l);
    if (!over && (connected || !attempt))
        tell(l, connected ? "no longer listening to the database" : "can't listen to the database");
    PQfinish(l->conn);
    l->conn = NULL;
    if (!over)
        saas_listener_lost(l);
    return connected;
}

void *saas_listener_run(void *listener)
{
    saas_listener *l = listener;
    unsigned attempt = 0;
    while (!saas_listener_stopping(l)) {
        attempt = serve_once(l, attempt) ? 0 : attempt + 1;
        (void)ready(l, 0, after_ms((unsigned)saas_db_pause_ms(attempt)));
    }
    return NULL;
}
