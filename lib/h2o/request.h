/* h2o/request.h: one request of h2o's while an exchange of the app has it. */
#ifndef SAAS_H2O_REQUEST_H
#define SAAS_H2O_REQUEST_H

#include "h2o/conn.h"
#include "h2o/worker.h"

typedef struct saas_h2o_request {
    h2o_linklist_t link;
    h2o_req_t *req;
    saas_h2o_worker *worker;
    saas_h2o_conn *conn; /* NULL: mounted, the host accepts */
    int fd;
    saas_exchange *x;    /* NULL: released */
    uint64_t since_ms;   /* came, or, once replied, went */
    uint64_t allowed_ms; /* to write it; 0: not replied yet */
    bool refused;        /* framing: the connection ends */
    bool watched;        /* its client's leaving is noticed */
} saas_h2o_request;

/* Answers r without its exchange, which is released: its client has left. */
void saas_h2o_request_abandon(saas_h2o_request *r);

/* The client's end of the connection was closed: watches for it from here on. */
void saas_h2o_request_watch(saas_h2o_request *r);
void saas_h2o_request_unwatch(saas_h2o_request *r);

#endif
