/* task/work.h: a bounded pool of threads for what burns CPU or blocks. Shared by the loops of an app. */
#ifndef SAAS_TASK_WORK_H
#define SAAS_TASK_WORK_H

#include <saas/loop.h>

typedef struct saas_work_pool saas_work_pool;

/* One job, in the caller's storage until done() has been called. */
typedef struct saas_job {
    void (*fn)(void *arg);
    void *arg;
    saas_loop *loop;                             /* where done() runs */
    void (*done)(struct saas_job *job, saas_err e); /* SAAS_OK: fn ran; ERR_CANCELLED: it never will */
    struct saas_job *next;
    int state;
} saas_job;

SAAS_MUST_CHECK saas_err saas_work_pool_new(saas_work_pool **out, uint32_t threads, uint32_t queue_max);
/* Finishes what runs, cancels what waits, joins. */
void saas_work_pool_free(saas_work_pool *pool);
/* Any loop's thread. ERR_BUSY: queue full; done is not called then. */
SAAS_MUST_CHECK saas_err saas_work_submit(saas_work_pool *pool, saas_job *job);
/* Takes a job back that has not started: true, and done() is not called; false: it runs or has run, done() comes. */
bool saas_work_cancel(saas_work_pool *pool, saas_job *job);

#endif
