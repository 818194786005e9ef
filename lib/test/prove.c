#include "test/command.h"
#include "test/env.h"
#include "test/memory_log.h"
#include <stdio.h>
#include <string.h>

static const char unprobed[] = "\"msg\":\"not probed live\"";

/* The value of a line's string, as it is written. */
static int value_of(const char **out, const char *line, const char *name)
{
    const char *from = strstr(line, name), *to = from;
    if (!from)
        return 0;
    *out = from += strlen(name);
    for (to = from; *to && *to != '"'; to++)
        to += *to == '\\' && to[1];
    return (int)(to - from);
}

static void tell_unprobed(saas_error *e, const char *lines)
{
    size_t len = 0;
    e->text[0] = 0;
    for (const char *at = lines; (at = strstr(at, unprobed)) && len < sizeof e->text; at++) {
        const char *table = "", *why = "";
        const int table_len = value_of(&table, at, "\"table\":\""), why_len = value_of(&why, at, "\"why\":\"");
        len += (size_t)snprintf(e->text + len, sizeof e->text - len, "%s%.*s: not probed: %.*s", len ? "\n" : "",
                                table_len, table, why_len, why);
    }
}

static saas_err prove(saas_test_memory_log *m, saas_arena *a, const saas_app_options *options, const saas_test_db *db,
                      saas_error *e)
{
    saas_app *app = NULL;
    saas_app_options o = saas_test_options(options);
    o.log = m->log;
    o.env = saas_test_env(a, o.env, db);
    saas_err err = o.env ? saas_app_new(&app, &o, e) : saas_test_fail(e, SAAS_ERR_NO_MEMORY, "no memory");
    if (!err)
        err = saas_app_prove(app, e);
    saas_app_free(app);
    return err;
}

saas_err saas_test_prove(const saas_app_options *options, const saas_test_db *db, saas_error *e)
{
    saas_test_memory_log m;
    saas_arena *a = saas_arena_new(0);
    if (!a || saas_test_memory_log_init(&m)) {
        saas_arena_free(a);
        return saas_test_fail(e, SAAS_ERR_NO_MEMORY, "no memory");
    }
    saas_err err = prove(&m, a, options, db, e);
    if (!err && e)
        tell_unprobed(e, saas_test_memory_log_take(&m));
    saas_test_memory_log_done(&m);
    saas_arena_free(a);
    return err;
}
