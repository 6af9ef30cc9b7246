/* A stack of streaming convolutions, such as the codec's decoder, in one job.
 *
 * Each stage reads rows that lie behind its history and writes straight behind the history of the next: nothing is
 * concatenated or transposed, and norms, activations and residuals never pass through memory on their own.
 */
#ifndef MAKIMA_STACK_H
#define MAKIMA_STACK_H

#include "step.h"
#include "threads.h"
#include "types.h"

/* Rows a thread takes at once where time is shared out: a multiple of every tile. */
enum { ROWS_AT_ONCE = 48 };

/* How many threads may take part in a run beside those of the pool. */
enum { HELPERS = 2 };

/* A part of a run that must be over before the next begins: how many of its tasks are taken, and how many are done. */
typedef struct {
    _Alignas(64) atomic_int taken;
    _Alignas(64) atomic_int done;
} Phase;

typedef struct {
    int streams, steps;
    const int32_t *slots;
    const float *input;
    float *state, *output;
    size_t slot_floats;
} StackRun;

typedef struct {
    const Kernels *kernels;
    Pool *pool;
    const Stage *stage;
    int stages, max_streams, max_steps;
    float *buffer[2], *residual;
    float *scratch; /* [workers][scratch_floats]: for rows made ready */
    size_t scratch_floats;
    int workers;
    atomic_flag *busy; /* which part of the scratch somebody works in */
    Phase *phase;      /* one for the input, for each stage, and for the output */
    StackRun run;
    atomic_int open, helpers;
} Stack;

static int stack_rate(const Stack *s) {
    int rate = 1;
    for (int i = 0; i < s->stages; i++) rate *= s->stage[i].rate;
    return rate;
}

/* Floats of history that one stream keeps. */
int64_t makima_stack_state(const Stage *stage, int stages) {
    int64_t size = 0;
    for (int i = 0; i < stages; i++) size += (int64_t)stage_reach(&stage[i]) * stage[i].inputs;
    return size;
}

void makima_stack_free(Stack *s) {
    if (!s) return;
    free(s->buffer[0]);
    free(s->buffer[1]);
    free(s->residual);
    free(s->scratch);
    free(s->busy);
    free(s->phase);
    free(s);
}

/* For up to `max_streams` streams and `max_steps` input rows of each in one call. */
Stack *makima_stack_new(const Kernels *kernels, const Stage *stage, int stages, Pool *pool, int max_streams,
                        int max_steps) {
    Stack *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    s->kernels = kernels, s->pool = pool, s->stage = stage;
    s->stages = stages, s->max_streams = max_streams, s->max_steps = max_steps;
    size_t steps = (size_t)max_steps, widest = 0, residual = 0;
    for (int i = 0; i < stages; i++) {
        size_t rows = (size_t)stage_reach(&stage[i]) + steps;
        if (rows * stage[i].inputs > widest) widest = rows * stage[i].inputs;
        if (steps * stage_width(&stage[i]) > residual) residual = steps * stage_width(&stage[i]);
        if (scratch_floats(&stage[i]) > s->scratch_floats) s->scratch_floats = scratch_floats(&stage[i]);
        steps *= stage[i].rate;
    }
    if (residual > widest) widest = residual; /* the last stage's output has no history before it */
    /* All of it is written before it is read, and what a call with fewer streams leaves out costs no memory. */
    s->buffer[0] = untouched_floats((size_t)max_streams * widest);
    s->buffer[1] = untouched_floats((size_t)max_streams * widest);
    s->residual = untouched_floats((size_t)max_streams * residual);
    s->workers = pool->threads + HELPERS;
    s->scratch = untouched_floats((size_t)s->workers * s->scratch_floats + 16);
    s->busy = calloc((size_t)s->workers, sizeof *s->busy);
    s->phase = aligned_alloc(64, ((size_t)stages + 2) * sizeof *s->phase);
    for (int i = 0; s->busy && i < s->workers; i++) atomic_flag_clear(&s->busy[i]);
    if (s->buffer[0] && s->buffer[1] && s->residual && s->scratch && s->busy && s->phase) return s;
    makima_stack_free(s);
    return NULL;
}

/* A stream's history goes before its rows; its last rows become its history. */
static void load_history(const StackRun *run, int b, const Stage *s, size_t at, float *buffer, size_t stride) {
    size_t size = (size_t)stage_reach(s) * s->inputs;
    memcpy(buffer + b * stride, run->state + run->slots[b] * run->slot_floats + at, size * sizeof(float));
}

static void save_history(const StackRun *run, int b, const Stage *s, size_t at, const float *buffer, size_t stride,
                         int steps) {
    size_t size = (size_t)stage_reach(s) * s->inputs;
    memcpy(run->state + run->slots[b] * run->slot_floats + at, buffer + b * stride + (size_t)steps * s->inputs,
           size * sizeof(float));
}

/* The next task of a phase; -1 where none is left, and then all of them are done. */
static inline int next_task(Phase *phase, int tasks) {
    int task = atomic_fetch_add_explicit(&phase->taken, 1, memory_order_relaxed);
    if (task < tasks) return task;
    for (int spins = 0; atomic_load_explicit(&phase->done, memory_order_acquire) < tasks; spins++) {
        if (spins < SPINS_BEFORE_YIELD) relax();
        else sched_yield();
    }
    return -1;
}

static inline void task_done(Phase *phase) { atomic_fetch_add_explicit(&phase->done, 1, memory_order_release); }

/* How a stage is shared out: wide ones by outputs, so that each thread reads its own weights alone, long ones by time.
 * Where rows are made ready every task does that for itself, so that tasks by outputs are few and large. */
typedef struct {
    int wide, tasks, units, blocks, chunk; /* units: rows, or pairs of them */
} Shares;

static Shares shares(const Stack *stack, const Stage *s, const Flow *f) {
    int rows = f->streams * f->steps, blocks = stage_width(s) / 16, pairs = ceil_div(blocks, 2);
    int units = s->kind == STAGE_PAIRED ? pairs_in(s, f) : rows;
    int enough = 4 * (stack->pool->threads + 1); /* tasks for each thread; somebody may help */
    if (s->kind == STAGE_DEPTHWISE) return (Shares){0, units, units, blocks, 1};
    if (makes_ready(s) ? units < 2 * UNITS_AT_ONCE : rows < ROWS_AT_ONCE || pairs >= enough) {
        int each = makes_ready(s) && pairs > enough ? pairs / enough : 1;
        return (Shares){1, ceil_div(pairs, each), units, blocks, 2 * each};
    }
    int chunk = makes_ready(s) ? UNITS_AT_ONCE : ROWS_AT_ONCE;
    return (Shares){0, ceil_div(units, chunk), units, blocks, chunk};
}

static void run_share(const Stack *stack, const Stage *s, const Flow *f, const Shares *share, int task,
                      float *scratch) {
    int first = task * share->chunk, end = first + share->chunk;
    Part part = {0, share->units, 0, share->blocks};
    if (share->wide) part.first_block = first, part.last_block = end < share->blocks ? end : share->blocks;
    else part.first = first, part.last = end < share->units ? end : share->units;
    stack->kernels->convolve(s, f, part, scratch);
}

/* Work through a run together with other threads: threads of the pool from its start, helpers from wherever it is. */
static void work_in(Stack *stack, float *scratch) {
    const StackRun *run = &stack->run;
    Phase *phase = stack->phase;
    int steps = run->steps;
    size_t at = 0, stride = (size_t)(stage_reach(&stack->stage[0]) + steps) * stack->stage[0].inputs;
    for (int b; (b = next_task(phase, run->streams)) >= 0; task_done(phase)) {
        size_t size = (size_t)steps * stack->stage[0].inputs;
        load_history(run, b, &stack->stage[0], 0, stack->buffer[0], stride);
        memcpy(stack->buffer[0] + (b + 1) * stride - size, run->input + b * size, size * sizeof(float));
    }
    for (int i = 0; i < stack->stages; i++) {
        const Stage *s = &stack->stage[i], *next = i + 1 < stack->stages ? s + 1 : NULL;
        size_t state = (size_t)stage_reach(s) * s->inputs,
               history = next ? (size_t)stage_reach(next) * next->inputs : 0;
        size_t next_stride = history + (size_t)steps * stage_width(s);
        float *in = stack->buffer[i % 2], *out = stack->buffer[(i + 1) % 2];
        Flow f = {in, out + history, stack->residual, stride, next_stride, run->streams, steps, steps / run->steps};
        Shares share = shares(stack, s, &f);
        phase++;
        for (int task; (task = next_task(phase, run->streams + share.tasks)) >= 0; task_done(phase)) {
            if (task < run->streams) {
                save_history(run, task, s, at, in, stride, steps);
                if (next) load_history(run, task, next, at + state, out, next_stride);
            } else run_share(stack, s, &f, &share, task - run->streams, scratch);
        }
        at += state;
        steps *= s->rate;
        stride = next_stride;
    }
    /* The last stage has one channel, padded to 16. */
    const float *wide = stack->buffer[stack->stages % 2];
    phase++;
    for (int b; (b = next_task(phase, run->streams)) >= 0; task_done(phase))
        for (int t = 0; t < steps; t++) {
            float v = wide[b * stride + (size_t)t * 16];
            run->output[(size_t)b * steps + t] = v < -1.0f ? -1.0f : v > 1.0f ? 1.0f : v;
        }
}

/* The same in a part of the scratch that is free; where there is none, enough others are at work. */
static void work_along(Stack *stack) {
    for (int i = 0; i < stack->workers; i++)
        if (!atomic_flag_test_and_set_explicit(&stack->busy[i], memory_order_acquire)) {
            work_in(stack, stack->scratch + i * stack->scratch_floats);
            atomic_flag_clear_explicit(&stack->busy[i], memory_order_release);
            return;
        }
}

static void stack_job(void *argument, Pool *pool, int thread) {
    (void)pool, (void)thread;
    work_along(argument);
}

/* input [streams][steps][inputs of the first stage] -> output [streams][steps * rate] in [-1, 1];
 * state [slots][slot_floats], of which the listed slots advance. */
void makima_stack_run(Stack *stack, int streams, int steps, const int32_t *slots, const float *input, float *state,
                      int64_t slot_floats, float *output) {
    stack->run = (StackRun){streams, steps, slots, input, state, output, (size_t)slot_floats};
    for (int i = 0; i < stack->stages + 2; i++) {
        atomic_store_explicit(&stack->phase[i].taken, 0, memory_order_relaxed);
        atomic_store_explicit(&stack->phase[i].done, 0, memory_order_relaxed);
    }
    atomic_store(&stack->open, 1);
    pool_run(stack->pool, stack_job, stack);
    atomic_store(&stack->open, 0);
    while (atomic_load(&stack->helpers)) sched_yield();
}

/* Called while another thread is in `makima_stack_run`: take part, and return when the run is over. Returns whether
 * there was one. */
int makima_stack_help(Stack *stack) {
    atomic_fetch_add(&stack->helpers, 1);
    int open = atomic_load(&stack->open);
    if (open) work_along(stack);
    atomic_fetch_sub(&stack->helpers, 1);
    return open;
}

int makima_stack_rate(const Stack *stack) { return stack_rate(stack); }

#endif
