#include "app/app.h"
#include "base/error.h"
#include <string.h>

saas_mount saas_options_mount(const saas_app_options *o, size_t i)
{
    saas_mount m = {0};
    memcpy(&m, (const char *)o->mounts + i * o->mount_size, o->mount_size < sizeof m ? o->mount_size : sizeof m);
    return m;
}

static saas_err check_mounts(const saas_app_options *o, saas_error *e)
{
    saas_err err = SAAS_OK;
    for (size_t i = 0; i < o->mount_count; i++) {
        const saas_mount m = saas_options_mount(o, i);
        if (!m.prefix || !m.routes)
            err = saas_error_add(e, SAAS_ERR_BUG, "mount %zu: prefix and routes must be given", i);
    }
    return err;
}

saas_err saas_options_read(saas_app_options *out, const saas_app_options *given, saas_error *e)
{
    saas_app_options o = {0};
    if (given->size < offsetof(saas_app_options, routes) || given->size > 16 * sizeof o)
        return saas_error_add(e, SAAS_ERR_BUG, "options.size is not the size of saas_app_options");
    memcpy(&o, given, given->size < sizeof o ? given->size : sizeof o);
    saas_err err = SAAS_OK;
    if (!o.name || !*o.name)
        err = saas_error_add(e, SAAS_ERR_BUG, "options.name must be given");
    if (o.mount_count && o.mount_size < offsetof(saas_mount, group))
        return saas_error_add(e, SAAS_ERR_BUG, "options.mount_size: use SAAS_MOUNTS(table)");
    if (o.migration_count && o.migration_size < sizeof(saas_migration))
        return saas_error_add(e, SAAS_ERR_BUG, "options.migration_size: use SAAS_MIGRATIONS(table)");
    if (o.statement_count && o.statement_size < sizeof(saas_statement))
        return saas_error_add(e, SAAS_ERR_BUG, "options.statement_size: use SAAS_STATEMENTS(table)");
    if (o.file_count && o.file_size < offsetof(saas_files, group))
        return saas_error_add(e, SAAS_ERR_BUG, "options.file_size: use SAAS_FILES(table)");
    if (o.permission_count && o.permission_size < offsetof(saas_permission, grant))
        return saas_error_add(e, SAAS_ERR_BUG, "options.permission_size: use SAAS_PERMISSIONS(table)");
    if (check_mounts(&o, e))
        err = SAAS_ERR_BUG;
    if (o.open_limit_per_minute > SAAS_LIMIT_PER_MINUTE_MAX || o.open_limit_burst > SAAS_LIMIT_BURST_MAX ||
        (o.open_limit_burst && !o.open_limit_per_minute))
        err = saas_error_add(e, SAAS_ERR_BUG, "options.open_limit_per_minute and open_limit_burst: out of bounds");
    if (o.no_database && o.migration_count)
        err = saas_error_add(e, SAAS_ERR_BUG, "options.no_database: migrations need a database");
    if (!err)
        *out = o;
    return err;
}
