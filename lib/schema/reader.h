/* schema/reader.h: what the files that read JSON into structs share.
 *
 * Functions return false when there is no going on: the text is malformed, or memory is out. They stand on the first
 * character of what they read. */
#ifndef SAAS_SCHEMA_READER_H
#define SAAS_SCHEMA_READER_H

#include "json/token.h"
#include "schema/report.h"
#include "schema/field.h"

typedef struct saas_reader {
    saas_json_in in;
    saas_report report;
    const char *start;
    bool partial; /* the root's absent fields stay absent */
} saas_reader;

/* A value of that type into its member. Past the most nodes there may be, JSON is only checked. */
bool saas_reader_value(saas_reader *r, const saas_step *at, const saas_field *f, saas_type type, void *member);
/* An object by its schema; of a union, its tag is a key too. */
bool saas_reader_object(saas_reader *r, const saas_step *at, const saas_schema *s, void *base, const saas_union *u);
bool saas_reader_list(saas_reader *r, const saas_step *at, const saas_field *f, saas_list_member *list);
bool saas_reader_map(saas_reader *r, const saas_step *at, const saas_field *f, saas_list_member *map);
bool saas_reader_union(saas_reader *r, const saas_step *at, const saas_union *u, void *member);
/* Any value, as raw text of its own. */
bool saas_reader_json(saas_reader *r, const saas_step *at, saas_text *member);

#endif
