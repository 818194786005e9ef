/* app/app.h: an app, as its own files see it. */
#ifndef SAAS_APP_PRIVATE_H
#define SAAS_APP_PRIVATE_H

#include "app/ledger.h"
#include "app/settings.h"
#include "app/statements.h"
#include "http/shard.h"

enum { SAAS_MODULES = 2 }; /* the library's migrations, then the host's */

struct saas_app {
    saas_site site;
    saas_arena *arena; /* settings, names, the host's copied strings */
    struct saas_settings *settings;
    void *config_values;
    saas_keys *keys;
    saas_log *own_log; /* NULL: the host brought one */
    saas_module modules[SAAS_MODULES];
    const char *const *shared_tables;
    saas_statements statements;
    bool catalogue_only;
};

/* What a host gave, in today's size. ERR_BUG: a line a problem in e. */
SAAS_MUST_CHECK saas_err saas_options_read(saas_app_options *out, const saas_app_options *given, saas_error *e);
/* Their routes, mounted ones and the app's own included. *out is set, also with an error, unless memory is out. ERR_BUG:
 * a line a problem in e. */
SAAS_MUST_CHECK saas_err saas_options_router(saas_router **out, const saas_app_options *o, saas_error *e);
/* Mount i in today's size. */
saas_mount saas_options_mount(const saas_app_options *o, size_t i);

/* /health, /ready and what app/operator.h has, where the host has none of its own. */
SAAS_MUST_CHECK saas_err saas_builtin_routes(saas_router *router, saas_error *e);

#endif
