#include "auth_routes/event.h"

enum { AGENT_MAX = 256, IP_MAX = 64 };

static saas_value id_or_null(saas_uuid id)
{
    return saas_v_if(saas_uuid_is_nil(id) ? SAAS_NULL : SAAS_SET, saas_v_uuid(id));
}

void saas_auth_event(saas_ctx *c, saas_log_level level, const char *event, const char *outcome,
                     const saas_principal *who)
{
    const saas_principal nobody = {.role = SAAS_ROLE_DEFAULT};
    if (!who)
        who = &nobody;
    SAAS_LOG(saas_ctx_log(c), level, event, {"outcome", SAAS_ARG(outcome)}, {"user", id_or_null(who->user_id)},
             {"org", id_or_null(who->org_id)}, {"session", id_or_null(who->session_id)},
             {"remote", SAAS_ARG(saas_remote(c))});
}

/* A header may hold any bytes, a column of text only UTF-8. */
static saas_text printable(saas_ctx *c, saas_text from, size_t max)
{
    size_t len = from.len < max ? from.len : max;
    char *copy = from.ptr ? saas_alloc(c, len + 1) : NULL;
    if (!copy)
        return (saas_text){NULL, 0};
    for (size_t i = 0; i < len; i++)
        copy[i] = from.ptr[i] >= ' ' && from.ptr[i] <= '~' ? from.ptr[i] : '?';
    return (saas_text){copy, len};
}

saas_text saas_client_agent(saas_ctx *c)
{
    return printable(c, saas_header_get(c, "user-agent"), AGENT_MAX);
}

saas_text saas_client_ip(saas_ctx *c)
{
    return printable(c, saas_remote(c), IP_MAX);
}
