/* One step of a decoder, all layers in one job, and a whole frame of the code predictor in another.
 *
 * Rows are independent: each has its own slot of the cache and its own position. Several rows may share a slot, as in a
 * prefill; then every row of a layer writes its key and value before any row reads.
 */
#ifndef MAKIMA_STEP_H
#define MAKIMA_STEP_H

#include "sample.h"
#include "threads.h"
#include "types.h"

/* About as many bytes of weights as a thread takes at once: large against the cost of taking, small against a matrix.
 */
enum { CHUNK_BYTES = 32768 };
/* From this many rows on, norms and quantization are shared out and cost a barrier; below, each thread does them all.
 */
enum { SHARE_ROWS = 4 };

typedef struct {
    const Kernels *kernels;
    Weights weights;
    Cache cache;
    Pool *pool;
    int max_rows, widest; /* widest: the longest row any product takes */
    float *x, *qkv, *mixed, *gated, *scores, *input, *logits;
    Rows *rows; /* one for each thread */
    Candidate *candidates;
    int vocabulary; /* room in logits and candidates */
} Decoder;

static float *untouched_floats(size_t n) { return aligned_alloc(64, (n * sizeof(float) + 127) / 64 * 64); }

static float *floats(size_t n) {
    float *p = untouched_floats(n);
    if (p) memset(p, 0, n * sizeof(float));
    return p;
}

void makima_decoder_free(Decoder *d) {
    if (!d) return;
    float *buffers[] = {d->x, d->qkv, d->mixed, d->gated, d->scores, d->input, d->logits};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++) free(buffers[i]);
    for (int t = 0; d->rows && t < makima_pool_threads(d->pool); t++) {
        free(d->rows[t].values);
        free(d->rows[t].quantized);
        free(d->rows[t].scales);
        free(d->rows[t].sums);
    }
    free(d->rows);
    free(d->candidates);
    free(d);
}

static int allocate_rows(Rows *r, int rows, int widest) {
    size_t columns = packed_columns(KIND_INT8, widest), groups = columns / GROUP;
    r->value_stride = r->quantized_stride = columns;
    r->group_stride = groups;
    r->values = floats((size_t)rows * columns);
    r->quantized = (int8_t *)floats((size_t)rows * columns / 4);
    r->scales = floats((size_t)rows * groups);
    r->sums = (int32_t *)floats((size_t)rows * groups);
    return r->values && r->quantized && r->scales && r->sums;
}

/* `input_width` and `vocabulary` make room for a predictor or a head; 0 where there is none. */
Decoder *makima_decoder_new(const Kernels *kernels, const Weights *weights, const Cache *cache, Pool *pool,
                            int max_rows, int input_width, int vocabulary) {
    Decoder *d = calloc(1, sizeof *d);
    if (!d) return NULL;
    *d = (Decoder){.kernels = kernels, .weights = *weights, .cache = *cache, .pool = pool, .max_rows = max_rows};
    int threads = makima_pool_threads(pool), query = weights->heads * weights->head_dim;
    int group = weights->heads / weights->kv_heads;
    size_t rows = (size_t)max_rows, room = (size_t)ceil_div(cache->positions, 16) * 16;
    d->vocabulary = ceil_div(vocabulary, 16) * 16;
    d->widest = weights->hidden;
    if (query > d->widest) d->widest = query;
    if (weights->mlp > d->widest) d->widest = weights->mlp;
    if (input_width > d->widest) d->widest = input_width;
    d->x = floats(rows * weights->hidden);
    d->qkv = floats(rows * (query + 2 * weights->kv_heads * weights->head_dim));
    d->mixed = floats(rows * query);
    d->gated = floats(rows * weights->mlp);
    d->scores = floats((size_t)threads * group * room);
    d->input = floats(rows * (input_width ? input_width : 1));
    d->logits = floats(rows * d->vocabulary);
    d->candidates = calloc((size_t)threads * (d->vocabulary ? d->vocabulary : 1), sizeof(Candidate));
    d->rows = calloc((size_t)threads, sizeof(Rows));
    int ok = d->x && d->qkv && d->mixed && d->gated && d->scores && d->input && d->logits && d->candidates && d->rows;
    for (int t = 0; ok && t < threads; t++) ok = allocate_rows(&d->rows[t], max_rows, d->widest);
    if (ok) return d;
    makima_decoder_free(d);
    return NULL;
}

/* What a product takes: x normalised if there is a norm, and quantized if the matrix is. */
static Rows prepare(const Decoder *d, int thread, const float *x, size_t stride, int rows, int n, const float *norm,
                    float eps, int kind) {
    int threads = d->pool->threads, shared = threads > 1 && rows >= SHARE_ROWS;
    Rows r = d->rows[shared ? 0 : thread];
    for (int b = shared ? thread : 0; b < rows; b += shared ? threads : 1) {
        const float *from = x + b * stride;
        if (norm) {
            d->kernels->rms_norm(from, norm, eps, n, r.values + b * r.value_stride);
            from = r.values + b * r.value_stride;
        }
        if (is_quantized(kind))
            d->kernels->quantize_row(from, n, r.quantized + b * r.quantized_stride, r.scales + b * r.group_stride,
                                     r.sums + b * r.group_stride);
    }
    if (shared) barrier(d->pool);
    if (!norm) {
        r.values = (float *)x;
        r.value_stride = stride;
    }
    return r;
}

/* Every thread takes blocks until there are none, and all leave together. */
static void multiply(const Kernels *kernels, Pool *pool, int thread, const Matrix *m, const Rows *x, int rows,
                     float *out, size_t stride, int mode) {
    int blocks = matrix_blocks(m) / (mode == MODE_SILU ? 2 : 1);
    int chunk = (int)(CHUNK_BYTES / (block_bytes(m->kind, m->columns) * (mode == MODE_SILU ? 2 : 1)));
    if (chunk < 1) chunk = 1;
    for (Span s; (s = take(pool, thread, blocks, chunk)).last;)
        kernels->product(m, x, rows, s.first, s.last, out, stride, mode);
    barrier(pool);
}

/* Rotate halves, as the checkpoints are trained: (a, b) -> (a cos - b sin, b cos + a sin). */
static void rotate(float *x, const float *cosine, const float *sine, int half) {
    for (int i = 0; i < half; i++) {
        float a = x[i], b = x[i + half];
        x[i] = a * cosine[i] - b * sine[i];
        x[i + half] = b * cosine[i] + a * sine[i];
    }
}

static size_t cache_offset(const Decoder *d, int layer, int slot, int head) {
    const Cache *c = &d->cache;
    return (((size_t)slot * d->weights.layers + layer) * d->weights.kv_heads + head) * c->positions *
           d->weights.head_dim;
}

/* Queries and key of one key head: norm, rotate; key and value go into the cache. */
static void append(const Decoder *d, const Layer *layer, int index, int row, int head, int slot, int position) {
    const Weights *w = &d->weights;
    const Kernels *k = d->kernels;
    int n = w->head_dim, group = w->heads / w->kv_heads;
    float *qkv = d->qkv + (size_t)row * (w->heads + 2 * w->kv_heads) * n;
    const float *cosine = d->cache.cosine + (size_t)position * (n / 2),
                *sine = d->cache.sine + (size_t)position * (n / 2);
    for (int i = 0; i < group; i++) {
        float *q = qkv + (size_t)(head * group + i) * n;
        if (layer->q_norm) k->rms_norm(q, layer->q_norm, w->rms_eps, n, q);
        rotate(q, cosine, sine, n / 2);
    }
    float *key = qkv + (size_t)(w->heads + head) * n, *value = qkv + (size_t)(w->heads + w->kv_heads + head) * n;
    if (layer->k_norm) k->rms_norm(key, layer->k_norm, w->rms_eps, n, key);
    rotate(key, cosine, sine, n / 2);
    size_t at = cache_offset(d, index, slot, head) + (size_t)(position % d->cache.positions) * n;
    k->store_kv(d->cache.keys, d->cache.kind, at, key, n);
    k->store_kv(d->cache.values, d->cache.kind, at, value, n);
}

static void attend(const Decoder *d, int index, int thread, int row, int head, int slot, int position) {
    const Weights *w = &d->weights;
    int n = w->head_dim, group = w->heads / w->kv_heads, capacity = d->cache.positions;
    int length = w->window && position >= w->window ? w->window : position + 1;
    Past past = {cache_offset(d, index, slot, head), (position + 1 - length) % capacity, length, capacity};
    const float *q = d->qkv + (size_t)row * (w->heads + 2 * w->kv_heads) * n + (size_t)head * group * n;
    d->kernels->attend(q, group, n, d->cache.keys, d->cache.values, d->cache.kind, past,
                       d->scores + (size_t)thread * group * ceil_div(capacity, 16) * 16,
                       d->mixed + (size_t)row * w->heads * n + (size_t)head * group * n);
}

static int slots_repeat(const int32_t *slots, int rows) {
    for (int i = 1; i < rows; i++)
        for (int j = 0; j < i; j++)
            if (slots[i] == slots[j]) return 1;
    return 0;
}

/* All layers on d->x, in place. Called by every thread; ends with a barrier. */
static void run_layers(const Decoder *d, int thread, int rows, const int32_t *slots, const int32_t *positions) {
    const Weights *w = &d->weights;
    Pool *pool = d->pool;
    const int query = w->heads * w->head_dim, wide = query + 2 * w->kv_heads * w->head_dim, items = rows * w->kv_heads;
    const int repeat = slots_repeat(slots, rows);
    for (int index = 0; index < w->layers; index++) {
        const Layer *layer = &w->layer[index];
        Rows in = prepare(d, thread, d->x, w->hidden, rows, w->hidden, layer->input_norm, w->rms_eps, layer->qkv.kind);
        multiply(d->kernels, pool, thread, &layer->qkv, &in, rows, d->qkv, wide, MODE_STORE);
        for (Span s; (s = take(pool, thread, items, 1)).last;) {
            int row = s.first / w->kv_heads, head = s.first % w->kv_heads;
            append(d, layer, index, row, head, slots[row], positions[row]);
            if (!repeat) attend(d, index, thread, row, head, slots[row], positions[row]);
        }
        barrier(pool);
        if (repeat) {
            for (Span s; (s = take(pool, thread, items, 1)).last;) {
                int row = s.first / w->kv_heads, head = s.first % w->kv_heads;
                attend(d, index, thread, row, head, slots[row], positions[row]);
            }
            barrier(pool);
        }
        in = prepare(d, thread, d->mixed, query, rows, query, NULL, 0.0f, layer->output.kind);
        multiply(d->kernels, pool, thread, &layer->output, &in, rows, d->x, w->hidden, MODE_ADD);
        in = prepare(d, thread, d->x, w->hidden, rows, w->hidden, layer->post_norm, w->rms_eps, layer->gate_up.kind);
        multiply(d->kernels, pool, thread, &layer->gate_up, &in, rows, d->gated, w->mlp, MODE_SILU);
        in = prepare(d, thread, d->gated, w->mlp, rows, w->mlp, NULL, 0.0f, layer->down.kind);
        multiply(d->kernels, pool, thread, &layer->down, &in, rows, d->x, w->hidden, MODE_ADD);
    }
}

typedef struct {
    const Decoder *d;
    int rows;
    const int32_t *slots, *positions;
    float *hidden;
    const Matrix *head;
    float *logits;
} Step;

static void step_job(void *argument, Pool *pool, int thread) {
    const Step *s = argument;
    const Decoder *d = s->d;
    const Weights *w = &d->weights;
    run_layers(d, thread, s->rows, s->slots, s->positions);
    for (int b = thread; b < s->rows; b += pool->threads)
        d->kernels->rms_norm(d->x + (size_t)b * w->hidden, w->final_norm, w->rms_eps, w->hidden,
                             s->hidden + (size_t)b * w->hidden);
    if (!s->head) return;
    barrier(pool);
    Rows in = prepare(d, thread, s->hidden, w->hidden, s->rows, w->hidden, NULL, 0.0f, s->head->kind);
    multiply(d->kernels, pool, thread, s->head, &in, s->rows, s->logits, s->head->rows, MODE_STORE);
}

/* x [rows][hidden] -> hidden [rows][hidden] after the final norm, and logits [rows][head rows] where there is a head.
 */
void makima_step(Decoder *d, int rows, const int32_t *slots, const int32_t *positions, const float *x, float *hidden,
                 const Matrix *head, float *logits) {
    memcpy(d->x, x, (size_t)rows * d->weights.hidden * sizeof(float));
    Step s = {d, rows, slots, positions, hidden, head, logits};
    pool_run(d->pool, step_job, &s);
}

typedef struct {
    int32_t steps, vocabulary, input_width, embedding_kind; /* float32 or bfloat16, [vocabulary][input_width] each */
    const Matrix *heads;
    const void *const *embeddings;
    const Matrix *projection; /* input_width -> hidden; NULL where they are the same */
    const float *projection_bias;
} Predictor;

typedef struct {
    const Decoder *d;
    const Predictor *p;
    int rows;
    const float *noise;
    const Sampling *sampling;
    int32_t *codes;
    float *sum;
    int32_t *slots, *positions; /* [2 * rows] */
} Frame;

static float embedding_at(const Predictor *p, int step, size_t at) {
    if (p->embedding_kind == KIND_FLOAT32) return ((const float *)p->embeddings[step])[at];
    return bf16_to_float(((const uint16_t *)p->embeddings[step])[at]);
}

/* d->input -> d->x, through the projection where there is one. */
static void enter(const Frame *f, int thread, int rows) {
    const Decoder *d = f->d;
    const Predictor *p = f->p;
    size_t hidden = (size_t)d->weights.hidden, wide = (size_t)p->input_width;
    for (int b = thread; b < rows; b += d->pool->threads)
        memcpy(d->x + b * hidden, p->projection ? p->projection_bias : d->input + b * wide, hidden * sizeof(float));
    barrier(d->pool);
    if (!p->projection) return;
    Rows in = prepare(d, thread, d->input, wide, rows, (int)wide, NULL, 0.0f, p->projection->kind);
    multiply(d->kernels, d->pool, thread, p->projection, &in, rows, d->x, hidden, MODE_ADD);
}

/* One row's code from its logits; its embedding becomes the next input and joins the frame's sum. */
static void choose(const Frame *f, int step, int b, int thread) {
    const Decoder *d = f->d;
    const Predictor *p = f->p;
    float uniform = f->noise ? f->noise[(size_t)b * p->steps + step] : 0.0f;
    int code = sample(d->logits + (size_t)b * d->vocabulary, p->vocabulary, &f->sampling[b], uniform,
                      d->candidates + (size_t)thread * d->vocabulary);
    size_t wide = (size_t)p->input_width;
    f->codes[(size_t)b * p->steps + step] = code;
    for (size_t i = 0; i < wide; i++) {
        float e = embedding_at(p, step, (size_t)code * wide + i);
        d->input[b * wide + i] = e;
        f->sum[b * wide + i] += e;
    }
}

static void frame_job(void *argument, Pool *pool, int thread) {
    const Frame *f = argument;
    const Decoder *d = f->d;
    const Predictor *p = f->p;
    const Weights *w = &d->weights;
    for (int step = 0; step < p->steps; step++) {
        /* The first pass takes two positions at once: the talker's hidden state, then the embedding of code 0. */
        int passed = step == 0 ? 2 * f->rows : f->rows, skip = passed - f->rows;
        if (step > 0 && thread == 0)
            for (int b = 0; b < f->rows; b++) f->positions[b] = step + 1;
        enter(f, thread, passed);
        run_layers(d, thread, passed, f->slots, f->positions);
        Rows in = prepare(d, thread, d->x + (size_t)skip * w->hidden, w->hidden, f->rows, w->hidden, w->final_norm,
                          w->rms_eps, p->heads[step].kind);
        multiply(d->kernels, pool, thread, &p->heads[step], &in, f->rows, d->logits, d->vocabulary, MODE_STORE);
        for (int b = thread; b < f->rows; b += pool->threads) choose(f, step, b, thread);
        barrier(pool);
    }
}

/* All codes of a frame after code 0. hidden, first: [rows][input_width], the talker's hidden state and the embedding of
 * code 0; noise [rows][steps] uniform in [0, 1), NULL where all rows are greedy; codes [rows][steps];
 * sum [rows][input_width]: the embeddings of these codes, added up. Returns 0, or -1 where memory ran out. */
int makima_predict(Decoder *d, const Predictor *p, int rows, const float *hidden, const float *first,
                   const float *noise, const Sampling *sampling, int32_t *codes, float *sum) {
    size_t block = (size_t)rows * p->input_width;
    int32_t *numbers = malloc((size_t)rows * 4 * sizeof(int32_t));
    if (!numbers) return -1;
    for (int b = 0; b < 2 * rows; b++) {
        numbers[b] = b % rows;
        numbers[2 * rows + b] = b / rows;
    }
    memcpy(d->input, hidden, block * sizeof(float));
    memcpy(d->input + block, first, block * sizeof(float));
    memset(sum, 0, block * sizeof(float));
    Frame f = {d, p, rows, noise, sampling, codes, sum, numbers, numbers + 2 * rows};
    pool_run(d->pool, frame_job, &f);
    free(numbers);
    return 0;
}

#endif
