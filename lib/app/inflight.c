/* GET /debug/inflight and /debug/log-level, for who has the token. */
#include "app/app.h"
#include "app/operator.h"
#include "http/reply.h"
#include "http/survey.h"

/* ---- what is under way ---- */

static void key(saas_json *j, const char *name)
{
    saas_json_key(j, saas_text_z(name));
}

static void write_id(saas_json *j, const char *name, bool has, saas_uuid id)
{
    char text[SAAS_UUID_CHARS + 1];
    saas_uuid_format(text, id);
    key(j, name);
    saas_json_text(j, saas_text_z(has ? text : NULL));
}

static void write_number(saas_json *j, const char *name, uint64_t n)
{
    key(j, name);
    saas_json_u64(j, n);
}

static void write_text(saas_json *j, const char *name, const char *text)
{
    key(j, name);
    saas_json_text(j, saas_text_z(text));
}

static void write_loop(saas_json *j, const saas_loop_state *loop)
{
    saas_json_object(j);
    write_number(j, "loop", loop->number);
    key(j, "answered");
    saas_json_bool(j, loop->answered);
    if (loop->answered) {
        write_number(j, "live", loop->live);
        write_number(j, "lagMs", loop->lag_us / 1000);
    } else {
        write_text(j, "blockedBy", loop->route ? loop->route->path : NULL);
        write_number(j, "blockedMs", loop->blocked_us / 1000);
    }
    saas_json_object_end(j);
}

static void write_flight(saas_json *j, uint32_t loop, const saas_flight *f)
{
    saas_json_object(j);
    write_number(j, "loop", loop);
    write_text(j, "method", f->method);
    write_text(j, "route", f->route ? f->route->path : NULL);
    write_number(j, "ageMs", f->age_us / 1000);
    write_text(j, "state", f->state);
    write_id(j, "orgId", f->has_org, f->org);
    write_id(j, "userId", f->has_user, f->user);
    write_text(j, "requestId", f->request_id);
    write_text(j, "traceId", f->trace_id);
    saas_json_object_end(j);
}

static void write_survey(saas_json *j, const saas_survey *s)
{
    saas_json_object(j);
    key(j, "loops");
    saas_json_array(j);
    for (size_t i = 0; i < s->count; i++)
        write_loop(j, &s->loops[i]);
    saas_json_array_end(j);
    key(j, "requests");
    saas_json_array(j);
    for (size_t i = 0; i < s->count; i++)
        for (size_t k = 0; k < s->loops[i].count; k++)
            write_flight(j, s->loops[i].number, &s->loops[i].flights[k]);
    saas_json_array_end(j);
    saas_json_object_end(j);
}

saas_err saas_inflight(saas_ctx *c)
{
    saas_json j;
    saas_survey s;
    if (!saas_is_operator(c))
        return SAAS_ERR_NOT_FOUND;
    SAAS_TRY(saas_survey_take(&s, c));
    SAAS_TRY(saas_reply_begin(&j, c, 200));
    write_survey(&j, &s);
    saas_ctx_header(c, SAAS_LIT("cache-control"), SAAS_LIT("no-store"));
    return saas_reply_end(c, &j, NULL);
}

/* ---- the log's level ---- */

static saas_err tell_level(saas_ctx *c)
{
    static const char *const names[] = {"debug", "info", "warn", "error", "off"};
    const saas_log *log = c->shard->site->log;
    size_t at = 0;
    while (at < 4 && !saas_log_enabled(log, (saas_log_level)(SAAS_LOG_DEBUG + at)))
        at++;
    saas_json j;
    SAAS_TRY(saas_reply_begin(&j, c, 200));
    saas_json_object(&j);
    write_text(&j, "level", names[at]);
    saas_json_object_end(&j);
    saas_ctx_header(c, SAAS_LIT("cache-control"), SAAS_LIT("no-store"));
    return saas_reply_end(c, &j, NULL);
}

saas_err saas_level_get(saas_ctx *c)
{
    return saas_is_operator(c) ? tell_level(c) : SAAS_ERR_NOT_FOUND;
}

/* In the path, as a body would be judged before the token is. */
saas_err saas_level_put(saas_ctx *c)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    saas_log *log = c->shard->site->log;
    if (!saas_is_operator(c))
        return SAAS_ERR_NOT_FOUND;
    for (size_t i = 0; i < 4; i++)
        if (saas_text_equal(saas_param(c, "level"), saas_text_z(names[i]))) {
            saas_log_set_level(log, (saas_log_level)(SAAS_LOG_DEBUG + i));
            SAAS_LOG(saas_ctx_log(c), SAAS_LOG_WARN, "log level changed", {"to", saas_v_z(names[i])},
                     {"remote", SAAS_ARG(c->remote)});
            return tell_level(c);
        }
    return SAAS_ERR_NOT_FOUND;
}
