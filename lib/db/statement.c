#include "db/statement.h"
#include "db/columns.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void saas_db_stmts_init(saas_db_stmts *s)
{
    memset(s, 0, sizeof *s);
    saas_list_init(&s->unused);
}

static void free_stmt(saas_db_stmt *stmt)
{
    PQclear(stmt->shape);
    free(stmt);
}

void saas_db_stmts_done(saas_db_stmts *s)
{
    for (size_t i = 0; i < SAAS_DB_STATEMENTS; i++) {
        while (s->buckets[i]) {
            saas_db_stmt *stmt = s->buckets[i];
            s->buckets[i] = stmt->next;
            free_stmt(stmt);
        }
    }
}

/* Eight bytes a step: texts are looked up for every unit. */
static uint64_t hash_of(const char *p, size_t len)
{
    uint64_t h = len * UINT64_C(0x9e3779b97f4a7c15), word;
    for (; len >= 8; p += 8, len -= 8) {
        memcpy(&word, p, 8);
        h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 29;
    }
    word = 0;
    memcpy(&word, p, len);
    h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 32;
}

/* ---- what may run ---- */

static const char *skip_comment(const char *p)
{
    if (p[0] == '-' && p[1] == '-')
        return p + strcspn(p, "\n");
    size_t depth = 0;
    do {
        bool open = p[0] == '/' && p[1] == '*', close = p[0] == '*' && p[1] == '/';
        depth += open;
        depth -= close;
        p += open || close ? 2 : 1;
    } while (depth && *p);
    return p;
}

static const char *first_word(const char *p)
{
    for (;;) {
        p += strspn(p, " \t\r\n\f\v;(");
        if (!((p[0] == '-' && p[1] == '-') || (p[0] == '/' && p[1] == '*')))
            return p;
        p = skip_comment(p);
    }
}

/* Nothing at all; or what reaches past its unit: a BEGIN inside a unit would swallow the units of others behind it; a
 * SET would stay on the connection; COPY speaks another protocol. */
static bool forbidden(const char *sql)
{
    static const char *const words[] = {"begin",      "start",   "commit",  "end",     "rollback", "abort",
                                        "savepoint",  "release", "prepare", "set",     "reset",    "discard",
                                        "deallocate", "copy",    "listen",  "unlisten"};
    const char *word = first_word(sql);
    size_t len = 0;
    if (!*word)
        return true;
    while ((word[len] | 32) >= 'a' && (word[len] | 32) <= 'z')
        len++;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == len && !strncasecmp(words[i], word, len))
            return true;
    return false;
}

/* ---- the table ---- */

static void unlink_stmt(saas_db_stmts *s, saas_db_stmt *stmt)
{
    saas_db_stmt **at = &s->buckets[stmt->hash % SAAS_DB_STATEMENTS];
    while (*at != stmt)
        at = &(*at)->next;
    *at = stmt->next;
}

/* A free slot, or that of the statement unused for longest; its new gen tells every connection that the old name of the
 * slot has to go. */
static bool take_slot(saas_db_stmts *s, uint32_t *slot)
{
    if (s->count < SAAS_DB_STATEMENTS) {
        *slot = s->count++;
        return true;
    }
    saas_list *oldest = saas_list_pop(&s->unused);
    if (!oldest)
        return false;
    saas_db_stmt *gone = SAAS_CONTAINER(oldest, saas_db_stmt, lru);
    *slot = gone->slot;
    unlink_stmt(s, gone);
    free_stmt(gone);
    return true;
}

void saas_db_stmt_name(char out[SAAS_DB_NAME_SIZE], uint32_t slot, uint32_t gen)
{
    snprintf(out, SAAS_DB_NAME_SIZE, "s%u_%u", (unsigned)slot, (unsigned)gen);
}

static void rename_stmt(saas_db_stmts *s, saas_db_stmt *stmt)
{
    stmt->gen = ++s->gen;
    saas_db_stmt_name(stmt->name, stmt->slot, stmt->gen);
}

static saas_err add(saas_db_stmts *s, const char *sql, size_t len, uint64_t hash, saas_db_stmt **out)
{
    if (forbidden(sql))
        return SAAS_ERR_BUG;
    saas_db_stmt *stmt = calloc(1, sizeof *stmt + len + 1);
    if (!stmt)
        return SAAS_ERR_NO_MEMORY;
    if (!take_slot(s, &stmt->slot)) {
        free(stmt);
        return SAAS_ERR_BUSY;
    }
    memcpy(stmt->sql, sql, len + 1);
    stmt->len = len;
    stmt->hash = hash;
    rename_stmt(s, stmt);
    saas_list_init(&stmt->lru);
    stmt->next = s->buckets[hash % SAAS_DB_STATEMENTS];
    s->buckets[hash % SAAS_DB_STATEMENTS] = stmt;
    *out = stmt;
    return SAAS_OK;
}

saas_err saas_db_stmt_get(saas_db_stmts *s, const char *sql, saas_db_stmt **out)
{
    size_t len = strlen(sql);
    uint64_t hash = hash_of(sql, len);
    saas_db_stmt *stmt = s->buckets[hash % SAAS_DB_STATEMENTS];
    while (stmt && (stmt->hash != hash || stmt->len != len || memcmp(stmt->sql, sql, len) != 0))
        stmt = stmt->next;
    if (!stmt)
        SAAS_TRY(add(s, sql, len, hash, &stmt));
    saas_list_remove(&stmt->lru);
    stmt->refs++;
    *out = stmt;
    return SAAS_OK;
}

void saas_db_stmt_put(saas_db_stmts *s, saas_db_stmt *stmt)
{
    if (!--stmt->refs)
        saas_list_insert(&s->unused, &stmt->lru);
}

void saas_db_stmt_describe(saas_db_stmt *stmt, PGresult *r)
{
    PQclear(stmt->shape);
    stmt->shape = r;
    stmt->fits = NULL;
}

void saas_db_stmt_changed(saas_db_stmts *s, saas_db_stmt *stmt)
{
    rename_stmt(s, stmt);
    saas_db_stmt_describe(stmt, NULL);
}

saas_err saas_db_stmt_check(saas_db_stmt *stmt, const saas_schema *columns, saas_log *log)
{
    if (!stmt->shape || !columns || stmt->fits == columns)
        return SAAS_OK;
    SAAS_TRY(saas_db_columns_check(columns, stmt->shape, true, stmt->sql, log));
    stmt->fits = columns;
    return SAAS_OK;
}

/* ---- how long they take ---- */

enum { MEAN_RUNS = 32, TAIL_RUNS = 256, SLOW_MEAN_US = 5000, SLOW_TAIL_US = 25000, SLOW_FACTOR = 4 };

/* Slow by its mean, or because more than about one run in a hundred holds up a lane for long; and slower than the
 * others: when the server or this process is short of CPU everything takes long, and the slow lanes are no help. A
 * maximum would not do for the second: one pause would send everything there, to wait behind what is really slow. */
bool saas_db_stmts_slow(const saas_db_stmts *s, saas_db_stmt *const *stmts, size_t count)
{
    double mean = 0, tail = 0;
    for (size_t i = 0; i < count; i++) {
        mean += stmts[i]->mean_us;
        tail += stmts[i]->tail;
    }
    return (mean > SLOW_MEAN_US && mean > s->typical_us * SLOW_FACTOR) || tail > 2.5 / TAIL_RUNS;
}

static void ran(saas_db_stmt *stmt, double us)
{
    stmt->runs += stmt->runs < MEAN_RUNS;
    stmt->mean_us += (us - stmt->mean_us) / stmt->runs;
    stmt->tail += ((us > SLOW_TAIL_US) - stmt->tail) / TAIL_RUNS;
}

/* The answers of a unit come together, at its Sync: its time is shared out evenly. */
void saas_db_stmts_ran(saas_db_stmts *s, saas_db_stmt *const *stmts, size_t count, double us, bool shared)
{
    for (size_t i = 0; i < count; i++)
        ran(stmts[i], us / (double)count);
    if (shared)
        s->typical_us = us > s->typical_us ? s->typical_us * 1.05 + 1 : s->typical_us * 0.95;
}

void saas_db_stmt_overran(saas_db_stmt *stmt, double limit_us)
{
    stmt->runs = MEAN_RUNS;
    if (stmt->mean_us < limit_us)
        stmt->mean_us = limit_us;
}

void saas_db_stmt_failed(saas_db_stmt *stmt)
{
    stmt->runs += !stmt->runs;
}

bool saas_db_stmts_try(saas_db_stmt *const *stmts, size_t count, const void *who)
{
    for (size_t i = 0; i < count; i++)
        if (stmts[i]->trial && stmts[i]->trial != who)
            return false;
    for (size_t i = 0; i < count; i++)
        if (!stmts[i]->runs)
            stmts[i]->trial = who;
    return true;
}

bool saas_db_stmts_tried(saas_db_stmt *const *stmts, size_t count, const void *who)
{
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        if (stmts[i]->trial != who)
            continue;
        stmts[i]->trial = NULL;
        any = true;
    }
    return any;
}
