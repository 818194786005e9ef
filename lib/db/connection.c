#include "base/clock.h"
#include "db/dial.h"
#include "db/internal.h"
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { ATTEMPT_MS = 3000 };

/* ---- the descriptor ---- */

static void unwatch(saas_db_lane *lane)
{
    if (lane->watch)
        saas_loop_unwatch(lane->db->loop, lane->watch);
    if (lane->fd >= 0)
        close(lane->fd);
    lane->watch = NULL;
    lane->fd = -1;
    lane->events = 0;
}

static void drop(saas_db_lane *lane)
{
    unwatch(lane);
    PQfinish(lane->conn);
    lane->conn = NULL;
    lane->state = SAAS_DB_DOWN;
    lane->failing = lane->left = lane->held = lane->resuming = false;
    lane->demoted = lane->taken = lane->clock_known = false;
    memset(lane->prepared, 0, sizeof lane->prepared);
}

void saas_db_lane_watch(saas_db_lane *lane, unsigned events)
{
    if (lane->held)
        events &= ~(unsigned)SAAS_READ;
    if (lane->watch && lane->events != events)
        saas_loop_watch_set(lane->db->loop, lane->watch, events);
    lane->events = events;
}

static void on_ready(void *user, unsigned events);

/* A duplicate, and a new one after every step: an attempt at the next of several hosts gives another socket the same
 * number, and a loop may own what it watches. */
static bool rewatch(saas_db_lane *lane, unsigned events)
{
    unwatch(lane);
    lane->fd = fcntl(PQsocket(lane->conn), F_DUPFD_CLOEXEC, 0);
    if (lane->fd < 0 || saas_loop_watch(&lane->watch, lane->db->loop, lane->fd, on_ready, lane))
        return false;
    saas_db_lane_watch(lane, events);
    return true;
}

/* ---- connecting ---- */

static void ignore_notice(void *user, const PGresult *r)
{
    (void)user;
    (void)r;
}

static void established(saas_db_lane *lane)
{
    PQsetNoticeReceiver(lane->conn, ignore_notice, NULL);
    if (PQsetnonblocking(lane->conn, 1) || !PQenterPipelineMode(lane->conn) || !rewatch(lane, SAAS_READ))
        saas_db_lane_lose(lane, "no pipeline");
    else
        saas_db_lane_set_up(lane);
}

static void progress(saas_db_lane *lane, PostgresPollingStatusType poll)
{
    if (poll == PGRES_POLLING_OK)
        established(lane);
    else if (poll == PGRES_POLLING_FAILED)
        saas_db_lane_lose(lane, PQerrorMessage(lane->conn));
    else if (!rewatch(lane, poll == PGRES_POLLING_READING ? SAAS_READ : SAAS_WRITE))
        saas_db_lane_lose(lane, "no memory or descriptor");
}

static void on_ready(void *user, unsigned events)
{
    saas_db_lane *lane = user;
    if (lane->state == SAAS_DB_CONNECTING && PQpipelineStatus(lane->conn) == PQ_PIPELINE_OFF) {
        progress(lane, PQconnectPoll(lane->conn));
        return;
    }
    if (events & SAAS_WRITE)
        saas_db_lane_watch(lane, SAAS_READ | (PQflush(lane->conn) == 1 ? SAAS_WRITE : 0U));
    if (events & SAAS_READ)
        saas_db_lane_readable(lane);
}

static void attempt_over(void *user)
{
    saas_db_lane_lose(user, "timed out");
}

void saas_db_lane_connect(saas_db_lane *lane)
{
    saas_db *db = lane->db;
    lane->state = SAAS_DB_CONNECTING;
    lane->conn = saas_db_dial(db->dsn, lane->attempts);
    if (!lane->conn || PQstatus(lane->conn) == CONNECTION_BAD)
        saas_db_lane_lose(lane, lane->conn ? PQerrorMessage(lane->conn) : "no memory");
    else if (saas_timer_start(db->loop, &lane->timer, ATTEMPT_MS, attempt_over, lane))
        saas_db_lane_lose(lane, "no memory");
    else
        progress(lane, PGRES_POLLING_WRITING);
}

/* ---- losing ---- */

static void attempt(void *user)
{
    saas_db_lane_connect(user);
}

static void again(saas_db_lane *lane, uint64_t pause_ms)
{
    saas_db *db = lane->db;
    if (saas_timer_start(db->loop, &lane->timer, pause_ms, attempt, lane))
        SAAS_LOG(db->log, SAAS_LOG_ERROR, "no memory to reconnect to the database");
}

void saas_db_revive(saas_db *db)
{
    for (size_t i = 0; i < db->lane_count && !db->closing; i++)
        if (db->lanes[i].state == SAAS_DB_DOWN && !db->lanes[i].timer.slot)
            again(&db->lanes[i], saas_db_pause_ms(db->lanes[i].attempts));
}

static void tell(const saas_db_lane *lane, const char *why)
{
    size_t len = strcspn(why, "\n");
    if (lane->left)
        SAAS_LOG(lane->db->log, SAAS_LOG_INFO, "a stream was left: its database connection is replaced");
    else if (lane->attempts < 2)
        SAAS_LOG(lane->db->log, SAAS_LOG_WARN,
                 lane->attempts ? "no connection to the database" : "database connection lost",
                 {"reason", saas_v_text((saas_text){why, len})});
}

void saas_db_lane_lose(saas_db_lane *lane, const char *why)
{
    saas_db *db = lane->db;
    saas_list flight;
    const bool left = lane->left;
    lane->attempts = lane->state == SAAS_DB_READY ? 0 : lane->attempts + 1;
    tell(lane, lane->demoted ? "the server takes no writes" : why);
    drop(lane);
    if (lane->tx)
        lane->tx->lane = NULL;
    lane->tx = NULL;
    again(lane, left ? 0 : saas_db_pause_ms(lane->attempts));
    saas_list_init(&flight);
    while (!saas_list_empty(&lane->flight))
        saas_list_insert(&flight, saas_list_pop(&lane->flight));
    lane->depth = 0;
    for (saas_list *item; (item = saas_list_pop(&flight));) {
        saas_db_op *op = SAAS_CONTAINER(item, saas_db_op, link);
        op->lane = NULL;
        op->kind->finish(op, NULL, op->err ? op->err : SAAS_ERR_UNAVAILABLE);
    }
    if (!saas_db_available(db, lane->tier))
        saas_db_queue_fail(db, lane->tier, SAAS_ERR_UNAVAILABLE);
}

void saas_db_lane_close(saas_db_lane *lane)
{
    saas_timer_stop(lane->db->loop, &lane->timer);
    drop(lane);
}
