#include "saas/h2o.h"
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
    saas_error e;
} program;

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

static bool limits_off(const saas_app_options *o)
{
    static const char setting[] = "RATE_LIMITS=off";
    for (const char *const *at = o->env ? o->env : (const char *const *)environ; *at; at++)
        if (!strcmp(*at, setting))
            return true;
    return false;
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

static void wait_for_stop(saas_log *log)
{
    sigset_t set = stop_signals();
    int number;
    sigwait(&set, &number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL); /* a second one ends the program at once */
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
    saas_h2o_server *server;
    saas_log *log = saas_app_log(p->app);
    const saas_h2o_options how = {.size = sizeof how,
                                  .port = saas_app_port(p->app),
                                  .threads = saas_app_workers(p->app),
                                  .connections_per_address = limits_off(p->options) ? UINT32_MAX : 0};
    int code = prove(p);
    if (code)
        return code;
    saas_err err = saas_h2o_serve(&server, p->app, &how, &p->e);
    if (err) {
        failed(p, "can't serve", err);
        return FAILED;
    }
    SAAS_LOG(log, SAAS_LOG_INFO, "listening", {"port", SAAS_ARG((int64_t)saas_h2o_port(server))},
             {"threads", SAAS_ARG((int64_t)how.threads)});
    wait_for_stop(log);
    saas_h2o_stop(server);
    SAAS_LOG(log, SAAS_LOG_INFO, "stopped", {"port", SAAS_ARG((int64_t)how.port)});
    return DONE;
}

/* ---- the other verbs ---- */

static int migrate(program *p)
{
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

static int routes(program *p)
{
    const saas_route *r;
    for (size_t i = 0; (r = saas_app_route(p->app, i)); i++)
        printf("%-7s %-40s %s\n", r->method, r->path, who(r));
    return DONE;
}

typedef struct verb {
    const char *name;
    int (*run)(program *p);
    const char *help;
} verb;

static const verb verbs[] = {
    {"serve", serve, "serve until SIGTERM or SIGINT (the default)"},
    {"migrate", migrate, "bring the database's schema up to date, as its owner (MIGRATE_DATABASE_URL)"},
    {"check", check, "read the configuration and prove tenant isolation, then exit"},
    {"routes", routes, "list the routes and who may call them"},
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
        return failed(p, err == SAAS_ERR_CONFIG ? "the configuration is not complete" : "can't start", err);
    int code = v->run(p);
    saas_app_free(p->app);
    return code;
}

static int run(const verb *v, const saas_app_options *options)
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
    int code = run_app(p, v);
    free(p);
    return code;
}

int saas_h2o_main(const saas_app_options *options, int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "serve";
    if (argc == 2 && (!strcmp(name, "help") || !strcmp(name, "--help") || !strcmp(name, "-h"))) {
        usage(stdout, options->name);
        return DONE;
    }
    signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    for (size_t i = 0; i < VERBS && argc <= 2; i++)
        if (!strcmp(name, verbs[i].name))
            return run(&verbs[i], options);
    usage(stderr, options->name);
    return WRONG;
}
