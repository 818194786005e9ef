/* http/page.h: a list as its request asks for it. */
#ifndef SAAS_HTTP_PAGE_H
#define SAAS_HTTP_PAGE_H

#include "http/keyset.h"
#include "http/rows.h"

typedef struct saas_listing {
    const saas_schema *rows; /* the shape of each */
    const char *select, *order;
    saas_args args;
    int64_t per_page;
    const saas_field *fields[3]; /* of the query string: page, per_page, cursor, which may be NULL */
    saas_keyset keys;            /* of the order, where there is a cursor */
} saas_listing;

/* Answers what stands behind `cursor` (empty: from the start), with meta perPage and nextCursor. In one round trip. A
 * cursor of another organization, route, filter or order is an issue under "cursor". */
SAAS_MUST_CHECK saas_err saas_reply_from_cursor(saas_ctx *c, const saas_listing *l, saas_text cursor);

/* Asks the catalogue, once a loop and list, whether the order's columns may be null: such rows would be lost unseen.
 * ERR_BUG, and errors of queries. */
SAAS_MUST_CHECK saas_err saas_check_not_null(saas_ctx *c, const saas_listing *l, const PGresult *r);

#endif
