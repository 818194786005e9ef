#include "app/live.h"
#include "base/error.h"
#include <string.h>

void saas_live_finding(live *l, const live_table *t, const char *what)
{
    if (!saas_live_is_over(l))
        l->found = saas_error_add(l->e, SAAS_ERR_TENANT, "%s: %s", t->name, what);
}

/* A write that gets as far as a constraint of the table has passed every policy. */
static bool passed_policies(const live *l, const live_table *t)
{
    const live_answer *a = &l->answer;
    return a->ok ? a->rows > 0
                 : !strncmp(a->sqlstate, "23", 2) && !strcmp(a->table, t->plain) && (a->constraint[0] || a->column[0]);
}

/* Runs sql as the first organization, which is taken back, and looks whether the second one has other rows than before:
 * a trigger may have put things right. */
static bool reaches(live *l, const live_table *t, const char *sql)
{
    if (!sql)
        return false;
    bool passed = false;
    const long before = saas_live_count(l, t, 1);
    saas_live_as(l, 0);
    saas_live_run(l, "savepoint saas_reach");
    saas_live_try(l, sql, true);
    if (passed_policies(l, t)) {
        passed = true;
        if (l->answer.ok && t->select)
            passed = saas_live_differs(saas_live_count(l, t, 1), before);
    }
    saas_live_run(l, "rollback to savepoint saas_reach; release savepoint saas_reach");
    return passed;
}

static const char *updatable(const live_table *t)
{
    for (size_t i = 0; i < t->column_count; i++)
        if (t->columns[i].updatable && i != t->org)
            return t->columns[i].name;
    return NULL;
}

/* ---- reading ---- */

static void read_others(live *l, const live_table *t)
{
    const char *sql = saas_arena_format(l->arena, "select from %s where %s is distinct from '%s' limit 1", t->name,
                                        t->columns[t->org].name, l->org[0])
                          .ptr;
    if (t->select && sql && saas_live_try(l, sql, false) && l->answer.rows)
        saas_live_finding(l, t, "shows an organization another one's rows");
}

/* ---- writing to what is another's ---- */

/* Without WHERE: with one, the policy for reading has a say too. */
static void change_others(live *l, const live_table *t)
{
    const char *column = updatable(t);
    const char *sql = column ? saas_arena_format(l->arena, "update %s set %s = %s", t->name, column, column).ptr : NULL;
    const long own = saas_live_count(l, t, 0);
    if (!t->update || !sql || own < 0)
        return;
    if (saas_live_try(l, sql, false) && l->answer.rows > own)
        saas_live_finding(l, t, "lets an organization update another one's rows");
}

static void remove_others(live *l, const live_table *t)
{
    const char *sql =
        saas_arena_format(l->arena, "delete from %s where %s = '%s'", t->name, t->columns[t->org].name, l->org[1]).ptr;
    if (!t->remove || !sql)
        return;
    /* What refers to a row keeps it from going only when it would. */
    if (saas_live_try(l, sql, false) ? l->answer.rows > 0 : !strncmp(l->answer.sqlstate, "23", 2))
        saas_live_finding(l, t, "lets an organization delete another one's rows");
}

/* ---- making something another's ---- */

static void give_away(live *l, live_table *t)
{
    const live_column *org = &t->columns[t->org];
    const char *sql = saas_arena_format(l->arena, "update %s set %s = '%s'", t->name, org->name, l->org[1]).ptr;
    if (org->updatable && reaches(l, t, sql))
        saas_live_finding(l, t, "lets a row be moved to another organization");
}

static void insert_for_other(live *l, live_table *t)
{
    live_column *org = &t->columns[t->org], before = *org;
    const char *given = saas_arena_format(l->arena, "'%s'", l->org[1]).ptr;
    if (!given)
        return;
    org->source = LIVE_GIVEN;
    org->given = given;
    const char *sql = saas_live_insert(l, t);
    *org = before;
    if (reaches(l, t, sql))
        saas_live_finding(l, t, "takes a row for another organization");
}

/* ---- referring to what is another's ---- */

/* The second organization's row that this key could refer to, a literal each; false: there is none. */
static bool keys_of_other(live *l, const live_key *key, const char **values)
{
    for (size_t i = 0; i < key->count; i++) {
        const char *one = saas_live_parent(l, key, key->pairs[i].parent);
        const char *sql =
            one ? saas_arena_format(l->arena, "select pg_catalog.quote_literal(%s::text)", one).ptr : NULL;
        if (!sql || !saas_live_try(l, sql, false) || !l->answer.rows || !l->answer.text[0])
            return false;
        values[i] = saas_arena_copy(l->arena, l->answer.text, strlen(l->answer.text));
        if (!values[i])
            return false;
    }
    return true;
}

static const char *insert_with(live *l, live_table *t, const live_key *key, const char **values)
{
    live_column *before = saas_arena_alloc(l->arena, t->column_count * sizeof *before);
    if (!before)
        return NULL;
    memcpy(before, t->columns, t->column_count * sizeof *before);
    for (size_t i = 0; i < key->count; i++) {
        if (key->pairs[i].column == t->org)
            continue;
        t->columns[key->pairs[i].column].source = LIVE_GIVEN;
        t->columns[key->pairs[i].column].given = values[i];
    }
    const char *sql = saas_live_insert(l, t);
    memcpy(t->columns, before, t->column_count * sizeof *before);
    return sql;
}

static void refer_to_others(live *l, live_table *t, const live_key *key)
{
    const char **values = saas_arena_calloc(l->arena, key->count, sizeof *values);
    if (!values || !key->parent || !strcmp(key->parent_name, "public.organizations"))
        return;
    saas_live_as(l, 1);
    const bool there = keys_of_other(l, key, values);
    saas_live_as(l, 0);
    const char *sql = there ? insert_with(l, t, key, values) : NULL;
    if (!sql || !saas_live_try(l, sql, false) || !l->answer.rows)
        return;
    const char *what =
        saas_arena_format(l->arena, "foreign key %s takes another organization's row for a parent", key->name).ptr;
    saas_live_finding(l, t, what ? what : "a foreign key takes another organization's row for a parent");
}

/* ---- its own ---- */

/* What it writes must be its own, and nobody else's. */
static void write_own(live *l, live_table *t)
{
    const long others = saas_live_count(l, t, 1), before = saas_live_count(l, t, 0);
    if (!saas_live_fill(l, t))
        return;
    if (before >= 0 && saas_live_count(l, t, 0) == before)
        saas_live_finding(l, t, "a row that an organization writes is not among its own");
    if (saas_live_differs(saas_live_count(l, t, 1), others))
        saas_live_finding(l, t, "what an organization writes becomes another one's");
    saas_live_as(l, 0);
}

/* What it refers to comes first: only then are there rows to refer to. And what is tried with new rows comes before
 * there is one of its own that they could collide with. */
void saas_live_reach(live *l, live_table *t)
{
    if (t->reached)
        return;
    t->reached = true;
    for (size_t i = 0; i < t->key_count; i++)
        if (t->keys[i].parent)
            saas_live_reach(l, t->keys[i].parent);
    if (t->insert && !t->why) {
        for (size_t i = 0; i < t->key_count; i++)
            refer_to_others(l, t, &t->keys[i]);
        insert_for_other(l, t);
        write_own(l, t);
    }
    read_others(l, t);
    change_others(l, t);
    remove_others(l, t);
    give_away(l, t);
    saas_live_as(l, 0);
}
