#include "test/client.h"
#include "test/command.h"
#include "test/env.h"
#include <stdlib.h>
#include <time.h>

enum { ARENA_MAX = 256 << 20, READY_MS = 5000 };

static saas_err make_app(saas_test_client *t, const saas_app_options *options, const saas_test_db *db, saas_error *e)
{
    saas_app_options o = saas_test_options(options);
    /* The loop's thread is the test's: what that does between two turns is no overload. */
    o.overload_lag_ms = o.overload_lag_ms ? o.overload_lag_ms : SAAS_UNLIMITED;
    o.overload_wait_ms = o.overload_wait_ms ? o.overload_wait_ms : SAAS_UNLIMITED;
    o.env = saas_test_env(t->settings, o.env, db);
    if (!o.env)
        return SAAS_ERR_NO_MEMORY;
    if (!o.log)
        o.log = t->log.log;
    if (!db)
        o.no_database = true;
    return saas_app_new(&t->app, &o, e);
}

static saas_err start(saas_test_client *t, const saas_app_options *options, const saas_test_db *db, saas_error *e)
{
    t->settings = saas_arena_new(0);
    t->scratch = saas_arena_new(ARENA_MAX);
    t->kept = saas_arena_new(ARENA_MAX);
    if (!t->settings || !t->scratch || !t->kept)
        return saas_test_fail(e, SAAS_ERR_NO_MEMORY, "no memory");
    SAAS_TRY(make_app(t, options, db, e));
    saas_err err = saas_poll_loop_new(&t->loop);
    if (!err)
        err = saas_shard_new(&t->shard, t->app, t->loop);
    return err ? saas_test_fail(e, err, "%s", saas_err_symbol(err)) : SAAS_OK;
}

static uint64_t clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Connecting goes on in the background; a test would have to wait for it each time. One whose database is not there is
 * about just that. */
static void wait_ready(saas_test_client *t)
{
    const struct timespec pause = {.tv_nsec = 2000000};
    for (uint64_t end = clock_ms() + READY_MS; clock_ms() < end;) {
        saas_test_response r;
        if (saas_test_send(&r, t, &(const saas_test_request){.size = sizeof(saas_test_request), .target = "/ready"}) ||
            r.status == 200)
            break;
        nanosleep(&pause, NULL);
    }
    (void)saas_test_client_logged(t);
}

saas_err saas_test_client_new(saas_test_client **out, const saas_app_options *options, const saas_test_db *db,
                              saas_error *e)
{
    saas_test_client *t = calloc(1, sizeof *t);
    saas_err err = t ? saas_test_memory_log_init(&t->log) : SAAS_ERR_NO_MEMORY;
    if (err) {
        free(t);
        return saas_test_fail(e, err, "no memory");
    }
    err = start(t, options, db, e);
    if (err) {
        saas_test_client_free(t);
        return err;
    }
    if (db)
        wait_ready(t);
    *out = t;
    return SAAS_OK;
}

static void note_stopped(void *stopped)
{
    *(bool *)stopped = true;
}

static void stop(saas_test_client *t)
{
    bool stopped = false;
    saas_test_calls_drop(t);
    saas_shard_stop(t->shard, 0, note_stopped, &stopped);
    while (!stopped)
        saas_poll_loop_turn(t->loop, 100);
    saas_shard_free(t->shard);
}

void saas_test_client_free(saas_test_client *t)
{
    if (!t)
        return;
    if (t->shard)
        stop(t);
    saas_app_free(t->app);
    saas_loop_free(t->loop);
    saas_test_memory_log_done(&t->log);
    saas_arena_free(t->settings);
    saas_arena_free(t->scratch);
    saas_arena_free(t->kept);
    free(t);
}

saas_app *saas_test_client_app(saas_test_client *t)
{
    return t->app;
}

saas_loop *saas_test_client_loop(saas_test_client *t)
{
    return t->loop;
}

saas_shard *saas_test_client_shard(saas_test_client *t)
{
    return t->shard;
}

const char *saas_test_client_logged(saas_test_client *t)
{
    return saas_test_memory_log_take(&t->log);
}
