/* schema/rules.h: what a value must be to become a member, however it came in. What is wrong goes to the report;
 * `type` is the field's, or for an element of a list its item. */
#ifndef SAAS_SCHEMA_RULES_H
#define SAAS_SCHEMA_RULES_H

#include "json/token.h"
#include "schema/report.h"

void saas_rule_string(saas_report *r, const saas_step *at, const saas_field *f, saas_type type,
                      const saas_json_string *s, void *member);
void saas_rule_number(saas_report *r, const saas_step *at, const saas_field *f, const saas_json_number *n,
                      void *member);
void saas_rule_count(saas_report *r, const saas_step *at, const saas_field *f, size_t count);
/* Not of the kind at all. */
void saas_rule_type(saas_report *r, const saas_step *at, saas_type type);
void saas_rule_null(saas_report *r, const saas_step *at);
/* No value: the default, or an issue if the field is required. */
void saas_rule_absent(saas_report *r, const saas_step *at, const saas_field *f, void *base);
/* Text from outside JSON, coerced; has-byte included. Not for objects and lists. */
void saas_rule_coerce(saas_report *r, const saas_step *at, const saas_field *f, saas_text text, void *base);

/* A word's index, 0 when it is none. */
int saas_enum_index(const saas_enum *e, saas_text word);

#endif
