/* A handler with an insert, a second statement and a stored reply in one transaction, killed with SIGKILL at each step:
 * all of it is there, or nothing; and what was answered is there (RF7's mechanism, JB1). */
#include "check.h"
#include "notes.h"
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STEPS = 6, MOMENTS = 60 };

static int die_at, step; /* set before the child's client runs; that has one thread of handlers */

static void pass_step(void)
{
    if (++step == die_at)
        kill(getpid(), SIGKILL);
}

#define NOTE(F, T) F(T, text(1, 120), mark, .required = true)
SAAS_STRUCT(note, NOTE);

static saas_err create_note(saas_ctx *c)
{
    const struct note *in = saas_body(c, note);
    pass_step();
    SAAS_TRY(saas_exec_one(c, "insert into notes (mark) values ($1)", SAAS_ARGS(in->mark)));
    pass_step();
    SAAS_TRY(saas_exec_one(c, "insert into counters (notes) values (1)"
                              " on conflict (org_id) do update set notes = counters.notes + 1", SAAS_NO_ARGS));
    pass_step();
    SAAS_TRY(saas_reply(c, 201, &note_schema, in));
    SAAS_TRY(saas_exec_one(c, "insert into replies (mark, body) values ($1, '201')", SAAS_ARGS(in->mark)));
    pass_step();
    return SAAS_OK;
}

static const saas_route routes[] = {
    SAAS_POST("/notes", create_note, .body = &note_schema, .tx = true),
};

static const saas_app_options *app(void)
{
    static saas_app_options o;
    o = *SAAS_APP(.name = "notes", SAAS_ROUTES(routes), SAAS_MIGRATIONS(notes_migrations));
    return &o;
}

static saas_test_pg *pg;
static saas_test_db db;
static saas_principal member;

static void kill_me(int signal_number)
{
    (void)signal_number;
    kill(getpid(), SIGKILL);
}

/* The child's whole life: one request; exit code 10 when it was answered with 201. */
static int child(unsigned kill_after_us)
{
    saas_error e = {0};
    saas_test_client *t;
    saas_test_response r;
    char body[64];
    if (saas_test_client_new(&t, app(), &db, &e)) {
        fprintf(stderr, "%s\n", e.text);
        return 2;
    }
    signal(SIGALRM, kill_me);
    if (kill_after_us)
        ualarm(kill_after_us, 0);
    snprintf(body, sizeof body, "{\"mark\":\"%ld\"}", (long)getpid());
    if (SAAS_TEST_SEND(&r, t, .method = "POST", .target = "/notes", .body = body, .as = &member))
        return 3;
    pass_step();
    return r.status == 201 ? 10 : 4;
}

/* Whether the child answered; -1 when it neither did nor was killed. */
static int run_child(int die, unsigned kill_after_us)
{
    int status;
    pid_t id = fork();
    if (id == 0) {
        die_at = die;
        _exit(child(kill_after_us));
    }
    if (id < 0 || waitpid(id, &status, 0) != id)
        return -1;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
        return 0;
    return WIFEXITED(status) && WEXITSTATUS(status) == 10 ? 1 : -1;
}

/* The server may still be rolling back what its client has left. */
static long long settled(const char *sql)
{
    while (notes_super(&db, "select count(*) from pg_stat_activity where usename = 'saas_app'"
                            " and datname = current_database() and state <> 'idle'") > 0)
        usleep(1000);
    return notes_super(&db, sql);
}

static void check_all_or_nothing(long long *before, int answered)
{
    long long notes = settled("select count(*) from notes");
    CHECK_INT(notes_super(&db, "select coalesce(sum(notes), 0) from counters"), notes);
    CHECK_INT(notes_super(&db, "select count(*) from replies r join notes n on n.mark = r.mark"), notes);
    CHECK_INT(notes_super(&db, "select count(*) from replies"), notes);
    CHECK(answered >= 0);
    CHECK(notes == *before || notes == *before + 1);
    if (answered > 0)
        CHECK_INT(notes, *before + 1);
    *before = notes;
}

static void at_each_step(void)
{
    long long notes = settled("select count(*) from notes");
    for (int die = 0; die < STEPS; die++) {
        int answered = run_child(die, 0);
        CHECK_INT(answered, die == 0 ? 1 : 0);
        long long before = notes;
        check_all_or_nothing(&notes, answered);
        CHECK_INT(notes - before, die == 0 || die > 4);
    }
}

static unsigned long now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (unsigned long)t.tv_sec * 1000000 + (unsigned long)t.tv_nsec / 1000;
}

/* Moments spread over what a whole life takes, and a little more. */
static void at_any_moment(void)
{
    unsigned long start = now_us();
    REQUIRE(run_child(0, 0) == 1);
    unsigned life_us = (unsigned)(now_us() - start);
    long long notes = settled("select count(*) from notes"), first = notes;
    int answers = 0;
    for (unsigned i = 1; i <= MOMENTS; i++) {
        int answered = run_child(0, life_us / MOMENTS * i * 5 / 4);
        answers += answered > 0;
        check_all_or_nothing(&notes, answered);
    }
    CHECK(answers < MOMENTS);
    CHECK(notes >= first + answers);
    printf("     %d of %d answered before they were killed, %lld committed\n", answers, MOMENTS, notes - first);
}

static const check_test tests[] = {TEST(at_each_step), TEST(at_any_moment)};

int main(int argc, char **argv)
{
    saas_error e = {0};
    if (saas_test_pg_start(&pg, &e) || saas_test_db_new(&db, pg, app(), &e) || notes_member(&member, &db, SAAS_MEMBER)) {
        fprintf(stderr, "%s\n", e.text);
        return 1;
    }
    int code = check_run(tests, sizeof tests / sizeof *tests, argc, argv);
    saas_test_db_drop(pg, &db);
    saas_test_pg_stop(pg);
    return code;
}
