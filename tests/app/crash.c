/* A handler with an insert, a second statement and a stored reply in the ambient transaction: killed at each step, it
 * leaves all or nothing. RF7's ground, and that of everything that must not happen twice or by half. */
#include "notes.h"
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NEVER, BEFORE, AFTER_INSERT, AFTER_SECOND, AFTER_STORED, AFTER_REPLY, STEPS, RANDOM_KILLS = 25 };

static int fatal_step;
static bool keyed; /* with an Idempotency-Key, the same for the same id */

static const saas_migration tables[] = {
    {1, "notes",
     "create table notes (id text primary key, org_id uuid not null default saas_current_org());"
     "create table events (id text primary key, org_id uuid not null default saas_current_org());"
     "create table replies (id text primary key, org_id uuid not null default saas_current_org(), body text);"
     "select saas_enable_tenant('notes'), saas_enable_tenant('events'), saas_enable_tenant('replies')"}};

static void die_at(int step)
{
    if (fatal_step == step)
        kill(getpid(), SIGKILL);
}

static saas_err work(saas_ctx *c)
{
    const saas_text id = saas_param(c, "id");
    die_at(BEFORE);
    SAAS_TRY(saas_exec(c, NULL, "insert into notes (id) values ($1)", SAAS_ARGS(id)));
    die_at(AFTER_INSERT);
    SAAS_TRY(saas_exec(c, NULL, "insert into events (id) values ($1)", SAAS_ARGS(id)));
    die_at(AFTER_SECOND);
    SAAS_TRY(saas_exec(c, NULL, "insert into replies (id, body) values ($1, 'null')", SAAS_ARGS(id)));
    die_at(AFTER_STORED);
    SAAS_TRY(saas_reply_null(c, 201));
    die_at(AFTER_REPLY);
    return SAAS_OK;
}

static const saas_route routes[] = {SAAS_POST("/do/:id", work, .tx = true)};

static const saas_app_options *options(void)
{
    static saas_app_options o;
    o = *SAAS_APP(.name = "crash", SAAS_ROUTES(routes), SAAS_MIGRATIONS(tables));
    return &o;
}

/* Tells it is about to send, then that it was answered; each in one byte. */
static void child(int id, int to)
{
    const saas_principal who = member_of(0, SAAS_MEMBER);
    saas_test_response r;
    char target[32];
    snprintf(target, sizeof target, "/do/%d", id);
    const saas_header key = {SAAS_LIT("idempotency-key"), saas_text_z(target)};
    if (saas_test_client_new(&t, options(), &db, NULL) || write(to, "s", 1) != 1)
        _exit(1);
    if (SAAS_TEST_SEND(&r, t, .method = "POST", .target = target, .as = &who, .headers = &key, .header_count = keyed) ||
        r.status != 201)
        _exit(2);
    if (write(to, "a", 1) != 1)
        _exit(1);
    pause();
    _exit(3);
}

/* Runs request `id` in a process of its own and ends that: by the step it dies at, or after_us behind its start.
 * Whether its client had an answer. */
static bool run(int id, int step, unsigned after_us)
{
    int ends[2], status;
    char byte;
    if (pipe(ends))
        return false;
    fflush(stdout);
    fatal_step = step;
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        child(id, ends[1]);
    }
    close(ends[1]);
    bool started = read(ends[0], &byte, 1) == 1, answered = false;
    if (after_us) {
        usleep(after_us);
        kill(pid, SIGKILL);
    }
    answered = read(ends[0], &byte, 1) == 1;
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    close(ends[0]);
    CHECK(started && WIFSIGNALED(status));
    return answered;
}

/* How many of the three rows there are, once the server has noticed. */
static int rows_of(int id)
{
    char sql[256];
    snprintf(sql, sizeof sql,
             "select (select count(*) from notes where id = '%d') + (select count(*) from events where id = '%d')"
             " + (select count(*) from replies where id = '%d')",
             id, id, id);
    for (int i = 0; i < 500; i++) {
        if (!strcmp(sql_on(db.super_dsn, "select count(*) from pg_stat_activity where usename = 'saas_app'"
                                         " and datname = current_database()"),
                    "0"))
            break;
        usleep(5000);
    }
    return atoi(sql_on(db.super_dsn, sql));
}

static void starts(void)
{
    if (saas_test_db_new(&db, cluster, options(), &e) || *sql_on(db.super_dsn, organizations)) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
}

static void killed_at_a_step_leaves_nothing(void)
{
    for (int step = BEFORE; step < STEPS; step++) {
        CHECK(!run(step, step, 0));
        CHECK_INT(rows_of(step), 0);
    }
}

static void answered_means_all_of_it(void)
{
    CHECK(run(100, NEVER, 0));
    CHECK_INT(rows_of(100), 3);
}

static void killed_anywhen_leaves_all_or_nothing(void)
{
    int all = 0, none = 0;
    srand(7);
    for (int i = 0; i < RANDOM_KILLS; i++) {
        const bool answered = run(200 + i, NEVER, 1 + (unsigned)rand() % 10000);
        const int rows = rows_of(200 + i);
        CHECK(rows == 3 || (rows == 0 && !answered));
        all += rows == 3;
        none += rows == 0;
    }
    printf("     %d all, %d nothing\n", all, none);
}

/* Whatever its client knows of the first one: sent again with the same key it is answered, and was done once (JB3). */
static void sent_again_with_its_key_it_is_done_once(void)
{
    keyed = true;
    for (int step = BEFORE; step < STEPS; step++) {
        CHECK(!run(300 + step, step, 0));
        CHECK_INT(rows_of(300 + step), 0);
        CHECK(run(300 + step, NEVER, 0));
        CHECK_INT(rows_of(300 + step), 3);
    }
    for (int i = 0; i < RANDOM_KILLS; i++) {
        run(400 + i, NEVER, 1 + (unsigned)rand() % 10000);
        rows_of(400 + i);
        CHECK(run(400 + i, NEVER, 0));
        CHECK_INT(rows_of(400 + i), 3);
    }
    saas_test_db_drop(cluster, &db);
}

static const check_test tests[] = {TEST(starts), TEST(killed_at_a_step_leaves_nothing), TEST(answered_means_all_of_it),
                                   TEST(killed_anywhen_leaves_all_or_nothing),
                                   TEST(sent_again_with_its_key_it_is_done_once)};
CLUSTER_MAIN(tests)
