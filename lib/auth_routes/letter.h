/* auth_routes/letter.h: what a mail says. */
#ifndef SAAS_AUTH_ROUTES_LETTER_H
#define SAAS_AUTH_ROUTES_LETTER_H

#include <saas/ctx.h>
#include <saas/mail.h>

/* Subject, text and link of a mail that has kind, to and, for some, organization; token {NULL, 0}: it has none.
 * new_email: of email_change_notice. In the context's memory. ERR_NO_MEMORY, ERR_BUG (kind). */
SAAS_MUST_CHECK saas_err saas_letter_write(saas_mail *mail, saas_ctx *c, const char *app_url, saas_text new_email);

#endif
