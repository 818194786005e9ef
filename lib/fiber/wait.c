#include "fiber/fiber.h"

/* The wait may be gone once its fiber runs. */
void saas_wait_done(saas_wait *w, saas_err err)
{
    w->err = err;
    w->done = true;
    if (w->waiting)
        saas_fiber_resume(w->fiber);
}

saas_err saas_wait_for(saas_wait *w)
{
    w->waiting = true;
    while (!w->done)
        saas_fiber_suspend(w->fiber);
    w->waiting = false;
    return w->err;
}
