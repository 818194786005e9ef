/* saas/mail.h: the mails of accounts, on their way to whatever sends them.
 *
 * They are written into an outbox in the transaction of what they tell of, and handed to options.mailer afterwards: at
 * least once, up to eight times while it fails. A token is made when a mail is handed over and is nowhere else: the
 * database has its hash. Without a mailer they are printed to the log in development, and dropped with a warning
 * elsewhere. Since 0.1. */
#ifndef SAAS_MAIL_H
#define SAAS_MAIL_H

#include <saas/err.h>

SAAS_BEGIN_DECLS

typedef struct saas_mail {
    size_t size;
    /* verify, reset, invitation, signup: link and token. email_change (to the new address): likewise.
     * email_change_notice, password_changed, new_login (from where the account was not
     * used before), signup_known (somebody signs up with an address that has an account): none. */
    const char *kind;
    const char *to;
    const char *subject, *text; /* English, UTF-8, link included: for hosts that have no texts of their own */
    const char *link;           /* APP_URL with /verify-email, /reset-password or /accept-invitation?token=…; or NULL */
    const char *token;          /* for a link of one's own; or NULL */
    const char *organization;   /* of an invitation; or NULL */
    char end_;
} saas_mail;

/* Sends a mail. Runs on a thread of the work pool, several at once; may block, up to 30 s. Everything is borrowed until
 * it returns. An error (ERR_UNAVAILABLE, say): it is handed over again later. */
typedef saas_err (*saas_mailer)(const saas_mail *mail, void *user);

SAAS_END_DECLS
#endif
