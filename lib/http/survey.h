/* http/survey.h: what all loops of an app are at, asked from one of them. */
#ifndef SAAS_HTTP_SURVEY_H
#define SAAS_HTTP_SURVEY_H

#include "http/ctx.h"

enum { SAAS_SURVEY_FLIGHTS = 200 /* of one loop, the oldest */, SAAS_SURVEY_LOOPS = 256 };

/* A request under way. */
typedef struct saas_flight {
    const saas_route *route; /* NULL: none matched; of the library's own work in no router */
    const char *state;
    uint64_t age_us;
    saas_uuid org, user;
    bool has_org, has_user;
    char method[16], request_id[129], trace_id[33];
} saas_flight;

typedef struct saas_loop_state {
    uint32_t number;
    bool answered; /* in time; else only `route` is known: what runs there now */
    const saas_route *route;
    uint64_t live, lag_us, blocked_us;
    size_t count;
    saas_flight *flights;
} saas_loop_state;

typedef struct saas_survey {
    size_t count;
    const saas_loop_state *loops; /* in the context's arena */
} saas_survey;

/* On the fiber; waits for the others a little. ERR_NO_MEMORY, errors of waiting. */
SAAS_MUST_CHECK saas_err saas_survey_take(saas_survey *out, saas_ctx *c);

#endif
