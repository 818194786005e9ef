/* What the load runs against: a health check, a validated echo, a tenant's row, sign-in. Settings from the environment,
 * as any app; without proof, so that it also runs where no database is.
 *
 *   server PORT THREADS */
#include <pthread.h>
#include <saas/auth.h>
#include <saas/h2o.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ECHO_BODY(F, T)                                                                                                \
    F(T, text(1, 120), name, .required = true)                                                                         \
    F(T, email, email, .required = true)                                                                               \
    F(T, i64(0, 1000000), quantity, .required = true)                                                                  \
    F(T, bool, active, .required = true)                                                                               \
    F(T, list(text(1, 20), 0, 8), tags, .required = true)                                                              \
    F(T, text(0, 200), note, .nullable = true)
SAAS_STRUCT(echo_body, ECHO_BODY);

#define USER(F, T)                                                                                                     \
    F(T, uuid, id)                                                                                                     \
    F(T, email, email)                                                                                                 \
    F(T, text(1, 10), role)                                                                                            \
    F(T, time, created_at)
SAAS_STRUCT(user, USER);

static saas_err echo(saas_ctx *c)
{
    return saas_reply(c, 200, &echo_body_schema, saas_body(c, echo_body));
}

static saas_err get_user(saas_ctx *c)
{
    saas_uuid id;
    saas_rows *row;
    SAAS_TRY(saas_param_uuid(&id, c, "id"));
    SAAS_TRY(saas_query_one(c, &row, "select id, email, role, created_at from users where id = $1", SAAS_ARGS(id)));
    return saas_reply_row(c, 200, row, &user_schema);
}

/* So many microseconds of CPU, whoever else wants it: what overload is made of. */
static saas_err burn(saas_ctx *c)
{
    struct timespec t;
    const double want_us = strtod(saas_param(c, "us").ptr, NULL);
    double from_us = -1, now_us;
    do {
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
        now_us = (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
        from_us = from_us < 0 ? now_us : from_us;
    } while (now_us - from_us < want_us);
    return saas_reply_null(c, 200);
}

static saas_err wait_in_database(saas_ctx *c)
{
    saas_rows *rows;
    SAAS_TRY(saas_outside_query(c, &rows, "load", "select pg_sleep(0.01)", SAAS_NO_ARGS));
    return saas_reply_null(c, 200);
}

static const saas_route routes[] = {
    SAAS_GET("/burn/:us", burn, .open = true, .limit_per_minute = SAAS_UNLIMITED),
    SAAS_GET("/wait", wait_in_database, .open = true, .slow = true, .limit_per_minute = SAAS_UNLIMITED),
    SAAS_POST("/echo", echo, .open = true, .body = &echo_body_schema),
    SAAS_GET("/v1/users/:id", get_user),
};

static const saas_mount mounts[] = {{"/v1/auth", saas_auth_routes}};

int main(int argc, char **argv)
{
    saas_app *app;
    saas_h2o_server *server;
    saas_error e = {0};
    sigset_t stop;
    int number;
    if (argc != 3)
        return 2;
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &stop, NULL);
    const saas_h2o_options how = {.size = sizeof how,
                                  .address = "127.0.0.1",
                                  .port = (uint16_t)atoi(argv[1]),
                                  .threads = (uint32_t)atoi(argv[2]),
                                  .grace_ms = 500};
    if (saas_app_new(&app, SAAS_APP(.name = "bench", SAAS_ROUTES(routes), SAAS_MOUNTS(mounts)), &e) ||
        saas_h2o_serve(&server, app, &how, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    sigwait(&stop, &number);
    saas_h2o_stop(server);
    saas_app_free(app);
    return 0;
}
