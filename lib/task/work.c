#include "task/work.h"
#include "base/clock.h"
#include <signal.h>
#include <stdlib.h>

enum { THREADS = 2, QUEUE_MAX = 64 };

struct saas_work_pool {
    pthread_mutex_t lock;
    pthread_cond_t wanted;
    /* under the lock */
    saas_list queue;
    uint32_t queued, busy;
    uint64_t jobs, wait_us;
    bool stopping;

    uint32_t queue_max, thread_count;
    pthread_t threads[];
};

static void complete(void *user)
{
    saas_job *job = user;
    job->done(job, job->err);
}

/* From here on the job is the loop's. */
static void tell(saas_job *job, saas_err e)
{
    job->err = e;
    job->posted = (saas_posted){.fn = complete, .user = job};
    saas_loop_post(job->loop, &job->posted);
}

/* Under the lock, or with no thread left; NULL: none waits. */
static saas_job *take(saas_work_pool *pool)
{
    saas_list *item = saas_list_pop(&pool->queue);
    if (!item)
        return NULL;
    saas_job *job = SAAS_CONTAINER(item, saas_job, link);
    job->waiting = false;
    pool->queued--;
    return job;
}

static void count(saas_work_pool *pool, const saas_job *job)
{
    pool->busy++;
    pool->jobs++;
    pool->wait_us += saas_clock_mono_us() - job->since_us;
}

/* had: this thread has done one. */
static saas_job *wait_for_job(saas_work_pool *pool, bool had)
{
    saas_job *job = NULL;
    pthread_mutex_lock(&pool->lock);
    pool->busy -= had;
    while (!pool->stopping && !(job = take(pool)))
        pthread_cond_wait(&pool->wanted, &pool->lock);
    if (job)
        count(pool, job);
    pthread_mutex_unlock(&pool->lock);
    return job;
}

static void *work(void *arg)
{
    saas_job *job;
    for (bool had = false; (job = wait_for_job(arg, had)); had = true) {
        job->fn(job->arg);
        tell(job, SAAS_OK);
    }
    return NULL;
}

/* Signals of the program are for its own threads. */
static bool start_threads(saas_work_pool *pool, uint32_t count)
{
    pthread_attr_t attr;
    sigset_t all;
    sigfillset(&all);
    if (pthread_attr_init(&attr))
        return false;
    bool ready = !pthread_attr_setsigmask_np(&attr, &all);
    while (ready && pool->thread_count < count) {
        ready = !pthread_create(&pool->threads[pool->thread_count], &attr, work, pool);
        pool->thread_count += ready;
    }
    pthread_attr_destroy(&attr);
    return ready;
}

saas_err saas_work_pool_new(saas_work_pool **out, uint32_t threads, uint32_t queue_max)
{
    if (!threads)
        threads = THREADS;
    saas_work_pool *pool = calloc(1, sizeof *pool + threads * sizeof *pool->threads);
    if (!pool)
        return SAAS_ERR_NO_MEMORY;
    pool->queue_max = queue_max ? queue_max : QUEUE_MAX;
    saas_list_init(&pool->queue);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wanted, NULL);
    if (!start_threads(pool, threads)) {
        saas_work_pool_free(pool);
        return SAAS_ERR_UNAVAILABLE;
    }
    *out = pool;
    return SAAS_OK;
}

static void stop_threads(saas_work_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->wanted);
    pthread_mutex_unlock(&pool->lock);
    for (uint32_t i = 0; i < pool->thread_count; i++)
        pthread_join(pool->threads[i], NULL);
}

void saas_work_pool_free(saas_work_pool *pool)
{
    if (!pool)
        return;
    stop_threads(pool);
    saas_job *job;
    while ((job = take(pool)))
        tell(job, SAAS_ERR_CANCELLED);
    pthread_cond_destroy(&pool->wanted);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

saas_err saas_work_submit(saas_work_pool *pool, saas_job *job)
{
    pthread_mutex_lock(&pool->lock);
    const uint32_t places = job->modest ? (pool->queue_max + 1) / 2 : pool->queue_max;
    bool room = !pool->stopping && pool->queued < places;
    if (room) {
        job->waiting = true;
        job->since_us = saas_clock_mono_us();
        saas_list_insert(&pool->queue, &job->link);
        pool->queued++;
        pthread_cond_signal(&pool->wanted);
    }
    pthread_mutex_unlock(&pool->lock);
    return room ? SAAS_OK : SAAS_ERR_BUSY;
}

bool saas_work_cancel(saas_work_pool *pool, saas_job *job)
{
    pthread_mutex_lock(&pool->lock);
    bool taken = job->waiting;
    if (taken) {
        saas_list_remove(&job->link);
        job->waiting = false;
        pool->queued--;
    }
    pthread_mutex_unlock(&pool->lock);
    return taken;
}

void saas_work_load_of(saas_work_load *out, saas_work_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    *out = (saas_work_load){pool->thread_count, pool->busy, pool->queued, pool->jobs, pool->wait_us};
    pthread_mutex_unlock(&pool->lock);
}
