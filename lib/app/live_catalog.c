#include "app/live.h"
#include "app/prove_sql.h"
#include "base/error.h"
#include <stdlib.h>
#include <string.h>

/* live: tables with rows of organizations that the role has any right on. */
#define LIVE                                                                                                           \
    REACH                                                                                                              \
    ", live as ("                                                                                                      \
    " select r.oid, r.name, r.relname, o.attnum as org from reach r join pg_attribute o on o.attrelid = r.oid"         \
    "  and o.attname = case r.name when 'public.organizations' then 'id' else 'org_id' end and not o.attisdropped"     \
    " where r.relkind in ('r', 'p') and not r.relispartition)"

static const char tables_sql[] =
    LIVE " select oid, name, org, has_table_privilege(oid, 'select'),"
         "  has_table_privilege(oid, 'insert') or has_any_column_privilege(oid, 'insert'),"
         "  has_any_column_privilege(oid, 'update'), has_table_privilege(oid, 'delete'), relname"
         " from live order by name";

static const char columns_sql[] =
    LIVE " select l.oid, a.attnum, quote_ident(a.attname),"
         "  (a.attnotnull or t.typnotnull) and not (a.atthasdef or a.attidentity <> '' or t.typdefault is not null),"
         "  has_column_privilege(l.oid, a.attnum, 'update') and a.attgenerated = '' and a.attidentity <> 'a'"
         " from live l join pg_attribute a on a.attrelid = l.oid and a.attnum > 0 and not a.attisdropped"
         " join pg_type t on t.oid = a.atttypid order by l.name, a.attnum";

/* Values by type, and by what checks, domains and enums name: a string of a check may be a word it allows, a number a
 * bound or a length. Ranks: the plainest first, then what is named, then the rest. */
static const char values_sql[] = LIVE
    ", bases(top, oid) as (select oid, oid from pg_type union all"
    "  select b.top, t.typbasetype from bases b join pg_type t on t.oid = b.oid where t.typtype = 'd')"
    ", col as (select l.oid as rel, a.attnum, format_type(a.atttypid, a.atttypmod) as type, a.atttypid,"
    "  t.oid as base, t.typname::text as typname, t.typcategory::text as cat"
    "  from live l join pg_attribute a on a.attrelid = l.oid and a.attnum > 0 and not a.attisdropped"
    "  join bases b on b.top = a.atttypid join pg_type t on t.oid = b.oid where t.typtype <> 'd')"
    ", plain(cat, base, words) as (values"
    "  ('N', null, array['1', '0', '2', '5', '10', '50', '100', '1000', '1000000', '-1', '0.5', '1000000000']),"
    "  ('S', null, array['a', 'aaaa', 'aaaaaaaaaaaa', 'a@example.com', '1', 'AAA', 'A', 'AA', 'aa', 'a-a', 'A1', "
    "'0000',"
    "   'https://example.com/', 'example.com', '+4912345678', '127.0.0.1', '2000-01-01', '12:00', '#000000', '{}', "
    "'UTC',"
    "   '00000000-0000-7000-8000-000000000000', '']),"
    "  ('B', null, array['false', 'true']),"
    "  ('D', null, array['now', '2000-01-01', '2100-01-01', '12:00']),"
    "  ('T', null, array['1 hour', '1 day', '1 month', '0']),"
    "  ('I', null, array['127.0.0.1', '10.0.0.0/8', '::1']),"
    "  ('V', null, array['1', '0']),"
    "  ('G', null, array['(0,0)', '((0,0),(1,1))', '<(0,0),1>', '{1,1,1}', '[(0,0),(1,1)]']),"
    "  ('A', null, array['{}', '{1}', '{a}', '{a@example.com}', '{now}', '{00000000-0000-7000-8000-000000000000}']),"
    "  ('R', null, array['[1,2)', '[2000-01-01,2000-01-02)', 'empty', '{}']),"
    "  ('Z', null, array['a', 'r']),"
    "  ('U', 'json', array['{}', '[]', '\"a\"', '1']), ('U', 'jsonb', array['{}', '[]', '\"a\"', '1']),"
    "  ('U', 'bytea', array['\\x00', '\\x', '\\x0000000000000000000000000000000000000000000000000000000000000000']),"
    "  ('U', 'xml', array['<a/>']), ('U', 'macaddr', array['00:00:00:00:00:01']),"
    "  ('U', 'tsvector', array['a', '']), ('U', 'tsquery', array['a']), ('U', 'pg_lsn', array['0/0']),"
    "  ('U', null, array['a', '1', '', '{}', '0', 'a@example.com', 'POINT(0 0)', '[0,0,0]']))"
    ", said as (select c.rel, c.attnum, c.cat, c.typname, pg_get_constraintdef(k.oid) as def from col c join "
    "pg_constraint"
    "  k on k.contype = 'c' and (k.conrelid = c.rel and c.attnum = any (k.conkey)"
    "   or k.contypid in (select b.oid from bases b where b.top = c.atttypid)))"
    ", word(rel, attnum, rank, n, value) as ("
    "  select rel, attnum, case n when 1 then 0 else 4 end, n, quote_literal(w) from col c join plain p using (cat),"
    "   unnest(words) with ordinality u(w, n) where c.typname <> 'uuid' and (p.base = c.typname or p.base is null"
    "   and not exists (select from plain q where q.base = c.typname))"
    "  union all select rel, attnum, 0, 0, 'gen_random_uuid()' from col where typname = 'uuid'"
    "  union all select c.rel, c.attnum, 1, e.enumsortorder, quote_literal(e.enumlabel)"
    "   from col c join pg_enum e on e.enumtypid = c.base"
    "  union all select rel, attnum, 2, row_number() over (), quote_literal(replace(m[1], '''''', ''''))"
    "   from said, regexp_matches(def, '''((?:[^'']|'''')*)''', 'g') m"
    "  union all select rel, attnum, 3, row_number() over (), quote_literal(case when cat = 'N' then x::text"
    "    when typname = 'bytea' then '\\x' || repeat('00', x::int) else repeat('a', x::int) end)"
    "   from said, regexp_matches(def, '\\m(\\d{1,9})\\M', 'g') m, lateral (values (m[1]::numeric), (m[1]::numeric + "
    "1),"
    "    (m[1]::numeric - 1)) v(x) where cat = 'N' or (cat = 'S' or typname = 'bytea') and x between 1 and 300)"
    " select w.rel, w.attnum, format('%s::%s', w.value, c.type) from word w join col c using (rel, attnum)"
    " join live l on l.oid = w.rel order by l.name, w.attnum, w.rank, w.n";

static const char rules_sql[] = LIVE
    " select l.oid, k.conname, array_to_string(k.conkey, ' '), l.name from live l join pg_constraint k"
    "  on k.conrelid = l.oid and k.contype = 'c'"
    " union all select l.oid, c.relname, i.indkey::text || coalesce((select ' ' || string_agg(d.refobjsubid::text, ' ')"
    "   from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid"
    "   and d.refclassid = 'pg_class'::regclass and d.refobjid = l.oid), ''), l.name"
    "  from live l join pg_index i on i.indrelid = l.oid and (i.indisunique or i.indisexclusion)"
    "  join pg_class c on c.oid = i.indexrelid order by 4, 2";

static const char keys_sql[] = LIVE
    " select l.oid, k.conname, k.confrelid, format('%I.%I', n.nspname, p.relname), k.conkey[s], quote_ident(a.attname)"
    " from live l join pg_constraint k on k.conrelid = l.oid and k.contype = 'f' and k.conparentid = 0"
    " join pg_class p on p.oid = k.confrelid join pg_namespace n on n.oid = p.relnamespace,"
    " generate_subscripts(k.conkey, 1) s, pg_attribute a where a.attrelid = k.confrelid and a.attnum = k.confkey[s]"
    " order by l.name, k.conname, s";

/* ---- reading ---- */

static bool is(const PGresult *r, int row, int column)
{
    return PQgetvalue(r, row, column)[0] == 't';
}

static const char *copy(live *l, const PGresult *r, int row, int column)
{
    const char *made = saas_arena_copy(l->arena, PQgetvalue(r, row, column), (size_t)PQgetlength(r, row, column));
    if (!made)
        l->found = SAAS_ERR_NO_MEMORY;
    return made;
}

static void *room(live *l, size_t count, size_t size)
{
    void *made = saas_arena_calloc(l->arena, count + 1, size);
    if (!made)
        l->found = SAAS_ERR_NO_MEMORY;
    return made;
}

static size_t rows_of(const PGresult *r, int from, int key_column)
{
    int end = from;
    while (end < PQntuples(r) && !strcmp(PQgetvalue(r, end, 0), PQgetvalue(r, from, 0)) &&
           (!key_column || !strcmp(PQgetvalue(r, end, key_column), PQgetvalue(r, from, key_column))))
        end++;
    return (size_t)(end - from);
}

static live_table *find(live *l, const char *oid)
{
    for (size_t i = 0; i < l->count; i++)
        if (!strcmp(l->tables[i].oid, oid))
            return &l->tables[i];
    return NULL;
}

static size_t column_of(const live_table *t, const char *number)
{
    const int wanted = (int)strtol(number, NULL, 10);
    for (size_t i = 0; i < t->column_count; i++)
        if (t->columns[i].number == wanted)
            return i;
    return t->org;
}

static void read_tables(live *l, const PGresult *r)
{
    l->tables = room(l, (size_t)PQntuples(r), sizeof *l->tables);
    for (int i = 0; i < PQntuples(r) && !l->found; i++) {
        live_table *t = &l->tables[l->count++];
        t->oid = copy(l, r, i, 0);
        t->name = copy(l, r, i, 1);
        t->org = (size_t)strtol(PQgetvalue(r, i, 2), NULL, 10);
        t->select = is(r, i, 3);
        t->insert = is(r, i, 4);
        t->update = is(r, i, 5);
        t->remove = is(r, i, 6);
        t->plain = copy(l, r, i, 7);
    }
}

/* t->org is an attribute's number until here. */
static void read_columns(live *l, const PGresult *r)
{
    for (int i = 0; i < PQntuples(r) && !l->found;) {
        live_table *t = find(l, PQgetvalue(r, i, 0));
        const size_t count = rows_of(r, i, 0), org = t->org;
        t->columns = room(l, count, sizeof *t->columns);
        for (; t->column_count < count && !l->found; i++) {
            live_column *c = &t->columns[t->column_count];
            *c = (live_column){.number = (int)strtol(PQgetvalue(r, i, 1), NULL, 10),
                               .name = copy(l, r, i, 2),
                               .required = is(r, i, 3),
                               .updatable = is(r, i, 4)};
            if ((size_t)c->number == org)
                t->org = t->column_count;
            t->column_count++;
        }
    }
}

static void read_values(live *l, const PGresult *r)
{
    for (int i = 0; i < PQntuples(r) && !l->found;) {
        live_table *t = find(l, PQgetvalue(r, i, 0));
        live_column *c = &t->columns[column_of(t, PQgetvalue(r, i, 1))];
        const size_t count = rows_of(r, i, 1);
        c->values = room(l, count, sizeof *c->values);
        c->value_count = 0;
        for (size_t n = 0; n < count && !l->found; n++, i++)
            c->values[c->value_count++] = copy(l, r, i, 2);
    }
}

static void read_rules(live *l, const PGresult *r)
{
    for (int i = 0; i < PQntuples(r) && !l->found;) {
        live_table *t = find(l, PQgetvalue(r, i, 0));
        const size_t count = rows_of(r, i, 0);
        t->rules = room(l, count, sizeof *t->rules);
        for (; t->rule_count < count && !l->found; i++)
            t->rules[t->rule_count++] = (live_rule){copy(l, r, i, 1), copy(l, r, i, 2)};
    }
}

static void read_key(live *l, const PGresult *r, int from, live_table *t, live_key *key)
{
    const size_t count = rows_of(r, from, 1);
    *key = (live_key){.name = copy(l, r, from, 1),
                      .parent = find(l, PQgetvalue(r, from, 2)),
                      .parent_name = copy(l, r, from, 3),
                      .pairs = room(l, count, sizeof *key->pairs)};
    for (; key->count < count && !l->found; key->count++)
        key->pairs[key->count] =
            (live_pair){column_of(t, PQgetvalue(r, from + (int)key->count, 4)), copy(l, r, from + (int)key->count, 5)};
}

static void read_keys(live *l, const PGresult *r)
{
    for (int i = 0; i < PQntuples(r) && !l->found;) {
        live_table *t = find(l, PQgetvalue(r, i, 0));
        const int end = i + (int)rows_of(r, i, 0);
        t->keys = room(l, (size_t)(end - i), sizeof *t->keys);
        while (i < end && !l->found) {
            read_key(l, r, i, t, &t->keys[t->key_count]);
            i += (int)t->keys[t->key_count++].count;
        }
    }
}

saas_err saas_live_catalog(live *l, const char *shared)
{
    static const struct {
        const char *sql;
        void (*read)(live *l, const PGresult *r);
    } parts[] = {{tables_sql, read_tables},
                 {columns_sql, read_columns},
                 {values_sql, read_values},
                 {rules_sql, read_rules},
                 {keys_sql, read_keys}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        PGresult *r;
        SAAS_TRY(saas_pg_run(&r, l->conn, "probing", parts[i].sql, &shared, 1, l->e));
        parts[i].read(l, r);
        PQclear(r);
        if (l->found)
            return saas_error_add(l->e, l->found, "probing: no memory");
    }
    return SAAS_OK;
}
