/* schema/format.h: the formats of text, a file each family. */
#ifndef SAAS_SCHEMA_FORMAT_H
#define SAAS_SCHEMA_FORMAT_H

#include <saas/text.h>

/* ---- format_text.c ---- */

bool saas_format_email(saas_text t);
bool saas_format_slug(saas_text t); /* of any length */
/* Code points of well-formed UTF-8. */
size_t saas_format_points(saas_text t);

/* ---- format_code.c ---- */

bool saas_format_hex(saas_text t);       /* of any length */
bool saas_format_base64url(saas_text t); /* of any length that bytes have */
bool saas_format_e164(saas_text t);
/* Digits without zeros in front and, behind a point, at most `scale` more, `precision` in all: Postgres' numeric. */
bool saas_format_decimal(saas_text t, int64_t precision, int64_t scale);

/* ---- format_host.c ---- */

/* RFC 1123: labels of letters, digits and '-', at most 253 bytes in all. */
bool saas_format_hostname(saas_text t);
/* One with a dot, and a last label that is no number, so that an address is none. */
bool saas_format_mail_host(saas_text t);
bool saas_format_ipv4(saas_text t); /* four decimals without zeros in front */
bool saas_format_ipv6(saas_text t); /* RFC 4291 section 2.2, no zone */

/* ---- format_url.c ---- */

/* RFC 3986's URI with one of the schemes: names with a space between, "*" for any, NULL for http and https. Those of
 * the web have a host that is not empty. */
bool saas_format_url(saas_text t, const char *schemes);
/* Whether such a list is well-formed. */
bool saas_format_schemes(const char *schemes);

/* ---- format_time.c ---- */

/* RFC 3339's date-time and nothing of Postgres' besides. */
bool saas_format_time(saas_time *out, saas_text t);

#endif
