/* test/client.h: a client without sockets: a transport over saas/host.h on the poll loop. */
#ifndef SAAS_TEST_CLIENT_PRIVATE_H
#define SAAS_TEST_CLIENT_PRIVATE_H

#include "test/memory_log.h"
#include <saas/test.h>

typedef struct saas_test_call saas_test_call;

struct saas_test_client {
    saas_app *app;
    saas_loop *loop;
    saas_shard *shard;
    saas_test_memory_log log;
    saas_arena *settings;  /* what the app was made with */
    saas_arena *scratch;   /* of a request on its way in */
    saas_arena *kept;      /* of the last answer, and of values read from answers */
    saas_test_call *calls; /* begun and not ended */
};

/* Ends every call that is open: its client leaves. */
void saas_test_calls_drop(saas_test_client *t);

#endif
