/* task/work.h: a bounded pool of threads for what burns CPU or blocks. Shared by the loops of an app. */
#ifndef SAAS_TASK_WORK_H
#define SAAS_TASK_WORK_H

#include "base/list.h"
#include "loop/loop.h"

typedef struct saas_work_pool saas_work_pool;

/* One job, in the caller's storage until done() has been called; done() may submit it again. Zero what is not set. */
typedef struct saas_job {
    void (*fn)(void *arg);
    void *arg;
    saas_loop *loop;                                /* where done() runs; it must live until then */
    void (*done)(struct saas_job *job, saas_err e); /* SAAS_OK: fn ran; ERR_CANCELLED: it never will */
    bool modest; /* leaves half of the queue to others: ERR_BUSY once that much waits */

    /* the pool's */
    saas_list link;
    saas_posted posted; /* telling the loop takes no memory, so it can't fail */
    bool waiting;
    uint64_t since_us;
    saas_err err;
} saas_job;

/* threads 0: 2; queue_max jobs may wait, 0: 64. ERR_NO_MEMORY, ERR_UNAVAILABLE (no thread). */
SAAS_MUST_CHECK saas_err saas_work_pool_new(saas_work_pool **out, uint32_t threads, uint32_t queue_max);
/* When nobody submits or cancels any more: finishes what runs, cancels what waits, joins. Every done() is posted by
 * then, and the loops run them. NULL is allowed. */
void saas_work_pool_free(saas_work_pool *pool);
/* Any thread, fn's included. ERR_BUSY: queue full, or the pool is being freed; done is not called then. */
SAAS_MUST_CHECK saas_err saas_work_submit(saas_work_pool *pool, saas_job *job);
/* On the job's loop. Takes a job back that has not started: true, and done() is not called; false: it runs or has run,
 * done() comes. */
bool saas_work_cancel(saas_work_pool *pool, saas_job *job);

/* Any thread. */
typedef struct saas_work_load {
    uint32_t threads, busy, waiting;
    uint64_t jobs, wait_us; /* taken so far, and what they had waited */
} saas_work_load;
void saas_work_load_of(saas_work_load *out, saas_work_pool *pool);

#endif
