/* schema/rules.h: what a value must be to become a member, however it came in. What is wrong goes to the report;
 * `type` is the field's, or for an element of a list or map its item. */
#ifndef SAAS_SCHEMA_RULES_H
#define SAAS_SCHEMA_RULES_H

#include "json/token.h"
#include "schema/field.h"
#include "schema/report.h"

/* ---- rule_text.c ---- */

/* Well-formed UTF-8 without U+0000; ascii: known to be nothing else. */
void saas_rule_string(saas_report *r, const saas_step *at, const saas_field *f, saas_type type, saas_text t, bool ascii,
                      void *member);
/* A word's index, 0 when it is none. */
int saas_enum_index(const saas_enum *e, saas_text word);

/* Whether a text keeps to the rules as most do: plain text, ASCII, with nothing but bounds to keep to. */
static inline bool saas_rule_is_plain(const saas_field *f, saas_type type, saas_text t, bool ascii)
{
    bool changes = f->trim || f->lower || f->upper, more = f->prefix || f->suffix || f->pattern || f->one_of;
    int64_t points = (int64_t)t.len;
    return type == SAAS_T_TEXT && ascii && !changes && !more && f->bounded && points >= f->lo && points <= f->hi;
}

/* ---- rule_number.c ---- */

void saas_rule_number(saas_report *r, const saas_step *at, const saas_field *f, saas_type type,
                      const saas_json_number *n, void *member);

/* ---- rules.c ---- */

void saas_rule_count(saas_report *r, const saas_step *at, const saas_field *f, size_t count);
/* Elements of a list, keys of a map: an issue for each that was there before. */
void saas_rule_unique(saas_report *r, const saas_step *at, const saas_field *f, const saas_list_member *list);
/* Not of the kind at all. */
void saas_rule_type(saas_report *r, const saas_step *at, saas_type type);
void saas_rule_null(saas_report *r, const saas_step *at);
/* None of the words, which end with NULL; `words` is what e->words or .one_of has. */
void saas_rule_words(saas_report *r, const saas_step *at, const char *const *words, size_t count);
/* Whether the text is among .one_of; without it everything is. */
bool saas_rule_one_of(const saas_field *f, saas_text t);
/* No value: the default, or an issue if the field is required. */
void saas_rule_absent(saas_report *r, const saas_step *at, const saas_field *f, void *base);
/* Text from outside JSON, coerced. Only scalars. */
void saas_rule_coerce(saas_report *r, const saas_step *at, const saas_field *f, saas_type type, saas_text text,
                      void *member);

#endif
