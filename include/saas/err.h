/* saas/err.h: the one error type. Each error has a symbol, a stable string for clients (the envelope's `code`), an
 * HTTP status and a neutral text that is safe to show to anyone.
 *
 * A function that fails returns one of these and leaves its out parameters alone. A handler passes what it got on
 * (SAAS_TRY) and the envelope makes the answer of it; details for operators go to the log, never to the client.
 *
 * Thread: any. Since 0.1. */
#ifndef SAAS_ERR_H
#define SAAS_ERR_H

#include <saas/api.h>

SAAS_BEGIN_DECLS

/* E(symbol, number, HTTP status, code, text). Numbers never change and are never reused. */
#define SAAS_ERRORS(E)                                                                                                 \
    E(OK, 0, 200, "OK", "OK")                                                                                          \
    /* what a client did wrong */                                                                                      \
    E(ERR_MALFORMED_JSON, 1, 400, "MALFORMED_JSON", "The body is not valid JSON")                                      \
    E(ERR_VALIDATION, 2, 400, "VALIDATION_ERROR", "The request is not valid")                                          \
    E(ERR_UNAUTHENTICATED, 3, 401, "UNAUTHENTICATED", "Sign in first")                                                 \
    E(ERR_FORBIDDEN, 4, 403, "FORBIDDEN", "Your role does not allow this")                                             \
    E(ERR_NOT_FOUND, 5, 404, "NOT_FOUND", "Not found")                                                                 \
    E(ERR_METHOD_NOT_ALLOWED, 6, 405, "METHOD_NOT_ALLOWED", "This method is not allowed here")                         \
    E(ERR_CONFLICT, 7, 409, "CONFLICT", "This conflicts with what is stored")                                          \
    E(ERR_PAYLOAD_TOO_LARGE, 8, 413, "PAYLOAD_TOO_LARGE", "The body is too large")                                     \
    E(ERR_UNSUPPORTED_MEDIA_TYPE, 9, 415, "UNSUPPORTED_MEDIA_TYPE", "Send application/json")                           \
    E(ERR_RATE_LIMITED, 10, 429, "RATE_LIMITED", "Too many requests")                                                  \
    E(ERR_BAD_REQUEST, 11, 400, "BAD_REQUEST", "The request could not be understood")                                  \
    E(ERR_LENGTH_REQUIRED, 12, 411, "LENGTH_REQUIRED", "Send the body with a Content-Length")                          \
    /* what went wrong here */                                                                                         \
    E(ERR_INTERNAL, 20, 500, "INTERNAL_ERROR", "Something went wrong")                                                 \
    E(ERR_BUG, 21, 500, "INTERNAL_ERROR", "Something went wrong")                                                      \
    E(ERR_NO_MEMORY, 22, 503, "UNAVAILABLE", "Try again later")                                                        \
    E(ERR_UNAVAILABLE, 23, 503, "UNAVAILABLE", "Try again later")                                                      \
    E(ERR_DEADLINE, 24, 503, "UNAVAILABLE", "Try again later")                                                         \
    E(ERR_CANCELLED, 25, 503, "UNAVAILABLE", "Try again later")                                                        \
    E(ERR_BUSY, 26, 503, "UNAVAILABLE", "Try again later")                                                             \
    E(ERR_CONFIG, 27, 500, "INTERNAL_ERROR", "Something went wrong")                                                   \
    /* what the database said; 23505 and its like become these */                                                     \
    E(ERR_UNIQUE, 40, 409, "CONFLICT", "This conflicts with what is stored")                                           \
    E(ERR_FOREIGN_KEY, 41, 409, "CONFLICT", "This conflicts with what is stored")                                      \
    E(ERR_CHECK, 42, 400, "VALIDATION_ERROR", "The request is not valid")                                              \
    E(ERR_TENANT, 43, 404, "NOT_FOUND", "Not found")                                                                   \
    E(ERR_SERIALIZATION, 44, 503, "UNAVAILABLE", "Try again later")                                                    \
    E(ERR_READ_ONLY, 45, 500, "INTERNAL_ERROR", "Something went wrong")                                                \
    E(ERR_SQL, 46, 500, "INTERNAL_ERROR", "Something went wrong")                                                      \
    E(ERR_OUTCOME_UNKNOWN, 47, 503, "UNAVAILABLE", "Try again later")                                                  \
    E(ERR_TOO_MANY_ROWS, 48, 500, "INTERNAL_ERROR", "Something went wrong")                                            \
    /* the failure is in the context already: saas_fail() returns it */                                                \
    E(ERR_FAILED, 60, 500, "INTERNAL_ERROR", "Something went wrong")

#define SAAS__ERR_SYMBOL(symbol, number, status, code, text) SAAS_##symbol = number,
typedef enum saas_err { SAAS_ERRORS(SAAS__ERR_SYMBOL) SAAS_ERR_MAX_ = 0x7fffffff } saas_err;
#undef SAAS__ERR_SYMBOL

/* The stable code ("VALIDATION_ERROR"), the HTTP status and the neutral text of an error; those of ERR_INTERNAL for a
 * number that is not in the table. Never NULL; static storage. */
SAAS_API const char *saas_err_code(saas_err e);
SAAS_API int saas_err_status(saas_err e);
SAAS_API const char *saas_err_text(saas_err e);

/* The symbol for logs and tests ("ERR_VALIDATION"). */
SAAS_API const char *saas_err_symbol(saas_err e);

/* Detail of a failure at set-up (a wrong table, a migration, a start-up check). The caller's storage; a function that
 * takes a saas_error * fills it on failure, NULL is allowed. `text` is for people who operate the program: it names
 * fields, tables, roles, files, and holds no secret. Lines are separated by '\n'. */
typedef struct saas_error {
    saas_err err;
    char text[4096];
} saas_error;

/* Returns from the calling function with the error of `expr`, if it has one. */
#define SAAS_TRY(expr)                                                                                                 \
    do {                                                                                                               \
        saas_err saas_e_ = (expr);                                                                                     \
        if (saas_e_ != SAAS_OK)                                                                                        \
            return saas_e_;                                                                                            \
    } while (0)

SAAS_END_DECLS
#endif
