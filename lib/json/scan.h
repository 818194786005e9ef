/* json/scan.h: one strict RFC 8259 check of a whole text, filling nothing: for JSON that goes through as it is. */
#ifndef SAAS_JSON_SCAN_H
#define SAAS_JSON_SCAN_H

#include <saas/text.h>

/* ERR_MALFORMED_JSON: not RFC 8259, not UTF-8, a byte order mark, deeper than SAAS_JSON_DEPTH_MAX. */
SAAS_MUST_CHECK saas_err saas_json_check(saas_text json);

#endif
