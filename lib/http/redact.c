#include "http/ctx.h"
#include "schema/write.h"

saas_text saas_redacted_(saas_ctx *c, const saas_schema *schema, const void *in)
{
    saas_buf out;
    saas_buf_init(&out, &c->arena, 256);
    saas_json j = saas_json_on(&out);
    saas_write_redacted(&j, schema, in);
    return saas_buf_done(&out);
}

static bool is_one_of(saas_text t, const char *const *words)
{
    for (; *words; words++)
        if (saas_text_equal_ci(t, saas_text_z(*words)))
            return true;
    return false;
}

/* Nobody can list what proxies and services call theirs: a word of the name tells. */
static bool is_secret(saas_text name)
{
    static const char *const names[] = {
        "authorization",       "proxy-authorization",       "cookie", "cookie2", "set-cookie", "set-cookie2",
        "authentication-info", "proxy-authentication-info", "apikey", NULL};
    static const char *const words[] = {"token",     "secret",     "password",      "passwd", "session", "auth",
                                        "key",       "assertion",  "jwt",           "csrf",   "xsrf",    "otp",
                                        "signature", "credential", "authorization", "cookie", NULL};
    if (is_one_of(name, names))
        return true;
    for (size_t from = 0; from < name.len;) {
        size_t end = from;
        while (end < name.len && name.ptr[end] != '-' && name.ptr[end] != '_')
            end++;
        if (is_one_of((saas_text){name.ptr + from, end - from}, words))
            return true;
        from = end + 1;
    }
    return false;
}

saas_text saas_header_redacted(const saas_ctx *c, const char *name)
{
    const saas_text value = saas_header_get(c, name);
    return value.ptr && is_secret(saas_text_z(name)) ? SAAS_LIT(SAAS_REDACTED) : value;
}
