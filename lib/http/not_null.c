#include "http/page.h"
#include "http/unit.h"

/* Columns of tables only: of views and expressions the catalogue does not say. */
static const char nullable_sql[] =
    "select count(*) as n from unnest($1::text::oid[], $2::text::int2[]) as k (relation, number)"
    " join pg_catalog.pg_class t on t.oid = k.relation and t.relkind in ('r', 'p')"
    " join pg_catalog.pg_attribute a on a.attrelid = k.relation and a.attnum = k.number and not a.attnotnull";

/* FNV-1a; the NUL that ends a text is part of it. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
    do
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    while (*text++);
    return hash;
}

static uint64_t hash_list(const saas_listing *l)
{
    return hash_text(hash_text(UINT64_C(0xcbf29ce484222325), l->select), l->order);
}

enum { KNOWN_MAX = sizeof((saas_shard *)0)->lists / sizeof(uint64_t) };

static bool is_known(const saas_shard *shard, uint64_t hash)
{
    for (uint32_t i = 0; i < shard->list_count && i < KNOWN_MAX; i++)
        if (shard->lists[i] == hash)
            return true;
    return false;
}

static saas_err count_nullable(bool *any, saas_ctx *c, const saas_keyset *k, const PGresult *r)
{
    saas_buf relations, numbers;
    saas_rows *row;
    saas_buf_init(&relations, &c->arena, 64);
    saas_buf_init(&numbers, &c->arena, 64);
    for (size_t i = 0; i < k->count; i++) {
        int at = saas_keyset_column(k, i, r);
        saas_buf_format(&relations, "%c%u", i ? ',' : '{', PQftable(r, at));
        saas_buf_format(&numbers, "%c%d", i ? ',' : '{', PQftablecol(r, at));
    }
    saas_buf_lit(&relations, "}");
    saas_buf_lit(&numbers, "}");
    saas_text t = saas_buf_done(&relations), n = saas_buf_done(&numbers);
    if (!t.ptr || !n.ptr)
        return SAAS_ERR_NO_MEMORY;
    SAAS_TRY(saas_query_one(c, &row, nullable_sql, SAAS_ARGS(t, n)));
    *any = !saas_text_equal(saas_rows_text(row, 0, "n"), SAAS_LIT("0"));
    return SAAS_OK;
}

saas_err saas_check_not_null(saas_ctx *c, const saas_listing *l, const PGresult *r)
{
    saas_shard *shard = c->shard;
    const uint64_t hash = hash_list(l);
    bool nullable;
    if (is_known(shard, hash))
        return SAAS_OK;
    SAAS_TRY(count_nullable(&nullable, c, &l->keys, r));
    if (nullable)
        return saas_ctx_bug(c,
                            "saas_reply_page: a column of .order is not declared NOT NULL; a cursor would lose rows");
    shard->lists[shard->list_count++ % KNOWN_MAX] = hash;
    return SAAS_OK;
}
