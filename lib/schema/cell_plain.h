/* schema/cell_plain.h: cells whose text is JSON's but for quotes: most of what Postgres gives, without taking it apart.
 */
#ifndef SAAS_SCHEMA_CELL_PLAIN_H
#define SAAS_SCHEMA_CELL_PLAIN_H

#include "json/write.h"
#include <saas/schema.h>

/* Writes an integer, uuid or time in the form in which Postgres prints it. false: another form, or another type, and
 * nothing was written. */
bool saas_write_plain_cell(saas_json *j, saas_type type, saas_text cell);

#endif
