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

typedef struct {
    const Kernels *kernels;
    Pool *pool;
    const Stage *stage;
    int stages, max_streams, max_steps;
    float *buffer[2], *residual;
} Stack;

typedef struct {
    const Stack *stack;
    int streams, steps;
    const int32_t *slots;
    const float *input;
    float *state, *output;
    size_t slot_floats;
} StackRun;

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
    free(s);
}

/* For up to `max_streams` streams and `max_steps` input rows of each in one call. */
Stack *makima_stack_new(const Kernels *kernels, const Stage *stage, int stages, Pool *pool, int max_streams,
                        int max_steps) {
    Stack *s = calloc(1, sizeof *s);
    if (!s) return NULL;
    *s = (Stack){kernels, pool, stage, stages, max_streams, max_steps, {NULL, NULL}, NULL};
    size_t steps = (size_t)max_steps, widest = 0, residual = 0;
    for (int i = 0; i < stages; i++) {
        size_t rows = (size_t)stage_reach(&stage[i]) + steps;
        if (rows * stage[i].inputs > widest) widest = rows * stage[i].inputs;
        if (steps * stage_width(&stage[i]) > residual) residual = steps * stage_width(&stage[i]);
        steps *= stage[i].rate;
    }
    if (residual > widest) widest = residual; /* the last stage's output has no history before it */
    /* All of it is written before it is read, and what a call with fewer streams leaves out costs no memory. */
    s->buffer[0] = untouched_floats((size_t)max_streams * widest);
    s->buffer[1] = untouched_floats((size_t)max_streams * widest);
    s->residual = untouched_floats((size_t)max_streams * residual);
    if (s->buffer[0] && s->buffer[1] && s->residual) return s;
    makima_stack_free(s);
    return NULL;
}

/* A stream's history goes before its rows; its last rows become its history. Streams are shared out. */
static void load_history(const StackRun *run, int thread, const Stage *s, size_t at, float *buffer, size_t stride) {
    size_t size = (size_t)stage_reach(s) * s->inputs;
    for (int b = thread; b < run->streams; b += run->stack->pool->threads)
        memcpy(buffer + b * stride, run->state + run->slots[b] * run->slot_floats + at, size * sizeof(float));
}

static void save_history(const StackRun *run, int thread, const Stage *s, size_t at, const float *buffer, size_t stride,
                         int steps) {
    size_t size = (size_t)stage_reach(s) * s->inputs;
    for (int b = thread; b < run->streams; b += run->stack->pool->threads)
        memcpy(run->state + run->slots[b] * run->slot_floats + at, buffer + b * stride + (size_t)steps * s->inputs,
               size * sizeof(float));
}

static void run_stage(const Stack *stack, int thread, const Stage *s, const Flow *f) {
    int rows = f->streams * f->steps, blocks = stage_width(s) / 16, pairs = ceil_div(blocks, 2);
    Pool *pool = stack->pool;
    if (s->kind == STAGE_CONVOLUTION && (pairs >= 4 * pool->threads || rows < ROWS_AT_ONCE)) {
        /* Wide: every thread has its own outputs, and reads only their weights. */
        for (Span t; (t = take(pool, thread, pairs, 1)).last;) {
            int last = 2 * t.last < blocks ? 2 * t.last : blocks;
            stack->kernels->convolve(s, f, 0, rows, 2 * t.first, last);
        }
    } else {
        /* Long: every thread has its own stretch of time. */
        int chunk = s->kind == STAGE_CONVOLUTION ? ROWS_AT_ONCE : 1;
        for (Span t; (t = take(pool, thread, ceil_div(rows, chunk), 1)).last;) {
            int last = t.last * chunk < rows ? t.last * chunk : rows;
            stack->kernels->convolve(s, f, t.first * chunk, last, 0, blocks);
        }
    }
}

static void stack_job(void *argument, Pool *pool, int thread) {
    const StackRun *run = argument;
    const Stack *stack = run->stack;
    int steps = run->steps;
    size_t at = 0, stride = (size_t)(stage_reach(&stack->stage[0]) + steps) * stack->stage[0].inputs;
    load_history(run, thread, &stack->stage[0], 0, stack->buffer[0], stride);
    for (int b = thread; b < run->streams; b += pool->threads) {
        size_t size = (size_t)steps * stack->stage[0].inputs;
        memcpy(stack->buffer[0] + (b + 1) * stride - size, run->input + b * size, size * sizeof(float));
    }
    barrier(pool);
    for (int i = 0; i < stack->stages; i++) {
        const Stage *s = &stack->stage[i], *next = i + 1 < stack->stages ? s + 1 : NULL;
        size_t state = (size_t)stage_reach(s) * s->inputs,
               history = next ? (size_t)stage_reach(next) * next->inputs : 0;
        size_t next_stride = history + (size_t)steps * stage_width(s);
        float *in = stack->buffer[i % 2], *out = stack->buffer[(i + 1) % 2];
        Flow f = {in, out + history, stack->residual, stride, next_stride, run->streams, steps};
        save_history(run, thread, s, at, in, stride, steps);
        if (next) load_history(run, thread, next, at + state, out, next_stride);
        run_stage(stack, thread, s, &f);
        barrier(pool);
        at += state;
        steps *= s->rate;
        stride = next_stride;
    }
    /* The last stage has one channel, padded to 16. */
    const float *wide = stack->buffer[stack->stages % 2];
    for (int b = thread; b < run->streams; b += pool->threads)
        for (int t = 0; t < steps; t++) {
            float v = wide[b * stride + (size_t)t * 16];
            run->output[(size_t)b * steps + t] = v < -1.0f ? -1.0f : v > 1.0f ? 1.0f : v;
        }
}

/* input [streams][steps][inputs of the first stage] -> output [streams][steps * rate] in [-1, 1];
 * state [slots][slot_floats], of which the listed slots advance. */
void makima_stack_run(Stack *stack, int streams, int steps, const int32_t *slots, const float *input, float *state,
                      int64_t slot_floats, float *output) {
    StackRun run = {stack, streams, steps, slots, input, state, output, (size_t)slot_floats};
    pool_run(stack->pool, stack_job, &run);
}

int makima_stack_rate(const Stack *stack) { return stack_rate(stack); }

#endif
