#include "app/live.h"
#include "base/buf.h"
#include <stdlib.h>
#include <string.h>

enum { ATTEMPTS = 200 };

#define CURRENT "pg_catalog.current_setting('app.current_org_id')::uuid"

/* ---- the statement ---- */

/* Every column of a key comes from the same row. */
const char *saas_live_parent(live *l, const live_key *key, const char *column)
{
    saas_buf b;
    saas_buf_init(&b, l->arena, 128);
    saas_buf_format(&b, "(select p.%s from %s p", column, key->parent_name);
    if (key->parent)
        saas_buf_format(&b, " where p.%s = " CURRENT, key->parent->columns[key->parent->org].name);
    saas_buf_lit(&b, " order by ");
    for (size_t i = 0; i < key->count; i++)
        saas_buf_format(&b, "%sp.%s", i ? ", " : "", key->pairs[i].parent);
    saas_buf_lit(&b, " limit 1)");
    return saas_buf_done(&b).ptr;
}

static const char *value_of(live *l, const live_column *c)
{
    if (c->source == LIVE_PARENT)
        return saas_live_parent(l, c->key, c->parent);
    return c->source == LIVE_GIVEN ? c->given : c->values[c->value];
}

const char *saas_live_insert(live *l, const live_table *t)
{
    saas_buf names, values;
    saas_buf_init(&names, l->arena, 256);
    saas_buf_init(&values, l->arena, 512);
    for (size_t i = 0; i < t->column_count; i++) {
        const live_column *c = &t->columns[i];
        if (c->source == LIVE_DEFAULT)
            continue;
        saas_buf_format(&names, "%s%s", names.len ? ", " : "", c->name);
        if (values.len)
            saas_buf_lit(&values, ", ");
        const char *value = value_of(l, c);
        if (!value)
            return NULL;
        saas_buf_z(&values, value);
    }
    const char *n = saas_buf_done(&names).ptr, *v = saas_buf_done(&values).ptr;
    if (!n || !v)
        return NULL;
    return *n ? saas_arena_format(l->arena, "insert into %s (%s) values (%s)", t->name, n, v).ptr
              : saas_arena_format(l->arena, "insert into %s default values", t->name).ptr;
}

/* ---- columns ---- */

static bool refuse(live *l, live_table *t, const char *what, const char *name)
{
    t->why = saas_arena_format(l->arena, "%s %s", what, name).ptr;
    if (!t->why)
        t->why = "no memory";
    return false;
}

/* A value that does not even read as its type is none. */
static bool next_value(live *l, live_column *c, size_t from)
{
    for (c->value = from; c->value < c->value_count; c->value++) {
        const char *sql = saas_arena_format(l->arena, "select %s", c->values[c->value]).ptr;
        if (sql && saas_live_try(l, sql, false))
            return true;
    }
    return false;
}

/* The key with most columns that has this one: what it refers to fits the others best. */
static const live_key *key_of(const live_table *t, size_t column, const char **parent)
{
    const live_key *best = NULL;
    for (size_t i = 0; i < t->key_count; i++)
        for (size_t n = 0; n < t->keys[i].count; n++)
            if (t->keys[i].pairs[n].column == column && (!best || t->keys[i].count > best->count)) {
                best = &t->keys[i];
                *parent = best->pairs[n].parent;
            }
    return best;
}

static bool provide(live *l, live_table *t, size_t column)
{
    live_column *c = &t->columns[column];
    if (column == t->org) {
        c->source = LIVE_GIVEN;
        c->given = CURRENT;
        return true;
    }
    c->key = key_of(t, column, &c->parent);
    if (!c->key) {
        c->source = LIVE_VALUE;
        return next_value(l, c, 0) || refuse(l, t, "no value was found for column", c->name);
    }
    c->source = LIVE_PARENT;
    live_table *parent = c->key->parent;
    if (parent && parent != t && parent->insert && !saas_live_fill(l, parent))
        return refuse(l, t, "nothing to refer to in", parent->name);
    return true;
}

/* ---- what the table says ---- */

static bool is_in(const char *numbers, int number)
{
    char *end;
    for (; *numbers; numbers = end) {
        const long n = strtol(numbers, &end, 10);
        if (end == numbers)
            return false;
        if (n == number)
            return true;
    }
    return false;
}

/* The next combination of values of the columns that a rule looks at; one that was left out is given first. */
static bool turn(live *l, live_table *t, const char *numbers)
{
    for (size_t i = 0; i < t->column_count; i++)
        if (t->columns[i].source == LIVE_DEFAULT && !t->columns[i].required && i != t->org &&
            is_in(numbers, t->columns[i].number) && t->columns[i].updatable)
            return provide(l, t, i);
    for (size_t i = 0; i < t->column_count; i++) {
        live_column *c = &t->columns[i];
        if (c->source != LIVE_VALUE || !is_in(numbers, c->number))
            continue;
        if (next_value(l, c, c->value + 1))
            return true;
        if (!next_value(l, c, 0))
            return false;
    }
    return false;
}

static bool give_column(live *l, live_table *t, const char *name)
{
    for (size_t i = 0; i < t->column_count; i++) {
        live_column *c = &t->columns[i];
        const size_t quoted = c->name[0] == '"';
        if (strncmp(c->name + quoted, name, strlen(name)) || c->name[quoted + strlen(name)] != (quoted ? '"' : 0))
            continue;
        if (c->source == LIVE_DEFAULT)
            return provide(l, t, i);
        return refuse(l, t, "nothing to refer to in", c->source == LIVE_PARENT ? c->key->parent_name : c->name);
    }
    return refuse(l, t, "no value was found for column", name);
}

static bool give_key(live *l, live_table *t, const char *name)
{
    for (size_t i = 0; i < t->key_count; i++) {
        const live_key *key = &t->keys[i];
        for (size_t n = 0; !strcmp(key->name, name) && n < key->count; n++)
            if (t->columns[key->pairs[n].column].source == LIVE_DEFAULT && key->pairs[n].column != t->org)
                return provide(l, t, key->pairs[n].column);
    }
    return refuse(l, t, "nothing fits foreign key", name);
}

static bool obey_rule(live *l, live_table *t, const char *name)
{
    for (size_t i = 0; i < t->rule_count; i++)
        if (!strcmp(t->rules[i].name, name))
            return turn(l, t, t->rules[i].columns) || refuse(l, t, "no values were found that satisfy", name);
    return refuse(l, t, "no values were found that satisfy", name);
}

/* Changes what the last answer found wrong. */
static bool learn(live *l, live_table *t)
{
    const live_answer a = l->answer;
    if (!strcmp(a.sqlstate, "23502"))
        return give_column(l, t, a.column);
    if (!strcmp(a.sqlstate, "23503"))
        return give_key(l, t, a.constraint);
    if (!strcmp(a.sqlstate, "23514") || !strcmp(a.sqlstate, "23505") || !strcmp(a.sqlstate, "23P01"))
        return obey_rule(l, t, a.constraint);
    return refuse(l, t, "an insert is answered:", a.message);
}

static bool fill(live *l, live_table *t)
{
    for (size_t i = 0; i < t->column_count; i++)
        if (t->columns[i].required && t->columns[i].source == LIVE_DEFAULT && !provide(l, t, i))
            return false;
    for (int n = 0; n < ATTEMPTS; n++) {
        const char *sql = saas_live_insert(l, t);
        if (sql && saas_live_try(l, sql, true))
            return l->answer.rows > 0 || refuse(l, t, "an insert", "adds no row");
        if (!sql || saas_live_is_over(l))
            return refuse(l, t, "an insert is answered:", l->answer.message);
        if (!learn(l, t))
            return false;
    }
    return refuse(l, t, "no values were found that satisfy", l->answer.constraint);
}

bool saas_live_fill(live *l, live_table *t)
{
    if (t->filled || t->filling || t->why)
        return t->filled;
    t->filling = true;
    /* What it refers to comes first, that it can be tried with another organization's. */
    for (size_t i = 0; i < t->key_count; i++)
        if (t->keys[i].parent && t->keys[i].parent->insert)
            saas_live_fill(l, t->keys[i].parent);
    t->filled = fill(l, t);
    t->filling = false;
    return t->filled;
}
