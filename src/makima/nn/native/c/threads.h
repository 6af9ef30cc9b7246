/* A pool of threads that meet at barriers every few microseconds.
 *
 * Inside a job everybody spins: a futex wake-up costs as much as a whole layer. Spinning is bounded, then gives the
 * core away, so a machine with more runnable threads than cores loses time slices, not seconds. Between jobs the
 * workers spin for `spin_ns` and then sleep, so an idle server burns nothing. After a fork the child has no workers;
 * the next run starts new ones.
 */
#ifndef MAKIMA_THREADS_H
#define MAKIMA_THREADS_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "types.h"

enum { MAX_THREADS = 64, SPINS_BEFORE_YIELD = 64 };

typedef struct Pool Pool;
typedef void (*Job)(void *argument, Pool *pool, int thread);
typedef struct {
    Pool *pool;
    int thread;
} Worker;
typedef struct {
    _Alignas(64) atomic_int done;
} Cursor;

struct Pool {
    /* Each on its own cache line: the first two are written by all threads. */
    _Alignas(64) atomic_int arrived;
    _Alignas(64) atomic_uint phase;
    _Alignas(64) atomic_uint generation; /* counts jobs */
    atomic_int sleeping, stop;
    int threads;
    int64_t spin_ns;
    Job job;
    void *argument;
    unsigned born; /* fork count when the workers were started */
    pthread_mutex_t owner, lock;
    pthread_cond_t wake;
    pthread_t handle[MAX_THREADS];
    Worker worker[MAX_THREADS];
    Cursor cursor[MAX_THREADS]; /* how much of each thread's share is taken */
};

static atomic_uint forks;
static void count_fork(void) { atomic_fetch_add(&forks, 1); }
static void watch_forks(void) { pthread_atfork(NULL, NULL, count_fork); }

static inline void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void open_round(Pool *pool) {
    for (int i = 0; i < pool->threads; i++) atomic_store_explicit(&pool->cursor[i].done, 0, memory_order_relaxed);
}

/* Everyone waits for the last, who also opens the next round of work. */
static void barrier(Pool *pool) {
    if (pool->threads == 1) {
        open_round(pool);
        return;
    }
    unsigned phase = atomic_load_explicit(&pool->phase, memory_order_acquire);
    if (atomic_fetch_add_explicit(&pool->arrived, 1, memory_order_acq_rel) == pool->threads - 1) {
        atomic_store_explicit(&pool->arrived, 0, memory_order_relaxed);
        open_round(pool);
        atomic_store_explicit(&pool->phase, phase + 1, memory_order_release);
        return;
    }
    for (int spins = 0; atomic_load_explicit(&pool->phase, memory_order_acquire) == phase; spins++) {
        if (spins < SPINS_BEFORE_YIELD) relax();
        else sched_yield();
    }
}

typedef struct {
    int first, last;
} Span;

/* Where a thread's share of `total` items begins. */
static inline int share_start(const Pool *pool, int thread, int total) {
    return (int)((int64_t)total * thread / pool->threads);
}

/* The next items of a round, `chunk` at most; empty when there are none left. A thread works through its own share, one
 * stretch of memory that prefetching can follow, and then helps with what others have not begun: so a thread that lost
 * its core for a while does not hold up the rest. */
static inline Span take(Pool *pool, int thread, int total, int chunk) {
    for (int i = 0; i < pool->threads; i++) {
        int owner = thread + i < pool->threads ? thread + i : thread + i - pool->threads;
        int start = share_start(pool, owner, total), end = share_start(pool, owner + 1, total);
        atomic_int *done = &pool->cursor[owner].done;
        if (start + atomic_load_explicit(done, memory_order_relaxed) >= end) continue;
        int first = start + atomic_fetch_add_explicit(done, chunk, memory_order_relaxed);
        if (first < end) return (Span){first, first + chunk < end ? first + chunk : end};
    }
    return (Span){0, 0};
}

static void *worker_main(void *argument) {
    Worker *me = argument;
    Pool *pool = me->pool;
    unsigned seen = 0;
    for (;;) {
        int64_t start = now_ns();
        while (atomic_load(&pool->generation) == seen && now_ns() - start < pool->spin_ns)
            for (int i = 0; i < 32 && atomic_load_explicit(&pool->generation, memory_order_relaxed) == seen; i++)
                relax();
        if (atomic_load(&pool->generation) == seen) {
            pthread_mutex_lock(&pool->lock);
            atomic_fetch_add(&pool->sleeping, 1);
            while (atomic_load(&pool->generation) == seen) pthread_cond_wait(&pool->wake, &pool->lock);
            atomic_fetch_sub(&pool->sleeping, 1);
            pthread_mutex_unlock(&pool->lock);
        }
        seen++;
        if (atomic_load(&pool->stop)) return NULL;
        pool->job(pool->argument, pool, me->thread);
        barrier(pool);
    }
}

/* Returns how many threads there are; fewer than asked where the system refuses more. */
static int pool_start(Pool *pool, int threads) {
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    for (int i = 0; i < MAX_THREADS; i++) atomic_store(&pool->cursor[i].done, 0);
    atomic_store(&pool->arrived, 0);
    atomic_store(&pool->generation, 0);
    atomic_store(&pool->sleeping, 0);
    atomic_store(&pool->stop, 0);
    pool->born = atomic_load(&forks);
    pool->threads = threads;
    int started = 1;
    for (; started < threads; started++) {
        pool->worker[started] = (Worker){pool, started};
        if (pthread_create(&pool->handle[started], NULL, worker_main, &pool->worker[started])) break;
    }
    pool->threads = started; /* before any job: workers look at it only inside one */
    return started;
}

static void pool_announce(Pool *pool) {
    atomic_fetch_add(&pool->generation, 1);
    if (atomic_load(&pool->sleeping)) {
        pthread_mutex_lock(&pool->lock);
        pthread_cond_broadcast(&pool->wake);
        pthread_mutex_unlock(&pool->lock);
    }
}

/* Runs the job on every thread, the caller's being thread 0, and returns when all are done. */
static void pool_run(Pool *pool, Job job, void *argument) {
    if (pool->born != atomic_load(&forks)) {
        pthread_mutex_init(&pool->owner, NULL);
        pool_start(pool, pool->threads);
    }
    pthread_mutex_lock(&pool->owner);
    pool->job = job;
    pool->argument = argument;
    open_round(pool);
    if (pool->threads > 1) pool_announce(pool);
    job(argument, pool, 0);
    barrier(pool);
    pthread_mutex_unlock(&pool->owner);
}

Pool *makima_pool_new(int threads, int64_t spin_ns) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch_forks);
    if (threads < 1) threads = 1;
    if (threads > MAX_THREADS) threads = MAX_THREADS;
    Pool *pool = aligned_alloc(64, sizeof *pool); /* a multiple of 64 by its members' alignment */
    if (!pool) return NULL;
    memset(pool, 0, sizeof *pool);
    pool->spin_ns = spin_ns;
    pthread_mutex_init(&pool->owner, NULL);
    pool_start(pool, threads);
    return pool;
}

int makima_pool_threads(const Pool *pool) { return pool->threads; }

void makima_pool_free(Pool *pool) {
    if (!pool) return;
    if (pool->born == atomic_load(&forks)) {
        atomic_store(&pool->stop, 1);
        pool_announce(pool);
        for (int i = 1; i < pool->threads; i++) pthread_join(pool->handle[i], NULL);
    }
    free(pool);
}

#endif
