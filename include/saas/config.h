/* saas/config.h: configuration through a field table. Each field is read from the variable that is its C name in upper
 * case (jwt_access_secret: JWT_ACCESS_SECRET) or .json, coerced as strictly as a query string, and every problem is
 * reported at once, without a value.
 *
 * Thread: one, at start. Since 0.1. */
#ifndef SAAS_CONFIG_H
#define SAAS_CONFIG_H

#include <saas/schema.h>

SAAS_BEGIN_DECLS

/* Reads `count` schemas from env, a NULL-terminated array of "NAME=value" (environ), into structs in the arena, so that
 * one report covers all. A variable set to "" counts as absent. An unknown variable is nobody's business.
 * ERR_CONFIG: e->text has a line a problem, "JWT_ACCESS_SECRET: too short: at least 32 characters". ERR_NO_MEMORY.
 * ERR_BUG: a field is an object or a list. */
SAAS_API SAAS_MUST_CHECK saas_err saas_config_read(void **out, saas_arena *a, const saas_schema *const *schemas,
                                                   size_t count, const char *const *env, saas_error *e);
/* Overwrites every .secret text of a struct with zeros. */
SAAS_API void saas_config_wipe(void *in, const saas_schema *schema);

SAAS_END_DECLS
#endif
