/* http/reply.h: the frame of a success: begin, write one JSON value, end. */
#ifndef SAAS_HTTP_REPLY_H
#define SAAS_HTTP_REPLY_H

#include "envelope/envelope.h"
#include <saas/ctx.h>

/* status 0: 200. ERR_BUG: there is a reply already, or the status is no success with a body. */
SAAS_MUST_CHECK saas_err saas_reply_begin(saas_json *j, saas_ctx *c, int status);
/* meta may be NULL. ERR_NO_MEMORY. A value that could not be written leaves begin without end: no reply is made. */
SAAS_MUST_CHECK saas_err saas_reply_end(saas_ctx *c, saas_json *j, const saas_meta *meta);

/* Whether a header can be sent and is none of the transport's. */
bool saas_header_fits(saas_text name, saas_text value);
/* RFC 9110 token. */
bool saas_is_token(saas_text t);

#endif
