/* schema/format.h: the formats of text. */
#ifndef SAAS_SCHEMA_FORMAT_H
#define SAAS_SCHEMA_FORMAT_H

#include <saas/text.h>

bool saas_format_email(saas_text t);
bool saas_format_slug(saas_text t); /* of any length */
/* RFC 3339's date-time and nothing of Postgres' besides. */
bool saas_format_time(saas_time *out, saas_text t);
/* Code points of well-formed UTF-8. */
size_t saas_format_points(saas_text t);

#endif
