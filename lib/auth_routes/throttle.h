/* auth_routes/throttle.h: how often guesses at passwords and tokens may be wrong, and mails be asked for.
 *
 * A guess is counted before it is looked at and given back when it was right, so that only wrong ones count and none
 * slips through beside others. What everybody is subject to (address, account, all together) can be used up by anybody;
 * who comes from where the account has signed in before has a count of its own, and a right password is let in by that
 * alone. A wrong one is answered as everybody else's: nobody learns which accounts have been used from where.
 *
 * Without a limiter (RATE_LIMITS=off) nothing is counted. */
#ifndef SAAS_AUTH_ROUTES_THROTTLE_H
#define SAAS_AUTH_ROUTES_THROTTLE_H

#include "http/limit.h"

enum { SAAS_GUESS_CHARGES = 4 };

typedef struct saas_guess {
    saas_charge charges[SAAS_GUESS_CHARGES];
    size_t count; /* taken */
    bool known_device;
    uint64_t refused_us; /* retry after: what everybody is subject to has no room; 0: it has */
} saas_guess;

/* Where a sign-in comes from, as the database knows the account. */
typedef struct saas_device {
    saas_uuid account_id; /* nil: no such account, or nowhere signed in yet */
    saas_text network;    /* ptr NULL: the account has not signed in from it */
    saas_text agent;      /* ptr NULL: not with this one */
} saas_device;

/* At an account's password by somebody who is not signed in. ERR_RATE_LIMITED: must not be looked at. */
SAAS_MUST_CHECK saas_err saas_guess_password(saas_guess *out, saas_ctx *c, saas_text email, const saas_device *device);
/* At the password of whoever is signed in. */
SAAS_MUST_CHECK saas_err saas_guess_current(saas_guess *out, saas_ctx *c);
/* At a mailed token. */
SAAS_MUST_CHECK saas_err saas_guess_token(saas_guess *out, saas_ctx *c);
/* At which addresses have accounts. */
SAAS_MUST_CHECK saas_err saas_guess_signup(saas_guess *out, saas_ctx *c);

/* It was right, or came to nothing: it does not count. */
SAAS_MUST_CHECK saas_err saas_guess_right(saas_guess *g, saas_ctx *c);
/* It was wrong: it counts. ERR_RATE_LIMITED: the answer is that of a guess that was not looked at. */
SAAS_MUST_CHECK saas_err saas_guess_wrong(const saas_guess *g, saas_ctx *c);

/* One more mail to an address, on somebody's wish. ERR_RATE_LIMITED. */
SAAS_MUST_CHECK saas_err saas_throttle_mail(saas_ctx *c, saas_text email);
/* Whether what went wrong may still be written down in the database, which wrong guesses must not fill. Strangers use
 * up nothing that members' rows need, and many guesses at a few accounts keep none of the others out: each account's
 * first in an hour has a budget of its own. email: in any case. */
bool saas_throttle_audit(saas_ctx *c, saas_text email);
/* The same for a refused guess: once an hour for each account. */
bool saas_throttle_audit_refused(saas_ctx *c, saas_text email);
/* The same of whoever is signed in: each organization has a budget, no larger than a part of what all have. */
bool saas_throttle_audit_own(saas_ctx *c);
bool saas_throttle_audit_own_refused(saas_ctx *c);
/* The same for what they were denied: of each user ten at once, then one a minute. */
bool saas_throttle_audit_denied(saas_ctx *c);

#endif
