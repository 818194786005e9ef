#include "task/work.h"
#include "check.h"
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <unistd.h>

/* ---- memory that runs out when a test says so ---- */

static atomic_bool no_memory;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return atomic_load(&no_memory) ? NULL : __real_malloc(size);
}

/* ---- a job that says what became of it ---- */

typedef struct task {
    saas_job job;
    sem_t *started, *gate; /* runs until it is let through */
    atomic_uint runs;
    unsigned dones;
    saas_err err;
    pthread_t ran_on, done_on;
    saas_work_pool *pool; /* submits itself again */
    saas_err again;
    void *owner;
} task;

static saas_loop *loop;
static unsigned done_total;

static void task_run(void *arg)
{
    task *t = arg;
    atomic_fetch_add(&t->runs, 1);
    t->ran_on = pthread_self();
    if (t->started)
        sem_post(t->started);
    if (t->gate)
        sem_wait(t->gate);
    if (t->pool) {
        task other = {0};
        t->again = saas_work_submit(t->pool, &other.job);
    }
}

static void task_done(saas_job *job, saas_err e)
{
    task *t = SAAS_CONTAINER(job, task, job);
    t->dones++;
    t->err = e;
    t->done_on = pthread_self();
    done_total++;
}

static void task_init(task *t)
{
    *t = (task){.job = {.fn = task_run, .arg = t, .loop = loop, .done = task_done}, .err = SAAS_ERR_BUG};
}

static saas_work_pool *setup(uint32_t threads, uint32_t queue_max)
{
    saas_work_pool *pool = NULL;
    done_total = 0;
    CHECK_INT(saas_poll_loop_new(&loop), SAAS_OK);
    CHECK_INT(saas_work_pool_new(&pool, threads, queue_max), SAAS_OK);
    return pool;
}

static void turn_until(unsigned dones)
{
    for (int i = 0; i < 1000 && done_total < dones; i++)
        saas_poll_loop_turn(loop, 10);
    CHECK_INT(done_total, dones);
}

/* Keeps a pool's only thread busy until the gate opens. */
static void occupy(saas_work_pool *pool, task *t, sem_t *started, sem_t *gate)
{
    task_init(t);
    sem_init(started, 0, 0);
    sem_init(gate, 0, 0);
    t->started = started;
    t->gate = gate;
    CHECK_INT(saas_work_submit(pool, &t->job), SAAS_OK);
    sem_wait(started);
}

/* ---- tests ---- */

static void work_runs_elsewhere_and_ends_here(void)
{
    task t;
    saas_work_pool *pool = setup(0, 0);
    task_init(&t);
    CHECK_INT(saas_work_submit(pool, &t.job), SAAS_OK);
    CHECK_INT(t.dones, 0);
    turn_until(1);
    CHECK_INT(t.err, SAAS_OK);
    CHECK_INT(t.runs, 1);
    CHECK(pthread_equal(t.done_on, pthread_self()) && !pthread_equal(t.ran_on, pthread_self()));
    CHECK_INT(saas_work_submit(pool, &t.job), SAAS_OK);
    turn_until(2);
    CHECK_INT(t.runs, 2);
    saas_work_pool_free(pool);
    saas_work_pool_free(NULL);
    saas_loop_free(loop);
}

/* PW7: at most so many at once, the rest is told at once. */
static void a_full_queue_refuses(void)
{
    task busy, waiting[2], refused;
    sem_t started, gate;
    saas_work_pool *pool = setup(1, 2);
    occupy(pool, &busy, &started, &gate);
    task_init(&waiting[0]);
    task_init(&waiting[1]);
    task_init(&refused);
    CHECK_INT(saas_work_submit(pool, &waiting[0].job), SAAS_OK);
    CHECK_INT(saas_work_submit(pool, &waiting[1].job), SAAS_OK);
    CHECK_INT(saas_work_submit(pool, &refused.job), SAAS_ERR_BUSY);
    sem_post(&gate);
    turn_until(3);
    CHECK_INT(refused.runs + refused.dones, 0);
    CHECK_INT(saas_work_submit(pool, &refused.job), SAAS_OK);
    turn_until(4);
    saas_work_pool_free(pool);
    saas_loop_free(loop);
}

static void only_what_waits_can_be_taken_back(void)
{
    task busy, first, second;
    sem_t started, gate;
    saas_work_pool *pool = setup(1, 1);
    occupy(pool, &busy, &started, &gate);
    task_init(&first);
    task_init(&second);
    CHECK_INT(saas_work_submit(pool, &first.job), SAAS_OK);
    CHECK(saas_work_cancel(pool, &first.job));
    CHECK(!saas_work_cancel(pool, &first.job));
    CHECK(!saas_work_cancel(pool, &busy.job));
    CHECK_INT(saas_work_submit(pool, &second.job), SAAS_OK);
    sem_post(&gate);
    turn_until(2);
    CHECK_INT(first.runs + first.dones, 0);
    CHECK_INT(busy.err, SAAS_OK);
    CHECK_INT(second.err, SAAS_OK);
    CHECK(!saas_work_cancel(pool, &second.job));
    saas_work_pool_free(pool);
    saas_loop_free(loop);
}

static void *open_soon(void *gate)
{
    usleep(20000);
    sem_post(gate);
    return NULL;
}

static void freeing_finishes_what_runs_and_cancels_what_waits(void)
{
    task busy, waiting;
    sem_t started, gate;
    pthread_t opener;
    saas_work_pool *pool = setup(1, 4);
    occupy(pool, &busy, &started, &gate);
    busy.pool = pool;
    task_init(&waiting);
    CHECK_INT(saas_work_submit(pool, &waiting.job), SAAS_OK);
    pthread_create(&opener, NULL, open_soon, &gate);
    saas_work_pool_free(pool);
    pthread_join(opener, NULL);
    CHECK_INT(done_total, 0);
    saas_loop_free(loop); /* runs what is posted */
    CHECK_INT(done_total, 2);
    CHECK_INT(busy.err, SAAS_OK);
    CHECK_INT(busy.again, SAAS_ERR_BUSY);
    CHECK_INT(waiting.err, SAAS_ERR_CANCELLED);
    CHECK_INT(waiting.runs, 0);
}

static void no_completion_is_lost_without_memory(void)
{
    task busy, waiting;
    sem_t started, gate;
    saas_work_pool *pool = setup(1, 4);
    occupy(pool, &busy, &started, &gate);
    task_init(&waiting);
    atomic_store(&no_memory, true);
    CHECK_INT(saas_work_submit(pool, &waiting.job), SAAS_OK);
    CHECK_INT(saas_post(loop, free, NULL), SAAS_ERR_NO_MEMORY);
    sem_post(&gate);
    turn_until(2);
    atomic_store(&no_memory, false);
    CHECK_INT(busy.err, SAAS_OK);
    CHECK_INT(waiting.err, SAAS_OK);
    saas_work_pool_free(pool);
    saas_loop_free(loop);
}

static atomic_bool blocked;

static void look_at_signals(void *arg)
{
    sigset_t mask;
    (void)arg;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    atomic_store(&blocked, sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGUSR1) == 1);
}

/* LB1 */
static void signals_stay_with_the_program(void)
{
    task t;
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    saas_work_pool *pool = setup(1, 1);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    CHECK_INT(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
    task_init(&t);
    t.job.fn = look_at_signals;
    CHECK_INT(saas_work_submit(pool, &t.job), SAAS_OK);
    turn_until(1);
    CHECK(atomic_load(&blocked));
    saas_work_pool_free(pool);
    saas_loop_free(loop);
}

/* ---- several loops, one pool ---- */

enum { LOOPS = 3, JOBS = 500 };

typedef struct station {
    pthread_t thread, self;
    saas_work_pool *pool;
    saas_loop *loop;
    task tasks[JOBS];
    unsigned dones, cancelled, wrong;
} station;

static void station_done(saas_job *job, saas_err e)
{
    task *t = SAAS_CONTAINER(job, task, job);
    station *s = t->owner;
    s->wrong += e != SAAS_OK || t->dones++ || !pthread_equal(pthread_self(), s->self);
    s->dones++;
}

static void station_work(void *arg)
{
    atomic_fetch_add(&((task *)arg)->runs, 1);
}

static void *station_run(void *arg)
{
    station *s = arg;
    s->self = pthread_self();
    for (unsigned i = 0; i < JOBS; i++) {
        task *t = &s->tasks[i];
        t->job = (saas_job){.fn = station_work, .arg = t, .loop = s->loop, .done = station_done};
        t->owner = s;
        while (saas_work_submit(s->pool, &t->job))
            saas_poll_loop_turn(s->loop, 1);
        if (i % 5 == 0)
            s->cancelled += saas_work_cancel(s->pool, &t->job);
    }
    while (s->dones + s->cancelled < JOBS)
        saas_poll_loop_turn(s->loop, 10);
    return NULL;
}

static void each_job_of_each_loop_ends_once(void)
{
    static station stations[LOOPS];
    saas_work_pool *pool = NULL;
    REQUIRE(saas_work_pool_new(&pool, 4, 16) == SAAS_OK);
    for (size_t i = 0; i < LOOPS; i++) {
        stations[i] = (station){.pool = pool};
        REQUIRE(saas_poll_loop_new(&stations[i].loop) == SAAS_OK);
        pthread_create(&stations[i].thread, NULL, station_run, &stations[i]);
    }
    for (size_t i = 0; i < LOOPS; i++)
        pthread_join(stations[i].thread, NULL);
    saas_work_pool_free(pool);
    for (size_t i = 0; i < LOOPS; i++) {
        unsigned runs = 0;
        saas_loop_free(stations[i].loop);
        for (size_t j = 0; j < JOBS; j++)
            runs += atomic_load(&stations[i].tasks[j].runs);
        CHECK_INT(runs, stations[i].dones);
        CHECK_INT(stations[i].dones + stations[i].cancelled, JOBS);
        CHECK_INT(stations[i].wrong, 0);
    }
}

static const check_test tests[] = {
    TEST(work_runs_elsewhere_and_ends_here),    TEST(a_full_queue_refuses),
    TEST(only_what_waits_can_be_taken_back),    TEST(freeing_finishes_what_runs_and_cancels_what_waits),
    TEST(no_completion_is_lost_without_memory), TEST(signals_stay_with_the_program),
    TEST(each_job_of_each_loop_ends_once)};
CHECK_MAIN(tests)
