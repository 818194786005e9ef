#include "http/cors.h"
#include "http/ctx.h"
#include "http/reply.h"
#include <string.h>

#define HEADERS "Authorization, Content-Type, Idempotency-Key, If-None-Match, X-Request-Id, traceparent"
#define EXPOSED "ETag, Idempotency-Replayed, RateLimit, RateLimit-Policy, Retry-After, WWW-Authenticate, X-Request-Id"

enum { MAX_AGE_DEFAULT_S = 600 };

#define TEXT(literal)                                                                                                  \
    {                                                                                                                  \
        literal, sizeof(literal) - 1                                                                                   \
    }

const saas_cors_rule *saas_cors_default(void)
{
    static const saas_cors_rule rule = {
        .of_site = true, .headers = TEXT(HEADERS), .expose = TEXT(EXPOSED), .max_age = TEXT("600")};
    return &rule;
}

/* ---- origins ---- */

static size_t span(const char *at, const char *allowed)
{
    return strspn(at, allowed);
}

static bool is_port(const char *at, bool https, bool http)
{
    const size_t digits = span(at, "0123456789");
    return digits && digits <= 5 && !at[digits] && *at != '0' && !(https && !strcmp(at, "443")) &&
           !(http && !strcmp(at, "80"));
}

/* As browsers write it (RFC 6454 section 6.1), since it is compared byte by byte: lower case, no path, no port that
 * goes without saying. */
static bool is_origin(const char *z)
{
#define LOWER "abcdefghijklmnopqrstuvwxyz"
    const size_t scheme = span(z, LOWER "0123456789+.-");
    if (!scheme || z[0] < 'a' || strncmp(z + scheme, "://", 3) != 0)
        return false;
    const char *host = z + scheme + 3;
    const bool six = *host == '[';
    size_t len = six ? 1 + span(host + 1, "0123456789abcdef:.") : span(host, LOWER "0123456789-._");
    if (len <= six || (six && host[len++] != ']'))
        return false;
    if (!host[len])
        return true;
    const bool https = scheme == 5 && !strncmp(z, "https", 5), http = scheme == 4 && !strncmp(z, "http", 4);
    return host[len] == ':' && is_port(host + len + 1, https, http);
#undef LOWER
}

static const char wrong_origin[] = "an origin is scheme://host or scheme://host:port in lower case, without a path, as "
                                   "browsers write it (no :443 of https, no :80 of http)";

static saas_err add_origin(saas_origins *to, saas_text *list, const char **why, saas_arena *a, saas_text word)
{
    const char *copy = saas_arena_copy(a, word.ptr, word.len);
    if (!copy)
        return SAAS_ERR_NO_MEMORY;
    if (!strcmp(copy, "*")) {
        to->any = true;
        return SAAS_OK;
    }
    if (!is_origin(copy)) {
        *why = wrong_origin;
        return SAAS_ERR_VALIDATION;
    }
    list[to->count++] = (saas_text){copy, word.len};
    return SAAS_OK;
}

static saas_err close_list(saas_origins *o, const saas_text *list, const char **why)
{
    o->list = list;
    if (!o->any || !o->count)
        return SAAS_OK;
    *why = "\"*\" stands for every origin: name no others beside it";
    return SAAS_ERR_VALIDATION;
}

saas_err saas_origins_read(saas_origins *out, const char **why, saas_arena *a, saas_text text)
{
    saas_origins o = {0};
    saas_text *list = saas_arena_calloc(a, text.len / 2 + 1, sizeof *list);
    if (!list)
        return SAAS_ERR_NO_MEMORY;
    for (size_t at = 0, len; at < text.len; at += len) {
        const char *word = text.ptr + at;
        len = strcspn(word, ", ");
        if (len)
            SAAS_TRY(add_origin(&o, list, why, a, (saas_text){word, len}));
        else
            len = 1;
    }
    SAAS_TRY(close_list(&o, list, why));
    *out = o;
    return SAAS_OK;
}

static saas_err read_list(saas_origins *out, const char **why, saas_arena *a, const char *const *given)
{
    size_t count = 0;
    while (given[count])
        count++;
    saas_text *list = saas_arena_calloc(a, count + 1, sizeof *list);
    if (!list)
        return SAAS_ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        SAAS_TRY(add_origin(out, list, why, a, saas_text_z(given[i])));
    return close_list(out, list, why);
}

/* ---- rules ---- */

/* Names of headers with commas between. */
static bool is_name_list(const char *z)
{
    bool name = false;
    for (; *z; z++) {
        if (saas_is_token((saas_text){z, 1}))
            name = true;
        else if (*z == ',' && name)
            name = false;
        else if (*z != ' ')
            return false;
    }
    return name;
}

static saas_err extend(saas_text *list, const char **why, saas_arena *a, const char *more)
{
    if (!more)
        return SAAS_OK;
    if (!is_name_list(more)) {
        *why = ".cors: .headers and .expose are names with commas between";
        return SAAS_ERR_BUG;
    }
    *list = saas_arena_format(a, "%s, %s", list->ptr, more);
    return list->ptr ? SAAS_OK : SAAS_ERR_NO_MEMORY;
}

saas_err saas_cors_read(const saas_cors_rule **out, const char **why, saas_arena *a, const saas_cors *given)
{
    saas_cors cors = {0};
    saas_cors_rule *rule = saas_arena_alloc(a, sizeof *rule);
    if (!rule)
        return SAAS_ERR_NO_MEMORY;
    memcpy(&cors, given, given->size < sizeof cors ? given->size : sizeof cors);
    *rule = *saas_cors_default();
    rule->of_site = !cors.origins;
    rule->credentials = cors.credentials;
    if (cors.origins) {
        const saas_err e = read_list(&rule->origins, why, a, cors.origins);
        if (e)
            return e == SAAS_ERR_VALIDATION ? SAAS_ERR_BUG : e;
    }
    if (rule->origins.any && rule->credentials) {
        *why = ".cors: credentials need a list of origins, not \"*\"";
        return SAAS_ERR_BUG;
    }
    SAAS_TRY(extend(&rule->headers, why, a, cors.headers));
    SAAS_TRY(extend(&rule->expose, why, a, cors.expose));
    rule->max_age = saas_arena_format(a, "%u", cors.max_age_s ? cors.max_age_s : MAX_AGE_DEFAULT_S);
    if (!rule->max_age.ptr)
        return SAAS_ERR_NO_MEMORY;
    *out = cors.none ? NULL : rule;
    return SAAS_OK;
}

/* ---- answers ---- */

static const saas_text *find(const saas_origins *o, saas_text origin)
{
    for (size_t i = 0; i < o->count; i++)
        if (saas_text_equal(o->list[i], origin))
            return &o->list[i];
    return NULL;
}

/* The origin as the answer names it; {NULL, 0}: this one is not told anything. */
static saas_text allowed(const saas_ctx *c, const saas_cors_rule *rule, const saas_origins *o)
{
    const saas_text origin = saas_header_get(c, "origin");
    if (!origin.ptr)
        return origin;
    if (o->any && !rule->credentials)
        return SAAS_LIT("*");
    const saas_text *known = find(o, origin);
    return known ? *known : (saas_text){NULL, 0};
}

static const saas_origins *origins_of(const saas_ctx *c, const saas_cors_rule *rule)
{
    const saas_origins *o = rule && rule->of_site ? &c->shard->site->origins : rule ? &rule->origins : NULL;
    return o && (o->any || o->count) ? o : NULL;
}

static bool admit(saas_ctx *c, const saas_cors_rule *rule, const saas_origins *o)
{
    const saas_text origin = allowed(c, rule, o);
    if (!origin.ptr)
        return false;
    saas_ctx_header(c, SAAS_LIT("access-control-allow-origin"), origin);
    if (rule->credentials)
        saas_ctx_header(c, SAAS_LIT("access-control-allow-credentials"), SAAS_LIT("true"));
    return true;
}

/* A cache has to know that others get another answer, also from an answer to somebody who sent no Origin. */
void saas_cors_answer(saas_ctx *c, const saas_cors_rule *rule)
{
    const saas_origins *o = origins_of(c, rule);
    if (!o)
        return;
    if (!o->any)
        saas_ctx_header_more(c, SAAS_LIT("vary"), SAAS_LIT("Origin"));
    if (admit(c, rule, o))
        saas_ctx_header(c, SAAS_LIT("access-control-expose-headers"), rule->expose);
}

bool saas_cors_is_preflight(const saas_ctx *c)
{
    return saas_header_get(c, "origin").ptr && saas_header_get(c, "access-control-request-method").ptr;
}

void saas_cors_preflight(saas_ctx *c, const saas_cors_rule *rule, const char *methods)
{
    const saas_origins *o = origins_of(c, rule);
    if (!o)
        return;
    saas_ctx_header_more(c, SAAS_LIT("vary"), SAAS_LIT("Origin, Access-Control-Request-Method"));
    if (!admit(c, rule, o))
        return;
    saas_ctx_header(c, SAAS_LIT("access-control-allow-methods"), saas_text_z(methods));
    saas_ctx_header(c, SAAS_LIT("access-control-allow-headers"), rule->headers);
    saas_ctx_header(c, SAAS_LIT("access-control-max-age"), rule->max_age);
}
