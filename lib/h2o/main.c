#include "h2o/server.h"
#include "h2o/supervisor.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum { DONE = 0, FAILED = 1, WRONG = 2 };

typedef struct program {
    const saas_app_options *options;
    saas_app *app;
    const char *argument; /* of the verb; NULL: none */
    saas_error e;
} program;

static const char incomplete[] = "the configuration is not complete";

static int failed(const program *p, const char *what, saas_err err)
{
    fprintf(stderr, "%s: %s:\n%s\n", p->options->name, what, *p->e.text ? p->e.text : saas_err_text(err));
    return err == SAAS_ERR_CONFIG || err == SAAS_ERR_BUG ? WRONG : FAILED;
}

static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* ---- serving ---- */

static sigset_t stop_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    return set;
}

/* Whether a signal has come. A loop that hangs keeps the supervisor from hearing, which then ends the program: asked
 * four times in its patience, so that one long handler is forgiven. */
static bool wait_once(int *number, const sigset_t *set, const saas_h2o_supervisor *above, saas_h2o_server *server)
{
    if (!above->watchdog_ms)
        return !sigwait(set, number);
    uint64_t ms = above->watchdog_ms / 4 + 1;
    *number = sigtimedwait(set, NULL, &(struct timespec){(time_t)(ms / 1000), (long)(ms % 1000) * 1000000});
    if (*number < 0 && errno == EAGAIN && saas_h2o_server_turns(server))
        saas_h2o_supervisor_tell(above, "WATCHDOG=1");
    return *number > 0;
}

static void wait_for_stop(saas_log *log, const saas_h2o_supervisor *above, saas_h2o_server *server)
{
    sigset_t set = stop_signals();
    int number;
    while (!wait_once(&number, &set, above, server))
        ;
    pthread_sigmask(SIG_UNBLOCK, &set, NULL); /* a second one ends the program at once */
    saas_h2o_supervisor_tell(above, "STOPPING=1");
    SAAS_LOG(log, SAAS_LOG_INFO, "stopping", {"signal", SAAS_ARG((int64_t)number)});
}

static int prove(program *p)
{
    saas_err err = saas_app_prove(p->app, &p->e);
    if (!err)
        return DONE;
    failed(p, err == SAAS_ERR_BUG ? "statements do not fit the database" : "tenant isolation is not proven", err);
    return FAILED;
}

static int serve(program *p)
{
    saas_h2o_server *server = NULL;
    saas_h2o_supervisor above = {0};
    saas_log *log = saas_app_log(p->app);
    int code = prove(p);
    if (code)
        return code;
    saas_err err = saas_h2o_supervisor_find(&above, &p->e);
    const saas_h2o_options how = {.size = sizeof how,
                                  .port = saas_app_port(p->app),
                                  .threads = saas_app_workers(p->app),
                                  .connections_per_address = saas_app_rate_limits(p->app) ? 0 : UINT32_MAX,
                                  .fds = above.fds,
                                  .fd_count = above.fd_count};
    if (!err)
        err = saas_h2o_serve(&server, p->app, &how, &p->e);
    if (err) {
        failed(p, "can't serve", err);
        return FAILED;
    }
    const uint16_t port = saas_h2o_port(server);
    SAAS_LOG(log, SAAS_LOG_INFO, "listening", {"port", SAAS_ARG((int64_t)port)},
             {"threads", SAAS_ARG((int64_t)how.threads)}, {"passed", SAAS_ARG((int64_t)how.fd_count)});
    saas_h2o_supervisor_tell(&above, "READY=1");
    wait_for_stop(log, &above, server);
    saas_h2o_stop(server);
    SAAS_LOG(log, SAAS_LOG_INFO, "stopped", {"port", SAAS_ARG((int64_t)port)});
    return DONE;
}

/* ---- the other verbs ---- */

static void print_step(const saas_migration_status *step, void *user)
{
    static const char *const states[] = {"pending", "applied", "CHANGED", "unknown"};
    *(bool *)user |= step->state == SAAS_MIGRATION_CHANGED;
    printf("%-8s %s/%u %s\n", states[step->state & 3], step->module, step->number, step->name);
}

static int status(program *p)
{
    bool changed = false;
    saas_err err = saas_app_migrations(p->app, print_step, &changed, &p->e);
    if (err)
        return failed(p, "can't tell", err);
    return changed ? FAILED : DONE;
}

static int rehearse(program *p)
{
    saas_err err = saas_app_migrate_dry(p->app, &p->e);
    return err ? failed(p, "can't be migrated", err) : DONE;
}

static int migrate(program *p)
{
    if (p->argument)
        return strcmp(p->argument, "--status") ? rehearse(p) : status(p);
    saas_err err = saas_app_migrate(p->app, &p->e);
    return err ? failed(p, "can't migrate", err) : DONE;
}

static int check(program *p)
{
    int code = prove(p);
    if (!code)
        printf("%s: the configuration is complete, tenant isolation is proven\n", p->options->name);
    return code;
}

static const char *who(const saas_route *r)
{
    static const char *const names[] = {"", "viewer", "member", "admin"};
    return r->open ? "anyone" : names[r->role & 3];
}

/* ---- the verbs that need no complete configuration ---- */

static void print_route(const saas_route *r, void *user)
{
    (void)user;
    printf("%-7s %-40s %s\n", r->method, r->path, who(r));
}

static int routes(program *p)
{
    saas_err err = saas_app_routes(p->options, print_route, NULL, &p->e);
    return err ? failed(p, "can't start", err) : DONE;
}

static int print_text(program *p, saas_err err, saas_text text)
{
    if (err)
        return failed(p, "can't start", err);
    fputs(text.ptr, stdout);
    return DONE;
}

static int example(program *p, saas_arena *a)
{
    saas_text text = {NULL, 0};
    saas_err err = saas_app_config_example(&text, a, p->options, &p->e);
    return print_text(p, err, text);
}

/* What there is on stdout, what is wrong with it on stderr. */
static int show(program *p, saas_arena *a)
{
    saas_text text = {NULL, 0};
    saas_err err = saas_app_config_show(&text, a, p->options, &p->e);
    int code = print_text(p, err, text);
    if (code)
        return code;
    fflush(stdout);
    err = saas_app_config_check(a, p->options, &p->e);
    return err ? failed(p, incomplete, err) : DONE;
}

static int config(program *p)
{
    saas_arena *a = saas_arena_new(4 << 20);
    if (!a)
        return failed(p, "can't start", SAAS_ERR_NO_MEMORY);
    int code = p->argument ? example(p, a) : show(p, a);
    saas_arena_free(a);
    return code;
}

typedef struct verb {
    const char *name;
    int (*run)(program *p);
    bool no_app;
    const char *arguments[2]; /* it takes one of these */
    const char *help;
} verb;

static const verb verbs[] = {
    {"serve", serve, false, {NULL}, "serve until SIGTERM or SIGINT (the default)"},
    {"migrate",
     migrate,
     false,
     {"--status", "--dry-run"},
     "bring the database's schema up to date, as its owner (MIGRATE_DATABASE_URL);\n"
     "           --status lists the steps, --dry-run tries those that are missing and takes them back"},
    {"check", check, false, {NULL}, "read the configuration and prove tenant isolation, then exit"},
    {"config",
     config,
     true,
     {"--example"},
     "print the settings and where each comes from; with --example a .env file to fill in"},
    {"routes", routes, true, {NULL}, "list the routes and who may call them"},
};
enum { VERBS = sizeof verbs / sizeof *verbs };

static void usage(FILE *to, const char *name)
{
    fprintf(to, "usage: %s [VERB]\n", name);
    for (size_t i = 0; i < VERBS; i++)
        fprintf(to, "  %-8s %s\n", verbs[i].name, verbs[i].help);
    fprintf(to, "  %-8s %s\n", "help", "print this");
}

static int run_app(program *p, const verb *v)
{
    saas_err err = saas_app_new(&p->app, p->options, &p->e);
    if (err)
        return failed(p, err == SAAS_ERR_CONFIG ? incomplete : "can't start", err);
    int code = v->run(p);
    saas_app_free(p->app);
    return code;
}

static int run(const verb *v, const saas_app_options *options, const char *argument)
{
    sigset_t stop = stop_signals();
    if (v->run == serve) /* before the app makes its threads, so that only sigwait hears */
        pthread_sigmask(SIG_BLOCK, &stop, NULL);
    program *p = calloc(1, sizeof *p);
    if (!p) {
        fprintf(stderr, "%s: out of memory\n", options->name);
        return FAILED;
    }
    p->options = options;
    p->argument = argument;
    int code = v->no_app ? v->run(p) : run_app(p, v);
    free(p);
    return code;
}

/* In today's size, and with the .env file of the working directory unless the host says otherwise. */
static saas_app_options complete(const saas_app_options *given)
{
    saas_app_options o = {0};
    memcpy(&o, given, given->size < sizeof o ? given->size : sizeof o);
    o.size = sizeof o;
    if (!o.env && !o.dotenv)
        o.dotenv = ".env";
    return o;
}

static bool takes(const verb *v, const char *name, int argc, char **argv)
{
    if (strcmp(name, v->name) != 0)
        return false;
    for (size_t i = 0; argc == 3 && i < 2; i++)
        if (v->arguments[i] && !strcmp(argv[2], v->arguments[i]))
            return true;
    return argc <= 2;
}

int saas_h2o_main(const saas_app_options *options, int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "serve";
    if (argc == 2 && (!strcmp(name, "help") || !strcmp(name, "--help") || !strcmp(name, "-h"))) {
        usage(stdout, options->name);
        return DONE;
    }
    if (!strcmp(name, "--print-config"))
        name = "config";
    const saas_app_options o = complete(options);
    signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    for (size_t i = 0; i < VERBS; i++)
        if (takes(&verbs[i], name, argc, argv))
            return run(&verbs[i], &o, argc == 3 ? argv[2] : NULL);
    usage(stderr, options->name);
    return WRONG;
}
