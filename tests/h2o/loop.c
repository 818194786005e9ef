#include "h2o/loop.h"
#include "check.h"
#include "loop/contract.h"

saas_loop *loop;
static h2o_evloop_t *turning;
static saas_h2o_loop hooks;

void setup(void)
{
    turning = h2o_evloop_create();
    CHECK_INT(saas_h2o_loop_init(&hooks, turning), SAAS_OK);
    loop = hooks.loop;
}

void teardown(void)
{
    saas_h2o_loop_done(&hooks);
    h2o_evloop_destroy(turning);
}

void turn(int wait_ms)
{
    h2o_evloop_run(turning, wait_ms);
}

static const check_test tests[] = {LOOP_CONTRACT};
CHECK_MAIN(tests)
