#include "http/idempotency.h"
#include "auth/keys.h"
#include "http/placement.h"
#include "http/tx.h"
#include "http/unit.h"
#include <sodium.h>
#include <stdlib.h>

enum { KEY_MAX = 255, SWEEP = 20, RECURSION = 16 };

/* ---- who asks for what ---- */

static bool is_key(saas_text key)
{
    for (size_t i = 0; i < key.len; i++)
        if (key.ptr[i] < '!' || key.ptr[i] > '~')
            return false;
    return key.len && key.len <= KEY_MAX;
}

static saas_text key_of(const saas_ctx *c, size_t *count)
{
    saas_text key = {NULL, 0};
    *count = 0;
    for (size_t i = 0; i < c->header_count; i++) {
        if (!saas_text_equal(c->headers[i].name, SAAS_LIT("idempotency-key")))
            continue;
        key = c->headers[i].value;
        ++*count;
    }
    return key;
}

static saas_err hex_of(char out[SAAS_IDEMPOTENCY_HEX], uint8_t mac[SAAS_REQUEST_MAC], saas_ctx *c,
                       const saas_text *parts, size_t count)
{
    SAAS_TRY(saas_request_mac(mac, c->shard->signer, parts, count));
    sodium_bin2hex(out, SAAS_IDEMPOTENCY_HEX, mac, SAAS_REQUEST_MAC);
    return SAAS_OK;
}

saas_err saas_idempotency_note(saas_ctx *c)
{
    size_t count;
    const saas_text key = key_of(c, &count);
    if (!count || !c->signed_in || !c->has_org || !saas_placement_of(c->shard, SAAS_SCOPE_TENANT, c->org).db ||
        !saas_text_equal(c->method, SAAS_LIT("POST")))
        return SAAS_OK;
    if (count > 1 || !is_key(key))
        return saas_fail_field(c, "Idempotency-Key", "one key of 1 to 255 printable characters");
    saas_idempotency *idem = saas_arena_calloc(&c->arena, 1, sizeof *idem);
    if (!idem)
        return SAAS_ERR_NO_MEMORY;
    const saas_text user = {(const char *)c->me.user_id.b, 16}, org = {(const char *)c->org.b, 16};
    const saas_text who[] = {org, user, c->method, saas_text_z(c->match.route->path), key};
    const saas_text what[] = {c->path, c->url_query, c->body};
    uint8_t mac[SAAS_REQUEST_MAC];
    SAAS_TRY(hex_of(idem->body, mac, c, what, 3));
    SAAS_TRY(hex_of(idem->key, mac, c, who, 5));
    memcpy(&idem->lock, mac, sizeof idem->lock);
    c->idempotency = idem;
    return SAAS_OK;
}

/* ---- what must not be kept ---- */

static bool has_secret(const saas_schema *schema, unsigned depth)
{
    for (size_t i = 0; schema && i < schema->count; i++) {
        const saas_field *f = saas_schema_field(schema, i);
        if (f->secret || (f->of && (!depth || has_secret(f->of, depth - 1))))
            return true;
    }
    return false;
}

void saas_idempotency_watch(saas_ctx *c, const saas_schema *schema)
{
    if (c->idempotency && has_secret(schema, RECURSION))
        c->idempotency->secret = true;
}

/* ---- what was answered before ---- */

/* Name and value by turns, a newline behind each: neither can hold one. */
static saas_err restore_headers(saas_ctx *c, char *text)
{
    char *rest = text;
    for (char *name; (name = strsep(&rest, "\n")) && *name;) {
        char *value = strsep(&rest, "\n");
        SAAS_TRY(saas_reply_header(c, name, value ? value : ""));
    }
    return SAAS_OK;
}

static saas_err replay(saas_ctx *c, const saas_rows *row)
{
    const saas_text reply = saas_rows_text(row, 0, "reply"), headers = saas_rows_text(row, 0, "headers");
    if (!saas_text_equal(saas_rows_text(row, 0, "body_mac"), saas_text_z(c->idempotency->body)))
        return saas_fail(c, 422, "IDEMPOTENCY_MISMATCH", "This key was used for another request");
    if (!reply.ptr)
        return saas_fail(c, 409, "IDEMPOTENCY_REPLAYED", "This was done before; its answer is not kept");
    char *copy = saas_arena_copy(&c->arena, headers.ptr ? headers.ptr : "", headers.len);
    if (!copy)
        return SAAS_ERR_NO_MEMORY;
    saas_ctx_clear_reply(c);
    SAAS_TRY(restore_headers(c, copy));
    SAAS_TRY(saas_reply_header(c, "Idempotency-Replayed", "true"));
    saas_buf_text(&c->out, reply);
    c->status = atoi(saas_rows_text(row, 0, "status").ptr);
    c->replied = c->replayed = true;
    return c->out.failed ? SAAS_ERR_NO_MEMORY : SAAS_OK;
}

/* The row is looked for after the lock was had: then there is none, or whoever made it is done. */
static saas_err claim(saas_ctx *c, saas_rows **seen)
{
    static const char lock[] = "select pg_try_advisory_xact_lock($1) as mine",
                      look[] = "select body_mac, status, reply, headers from saas_idempotency"
                               " where key_mac = $1 and created_at > now() - interval '24 hours'";
    const saas_idempotency *idem = c->idempotency;
    saas_unit *unit;
    saas_rows *locked, *rows;
    SAAS_TRY(saas_unit_new(&unit, c));
    SAAS_TRY(saas_unit_add(unit, &locked, lock, SAAS_ARGS(idem->lock)));
    SAAS_TRY(saas_unit_add(unit, &rows, look, SAAS_ARGS(saas_text_z(idem->key))));
    SAAS_TRY(saas_unit_run(unit));
    *seen = saas_rows_count(rows) ? rows : NULL;
    if (*seen || saas_text_equal(saas_rows_text(locked, 0, "mine"), SAAS_LIT("t")))
        return SAAS_OK;
    SAAS_TRY(saas_reply_header(c, "Retry-After", "1"));
    return saas_fail(c, 409, "IDEMPOTENCY_IN_PROGRESS", "A request with this key is still running");
}

/* ---- the transaction ---- */

/* Behind the claim stands a savepoint, to go back to when the handler fails. */
static saas_err open_claimed(saas_ctx *c, bool serializable, saas_rows **seen)
{
    SAAS_TRY(saas_ctx_tx_open(c, serializable));
    SAAS_TRY(claim(c, seen));
    if (*seen)
        return SAAS_OK;
    SAAS_TRY(saas_savepoint(c));
    c->savepoints = 0;
    c->idempotency->used = c->idempotency->joined = false;
    c->idempotency->open = true;
    return SAAS_OK;
}

saas_err saas_idempotency_reopen(saas_ctx *c)
{
    saas_rows *seen;
    c->idempotency->open = false;
    saas_ctx_tx_give_up(c);
    SAAS_TRY(open_claimed(c, true, &seen));
    /* Done by another one between two attempts: let the client ask again. */
    return seen ? SAAS_ERR_UNAVAILABLE : SAAS_OK;
}

static saas_text headers_text(saas_ctx *c)
{
    saas_buf b;
    saas_buf_init(&b, &c->arena, 128);
    for (size_t i = 0; i < c->reply_header_count; i++) {
        const saas_header *h = &c->reply_headers[i];
        saas_buf_text(&b, h->name);
        saas_buf_lit(&b, "\n");
        saas_buf_text(&b, h->value);
        saas_buf_lit(&b, "\n");
    }
    return b.len ? saas_buf_done(&b) : SAAS_LIT("");
}

static saas_err store(saas_ctx *c)
{
    static const char sweep[] = "delete from saas_idempotency where key_mac in (select key_mac from saas_idempotency"
                                " where created_at <= now() - interval '24 hours' limit $1 for update skip locked)",
                      keep[] = "insert into saas_idempotency (key_mac, user_id, body_mac, status, reply, headers)"
                               " values ($1, $2, $3, $4, $5, $6)";
    const saas_idempotency *idem = c->idempotency;
    saas_unit *unit;
    const saas_text reply = idem->secret ? (saas_text){NULL, 0} : (saas_text){c->out.ptr, c->out.len};
    SAAS_TRY(saas_unit_new(&unit, c));
    SAAS_TRY(saas_unit_add(unit, NULL, "delete from saas_idempotency where key_mac = $1",
                           SAAS_ARGS(saas_text_z(idem->key))));
    SAAS_TRY(saas_unit_add(unit, NULL, sweep, SAAS_ARGS((int64_t)SWEEP)));
    SAAS_TRY(saas_unit_add(unit, NULL, keep,
                           SAAS_ARGS(saas_text_z(idem->key), c->me.user_id, saas_text_z(idem->body), (int64_t)c->status,
                                     reply, headers_text(c))));
    return saas_unit_run(unit);
}

/* The handler's own work goes, the answer stays. An answer that can't be kept is given all the same: it did nothing. */
static void keep_failure(saas_ctx *c, saas_err e)
{
    while (c->savepoints)
        if (saas_savepoint_rollback(c))
            return;
    c->savepoints = 1;
    if (saas_savepoint_rollback(c))
        return;
    saas_ctx_write_failure(c, e);
    c->failure_written = true;
    if (c->status < 500 && c->status != 429 && store(c) == SAAS_OK && saas_tx_commit(c))
        c->tx_lost = SAAS_OK;
}

static saas_err finish(saas_ctx *c, saas_err e)
{
    c->idempotency->open = false;
    if (!e && !c->tx)
        return c->tx_lost ? c->tx_lost : saas_ctx_bug(c, "the handler ended the transaction of its request");
    if (!e && c->idempotency->joined)
        return saas_ctx_bug(c, "the handler left its transaction open");
    if (!e) {
        SAAS_TRY(store(c));
        return saas_tx_commit(c);
    }
    if (c->tx && !c->over && (e == SAAS_ERR_FAILED ? c->fail_status : saas_err_status(e)) < 500)
        keep_failure(c, e);
    return e;
}

saas_err saas_idempotency_run(saas_ctx *c, saas_err (*handler)(saas_ctx *c))
{
    saas_rows *seen = NULL;
    saas_err e = open_claimed(c, false, &seen);
    if (!e && seen)
        e = replay(c, seen);
    else if (!e)
        e = finish(c, handler(c));
    saas_ctx_tx_give_up(c);
    return e;
}
