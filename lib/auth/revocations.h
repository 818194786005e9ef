/* auth/revocations.h: what access tokens must not be taken any more though they have not ended: a set of one loop, so
 * without locks. An entry is needed for no longer than the tokens it stops live. */
#ifndef SAAS_AUTH_REVOCATIONS_H
#define SAAS_AUTH_REVOCATIONS_H

#include <saas/ctx.h>

/* A token is made within a minute of its session's or user's row being read, by whichever clock. */
enum { SAAS_REVOCATION_S = 960 };

typedef struct saas_revocations saas_revocations;

typedef enum saas_revoked_kind { SAAS_REVOKED_SESSION = 1, SAAS_REVOKED_USER, SAAS_REVOKED_ORG } saas_revoked_kind;

#define SAAS_GENERATION_ANY UINT32_MAX

typedef struct saas_revocation {
    saas_uuid subject;
    uint32_t below; /* stops tokens of a smaller generation; SAAS_GENERATION_ANY: every one */
    saas_revoked_kind kind;
} saas_revocation;

/* max entries, a power of two. ERR_NO_MEMORY, ERR_UNAVAILABLE (no randomness). */
SAAS_MUST_CHECK saas_err saas_revocations_new(saas_revocations **out, uint32_t max);
void saas_revocations_free(saas_revocations *set); /* NULL is allowed */

/* Keeps it until ends_s (of any clock that saas_revocations_sweep goes by too); what is there already only grows.
 * ERR_BUSY: the set is full. ERR_NO_MEMORY. Either way nothing of the set is lost. */
SAAS_MUST_CHECK saas_err saas_revocations_add(saas_revocations *set, const saas_revocation *r, uint64_t ends_s);
/* Whether a token that says so is stopped. */
bool saas_revocations_stop(const saas_revocations *set, const saas_principal *who);
/* Forgets what has ended. */
void saas_revocations_sweep(saas_revocations *set, uint64_t now_s);
uint32_t saas_revocations_count(const saas_revocations *set);

/* A revocation as the database says it: "s UUID" (a session), "u UUID" or "u UUID GENERATION" (a user), "o UUID" (an
 * organization). ERR_VALIDATION: none of these. */
SAAS_MUST_CHECK saas_err saas_revocation_parse(saas_revocation *out, saas_text said);

#endif
