/* saas/text.h: the value types that structs, arguments and rows share: text, UUID, time,
 * date, duration.
 * Thread: any. Since 0.1. */
#ifndef SAAS_TEXT_H
#define SAAS_TEXT_H

#include <saas/err.h>

SAAS_BEGIN_DECLS

/* Text with its length in bytes; NUL-terminated as well (`len` leaves the NUL out), UTF-8 where it came through a
 * schema. ptr NULL is SQL's and JSON's null. Borrowed unless a function says otherwise. */
typedef struct saas_text {
    const char *ptr;
    size_t len;
} saas_text;

/* A UUID, bytes in the order they are written (RFC 9562 section 4). */
typedef struct saas_uuid {
    uint8_t b[16];
} saas_uuid;

/* An instant: microseconds since 1970-01-01T00:00:00Z, Postgres' timestamptz to the digit. */
typedef struct saas_time {
    int64_t us;
} saas_time;

/* A day of the Gregorian calendar, in days since 1970-01-01. */
typedef struct saas_date {
    int32_t days;
} saas_date;

/* A length of time: microseconds. A day is 24 hours. */
typedef struct saas_duration {
    int64_t us;
} saas_duration;

enum { SAAS_UUID_CHARS = 36, SAAS_TIME_CHARS = 27, SAAS_DATE_CHARS = 10, SAAS_DURATION_CHARS = 40 };

/* Text of a string literal or array, without strlen. Not for pointers. */
/* C only. */
#define SAAS_LIT(literal) ((saas_text){"" literal, sizeof(literal) - 1})

/* Text of a NUL-terminated string; {NULL, 0} for NULL. Borrows z. */
SAAS_API saas_text saas_text_z(const char *z);
SAAS_API bool saas_text_equal(saas_text a, saas_text b);
/* Equal but for the case of ASCII letters. */
SAAS_API bool saas_text_equal_ci(saas_text a, saas_text b);

/* Reads the 36-character form, either case, nothing else (no braces, no urn:). ERR_VALIDATION otherwise. */
SAAS_API SAAS_MUST_CHECK saas_err saas_uuid_parse(saas_uuid *out, saas_text text);
/* Writes 36 lower-case characters and a NUL. */
SAAS_API void saas_uuid_format(char out[SAAS_UUID_CHARS + 1], saas_uuid id);
SAAS_API bool saas_uuid_equal(saas_uuid a, saas_uuid b);
SAAS_API bool saas_uuid_is_nil(saas_uuid id);
/* A new version 7 UUID: milliseconds of the wall clock, then 74 bits from the system's CSPRNG (RFC 9562 section 5.7).
 * ERR_UNAVAILABLE when the system gives no randomness. */
SAAS_API SAAS_MUST_CHECK saas_err saas_uuid_v7(saas_uuid *out);

/* RFC 3339 in UTC with microseconds: 2026-01-31T09:30:00.123456Z, and a NUL. The year is clamped to 0001..9999. */
SAAS_API void saas_time_format(char out[SAAS_TIME_CHARS + 1], saas_time t);
/* Reads RFC 3339 with any offset, 'T' or a space between, and Postgres' ISO output ("2026-01-31 09:30:00.12+00").
 * ERR_VALIDATION otherwise. */
SAAS_API SAAS_MUST_CHECK saas_err saas_time_parse(saas_time *out, saas_text text);
SAAS_API saas_time saas_time_now(void);

/* 2026-01-31 and a NUL. The year is clamped to 0001..9999. */
SAAS_API void saas_date_format(char out[SAAS_DATE_CHARS + 1], saas_date date);
/* Reads just that. ERR_VALIDATION otherwise. */
SAAS_API SAAS_MUST_CHECK saas_err saas_date_parse(saas_date *out, saas_text text);

/* ISO 8601: P1DT2H3M4.5S, PT0S for none, with a '-' in front when it is negative; and a NUL. */
SAAS_API void saas_duration_format(char out[SAAS_DURATION_CHARS + 1], saas_duration d);
/* Reads PnDTnHnMn.nS with any of its parts, or PnW: upper case, at most 6 digits behind the point, no sign; no years and
 * months, which have no fixed length. ERR_VALIDATION otherwise and beyond 64 bits. */
SAAS_API SAAS_MUST_CHECK saas_err saas_duration_parse(saas_duration *out, saas_text text);

SAAS_END_DECLS
#endif
