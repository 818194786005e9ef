/* Backends that are killed and a server that is restarted, under write load. Two numbers as arguments: how often. */
#include "server.h"
#include "writers.h"

static server s;
static const char *const settings[] = {"wal_level=minimal", "max_wal_senders=0", "listen_addresses=", NULL};

/* A killed backend takes all others along: the server starts anew from its log. One that had not gone yet may have
 * acknowledged what was taken for a sign that it is back. */
static bool kill_a_backend(void)
{
    char pid[256] = "";
    for (int i = 0; i < 100 && !*pid; i++) {
        if (PQping(base.super_dsn) == PQPING_OK)
            (void)sql_as(base.super_dsn,
                         "select pid from pg_stat_activity where usename = 'saas_app' order by random() limit 1", pid);
        if (!*pid)
            turn_for(50);
    }
    return *pid && !kill((pid_t)strtol(pid, NULL, 10), SIGKILL);
}

static int kills = 50, restarts = 10;

static void outlive(void)
{
    long worst = 0;
    for (int i = 0; i < kills + restarts; i++) {
        turn_for(60);
        if (i < kills) {
            CHECK(kill_a_backend());
            turn_for(20); /* until the others are gone too: one may still acknowledge */
        } else {
            server_stop(&s, SIGQUIT);
            REQUIRE(server_start(&s, settings));
        }
        long ms = time_to_write(5000);
        CHECK(ms >= 0);
        worst = ms > worst ? ms : worst;
    }
    printf("%d kills, %d restarts, writing again after %ld ms at most\n", kills, restarts, worst);
}

static void killed_under_load(void)
{
    bool ok = server_make(&s) && server_start(&s, settings) && server_furnish(&s);
    CHECK(ok);
    if (ok && open_pool((saas_db_options){.lanes_slow = 1, .lanes_exclusive = 1})) {
        start_writing();
        outlive();
        stop_writing();
        check_writes(base.super_dsn);
        close_pool();
    }
    server_remove(&s);
}

static const check_test tests[] = {TEST(killed_under_load)};

int main(int argc, char **argv)
{
    if (argc == 3) {
        kills = (int)strtol(argv[1], NULL, 10);
        restarts = (int)strtol(argv[2], NULL, 10);
        argc = 1;
    }
    return server_main(tests, 1, argc, argv);
}
