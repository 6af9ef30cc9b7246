/* Filters of a vocoder in floats and in words, fused with the norm and the activation before them. Included by generic.h
 * for each instruction set; what is shared with tiles of bfloat16 is in the functions that take rows and sums.
 *
 * Each task makes its own rows ready, with those around them that its taps reach: they stay in the core's cache, and
 * nothing waits until all are ready. Sums over time are taken by tasks, whose sizes do not depend on the threads; so no
 * bit of the audio does.
 */

static INLINE V FN(activated)(const Filter *f, V x, size_t channel) {
    if (f->activation == FILTER_SNAKE)
        return FN(vsnake)(x, vload(f->frequency + channel), vload(f->amplitude + channel));
    if (f->activation == FILTER_LEAKY) return vmax(x, vmul(x, vset(f->slope)));
    return x;
}

/* One row as the products want it. */
static INLINE void FN(ready_row)(const FilterTask *t, const float *x, float *to) {
    const Filter *f = t->filter;
    for (int c = 0; c < f->inputs; c += 16)
        vstore(to + c, FN(activated)(f, vfma(vload(x + c), vload(t->scale + c), vload(t->shift + c)), (size_t)c));
}

/* Stores a sum of step `step` for the 16 outputs from `channel` on, and adds it to the sums over time. */
static INLINE void FN(keep)(const FilterTask *t, int step, size_t channel, V v, V *sum, V *squares) {
    const Filter *f = t->filter;
    const int row = step * f->rate + t->part - f->skip;
    if (row < 0 || row >= t->out_rows || (f->reflect && row == 0)) return;
    v = vadd(v, vload(f->bias + channel));
    for (int to = row, again = f->reflect && row == 2;; to = 0, again = 0) {
        const size_t at = (size_t)to * f->outputs + channel;
        V kept = t->residual ? vadd(v, vload(t->residual + at)) : v;
        if (t->out) vstore(t->out + at, kept);
        if (t->total) vstore(t->total + at, f->adding == TOTAL_ADD ? vadd(vload(t->total + at), kept) : kept);
        *sum = vadd(*sum, kept);
        *squares = vfma(kept, kept, *squares);
        if (!again) return;
    }
}

static INLINE void FN(add_sums)(const FilterTask *t, size_t channel, V sum, V squares) {
    float *to = t->sums + channel, *squared = to + t->filter->outputs;
    vstore(to, vadd(vload(to), sum));
    vstore(squared, vadd(vload(squared), squares));
}

/* As `convolve_tile`, of words, whose sums are exact. `hop` and `panel` are in words. */
static INLINE void FN(filter_word_tile)(const int16_t *w, size_t panel, int taps, int inputs, size_t hop,
                                        const int blocks, const int16_t *x, size_t stride, const int rows,
                                        V out[2][8]) {
    const int16_t *p[8];
    VSums sum[2][8];
    UNROLL
    for (int r = 0; r < rows; r++) {
        p[r] = x + r * stride;
        UNROLL
        for (int i = 0; i < blocks; i++) sum[i][r] = vno_sums();
    }
    for (int tap = 0; tap < taps; tap++) {
        for (int k = 0; k < inputs; k += 2, w += 32) {
            VWords weight[2];
            UNROLL
            for (int i = 0; i < blocks; i++) weight[i] = vload_words(w + i * panel);
            UNROLL
            for (int r = 0; r < rows; r++) {
                VWords pair = vset_pair(p[r] + k);
                UNROLL
                for (int i = 0; i < blocks; i++) sum[i][r] = vdot(sum[i][r], weight[i], pair);
            }
        }
        UNROLL
        for (int r = 0; r < rows; r++) p[r] += hop;
    }
    UNROLL
    for (int i = 0; i < blocks; i++) UNROLL
    for (int r = 0; r < rows; r++) out[i][r] = vfloats(sum[i][r]);
}

static NOINLINE void FN(largest_filter_word_tile)(const int16_t *w, size_t panel, int taps, int inputs, size_t hop,
                                                  const int16_t *x, size_t stride, V out[2][8]) {
    FN(filter_word_tile)(w, panel, taps, inputs, hop, FN(TILE_BLOCKS), x, stride, FN(TILE_ROWS), out);
}

/* Brings the rows of a task to words. Returns what gives them back. */
static float FN(narrow_rows)(const FilterTask *t, int rows) {
    const int inputs = t->filter->inputs;
    const size_t stride = filter_stride(t->filter);
    const float *from = t->rows;
    V peaks = vset(0.0f);
    for (int n = 0; n < rows; n++)
        for (int c = 0; c < inputs; c += 16) peaks = vmax(peaks, vabs(vload(from + n * stride + c)));
    const float peak = vhmax(peaks);
    const V inverse = vset(peak > 0.0f ? FILTER_PEAK / peak : 0.0f);
    for (int n = 0; n < rows; n++)
        for (int c = 0; c < inputs; c += 16) {
            V v = vload(from + n * stride + c);
            vstore_i16(t->words + n * stride + c, vmul(v, inverse));
        }
    return peak / FILTER_PEAK;
}

/* The steps `at` .. `at + count`, for `blocks` times 16 outputs. `unit`: of words, what gives them back. */
static INLINE void FN(filter_tile)(const FilterTask *t, float unit, int at, const int count, int block,
                                   const int blocks) {
    const Filter *f = t->filter;
    const size_t stride = filter_stride(f), panel = (size_t)f->taps * f->inputs * 16;
    const size_t hop = (size_t)f->dilation * stride, row = (size_t)(at - t->first) * stride;
    const size_t first = (size_t)t->part * (f->outputs / 16) + block, weights = first * panel;
    const int largest = blocks == FN(TILE_BLOCKS) && count == FN(TILE_ROWS);
    V sum[2][8];
    if (f->scales) {
        const int16_t *w = (const int16_t *)f->weights + weights, *x = t->words + row;
        if (largest) FN(largest_filter_word_tile)(w, panel, f->taps, f->inputs, hop, x, stride, sum);
        else FN(filter_word_tile)(w, panel, f->taps, f->inputs, hop, blocks, x, stride, count, sum);
        for (int i = 0; i < blocks; i++) {
            const V scale = vmul(vload(f->scales + (first + i) * 16), vset(unit));
            for (int r = 0; r < count; r++) sum[i][r] = vmul(sum[i][r], scale);
        }
    } else {
        const float *w = (const float *)f->weights + weights, *x[8];
        for (int r = 0; r < count; r++) x[r] = (const float *)t->rows + row + r * stride;
        if (largest) FN(largest_tile)(w, panel, f->taps, f->inputs, hop, x, sum);
        else FN(convolve_tile)(w, panel, f->taps, f->inputs, hop, blocks, x, count, sum);
    }
    for (int i = 0; i < blocks; i++) {
        const size_t channel = (size_t)(block + i) * 16;
        V over = vset(0.0f), squares = vset(0.0f);
        for (int r = 0; r < count; r++) FN(keep)(t, at + r, channel, sum[i][r], &over, &squares);
        FN(add_sums)(t, channel, over, squares);
    }
}

static INLINE void FN(filter_blocks)(const FilterTask *t, float unit, int block, const int blocks) {
    int at = t->first;
    for (; t->last - at >= FN(TILE_ROWS); at += FN(TILE_ROWS))
        FN(filter_tile)(t, unit, at, FN(TILE_ROWS), block, blocks);
    if (FN(TILE_ROWS) > 4)
        for (; t->last - at >= 4; at += 4) FN(filter_tile)(t, unit, at, 4, block, blocks);
    for (; at < t->last; at++) FN(filter_tile)(t, unit, at, 1, block, blocks);
}

static void FN(filter)(const FilterTask *t) {
    const Filter *f = t->filter;
    const int blocks = f->outputs / 16, ahead = t->first - f->lead, rows = t->last - t->first + filter_reach(f);
    const size_t stride = filter_stride(f);
    for (int n = 0; n < rows; n++) {
        float *to = (float *)t->rows + (size_t)n * stride;
        const int row = ahead + n;
        if (row < 0 || row >= t->in_rows) memset(to, 0, (size_t)f->inputs * sizeof(float));
        else FN(ready_row)(t, t->in + (size_t)row * f->inputs, to);
    }
    const float unit = f->scales ? FN(narrow_rows)(t, rows) : 0.0f;
    memset(t->sums, 0, 2 * (size_t)f->outputs * sizeof(float));
    int block = 0;
    if (FN(TILE_BLOCKS) == 2)
        for (; block + 2 <= blocks; block += 2) FN(filter_blocks)(t, unit, block, 2);
    for (; block < blocks; block++) FN(filter_blocks)(t, unit, block, 1);
}
