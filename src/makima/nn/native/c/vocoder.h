/* A vocoder: filters over the rows of a whole utterance, one after the other, in one job.
 *
 * Buffers hold rows of channels, a number of them for each frame. The first ones are the caller's, in the order of `buffer`.
 */
#ifndef MAKIMA_VOCODER_H
#define MAKIMA_VOCODER_H

#include "step.h"
#include "threads.h"
#include "types.h"

enum { WIDEST_FILTER = 1024 };

/* `given`: which of the caller's arrays it is, or -1. */
typedef struct {
    int32_t width, each, over, given; /* rows: frames * each + over */
} Buffer;

typedef struct {
    float *rows;
    float *sums; /* [tasks][2][width] of the filter that wrote it last */
    int count;
} Place;

typedef struct {
    const Kernels *kernels;
    Pool *pool;
    const Filter *filter;
    const Buffer *buffer;
    Place *place;
    int filters, buffers;
    int *tasks_before;        /* of the thread that wrote a filter's input */
    float *memory, **scratch; /* a scratch for each thread */
    size_t memory_floats;
    const float *style;
    const atomic_int *stop;
} Vocoder;

void makima_vocoder_free(Vocoder *v) {
    if (!v) return;
    for (int i = 0; v->scratch && i < v->pool->threads; i++) free(v->scratch[i]);
    free(v->scratch);
    free(v->tasks_before);
    free(v->place);
    free(v->memory);
    free(v);
}

static size_t rows_floats(const Filter *f) {
    return (FILTER_STEPS + (size_t)filter_reach(f)) * filter_stride(f);
}

/* With room for the words behind the floats. */
static size_t scratch_of(const Filter *f) { return rows_floats(f) + (f->scales ? rows_floats(f) / 2 + 16 : 0); }

Vocoder *makima_vocoder_new(const Kernels *kernels, const Filter *filter, int filters, const Buffer *buffer,
                            int buffers, Pool *pool) {
    Vocoder *v = calloc(1, sizeof *v);
    if (!v) return NULL;
    *v = (Vocoder){.kernels = kernels, .pool = pool, .filter = filter, .buffer = buffer, .filters = filters,
                   .buffers = buffers};
    v->place = calloc((size_t)buffers, sizeof *v->place);
    v->scratch = calloc((size_t)pool->threads, sizeof *v->scratch);
    v->tasks_before = calloc((size_t)filters, sizeof *v->tasks_before);
    size_t most = 0;
    for (int i = 0; i < filters; i++)
        if (scratch_of(&filter[i]) > most) most = scratch_of(&filter[i]);
    int ok = v->place && v->scratch && v->tasks_before;
    /* Zeroed, for the last tile of a task also reads rows behind its own, and leaves out what comes of them. */
    for (int i = 0; ok && i < pool->threads; i++)
        ok = (v->scratch[i] = floats(2 * WIDEST_FILTER + FILTER_TILE * FILTER_TILE + most)) != NULL;
    if (ok) return v;
    makima_vocoder_free(v);
    return NULL;
}

static inline int written_by(const Filter *f) { return f->out >= 0 ? f->out : f->total; }

/* How a filter is shared out. */
typedef struct {
    int steps, chunks, tasks;
} FilterShares;

static FilterShares filter_shares(const Vocoder *v, const Filter *f) {
    int steps = v->place[f->in].count + 2 * f->lead - filter_reach(f), chunks = ceil_div(steps, FILTER_STEPS);
    return (FilterShares){steps, chunks, chunks * f->rate};
}

/* Factors and shifts of the norm before a filter: the same in every thread, from the same sums in the same order. */
static void norm_tables(const Vocoder *v, int index, float *scale, float *shift) {
    const Filter *f = &v->filter[index];
    for (int c = 0; c < f->inputs; c++) scale[c] = f->scale, shift[c] = 0.0f;
    if (f->norm < 0) return;
    const Place *in = &v->place[f->in];
    const float *factors = v->style + f->norm, *shifts = factors + f->inputs;
    for (int c = 0; c < f->inputs; c++) {
        double sum = 0, squares = 0;
        for (int i = 0; i < v->tasks_before[index]; i++) {
            const float *sums = in->sums + (size_t)i * 2 * f->inputs;
            sum += sums[c], squares += sums[f->inputs + c];
        }
        const double mean = sum / in->count, spread = squares / in->count - mean * mean;
        scale[c] = (float)(factors[c] / sqrt((spread > 0 ? spread : 0) + 1e-5));
        shift[c] = (float)(shifts[c] - mean * scale[c]);
    }
}

#if defined(HAS_AMX)
#define FILTER_OF(v, f) ((f)->kind == KIND_BFLOAT16 ? filter_tiles : (v)->kernels->filter)
#else
#define FILTER_OF(v, f) ((v)->kernels->filter)
#endif

static void vocoder_job(void *argument, Pool *pool, int thread) {
    Vocoder *v = argument;
    float *scale = v->scratch[thread], *shift = scale + WIDEST_FILTER, *tiles = shift + WIDEST_FILTER;
    for (int i = 0; i < v->filters; i++) {
        const Filter *f = &v->filter[i];
        FilterShares share = filter_shares(v, f);
        Place *at = v->place;
        int written = written_by(f);
        FilterTask t = {.filter = f, .in = at[f->in].rows, .in_rows = at[f->in].count, .out_rows = at[written].count,
                        .residual = f->residual >= 0 ? at[f->residual].rows : NULL,
                        .out = f->out >= 0 ? at[f->out].rows : NULL,
                        .total = f->total >= 0 ? at[f->total].rows : NULL,
                        .scale = scale, .shift = shift, .tiles = tiles, .rows = tiles + FILTER_TILE * FILTER_TILE};
        t.words = (int16_t *)((float *)t.rows + rows_floats(f));
        /* The thread that sees the stop first only meets the others. */
        if (!atomic_load_explicit(v->stop, memory_order_relaxed)) {
            norm_tables(v, i, scale, shift);
            for (Span s; (s = take(pool, thread, share.tasks, 1)).last;) {
                int chunk = s.first / f->rate, end = (chunk + 1) * FILTER_STEPS;
                t.part = s.first % f->rate;
                t.first = chunk * FILTER_STEPS, t.last = end < share.steps ? end : share.steps;
                t.sums = at[written].sums + (size_t)s.first * 2 * f->outputs;
                FILTER_OF(v, f)(&t);
            }
        }
        barrier(pool);
    }
}

/* Memory for the buffers of `frames` frames, cut out of one piece that is kept for the next run. Returns 0, or -1. */
static int lay_out(Vocoder *v, int frames, float *const *given) {
    size_t most_tasks = 0, floats_needed = 0;
    for (int i = 0; i < v->buffers; i++) {
        Place *p = &v->place[i];
        p->count = frames * v->buffer[i].each + v->buffer[i].over;
    }
    for (int i = 0; i < v->filters; i++) {
        const Filter *f = &v->filter[i];
        size_t tasks = (size_t)filter_shares(v, f).tasks;
        if (tasks > most_tasks) most_tasks = tasks;
        for (int later = i + 1; later < v->filters; later++)
            if (v->filter[later].in == written_by(f)) v->tasks_before[later] = (int)tasks;
    }
    for (int pass = 0; pass < 2; pass++) {
        float *at = pass ? v->memory : NULL;
        for (int i = 0; i < v->buffers; i++) {
            const Buffer *b = &v->buffer[i];
            Place *p = &v->place[i];
            size_t sums = most_tasks * 2 * (size_t)b->width, rows = (size_t)p->count * (size_t)b->width;
            if (pass) p->sums = at, p->rows = b->given >= 0 ? given[b->given] : at + sums;
            if (pass) at += sums + (b->given >= 0 ? 0 : rows);
            else floats_needed += sums + (b->given >= 0 ? 0 : rows);
        }
        if (pass || floats_needed <= v->memory_floats) continue;
        free(v->memory);
        v->memory = untouched_floats(floats_needed);
        v->memory_floats = v->memory ? floats_needed : 0;
        if (!v->memory) return -1;
    }
    return 0;
}

/* Runs all filters. given: the caller's arrays, of which the last filter may write one; style: what norms look up.
 * Once *stop is not 0 it ends early, and what it has written is worth nothing. `keep_floats`: memory beyond it is given
 * back. Returns 0, or -1 where memory ran out. */
int makima_vocoder_run(Vocoder *v, int frames, float *const *given, const float *style, const atomic_int *stop,
                       int64_t keep_floats) {
    if (lay_out(v, frames, given)) return -1;
    v->style = style, v->stop = stop;
    pool_run(v->pool, vocoder_job, v);
    if (v->memory_floats > (size_t)keep_floats) {
        free(v->memory);
        v->memory = NULL, v->memory_floats = 0;
    }
    return 0;
}

#endif
