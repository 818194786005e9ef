/* http/keyset.h: the order of a list as columns and directions, and the place of a row in it as values. */
#ifndef SAAS_HTTP_KEYSET_H
#define SAAS_HTTP_KEYSET_H

#include "base/buf.h"
#include <libpq-fe.h>
#include <saas/args.h>

enum { SAAS_KEYS_MAX = 8 };

typedef struct saas_key {
    saas_text column; /* [a-z_][a-z0-9_]*, in the order's text */
    const saas_field *field;
    bool down;
} saas_key;

typedef struct saas_keyset {
    saas_key keys[SAAS_KEYS_MAX];
    size_t count;
} saas_keyset;

/* Reads "created_at desc, id desc": names of columns, each with asc, desc or nothing behind it. Each is a field of the
 * rows' schema that clients see and that is never null. NULL, or what is wrong with it (static). */
const char *saas_keyset_parse(saas_keyset *out, const char *order, const saas_schema *rows);
/* What is true of the rows behind the values, which are parameters from $first on: rows are compared where all columns
 * go one way, so that an index in this order finds the first of them. */
void saas_keyset_after(saas_buf *b, const saas_keyset *k, size_t first);
void saas_keyset_order(saas_buf *b, const saas_keyset *k);

/* Where a result has the column of key i; -1: nowhere. */
int saas_keyset_column(const saas_keyset *k, size_t i, const PGresult *r);
/* NULL, or what is wrong with a result: a column that is missing, inexact or null in a row (static). */
const char *saas_keyset_check(const saas_keyset *k, const PGresult *r);
/* The values of a row, to be kept by others. */
void saas_keyset_pack(saas_buf *b, const saas_keyset *k, const PGresult *r, int row);
/* And back as arguments, k->count of them, texts in the arena. ERR_VALIDATION, ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_keyset_unpack(saas_value *out, saas_arena *a, const saas_keyset *k, saas_text packed);

#endif
