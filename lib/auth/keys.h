/* auth/keys.h: the keys of an app and what is made with them. OpenSSL's MAC is fetched once; contexts are per thread.
 */
#ifndef SAAS_AUTH_KEYS_H
#define SAAS_AUTH_KEYS_H

#include <saas/auth.h>

typedef struct saas_keys saas_keys;

enum { SAAS_SECRET_BYTES_MIN = 32 };

/* Secrets are copied, and wiped by saas_keys_free. issuer and audience of access tokens are copied. ERR_CONFIG: a
 * secret is shorter than SAAS_SECRET_BYTES_MIN, or both are the same. ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_keys_new(saas_keys **out, saas_text access_secret, saas_text refresh_secret,
                                       saas_text issuer, saas_text audience);
void saas_keys_free(saas_keys *keys);

/* An access secret that retires: tokens made with it are good until they end, none is made any more; those made from
 * now on say by kid which secret is theirs. Copied. ERR_CONFIG: too short, or one of the others. ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_keys_retire(saas_keys *keys, saas_text previous_access_secret);
/* Access tokens are signed without the claim email. */
void saas_keys_leave_email_out(saas_keys *keys);

/* HMAC-SHA-256 states of one thread: not shared, made once per loop. */
typedef struct saas_signer saas_signer;
SAAS_MUST_CHECK saas_err saas_signer_new(saas_signer **out, const saas_keys *keys);
void saas_signer_free(saas_signer *s);

/* ---- access tokens: JWT, HS256, typ at+jwt ---- */

/* Signs claims iss, aud, sub, org, sid, role, email (when who->email has one), gen (unless 0), iat = now_s,
 * exp = now_s + 900. */
SAAS_MUST_CHECK saas_err saas_access_sign(saas_text *out, saas_arena *a, saas_signer *s, const saas_principal *who,
                                          int64_t now_s);
/* Strict: three parts of unpadded canonical base64url, exactly the header this library writes in its meaning (alg
 * HS256, typ at+jwt, no crit; a kid, if there is one, of the secret that made it), every claim present and well-typed
 * (without gen it is 0), iss and aud equal, exp in the future (leeway 0..60 s), constant-time signature first.
 * ERR_UNAUTHENTICATED for everything else. who->email points into the arena. */
SAAS_MUST_CHECK saas_err saas_access_verify(saas_principal *who, saas_arena *a, saas_signer *s, saas_text token,
                                            int64_t now_s);

/* ---- refresh tokens ---- */

/* srt_ and base64url of session id, secret, tag and checksum: always this long. */
enum { SAAS_REFRESH_CHARS = 116, SAAS_REFRESH_HASH = 32 };

/* What a well-formed token of this server says. */
typedef struct saas_refresh {
    saas_uuid session_id;
    uint8_t hash[SAAS_REFRESH_HASH]; /* SHA-256 of the secret part: what the database keeps */
} saas_refresh;

/* The first token of a session, from the CSPRNG. */
SAAS_MUST_CHECK saas_err saas_refresh_first(char token[SAAS_REFRESH_CHARS + 1], saas_refresh *out, saas_signer *s,
                                            saas_uuid session_id);
/* The successor of a token of that session, which has been read: HMAC(refresh secret, parent token || the random the
 * session's row keeps), so that a retry within the grace gets the same one, and neither row nor secret alone yields it.
 */
SAAS_MUST_CHECK saas_err saas_refresh_next(char token[SAAS_REFRESH_CHARS + 1], saas_refresh *out, saas_signer *s,
                                           saas_uuid session_id, saas_text parent, const uint8_t random[32]);
/* Checks prefix, checksum and the server's tag. ERR_UNAUTHENTICATED: malformed, or never issued here. */
SAAS_MUST_CHECK saas_err saas_refresh_read(saas_refresh *out, saas_signer *s, saas_text token);

/* ---- tokens of mails ---- */

enum { SAAS_MAIL_TOKEN_CHARS = 43, SAAS_MAIL_TOKEN_HASH = 32 };

/* 256 bits of the CSPRNG as base64url, and the SHA-256 that the database keeps. */
SAAS_MUST_CHECK saas_err saas_mail_token_new(char token[SAAS_MAIL_TOKEN_CHARS + 1], uint8_t hash[SAAS_MAIL_TOKEN_HASH],
                                             saas_signer *s);
/* ERR_NOT_FOUND: it can't be one. */
SAAS_MUST_CHECK saas_err saas_mail_token_read(uint8_t hash[SAAS_MAIL_TOKEN_HASH], saas_signer *s, saas_text token);

/* ---- requests that are remembered ---- */

enum { SAAS_REQUEST_MAC = 32 };

/* Of up to eight parts, so that a repetition is recognized and nothing is kept of what it said. ERR_BUG (more parts).
 */
SAAS_MUST_CHECK saas_err saas_request_mac(uint8_t out[SAAS_REQUEST_MAC], saas_signer *s, const saas_text *parts,
                                          size_t count);

/* ---- cursors of lists ---- */

enum { SAAS_CURSOR_CHARS_MAX = 2048 };

/* What a list hands out to go on from: base64url of `values` and an HMAC over them and over `bound`, which says whose
 * list it is and of what, and is not in it. The key is derived from the refresh secret. ERR_BUG: longer than
 * SAAS_CURSOR_CHARS_MAX. ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_cursor_seal(saas_text *out, saas_arena *a, saas_signer *s, saas_text bound,
                                          saas_text values);
/* The values of what was sealed with the same `bound`; in the arena, no NUL behind. ERR_VALIDATION for everything else.
 * ERR_NO_MEMORY. */
SAAS_MUST_CHECK saas_err saas_cursor_open(saas_text *values, saas_arena *a, saas_signer *s, saas_text bound,
                                          saas_text cursor);

/* ---- passwords; these take 10 ms and more: on the work pool only ---- */

enum { SAAS_PASSWORD_HASH_CHARS = 128 };
/* What Argon2id costs: memory and passes over it. */
typedef struct saas_password_cost {
    uint32_t memory_kib, passes;
} saas_password_cost;
/* OWASP's first choice; and whether a cost is at least one of its choices, and no more than is verified. */
#define SAAS_PASSWORD_COST ((saas_password_cost){19456, 2})
bool saas_password_cost_suffices(saas_password_cost cost);
SAAS_MUST_CHECK saas_err saas_argon2_hash(char out[SAAS_PASSWORD_HASH_CHARS], saas_text password,
                                          saas_password_cost cost);
/* hash: PHC string of Argon2id, or bcrypt ($2a$, $2b$, $2y$, cost up to 14: of the password's first 72 bytes, as bcrypt
 * has it). ok false: wrong, or no such hash. hash NULL: spends the same time on a dummy and says false. rehash: not
 * what saas_argon2_hash makes at this cost. */
void saas_password_verify(bool *ok, bool *rehash, const char *hash, saas_text password, saas_password_cost cost);
/* Whether it is one of the common passwords (compared without case). */
bool saas_password_common(saas_text password);

#endif
